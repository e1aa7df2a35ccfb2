"""Decodes and encodes pictures: the only place where a file from outside becomes pixels."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from limner.domain.errors import BadPicture, InvalidRequest
from limner.storage.probe import THE_FILE, Found

# Each file is given to the one decoder that its content calls for, never to whichever decoder feels addressed.
_DECODERS: dict[str, type[ImageFile.ImageFile]] = {
    "image/png": PngImagePlugin.PngImageFile,
    "image/jpeg": JpegImagePlugin.JpegImageFile,
    "image/gif": GifImagePlugin.GifImageFile,
    "image/webp": WebPImagePlugin.WebPImageFile,
    "image/avif": AvifImagePlugin.AvifImageFile,
}
_LONGEST = {"webp": 16_383, "jpeg": 65_535, "png": 1 << 30, "avif": 65_535}
DEEP = ("I;16", "I;16B", "I;16L", "I", "F")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pixels:
    """A decoded picture, the right way up, as RGB or RGBA with 8 bits a channel."""

    image: Image.Image
    profile: bytes | None = None
    """Its ICC colour profile, where it fits RGB."""


def decode(data: bytes, found: Found, *, name: str = THE_FILE, least: int | None = None) -> Pixels:
    """Decodes the first frame of an inspected file; blocks. Raises BadPicture.

    With `least` a JPEG may come at an eighth, a quarter or half of its size, no edge shorter than that: much cheaper.
    """
    try:
        file = _DECODERS[found.media_type](io.BytesIO(data))
        if sorted(file.size) != sorted((found.width, found.height)):
            raise BadPicture(f"{name} says two different things about its size. Save the picture again.")
        if least is not None:
            file.draft("RGB", (least, least))
        profile = _fitting(file.info.get("icc_profile"))
        file.load()
        return Pixels(
            image=_plain(file if found.shape.orientation == 1 else ImageOps.exif_transpose(file)), profile=profile
        )
    except BadPicture:
        raise
    except MemoryError as error:
        raise BadPicture(f"{name} needs more memory than there is. Make it smaller.") from error
    # Decoders meet hostile bytes in many ways: besides OSError they raise SyntaxError, ValueError, struct.error ...
    except Exception as error:
        raise BadPicture(f"{name} is damaged and cannot be decoded. Save the picture again.") from error


def _plain(image: Image.Image) -> Image.Image:
    """RGB, or RGBA where anything may be transparent."""
    if image.mode in DEEP:
        # Pillow would cut values above 255 off instead of scaling them.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    # Comments and places that the file carries would otherwise find their way into copies.
    image.info = {}
    return image


def _fitting(profile: object) -> bytes | None:
    """A colour profile, if it is one for RGB: one for grey or CMYK would falsify the converted pixels."""
    return profile if isinstance(profile, bytes) and profile[16:20] == b"RGB " else None


def on_white(image: Image.Image) -> Image.Image:
    """The picture on a white ground, for formats that know no transparency."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image)
    return ground.convert("RGB")


def encode(pixels: Pixels, format: str) -> bytes:
    """A file in one of the formats png, jpeg, webp, avif; with its colour profile, without any other metadata."""
    image, out = pixels.image, io.BytesIO()
    if max(image.size) > _LONGEST[format]:
        raise InvalidRequest(
            f"A {format} file is at most {_LONGEST[format]} pixels long. Choose a smaller width or another format.",
            field="width",
        )
    profile = pixels.profile or b""
    if format == "png":
        # Levels above 4 cost three times the time and save nothing on pictures (measured).
        image.save(out, "PNG", compress_level=4, icc_profile=profile)
    elif format == "jpeg":
        on_white(image).save(out, "JPEG", quality=90, subsampling=0, icc_profile=profile)
    elif format == "webp":
        image.save(out, "WEBP", quality=90, method=4, exact=True, icc_profile=profile)
    else:
        image.save(out, "AVIF", quality=70, speed=8, icc_profile=profile)
    return out.getvalue()


def shrink(image: Image.Image, width: int, height: int) -> Image.Image:
    """The picture at a smaller size: whole steps by averaging, which is fast, the rest by interpolation."""
    step = min(image.width // width, image.height // height)
    if step > 1:
        image = image.reduce(step)
    return image if image.size == (width, height) else image.resize((width, height), Image.Resampling.BICUBIC)


def tone_of(image: Image.Image) -> str:
    """The dominant colour as #rrggbb: the mean of the largest group of similar pixels; grey if all are transparent."""
    return next(iter(colours_of(image)), "#808080")


def colours_of(image: Image.Image) -> list[str]:
    """Up to five colours as #rrggbb, the means of groups of similar pixels, the largest first; none if all is clear."""
    small = image.reduce(max(1, min(image.size) // 64)).resize((32, 32), Image.Resampling.BOX).convert("RGBA")
    raw = small.tobytes()
    seen = b"".join(raw[at : at + 3] for at in range(0, len(raw), 4) if raw[at + 3] > 127)
    if not seen:
        return []
    groups = Image.frombytes("RGB", (len(seen) // 3, 1), seen).quantize(5, Image.Quantize.MEDIANCUT)
    counts, palette = groups.histogram(), bytes(groups.getpalette("RGB") or ())
    order = sorted((place for place, count in enumerate(counts) if count), key=lambda place: -counts[place])
    return ["#" + palette[3 * place : 3 * place + 3].hex() for place in order]
