"""What a model makes of a request, whatever its words are.

Everything about a translation but the prompt: it follows from the options of the request and the model's card alone,
and both are values that never change. So a draft that was made once is good for every request with the same options.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from limner.domain.call import Call
from limner.domain.model_card import ModelCard, StandIn
from limner.domain.money import Estimate
from limner.domain.plan import ReceiptLine, Treatment
from limner.domain.request import ImageRequest, Margins, Operation, Role, Size
from limner.engine.inputs import inputs_of
from limner.engine.options import Choice, Value, choose, enlarge, knows, without_picture
from limner.engine.outpainting import margins_of, reframed, told
from limner.engine.pricing import facts_of, reads_words
from limner.engine.sizes import Shape, enlarged, nearest, nearest_aspect, nearest_resolution, sized
from limner.engine.untranslatable import Untranslatable

SIZED_BY_SOURCE = frozenset({Operation.UPSCALE, Operation.REMOVE_BACKGROUND})
"""Operations whose pictures have the shape of their source with every model."""
CONVERTED_HERE = frozenset({"png", "jpeg", "webp", "avif"})
"""Formats that a finished picture can be turned into on this machine."""

OPTIONS = ("quality", "style", "steps", "guidance", "seed", "strength", "scale", "background", "negative_prompt")
"""Options that a model may have, in the order in which a receipt tells of them."""
FOLDED = frozenset({"style", "negative_prompt"})
"""Those that join the prompt where a model lacks them."""
DROPPED = frozenset({Treatment.IGNORED, Treatment.REFUSED})


Fields = Mapping[str, object]
"""The fields of a call but its prompt: it is made once and whole, for copying one takes three times as long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """The calls without their words, and what became of each option."""

    card: ModelCard
    stand_in: StandIn
    calls: tuple[Fields, ...] = ()
    counts: tuple[int, ...] = ()
    """How many pictures each call makes."""
    before: tuple[ReceiptLine, ...] = ()
    """What stands on the receipt before the lines about the words."""
    after: tuple[ReceiptLine, ...] = ()
    dropped: int = 0
    """How many wishes are not kept, apart from those about the words."""
    estimates: tuple[Estimate | None, ...] | None = None
    """Of each call, None where its price is unknown; None altogether where prices depend on the words."""
    refusal: Untranslatable | None = None
    """Why the model cannot do it at all."""

    def priced(self, prompt: str) -> tuple[Estimate | None, ...]:
        """What each call may cost with these words; None where the price is unknown."""
        if self.estimates is not None:
            return self.estimates
        return _estimates(self.card, self.worded(prompt))

    def worded(self, prompt: str) -> tuple[Call, ...]:
        """The calls with their words."""
        return tuple(_call(fields, prompt) for fields in self.calls)


def drafted(request: ImageRequest, card: ModelCard, stand_in: StandIn) -> Draft:
    """What a model makes of a request with an operation that it has; the words are left out, and not looked at."""
    before = tuple(_operation_lines(request, card, stand_in))
    after: list[ReceiptLine] = []
    try:
        first = _first(request, card, _sent_operation(request.operation, stand_in), after)
    except Untranslatable as refusal:
        return Draft(card=card, stand_in=stand_in, refusal=refusal.again())
    counts = _split(request, card, after)
    calls = tuple(_numbered(first, counts))
    return Draft(
        card=card,
        stand_in=stand_in,
        calls=calls,
        counts=counts,
        before=before,
        after=tuple(after),
        dropped=dropped((*before, *after)),
        estimates=None if reads_words(card.prices) else _estimates(card, [_call(fields, "") for fields in calls]),
    )


def dropped(lines: Iterable[ReceiptLine]) -> int:
    """How many wishes are not kept."""
    return sum(line.treatment in DROPPED for line in lines)


def _estimates(card: ModelCard, calls: Iterable[Call]) -> tuple[Estimate | None, ...]:
    return tuple(card.prices.estimate(facts_of(call, card)) for call in calls)


def _call(fields: Fields, prompt: str) -> Call:
    return Call(prompt=prompt, **fields)  # type: ignore[arg-type]  # they come from _calls, by their names


def _first(request: ImageRequest, card: ModelCard, operation: Operation, lines: list[ReceiptLine]) -> Fields:
    inputs = inputs_of(request, card, lines)
    shape = _shaped(Shape(margins=margins_of(request, card)), operation, request, card, lines)
    return {
        "id": "",
        "model": card.name,
        "operation": operation,
        "inputs": inputs,
        "size": shape.size,
        "aspect": shape.aspect,
        "resolution": shape.resolution,
        "margins": shape.margins,
        "timeout": card.timeout,
        "extra": request.extra,
        **_options(request, card, lines),
    }


def _numbered(first: Fields, counts: tuple[int, ...]) -> Iterator[Fields]:
    """Each call with its pictures; seeds count up from one call to the next."""
    seed, made = first["seed"], 0
    for count in counts:
        yield {**first, "count": count, "seed": seed + made if isinstance(seed, int) else seed}
        made += count


def _sent_operation(operation: Operation, stand_in: StandIn) -> Operation:
    if stand_in is StandIn.EDIT:
        return Operation.EDIT
    return Operation.INPAINT if stand_in is StandIn.CANVAS else operation


def _operation_lines(request: ImageRequest, card: ModelCard, stand_in: StandIn) -> Iterator[ReceiptLine]:
    if stand_in is not StandIn.NATIVE:
        how = (
            "an edit whose prompt asks for it"
            if stand_in is StandIn.EDIT
            else "the picture on a larger canvas, inpainted where it is empty"
        )
        yield ReceiptLine(
            field="operation",
            treatment=Treatment.MAPPED,
            wanted=request.operation.value,
            sent=_sent_operation(request.operation, stand_in).value,
            why=f"{card.title} has no such operation; it is done by {how}.",
        )
    for preset in request.presets:
        yield ReceiptLine(
            field="presets", treatment=Treatment.MAPPED, wanted=preset, sent="prompt", why="Its words join the prompt."
        )
    for name, value in request.extra.items():
        yield ReceiptLine(
            field=f"extra.{name}",
            treatment=Treatment.USED,
            wanted=str(value),
            sent=str(value),
            why="Passed on as it is.",
        )


def _wanted_size(margins: Margins | None, request: ImageRequest, card: ModelCard) -> tuple[Size | None, bool]:
    """The size to aim at, and whether the caller asked for it."""
    source = request.input(Role.SOURCE)
    if margins and source:
        width = source.width + margins.left + margins.right
        return Size(width, source.height + margins.top + margins.bottom), True
    if request.size:
        return request.size, True
    if request.aspect:
        pixels = card.sizes.default.pixels if card.sizes.default else 1024 * 1024
        return sized(request.aspect, pixels), True
    return (source.size, False) if source else (card.sizes.default, False)


def _shaped(
    shape: Shape, operation: Operation, request: ImageRequest, card: ModelCard, lines: list[ReceiptLine]
) -> Shape:
    """A shape that has its margins, with the size that is asked for."""
    sized_as_wanted = _sized(shape, operation, request, card, lines)
    return reframed(sized_as_wanted, request, card, lines) if card.sizes.reframes else sized_as_wanted


def _sized(
    shape: Shape, operation: Operation, request: ImageRequest, card: ModelCard, lines: list[ReceiptLine]
) -> Shape:
    wanted, asked = _wanted_size(shape.margins, request, card)
    if wanted is None:
        return shape
    if request.operation in SIZED_BY_SOURCE or card.sizes.follows_source(operation):
        lines += _source_shape_lines(shape.margins, request, card)
        return shape
    if not asked and operation in card.sizes.follows:
        return shape
    if card.sizes.aspects and not card.sizes.fixed and card.sizes.grid is None:
        return _with_aspect(shape, request, card, lines, wanted)
    size = nearest(card.sizes, wanted)
    if size is None:
        raise Untranslatable("size", f"{card.title} cannot make a picture of {wanted}.")
    if asked or size != wanted:
        same = size == wanted or (request.aspect is not None and abs(size.ratio / request.aspect.ratio - 1) < 0.005)
        lines.append(
            ReceiptLine(
                field="aspect" if request.aspect else "size",
                treatment=Treatment.USED if same else Treatment.ROUNDED,
                wanted=str(request.aspect or wanted),
                sent=str(size),
                why="" if same else f"The nearest size that {card.title} makes.",
            )
        )
    return Shape(size=size, margins=shape.margins)


def _source_shape_lines(margins: Margins | None, request: ImageRequest, card: ModelCard) -> Iterator[ReceiptLine]:
    """What becomes of a size that cannot be asked for: an outpaint comes to it by its margins, others do not."""
    asked = request.aspect or request.size
    if asked is not None and asked == enlarged(request):
        yield ReceiptLine(
            field="size",
            treatment=Treatment.MAPPED,
            wanted=str(asked),
            sent="the nearest scale",
            why="The exact size is made on this machine when the picture has come.",
        )
    elif asked is not None:
        grown = margins is not None and not request.margins
        yield ReceiptLine(
            field="aspect" if request.aspect else "size",
            treatment=Treatment.USED if grown else Treatment.IGNORED,
            wanted=str(asked),
            sent=told(margins) if grown and margins else None,
            why="" if grown else f"With {card.title} the picture that goes in says how large the one that comes is.",
        )
    if request.margins and margins:
        yield ReceiptLine(field="margins", treatment=Treatment.USED, wanted=told(request.margins), sent=told(margins))


def _with_aspect(shape: Shape, request: ImageRequest, card: ModelCard, lines: list[ReceiptLine], wanted: Size) -> Shape:
    """The nearest shape, and the nearest of the sizes that the model has words for."""
    aspect = nearest_aspect(card.sizes.aspects, request.aspect.ratio if request.aspect else wanted.ratio)
    resolution = nearest_resolution(card.sizes.resolutions, wanted.pixels)
    exact = request.aspect is not None and aspect == request.aspect
    if request.aspect or request.size:
        sent = f"{aspect} at {resolution}" if resolution else str(aspect)
        lines.append(
            ReceiptLine(
                field="aspect" if request.aspect else "size",
                treatment=Treatment.USED if exact else Treatment.MAPPED,
                wanted=str(request.aspect or wanted),
                sent=sent,
                why="" if exact else f"{card.title} takes shapes, not pixels.",
            )
        )
    return Shape(aspect=str(aspect), resolution=resolution, margins=shape.margins)


def _options(request: ImageRequest, card: ModelCard, lines: list[ReceiptLine]) -> dict[str, object]:
    """The fields of a call that are options of the model."""
    enlarges = request.operation is Operation.UPSCALE
    chosen: dict[str, object] = {}
    for name in OPTIONS:
        wanted = getattr(request, name)
        if wanted is None and not (enlarges and name == "scale"):
            chosen[name] = card.defaults.get(name)
            continue
        choice = _chosen(name, wanted, request, card)
        chosen[name] = choice.value
        if choice.line:
            lines.append(choice.line)
    if not enlarges and request.scale is None:
        chosen["scale"] = None
    if request.strength is None and request.input(Role.SOURCE) is None:
        chosen["strength"] = None
    previews = request.previews if card.streams else 0
    if request.previews and not card.streams:
        lines.append(
            ReceiptLine(
                field="previews",
                treatment=Treatment.IGNORED,
                wanted=str(request.previews),
                why=f"{card.title} shows nothing before it is done.",
            )
        )
    chosen["format"], chosen["partials"] = _format(request, card, lines), previews
    return chosen


def _chosen(name: str, wanted: Value, request: ImageRequest, card: ModelCard) -> Choice:
    """One option that somebody asks for; one that is folded into the prompt is as if nobody did."""
    if name == "scale" and request.operation is Operation.UPSCALE:
        return enlarge(wanted, name, card)
    if name in FOLDED and card.prompt_limit > 0 and not knows(str(wanted), name, card):
        return Choice(value=card.defaults.get(name))
    choice = choose(wanted, name, card)
    return without_picture(choice) if name == "strength" and request.input(Role.SOURCE) is None else choice


def _format(request: ImageRequest, card: ModelCard, lines: list[ReceiptLine]) -> str | None:
    """The format to ask for, where the model lets one choose; another one is made here when the picture has come."""
    wanted = {"jpg": "jpeg"}.get((request.format or "").lower(), (request.format or "").lower())
    if not wanted:
        return None
    open_to_choice = len(card.formats) > 1 or card.parameter("format") is not None
    if wanted in card.formats:
        lines.append(ReceiptLine(field="format", treatment=Treatment.USED, wanted=wanted, sent=wanted))
        return wanted if open_to_choice else None
    if wanted not in CONVERTED_HERE:
        raise Untranslatable("format", f"{card.title} makes {', '.join(card.formats)}, not {wanted}.")
    lines.append(
        ReceiptLine(
            field="format",
            treatment=Treatment.MAPPED,
            wanted=wanted,
            sent=card.formats[0],
            why="Converted on this machine when the picture has come.",
        )
    )
    return card.formats[0] if open_to_choice else None


def _split(request: ImageRequest, card: ModelCard, lines: list[ReceiptLine]) -> tuple[int, ...]:
    """The pictures of each call: as few calls as the model allows."""
    whole, rest = divmod(request.count, card.max_count)
    counts = (card.max_count,) * whole + ((rest,) if rest else ())
    if len(counts) > 1:
        lines.append(
            ReceiptLine(
                field="count",
                treatment=Treatment.SPLIT,
                wanted=str(request.count),
                sent=" + ".join(str(count) for count in counts),
                why=f"{card.title} makes at most {card.max_count} a call.",
            )
        )
    return counts
