"""From the size that is wanted to one that a model makes: shape first, then area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, sqrt

from limner.domain.model_card import SizeGrid, SizeRule
from limner.domain.request import Aspect, ImageRequest, Margins, Operation, Role, Size


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """How large a call asks its pictures to be: by pixels, by a shape, or by what is added to the source."""

    size: Size | None = None
    aspect: str | None = None
    resolution: str | None = None
    margins: Margins | None = None


def allowed(rule: SizeRule, size: Size) -> bool:
    """Whether the model makes exactly this size."""
    return size in rule.fixed or (rule.grid is not None and on_grid(rule.grid, size))


def on_grid(grid: SizeGrid, size: Size) -> bool:
    """Whether a size obeys every bound of a grid."""
    longer, shorter = max(size.width, size.height), min(size.width, size.height)
    return (
        size.width % grid.multiple == 0
        and size.height % grid.multiple == 0
        and grid.min_edge <= shorter
        and longer <= grid.max_edge
        and grid.min_pixels <= size.pixels <= grid.max_pixels
        and longer <= shorter * grid.max_ratio
    )


def nearest(rule: SizeRule, wanted: Size) -> Size | None:
    """The size closest to the one wanted; None where the model has no sizes of its own."""
    if allowed(rule, wanted):
        return wanted
    choices = list(rule.fixed)
    if rule.grid is not None:
        snapped = snap(rule.grid, wanted)
        if snapped is not None:
            choices.append(snapped)
    if not choices:
        return None
    return min(choices, key=lambda size: distance(size, wanted))


def nearest_aspect(aspects: tuple[Aspect, ...], ratio: float) -> Aspect:
    """The shape closest to a ratio."""
    return min(aspects, key=lambda aspect: abs(log(aspect.ratio / ratio)))


def nearest_resolution(resolutions: Mapping[str, int], pixels: int) -> str | None:
    """The service's word for about so many pixels; None where it has none."""
    return min(resolutions, key=lambda word: abs(log(resolutions[word] / pixels)), default=None)


def distance(size: Size, wanted: Size) -> tuple[float, float]:
    """How far a size is from the one wanted: by shape (in steps of one per cent), then by area."""
    return round(abs(log(size.ratio / wanted.ratio)), 2), abs(log(size.pixels / wanted.pixels))


def sized(aspect: Aspect, pixels: int) -> Size:
    """A size of this shape with about so many pixels."""
    width = sqrt(pixels * aspect.ratio)
    return Size(max(1, round(width)), max(1, round(width / aspect.ratio)))


def snap(grid: SizeGrid, wanted: Size) -> Size | None:
    """The grid point nearest to a size, with its ratio and area kept as far as the bounds allow."""
    ratio = min(max(wanted.ratio, 1 / grid.max_ratio), grid.max_ratio)
    low = max(grid.min_pixels, grid.min_edge**2 * max(ratio, 1 / ratio))
    high = min(grid.max_pixels, grid.max_edge**2 / max(ratio, 1 / ratio))
    pixels = min(max(wanted.pixels, low), high)
    width, height = sqrt(pixels * ratio), sqrt(pixels / ratio)
    points = [
        Size(across * grid.multiple, down * grid.multiple)
        for across in around(width / grid.multiple)
        for down in around(height / grid.multiple)
    ]
    fitting = [point for point in points if on_grid(grid, point)]
    return min(fitting, key=lambda point: distance(point, wanted), default=None)


def around(value: float) -> range:
    """The whole numbers near a value; the bounds of a grid may cut off the nearest ones."""
    middle = round(value)
    return range(max(1, middle - 2), middle + 3)


def enlarged(request: ImageRequest) -> Size | None:
    """The size at which an enlargement has to come out; None where its own is fine, and for everything else.

    A size that is asked for counts where it has the source's shape, to the pixel, and is no smaller.
    """
    source = request.input(Role.SOURCE)
    if request.operation is not Operation.UPSCALE or source is None:
        return None
    wanted = request.size
    if wanted is not None and wanted.width >= source.width and wanted.height == fitting(source.size, wanted.width):
        return wanted
    return None if request.scale is None else Size(source.width * request.scale, source.height * request.scale)


def fitting(size: Size, width: int) -> int:
    """How high a picture is that was brought to a width."""
    return max(1, round(width * size.height / size.width))
