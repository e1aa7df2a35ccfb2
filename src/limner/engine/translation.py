"""From a request to the calls that one model takes, with a receipt of what became of each option."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from limner.domain.call import Call, CallInput
from limner.domain.model_card import MaskKind, ModelCard, StandIn
from limner.domain.plan import ReceiptLine, Treatment
from limner.domain.request import ImageRequest, Margins, Operation, Role, Size, Strictness
from limner.engine.options import Choice, Value, choose, enlarge, knows, without_picture
from limner.engine.outpainting import margins_of, reframed, told
from limner.engine.prompting import words_for
from limner.engine.sizes import Shape, nearest, nearest_aspect, nearest_resolution, sized
from limner.engine.untranslatable import Untranslatable

SIZED_BY_SOURCE = frozenset({Operation.UPSCALE, Operation.REMOVE_BACKGROUND})
"""Operations whose pictures have the shape of their source with every model."""
CONVERTED_HERE = frozenset({"png", "jpeg", "webp", "avif"})
"""Formats that a finished picture can be turned into on this machine."""

OPTIONS = ("quality", "style", "steps", "guidance", "seed", "strength", "scale", "background", "negative_prompt")
"""Options that a model may have, in the order in which a receipt tells of them."""
FOLDED = frozenset({"style", "negative_prompt"})
"""Those that join the prompt where a model lacks them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Translation:
    """The calls, and what became of each option."""

    calls: tuple[Call, ...]
    receipt: tuple[ReceiptLine, ...]
    stand_in: StandIn


def translate(request: ImageRequest, card: ModelCard) -> Translation:
    """The request in one model's own terms. Raises Untranslatable where it cannot be done."""
    stand_in = card.operations.get(request.operation)
    if stand_in is None:
        raise Untranslatable("operation", f"{card.title} cannot {spoken(request.operation)}.")
    _require_own_options(request, card)
    lines = [*_operation_lines(request, card, stand_in)]
    operation = _sent_operation(request.operation, stand_in)
    prompt = _prompt(request, card, lines)
    inputs = _inputs(request, card, lines)
    shape = _shaped(Shape(margins=margins_of(request, card)), operation, request, card, lines)
    # Made once and whole: a plan over many models copies no call field by field.
    call = Call(
        id="",
        model=card.name,
        operation=operation,
        prompt=prompt,
        count=min(request.count, card.max_count),
        inputs=inputs,
        size=shape.size,
        aspect=shape.aspect,
        resolution=shape.resolution,
        margins=shape.margins,
        timeout=card.timeout,
        extra=request.extra,
        **_options(request, card, lines),  # type: ignore[arg-type]  # names and kinds are those of OPTIONS
    )
    if request.strictness is Strictness.STRICT:
        _refuse_changes(lines)
    return Translation(calls=_split(call, request, card, lines), receipt=tuple(lines), stand_in=stand_in)


def spoken(operation: Operation) -> str:
    """An operation as words in a sentence: "cannot ..."."""
    return {
        Operation.GENERATE: "make pictures from words alone",
        Operation.VARIATIONS: "make variations",
        Operation.STYLE_TRANSFER: "transfer a style",
        Operation.REMOVE_BACKGROUND: "remove a background",
        Operation.EDIT: "edit pictures",
    }.get(operation, operation.value)


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


def _prompt(request: ImageRequest, card: ModelCard, lines: list[ReceiptLine]) -> str:
    prompt = request.prompt.strip()
    if not card.prompt_limit:
        if prompt:
            why = f"{card.title} works without words."
            lines.append(ReceiptLine(field="prompt", treatment=Treatment.IGNORED, wanted=prompt, why=why))
        return ""
    prompt = prompt or words_for(request.operation, card, lines)
    if request.negative_prompt and card.parameter("negative_prompt") is None:
        prompt = f"{prompt.rstrip('. ')}. Avoid: {request.negative_prompt.strip()}."
        lines.append(
            ReceiptLine(
                field="negative_prompt",
                treatment=Treatment.MAPPED,
                wanted=request.negative_prompt,
                sent="prompt",
                why=f"{card.title} has no negative prompt; it is folded into the prompt.",
            )
        )
    if request.style and not knows(request.style, "style", card):
        prompt = f"{prompt.rstrip('. ')}. Style: {request.style}."
        lines.append(
            ReceiptLine(
                field="style",
                treatment=Treatment.MAPPED,
                wanted=request.style,
                sent="prompt",
                why=f"{card.title} has no option for this style; it is folded into the prompt.",
            )
        )
    if len(prompt) > card.prompt_limit:
        raise Untranslatable(
            "prompt",
            f"{card.title} takes at most {card.prompt_limit:,} characters; this prompt has {len(prompt):,}. "
            "Shorten it.",
            "prompt_too_long",
        )
    return prompt


def _require_own_options(request: ImageRequest, card: ModelCard) -> None:
    for rule in card.parameters:
        if rule.required and rule.name not in request.extra:
            raise Untranslatable(f"extra.{rule.name}", f"{card.title} needs its option {rule.name}. Give it in extra.")


def _inputs(request: ImageRequest, card: ModelCard, lines: list[ReceiptLine]) -> tuple[CallInput, ...]:
    pictures = [image for image in request.inputs if image.role is not Role.MASK]
    if len(pictures) > card.max_inputs:
        raise Untranslatable(
            "inputs", f"{card.title} takes at most {card.max_inputs} input pictures; this request has {len(pictures)}."
        )
    if request.input(Role.MASK) is not None and card.mask is MaskKind.NONE:
        raise Untranslatable("mask", f"{card.title} cannot use a mask.")
    for role in sorted(card.needs):
        if request.input(role) is None:
            raise Untranslatable("inputs", f"{card.title} needs a {role} picture. Add one.")
    return tuple(
        CallInput(
            role=_sent_role(image.role, card, lines),
            digest=image.digest,
            media_type=image.media_type,
            width=image.width,
            height=image.height,
        )
        for image in request.inputs
    )


def _sent_role(role: Role, card: ModelCard, lines: list[ReceiptLine]) -> Role:
    """The role that a picture has at the model: one that shows a style may go as any other reference."""
    if role is Role.MASK or role in card.roles:
        return role
    if role is not Role.STYLE or Role.REFERENCE not in card.roles:
        raise Untranslatable("inputs", f"{card.title} cannot use a {role} picture.")
    lines.append(
        ReceiptLine(
            field="inputs",
            treatment=Treatment.MAPPED,
            wanted=role.value,
            sent=Role.REFERENCE.value,
            why=f"{card.title} knows no style pictures; it goes along as a reference.",
        )
    )
    return Role.REFERENCE


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
    if asked is not None:
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


def _split(call: Call, request: ImageRequest, card: ModelCard, lines: list[ReceiptLine]) -> tuple[Call, ...]:
    """As few calls as the model allows; seeds count up from one call to the next."""
    whole, rest = divmod(request.count, card.max_count)
    counts = [card.max_count] * whole + ([rest] if rest else [])
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
    made, calls = call.count, [call]
    for count in counts[1:]:
        calls.append(replace(call, count=count, seed=None if call.seed is None else call.seed + made))
        made += count
    return tuple(calls)


def _refuse_changes(lines: list[ReceiptLine]) -> None:
    """In strict mode every option is taken as given or the model is not."""
    for line in lines:
        if line.treatment not in (Treatment.USED, Treatment.SPLIT) and line.field != "presets":
            instead = f", only as {line.sent}" if line.treatment is Treatment.ROUNDED else ""
            why = f"{line.field}={line.wanted} cannot be taken as given{instead}: {line.why}"
            raise Untranslatable(line.field, f"{why} Change it, or do without strict.", "strict")
