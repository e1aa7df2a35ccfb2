"""Says what is in pictures."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.asking import agreed, must_ask
from limner.cli.documents import Document, moment
from limner.cli.exits import FAILED, OK
from limner.cli.finding import is_file, picture_named
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json, MaxCost, Yes
from limner.cli.output import Output
from limner.cli.texts import TextModel, told
from limner.cli.wishes import amount
from limner.domain.errors import BadPicture, ConfirmationRequired, InvalidRequest

if TYPE_CHECKING:
    from limner.domain.describing import Described, DescribingQuote, Wish
    from limner.domain.money import Money

app = App()

Picture = Annotated[
    str | None, typer.Argument(metavar="FILE|ID", help="A picture: a file, or the id of a kept one, or a part of it.")
]
Collection = Annotated[
    str | None, typer.Option("--collection", help="All pictures of a collection that have no description yet.")
]
Again = Annotated[bool, typer.Option("--again", help="With --collection: those too that have one.")]


@app.add()
def describe(
    picture: Picture = None,
    collection: Collection = None,
    again: Again = False,
    text_model: TextModel = None,
    max_cost: MaxCost = None,
    yes: Yes = False,
    json: Json = False,
) -> int:
    """Say what is in a picture: caption, objects, text, colours, style, alt text, a prompt. What it costs is told."""
    output, most = Output(json=json), amount(max_cost)
    if (picture is None) == (collection is None):
        raise InvalidRequest("Name a picture or, with --collection, a collection.", field="picture")

    async def action(session: Session) -> int:
        from limner.domain.describing import Wish

        wish = Wish(principal=session.studio.principal, counted=False, model=text_model, max_cost=most)
        if collection is not None:
            return await _all_of(session, collection, wish, again=again, yes=yes)
        return await _one(session, str(picture), wish)

    return with_studio(output, action, paints=False)


async def _one(session: Session, named: str, wish: Wish) -> int:
    analyst, output = session.studio.runtime.analyst, session.output
    if is_file(named):
        described = await analyst.look_at(await asyncio.to_thread(_read, Path(named)), wish)
    else:
        described = await analyst.describe((await picture_named(session, named)).id, wish)
    if output.json:
        output.document(_document(described))
    else:
        _tell(output, described)
    return OK


async def _all_of(session: Session, named: str, wish: Wish, *, again: bool, yes: bool) -> int:
    """Quotes first, asks where that is much, then describes one after the other."""
    from limner.cli.collections import collection_named, contents
    from limner.words.plain import describing_quote_body

    analyst, output = session.studio.runtime.analyst, session.output
    shown = await contents(session, await collection_named(session, named))
    ids = [each.id for each in shown if each.withheld is None]
    quote = await analyst.quote(ids, wish, again=again)
    most = await _allowed(session, quote, wish, yes=yes)
    found = await analyst.describe_all(ids, wish, most=most, again=again)
    if output.json:
        items = [{"id": name, "description": _document(each)} for name, each in found.done]
        output.document({"quote": describing_quote_body(quote), "items": items, "left": list(found.left)})
    else:
        output.rows(("Picture", "Caption"), [(name, each.description.caption) for name, each in found.done])
        left = f" {len(found.left)} are left." if found.left else ""
        output.say(f"{len(found.done)} described, {told(found.cost)}.{left}")
    return FAILED if found.left else OK


async def _allowed(session: Session, quote: DescribingQuote, wish: Wish, *, yes: bool) -> Money:
    """What all together may cost. Raises ConfirmationRequired where nobody wants that, or it is too much."""
    from limner.domain.money import ZERO

    if quote.model is None:
        raise InvalidRequest(f"No picture can be described. {quote.why}", field="text_model")
    ceiling = ZERO if quote.estimate is None else quote.estimate.ceiling
    session.output.say(f"{quote.pictures} pictures to describe by {quote.model}; together they cost up to {ceiling}.")
    if wish.max_cost is not None and ceiling > wish.max_cost:
        raise ConfirmationRequired(
            f"They may cost up to {ceiling}, more than the {wish.max_cost} that you allow. Raise --max-cost.",
            field="max_cost",
        )
    if quote.pictures and must_ask(session, ceiling, yes=yes) and not await agreed(session, "Go on?"):
        raise ConfirmationRequired("Not confirmed. Nothing was spent.")
    return ceiling


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadPicture(f"{path} cannot be read: {error.strerror}. Check the name.", field="file") from error


def _document(described: Described) -> Document:
    from limner.words.plain import described_body

    return {**described_body(described), "created": moment(described.at)}


def _tell(output: Output, described: Described) -> None:
    said = described.description
    if said.caption:
        output.show(said.caption)
    facts = (
        ("size", f"{said.width} x {said.height}"),
        ("objects", ", ".join(said.objects)),
        ("text", said.text),
        ("colours", ", ".join((*said.colour_names, *said.colours))),
        ("style", said.style),
        ("concerns", ", ".join(said.concerns)),
        ("alt text", said.alt_text),
        ("prompt", said.suggested_prompt),
        ("tags", ", ".join(said.tags)),
    )
    for name, value in facts:
        if value:
            output.show(f"  {name:<9} {value}")
    output.say(f"By {described.by}, {told(described.cost)}. {described.why}".rstrip())
