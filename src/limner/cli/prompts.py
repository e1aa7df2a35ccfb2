"""Prompts: what they are like, and shorter ones."""

from __future__ import annotations

from typing import Annotated

import typer

from limner.cli.exits import OK, USAGE
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.texts import TextModel, told
from limner.cli.wishes import prompt_from

app = App(help="Measure prompts, shorten and translate them, say what a picture should not have.", no_args_is_help=True)

To = Annotated[str, typer.Option("--to", metavar="LANGUAGE", help="The language, such as English.")]
Words = Annotated[str, typer.Argument(metavar="PROMPT", help="The prompt; - reads it from stdin.")]


@app.add()
def check(prompt: Words, json: Json = False) -> int:
    """Say what a prompt is like, what no shortening takes out of it, and whether it is too long. Nothing is sent."""
    output, text = Output(json=json), prompt_from(prompt)

    async def action(session: Session) -> int:
        from limner.words.plain import check_body

        objection = session.studio.runtime.words.optimiser.objection(text)
        problem = None if objection is None else objection.message
        if json:
            output.document(check_body(text, problem))
        else:
            output.rows(("Measure", "Value"), _measures(text))
            output.say(problem or "It can be painted.")
        return OK if problem is None else USAGE

    return with_studio(output, action, paints=False)


@app.add()
def optimise(prompt: Words, json: Json = False) -> int:
    """Write a prompt of 3,000 to 10,000 characters in fewer than 3,000; a shorter one comes back as it is."""
    output, text = Output(json=json), prompt_from(prompt)

    async def action(session: Session) -> int:
        from limner.words.plain import optimised_body

        words = session.studio.runtime.words.optimiser
        words.check(text)
        done = await words.shortened(text)
        if json:
            output.document(optimised_body(text, done))
        elif done is None:
            output.show(text)
            output.say("It is short enough and was left as it is.")
        else:
            output.show(done[0])
            output.say(f"From {len(text):,} to {len(done[0]):,} characters, by {done[1].by}. {done[1].why}".rstrip())
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def translate(prompt: Words, to: To = "English", text_model: TextModel = None, json: Json = False) -> int:
    """Put a prompt into another language; words in quotation marks stay. What a text model charges is told."""
    output, text = Output(json=json), prompt_from(prompt)

    async def action(session: Session) -> int:
        from limner.domain.describing import Wish
        from limner.words.plain import translated_body

        wish = Wish(principal=session.studio.principal, counted=False, model=text_model)
        done = await session.studio.runtime.words.translator.translated(text, to, wish)
        if json:
            output.document(translated_body(text, done))
            return OK
        output.show(done.prompt)
        output.say(done.why or f"From {done.language}, by {done.by}, {told(done.cost)}.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def negative(prompt: Words, text_model: TextModel = None, json: Json = False) -> int:
    """Suggest what the picture of a prompt should not have, for --negative. What a text model charges is told."""
    output, text = Output(json=json), prompt_from(prompt)

    async def action(session: Session) -> int:
        from limner.domain.describing import Wish
        from limner.words.plain import negative_body

        wish = Wish(principal=session.studio.principal, counted=False, model=text_model)
        done = await session.studio.runtime.words.negator.suggested(text, wish)
        if json:
            output.document(negative_body(done))
            return OK
        output.show(done.prompt)
        output.say(f"By {done.by}, {told(done.cost)}. {done.why}".rstrip())
        return OK

    return with_studio(output, action, paints=False)


def _measures(text: str) -> list[tuple[str, str]]:
    from limner.words.analysis import analysed
    from limner.words.protecting import protected

    found = analysed(text)
    ease = "not for this language" if found.readability is None else f"{found.readability:g} of 100"
    return [
        ("Characters", f"{found.characters:,}"),
        ("Words", f"{found.words:,}"),
        ("Complexity", f"{found.complexity:g} of 100"),
        ("Reading ease", ease),
        ("About", "; ".join(each.phrase for each in found.keywords)),
        ("Stays", ", ".join(protected(text).terms)),
    ]
