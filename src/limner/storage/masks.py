"""Masks: the canonical one is 8-bit grey, as large as the source, and white where the picture is to change."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter

from limner.domain.errors import BadPicture, InvalidRequest
from limner.domain.model_card import MaskKind
from limner.domain.request import Box, Size
from limner.storage.pixels import Pixels, encode

MARKED = 128
"""From this grey on a pixel counts as marked where only yes or no can be said."""

NOTICEABLE = 8
"""Differences of a channel up to this are what lossy formats do to a picture, not a change."""


def canonical(given: Image.Image, size: Size, name: str) -> Image.Image:
    """The canonical mask in a decoded picture. Raises BadPicture.

    Where anything is transparent, the transparent is to change; where nothing is, the white.
    """
    if given.size != (size.width, size.height):
        raise BadPicture(
            f"{name} measures {given.width}x{given.height} pixels and the picture {size}. "
            "Give a mask of the same size.",
            code="mask_size",
        )
    mask = given.convert("L")
    if given.mode == "RGBA":
        alpha = given.getchannel("A")
        if alpha.getextrema() != (255, 255):
            mask = ImageChops.invert(alpha)
    if not any(mask.histogram()[MARKED:]):
        raise BadPicture(f"{name} marks nothing. Make white, or transparent, what is to change.")
    return mask


def feathered(mask: Image.Image, pixels: int, name: str) -> Image.Image:
    """A canonical mask whose edges fade over about so many pixels. Raises BadPicture where nothing is left marked."""
    if pixels < 1:
        return mask
    soft = mask.filter(ImageFilter.GaussianBlur(pixels / 2))
    if not any(soft.histogram()[MARKED:]):
        raise BadPicture(
            f"{name} marks too little for a feather of {pixels} pixels. Mark more, or make the feather smaller."
        )
    return soft


def rectangle(box: Box, size: Size) -> bytes:
    """A canonical mask that marks a rectangle, as far as it lies on the picture. Raises BadPicture where none does."""
    right, bottom = min(box.left + box.width, size.width), min(box.top + box.height, size.height)
    left, top = max(box.left, 0), max(box.top, 0)
    if left >= right or top >= bottom:
        raise BadPicture(f"The mask marks nothing. Give an area that lies on the picture of {size} pixels.")
    mask = Image.new("L", (size.width, size.height), 0)
    mask.paste(255, (left, top, right, bottom))
    return as_png(mask)


def in_convention(mask: Image.Image, kind: MaskKind) -> Image.Image:
    """A canonical mask as a service wants it. Raises InvalidRequest where it wants none."""
    if kind is MaskKind.WHITE:
        return mask
    if kind is MaskKind.STARK:
        return mask.point([0] * MARKED + [255] * (256 - MARKED))
    if kind is MaskKind.BLACK:
        return ImageChops.invert(mask)
    if kind is MaskKind.ALPHA:
        # Such services change what is fully transparent and nothing else: greys must be decided.
        sheet = Image.new("RGBA", mask.size, (0, 0, 0, 255))
        sheet.putalpha(mask.point([255] * MARKED + [0] * (256 - MARKED)))
        return sheet
    raise InvalidRequest("This model takes no mask. Choose a model that can inpaint.", field="mask")


def put_back(source: Image.Image, painted: Image.Image, mask: Image.Image) -> tuple[Image.Image, float]:
    """The painted picture with the source's pixels wherever the mask is black, and the share that differed at all."""
    source, painted = _alike(source, painted)
    return Image.composite(painted, source, mask), _changed(source, painted, mask, tolerance=0)


def changed(source: Image.Image, painted: Image.Image, mask: Image.Image) -> float:
    """The share of the pixels where the mask is black that differ noticeably, 0 to 1."""
    return _changed(*_alike(source, painted), mask, tolerance=NOTICEABLE)


def _alike(source: Image.Image, painted: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Both pictures in the source's size, both with transparency or both without."""
    if painted.size != source.size:
        painted = painted.resize(source.size, Image.Resampling.LANCZOS)
    if source.mode != painted.mode:
        source, painted = source.convert("RGBA"), painted.convert("RGBA")
    return source, painted


def _changed(source: Image.Image, painted: Image.Image, mask: Image.Image, *, tolerance: int) -> float:
    outside = mask.point([255] + [0] * 255)
    total = outside.histogram()[255]
    if not total:
        return 0.0
    most, *others = ImageChops.difference(source, painted).split()
    for channel in others:
        most = ImageChops.lighter(most, channel)
    differs = most.point([0] * (tolerance + 1) + [255] * (255 - tolerance))
    return ImageChops.multiply(differs, outside).histogram()[255] / total


def as_png(image: Image.Image) -> bytes:
    """A mask as a file."""
    return encode(Pixels(image=image), "png")
