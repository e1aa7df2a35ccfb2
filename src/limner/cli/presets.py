"""Saved styles: the built-in ones and your own."""

from __future__ import annotations

from typing import Annotated

import typer

from limner.cli.exits import OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.wishes import checked_text
from limner.domain.preset import Preset

app = App(help="List the saved styles, and save your own.", invoke_without_command=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="Small letters, digits and hyphens, such as neon-city.")]
Words = Annotated[str, typer.Argument(metavar="WORDS", help="What joins the prompt.")]
Name = Annotated[str, typer.Option("--name", help="What people call it; the id, if none.")]
Description = Annotated[str, typer.Option("--description", help="What it looks like.")]


@app.callback()
def presets(context: typer.Context, json: Json = False) -> int:
    """List the saved styles, and save your own."""
    if context.invoked_subcommand is not None:
        return OK
    output = Output(json=json)

    async def action(session: Session) -> int:
        studio = session.studio
        found = await studio.runtime.engine.wording.shown_presets(studio.principal)
        if json:
            output.document({"presets": [_document(preset, own=own) for preset, own in found]})
        else:
            rows = [(one.id, one.name, one.description, "yours" if own else "") for one, own in found]
            output.rows(("Preset", "Name", "Description", ""), rows)
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def add(id: Id, words: Words, name: Name = "", description: Description = "", json: Json = False) -> int:
    """Save a style: `limner presets add neon-city "neon lights, rain"`."""
    output = Output(json=json)
    wanted = Preset(
        id=checked_text(id, "id"),
        name=checked_text(name, "name"),
        description=checked_text(description, "description"),
        value=checked_text(words, "value"),
    )

    async def action(session: Session) -> int:
        studio = session.studio
        saved = await studio.runtime.engine.wording.add_preset(wanted, studio.principal)
        if json:
            output.document(_document(saved, own=True))
        else:
            output.say(f"Saved. `limner generate PROMPT --preset {saved.id}` paints with it.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def remove(id: Id, json: Json = False) -> int:
    """Remove a style of yours; pictures made with it keep its words."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        studio = session.studio
        await studio.runtime.engine.wording.presets.remove(id, studio.principal.id)
        if json:
            output.document({"id": id, "removed": True})
        else:
            output.say(f"The style {id} is removed.")
        return OK

    return with_studio(output, action, paints=False)


def _document(preset: Preset, *, own: bool) -> dict[str, object]:
    return {
        "id": preset.id,
        "name": preset.name,
        "description": preset.description,
        "value": preset.value,
        "own": own,
    }
