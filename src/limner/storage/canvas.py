"""Larger canvases and other sizes: outpainting, thumbnails and conversions."""

from __future__ import annotations

import io

from PIL import Image

from limner.domain.errors import InvalidRequest
from limner.domain.request import Margins, Size
from limner.storage.pixels import Pixels, shrink
from limner.storage.probe import Limits

BUSY = 0.065
"""Bytes a pixel above which a thumbnail of good quality is that of a busy picture: sixty of them would be 350 kB."""


def grown(source: Image.Image, margins: Margins, limit: Size | None, limits: Limits) -> tuple[Image.Image, Image.Image]:
    """The source on a transparent canvas, and the mask of what is still empty. Raises InvalidRequest."""
    sides = (margins.left, margins.top, margins.right, margins.bottom)
    if min(sides) < 0 or not any(sides):
        raise InvalidRequest("The margins say by how many pixels each side grows: give at least one.", field="margins")
    width, height = source.width + margins.left + margins.right, source.height + margins.top + margins.bottom
    check_size(width, height, limits, "margins")
    scale = min(1.0, limit.width / width, limit.height / height) if limit else 1.0
    left, top = round(margins.left * scale), round(margins.top * scale)
    right, bottom = round((margins.left + source.width) * scale), round((margins.top + source.height) * scale)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    size = (max(round(width * scale), right), max(round(height * scale), bottom))
    if scale < 1:
        source = source.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
    canvas = Image.new("RGBA", size, (0, 0, 0, 0))
    canvas.paste(source, (left, top))
    mask = Image.new("L", size, 255)
    mask.paste(0, (left, top, right, bottom))
    return canvas, mask


def check_size(width: int, height: int, limits: Limits, field: str) -> None:
    """Refuses a result larger than what may be decoded again. Raises InvalidRequest."""
    if width * height > limits.max_pixels or max(width, height) > limits.max_edge:
        raise InvalidRequest(
            f"The result would measure {width}x{height} pixels; at most {limits.max_pixels / 1e6:g} million in all "
            f"and {limits.max_edge} along an edge are possible. Ask for less.",
            field=field,
        )


def at_width(pixels: Pixels, width: int, limits: Limits) -> Pixels:
    """The picture at exactly this width, larger or smaller, in its own proportions. Raises InvalidRequest."""
    height = max(1, round(pixels.image.height * width / pixels.image.width))
    return at_size(pixels, width, height, limits, "width")


def at_size(pixels: Pixels, width: int, height: int, limits: Limits, field: str) -> Pixels:
    """The picture at exactly this size. Raises InvalidRequest, naming the field that asked for it."""
    if width < 1 or height < 1:
        raise InvalidRequest("Sizes are in pixels: give 1 or more.", field=field)
    check_size(width, height, limits, field)
    if pixels.image.size == (width, height):
        return pixels
    image = pixels.image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return Pixels(image=image, profile=pixels.profile)


def within(pixels: Pixels, edge: int) -> Pixels:
    """The picture, made smaller where it does not fit into a square of this edge."""
    image = pixels.image
    scale = min(1.0, edge / max(image.size))
    small = shrink(image, max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return Pixels(image=small, profile=pixels.profile)


def as_thumbnail(pixels: Pixels) -> bytes:
    """A WebP for looking at: small, and quick to make; a busy picture is packed harder, in which nobody sees it."""
    out = io.BytesIO()
    # Quality 80 makes files half as large again, and what it adds is seen at four times the size only; between 70 and
    # 36 a page of busy pictures is halved, and grain is all that goes. Methods above 2 take twice the time for a tenth
    # (measured on what the built-in artist paints).
    quality = 36 if _is_busy(pixels.image) else 70
    pixels.image.save(out, "WEBP", quality=quality, method=2, icc_profile=pixels.profile or b"")
    return out.getvalue()


def _is_busy(image: Image.Image) -> bool:
    """Whether a thumbnail of good quality would be large: a JPEG says so to a tenth, in an eighth of the time."""
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=50)
    return len(out.getvalue()) > BUSY * image.width * image.height
