"""The commands that make pictures: generate, edit, outpaint, vary, upscale, style, remove-background."""

from __future__ import annotations

from typing import Annotated

import typer

from limner.cli.carrying import Asked, carried, confirmed
from limner.cli.options import App, Growth, Image, OptionalPrompt, Painter, Prompt, Region, Terms, Wish
from limner.domain.errors import InvalidRequest
from limner.domain.request import Margins, Operation

app = App()

AnyPrompt = Annotated[str | None, typer.Argument(metavar="PROMPT", help="What to paint; - reads it from stdin.")]
Quote = Annotated[
    str | None, typer.Option("--quote", metavar="TOKEN", help="Paint what `limner estimate --json` has priced.")
]
Like = Annotated[str | None, typer.Option("--like", metavar="FILE", help="A picture in the style that is wanted.")]
Scale = Annotated[int | None, typer.Option("--scale", help="2 or 4 times as large.")]


@app.add()
def generate(painter: Painter, wish: Wish, terms: Terms, prompt: AnyPrompt = None, quote: Quote = None) -> int:
    """Paint pictures from words."""
    if quote is not None and prompt is not None:
        raise InvalidRequest("A quote has its own prompt. Give one of the two.", field="quote")
    if quote is not None:
        return confirmed(quote, terms)
    return carried(Asked(prompt=prompt or "", painter=painter, wish=wish), terms)


@app.add()
def edit(image: Image, prompt: Prompt, region: Region, painter: Painter, wish: Wish, terms: Terms) -> int:
    """Change a picture as the words say, within a mask where one is given."""
    asked = Asked(
        prompt=prompt,
        operation=Operation.EDIT if region.mask is None else Operation.INPAINT,
        image=image,
        mask=region.mask,
        protect=region.protect,
        painter=painter,
        wish=wish,
    )
    return carried(asked, terms)


@app.add()
def outpaint(
    image: Image, growth: Growth, painter: Painter, wish: Wish, terms: Terms, prompt: OptionalPrompt = ""
) -> int:
    """Continue a picture beyond its edges: by pixels on each side, to a size, or to a shape."""
    margins = Margins(left=growth.left, top=growth.top, right=growth.right, bottom=growth.bottom)
    asked = Asked(
        prompt=prompt,
        operation=Operation.OUTPAINT,
        image=image,
        margins=margins or None,
        painter=painter,
        wish=wish,
    )
    return carried(asked, terms)


@app.add()
def vary(image: Image, painter: Painter, wish: Wish, terms: Terms, prompt: OptionalPrompt = "") -> int:
    """Paint variations of a picture."""
    asked = Asked(prompt=prompt, operation=Operation.VARIATIONS, image=image, painter=painter, wish=wish)
    return carried(asked, terms)


@app.add()
def upscale(image: Image, painter: Painter, wish: Wish, terms: Terms, scale: Scale = None) -> int:
    """Make a picture two or four times as large."""
    return carried(Asked(operation=Operation.UPSCALE, image=image, scale=scale, painter=painter, wish=wish), terms)


@app.add()
def style(
    image: Image, painter: Painter, wish: Wish, terms: Terms, prompt: OptionalPrompt = "", like: Like = None
) -> int:
    """Paint a picture anew in a style: words, a preset, or another picture to be like."""
    asked = Asked(prompt=prompt, operation=Operation.STYLE_TRANSFER, image=image, like=like, painter=painter, wish=wish)
    return carried(asked, terms)


@app.add("remove-background")
def remove_background(image: Image, painter: Painter, wish: Wish, terms: Terms) -> int:
    """Cut the subject of a picture out of its background."""
    return carried(Asked(operation=Operation.REMOVE_BACKGROUND, image=image, painter=painter, wish=wish), terms)
