"""Makes more of a prompt."""

from __future__ import annotations

from typing import Annotated

import typer

from limner.cli.exits import OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.texts import TextModel, told
from limner.cli.wishes import checked_text, prompt_from

app = App()

Words = Annotated[str, typer.Argument(metavar="PROMPT", help="The prompt; - reads it from stdin.")]
Style = Annotated[str, typer.Option("--style", help="The style that it is to have, in words.")]


@app.add()
def enhance(prompt: Words, style: Style = "", text_model: TextModel = None, json: Json = False) -> int:
    """Describe the same picture better, and suggest others. Nothing is painted; what a text model charges is told."""
    output, text, manner = Output(json=json), prompt_from(prompt), checked_text(style, "style")

    async def action(session: Session) -> int:
        from limner.domain.describing import Wish
        from limner.words.plain import enhanced_body

        wish = Wish(principal=session.studio.principal, counted=False, model=text_model)
        done = await session.studio.runtime.words.enhancer.enhanced(text, wish, manner)
        if json:
            output.document(enhanced_body(text, done))
            return OK
        output.show(done.richer.prompt)
        output.say(f"Added: {', '.join(done.added) or 'nothing'}. Dropped: {', '.join(done.dropped) or 'nothing'}.")
        for each in done.richer.suggestions:
            output.say(f"Or: {each}")
        output.say(f"By {done.by}, {told(done.cost)}. {done.why}".rstrip())
        return OK

    return with_studio(output, action, paints=False)
