"""Templates: prompts with blanks that are filled in when they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.documents import Document, moment
from limner.cli.exits import OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.wishes import checked_text, values_from
from limner.domain.template import Template

if TYPE_CHECKING:
    from limner.engine.wording import Wording

app = App(help="Save prompts with blanks, and fill them in.", no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")]
Which = Annotated[str, typer.Argument(metavar="TEMPLATE", help="The name or id of a template.")]
Words = Annotated[
    str, typer.Argument(metavar="WORDS", help="The prompt: {subject} is a blank, {light=at dusk} one with a default.")
]
Description = Annotated[str, typer.Option("--description", help="What it is for.")]
Rename = Annotated[str | None, typer.Option("--name", help="A new name.")]
Rewritten = Annotated[str | None, typer.Option("--words", help="A new prompt.")]
Described = Annotated[str | None, typer.Option("--description", help="What it is for.")]
Values = Annotated[
    list[str] | None, typer.Option("--set", metavar="BLANK=WORDS", help="Show the prompt with this in a blank.")
]


@app.add()
def add(name: Named, words: Words, description: Description = "", json: Json = False) -> int:
    """Save a template: `limner templates add harbour "a harbour {light=at dusk}, {style}"`."""
    output = Output(json=json)
    texts = checked_text(name, "name"), checked_text(words, "template"), checked_text(description, "description")

    async def action(session: Session) -> int:
        saved = await _wording(session).add_template(*texts, session.studio.principal)
        return _told(output, saved, f"Saved. `limner generate --template {saved.name}` paints with it.")

    return with_studio(output, action, paints=False)


@app.add(name="list")
def list_templates(json: Json = False) -> int:
    """List your templates."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await _wording(session).templates.all(session.studio.principal.id)
        if json:
            output.document({"templates": [_document(template) for template in found]})
        elif found:
            rows = [(one.name, one.text, ", ".join(each.name for each in one.blanks), str(one.uses)) for one in found]
            output.rows(("Template", "Prompt", "Blanks", "Uses"), rows)
        else:
            output.say("There is no template. `limner templates add NAME WORDS` saves one.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def show(template: Which, values: Values = None, json: Json = False) -> int:
    """Show a template, or the prompt that it gives."""
    output, given = Output(json=json), values_from(values or ())

    async def action(session: Session) -> int:
        found = await _wording(session).templates.find(template, session.studio.principal.id)
        prompt = found.filled(given) if given else None
        if json:
            output.document({**_document(found), "prompt": prompt})
        else:
            output.show(found.text if prompt is None else prompt)
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def edit(
    template: Which, name: Rename = None, words: Rewritten = None, description: Described = None, json: Json = False
) -> int:
    """Change a template; jobs that were made with it keep their words."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        changed = await _wording(session).change_template(
            template, session.studio.principal, name=name, text=words, description=description
        )
        return _told(output, changed, f"The template {changed.name} is changed.")

    return with_studio(output, action, paints=False)


@app.add()
def remove(template: Which, json: Json = False) -> int:
    """Remove a template; jobs that were made with it keep their words."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        gone = await _wording(session).remove_template(template, session.studio.principal)
        return _told(output, gone, f"The template {gone.name} is removed.")

    return with_studio(output, action, paints=False)


def _wording(session: Session) -> Wording:
    return session.studio.runtime.engine.wording


def _told(output: Output, template: Template, sentence: str) -> int:
    if output.json:
        output.document(_document(template))
    else:
        output.say(sentence)
    return OK


def _document(template: Template) -> Document:
    return {
        "id": template.id,
        "name": template.name,
        "template": template.text,
        "description": template.description,
        "blanks": [{"name": blank.name, "default": blank.default} for blank in template.blanks],
        "uses": template.uses,
        "created": moment(template.created),
        "updated": moment(template.updated),
        "used": moment(template.used),
    }
