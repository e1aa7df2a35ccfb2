"""Whether a request makes sense at all, before any model is looked at."""

from __future__ import annotations

from limner.domain.errors import InvalidRequest
from limner.domain.interpreting import no_language
from limner.domain.languages import BEST, NAMES
from limner.domain.prompts import is_blank, objection_to_empty, objection_to_signs
from limner.domain.request import NEEDS_NO_PROMPT, ImageRequest, Operation, Role, Size
from limner.engine.outpainting import canvas_of
from limner.engine.sizes import enlarged

MAX_COUNT = 10
MAX_PROMPT = 32_000
"""Characters; the longest limit of any model in the catalog (OpenAI, 2026-11)."""
MAX_EDGE = 16_384
MAX_PREVIEWS = 3
SCALES = (2, 4)
PRICED = frozenset({"model", "n", "count", "num_images", "size", "width", "height", "quality", "aspect_ratio", "steps"})
"""Options, in the services' words, that a price depends on."""
LOOKED_AT = frozenset({"prompt", "negative_prompt"})
"""Options, in the services' words, that are looked at and counted before anything is sent."""


def admit(request: ImageRequest) -> None:
    """Raises InvalidRequest, naming the field, for anything that no model could carry out."""
    if request.operation is Operation.UPLOAD:
        raise InvalidRequest(
            "A picture of your own is uploaded, not painted. Send it to the library.", field="operation"
        )
    _check_prompt(request)
    _check_numbers(request)
    if request.translate not in ("", BEST, *NAMES):
        raise no_language(request.translate)
    _check_extra(request)
    _check_shape(request)
    _check_inputs(request)


def admit_result(request: ImageRequest, most_pixels: int) -> None:
    """Raises InvalidRequest for an extension or an enlargement to more pixels than may be decoded here."""
    result, field = _result(request)
    if result is not None and (result.pixels > most_pixels or max(result.width, result.height) > MAX_EDGE):
        raise InvalidRequest(
            f"The result would measure {result} pixels; at most {most_pixels / 1e6:g} million in all and {MAX_EDGE} "
            "along an edge are possible. Ask for less.",
            field=field,
        )


def _result(request: ImageRequest) -> tuple[Size | None, str]:
    """The size that a picture is brought to from its source, and the field that says so; None where neither happens."""
    source = request.input(Role.SOURCE)
    if source is None or request.operation is not Operation.OUTPAINT:
        return enlarged(request), "scale" if request.size is None else "size"
    said = "margins" if request.margins else "size" if request.size else "aspect" if request.aspect else "margins"
    return canvas_of(request, source.size), said


def _check_prompt(request: ImageRequest) -> None:
    empty = None if request.operation in NEEDS_NO_PROMPT else objection_to_empty(request.prompt)
    if empty is not None:
        raise empty
    for field, text in (("prompt", request.prompt), ("negative_prompt", request.negative_prompt or "")):
        if len(text) > MAX_PROMPT:
            raise InvalidRequest(
                f"Prompt too long (max {MAX_PROMPT} characters): this one has {len(text)}. Shorten it.",
                field=field,
                code="prompt_too_long",
            )
        if (objection := objection_to_signs(text, field)) is not None:
            raise objection


def _has_style(request: ImageRequest) -> bool:
    """Whether a style is named or shown without a word of a prompt."""
    return bool(request.style or request.presets or request.input(Role.STYLE))


def _check_numbers(request: ImageRequest) -> None:
    if not 1 <= request.count <= MAX_COUNT:
        raise InvalidRequest(
            f"A request makes 1 to {MAX_COUNT} pictures, not {request.count}. Use a batch for more.", field="count"
        )
    if not 0 <= request.previews <= MAX_PREVIEWS:
        raise InvalidRequest(f"previews is 0 to {MAX_PREVIEWS}, not {request.previews}.", field="previews")
    if request.seed is not None and not 0 <= request.seed < 2**63:
        raise InvalidRequest(f"A seed is a whole number from 0 to 2^63 - 1, not {request.seed}.", field="seed")
    if request.strength is not None and not 0 <= request.strength <= 1:
        raise InvalidRequest(f"strength is 0 (keep) to 1 (repaint), not {request.strength}.", field="strength")
    if request.steps is not None and request.steps < 1:
        raise InvalidRequest(f"steps is at least 1, not {request.steps}.", field="steps")
    if request.guidance is not None and request.guidance < 0:
        raise InvalidRequest(f"guidance is at least 0, not {request.guidance}.", field="guidance")


def _check_extra(request: ImageRequest) -> None:
    """The service's own options go in last: none of them may change what the quote was made for, or was looked at."""
    for name in request.extra:
        if name in LOOKED_AT:
            raise InvalidRequest(
                f"'{name}' is looked at before it is sent; give it as a field of the request, not in extra.",
                field=f"extra.{name}",
            )
        if name in PRICED:
            raise InvalidRequest(
                f"'{name}' decides the price; give it as an option of the request, not in extra.", field=f"extra.{name}"
            )


def _check_shape(request: ImageRequest) -> None:
    if request.size and request.aspect:
        raise InvalidRequest("Give a size or a shape (aspect), not both.", field="aspect")
    if request.size and max(request.size.width, request.size.height) > MAX_EDGE:
        raise InvalidRequest(f"No edge may be longer than {MAX_EDGE} pixels; {request.size} is.", field="size")
    if request.scale is not None and request.scale not in SCALES:
        raise InvalidRequest(f"scale is 2 or 4, not {request.scale}.", field="scale")
    margins = request.margins
    if margins and min(margins.left, margins.top, margins.right, margins.bottom) < 0:
        raise InvalidRequest("A picture can only grow: margins are 0 or more pixels.", field="margins")


def _check_inputs(request: ImageRequest) -> None:
    source, mask = request.input(Role.SOURCE), request.input(Role.MASK)
    if request.operation is not Operation.GENERATE and source is None:
        raise InvalidRequest(f"{request.operation} needs a picture to start from. Add one.", field="inputs")
    if request.operation is Operation.INPAINT and mask is None:
        raise InvalidRequest("Inpainting needs a mask that marks what to change. Add one.", field="mask")
    if request.operation is Operation.STYLE_TRANSFER and is_blank(request.prompt) and not _has_style(request):
        raise InvalidRequest(
            "Say which style: in words, by a preset, or with a picture that shows it.",
            field="prompt",
            code="prompt_empty",
        )
    if source and mask and source.size != mask.size:
        raise InvalidRequest(
            f"The mask is {mask.size} and the picture is {source.size}. Make the mask the size of the picture.",
            field="mask",
            code="mask_size",
        )
