"""How an outpainted picture grows: by margins, or by a size into whose middle the source comes."""

from __future__ import annotations

from dataclasses import replace

from limner.domain.model_card import ModelCard
from limner.domain.plan import ReceiptLine, Treatment
from limner.domain.request import ImageRequest, Margins, Operation, Role, Size
from limner.engine.sizes import Shape, distance
from limner.engine.untranslatable import Untranslatable


def margins_of(request: ImageRequest, card: ModelCard) -> Margins | None:
    """An outpaint without margins grows by a quarter of its shorter edge on every side, but where it is reframed."""
    if request.operation is not Operation.OUTPAINT:
        return None
    source = request.input(Role.SOURCE)
    if request.margins or source is None or card.sizes.reframes:
        return request.margins
    return margins_over(request, source.size)


def margins_over(request: ImageRequest, source: Size) -> Margins:
    """How far a canvas reaches over its source, said or not. Raises Untranslatable where it would not at all."""
    if request.margins:
        return request.margins
    if request.size is not None or request.aspect is not None:
        return margins_towards(request, source)
    step = max(1, min(source.width, source.height) // 4)
    return Margins(left=step, top=step, right=step, bottom=step)


def canvas_of(request: ImageRequest, source: Size) -> Size:
    """The size to which an outpaint grows its source; that of the source where it would not grow."""
    try:
        grown = margins_over(request, source)
    except Untranslatable:
        return source
    return Size(source.width + grown.left + grown.right, source.height + grown.top + grown.bottom)


def margins_towards(request: ImageRequest, source: Size) -> Margins:
    """Margins that bring a source to the size or shape that is wanted, with the source in the middle."""
    if request.size is not None:
        wanted = request.size
    else:
        ratio = request.aspect.ratio if request.aspect else source.ratio
        wanted = Size(max(source.width, round(source.height * ratio)), max(source.height, round(source.width / ratio)))
    across, down = max(0, wanted.width - source.width), max(0, wanted.height - source.height)
    if not across and not down:
        raise Untranslatable("size", f"An outpainted picture must be larger than its source of {source}.")
    return Margins(left=across // 2, right=across - across // 2, top=down // 2, bottom=down - down // 2)


def reframed(shape: Shape, request: ImageRequest, card: ModelCard, lines: list[ReceiptLine]) -> Shape:
    """An outpaint by its size alone. Raises Untranslatable where that has the shape of the source: nothing grows."""
    source = request.input(Role.SOURCE)
    if request.operation is not Operation.OUTPAINT or source is None:
        return shape
    asked = request.margins or request.size or request.aspect
    if not asked or shape.size is None or not distance(shape.size, source.size)[0]:
        why = f"{card.title} brings a picture of {source.size} to another shape. Ask for an aspect that it has not yet."
        raise Untranslatable("aspect", why)
    if request.margins:
        why = f"{card.title} takes a size, not margins: the picture comes into the middle of it."
        wanted = told(request.margins)
        lines.append(
            ReceiptLine(field="margins", treatment=Treatment.MAPPED, wanted=wanted, sent=str(shape.size), why=why)
        )
    return replace(shape, margins=None)


def told(margins: Margins) -> str:
    """Margins in a few words."""
    return f"left {margins.left}, top {margins.top}, right {margins.right}, bottom {margins.bottom}"
