"""Pictures in and out of bytes."""

import io

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from limner.artist.commission import FORMATS, LARGEST_RESULT
from limner.artist.noise import Field
from limner.artist.treatments import to_image

_READABLE = ("PNG", "JPEG", "WEBP")


def decode(data: bytes, what: str) -> Image.Image:
    """The picture in some bytes, turned upright; `what` names it in errors."""
    try:
        image = Image.open(io.BytesIO(data), formats=_READABLE)
        if max(image.size) > LARGEST_RESULT:
            raise ValueError(
                f"The {what} is {image.width}x{image.height}. Send one of at most {LARGEST_RESULT} pixels a side."
            )
        image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(
            f"The {what} is not a PNG, JPEG or WebP picture that can be read. Send another file."
        ) from error
    return ImageOps.exif_transpose(image)


def decode_mask(data: bytes, size: tuple[int, int]) -> Field:
    """A mask as shares, 1 where the picture may change; it must have the size of the source."""
    image = decode(data, "mask").convert("L")
    if image.size != size:
        raise ValueError(
            f"The mask is {image.width}x{image.height} but the source is {size[0]}x{size[1]}. Send one of that size."
        )
    return np.asarray(image, np.float32) / np.float32(255)


def encode(image: Image.Image, form: str) -> tuple[bytes, str]:
    """The file and its media type. JPEG has no transparency: it goes on white."""
    out = io.BytesIO()
    if form == "png":
        image.save(out, "PNG", compress_level=3)
    elif form == "webp":
        image.save(out, "WEBP", quality=90, method=3, lossless=image.mode == "RGBA", exact=False)
    else:
        _on_white(image).save(out, "JPEG", quality=92, subsampling=0)
    return out.getvalue(), FORMATS[form]


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def with_alpha(image: Image.Image, alpha: Field) -> Image.Image:
    """The picture with a soft mask as its transparency."""
    out = image.convert("RGBA")
    out.putalpha(Image.fromarray(np.clip(alpha * np.float32(255) + np.float32(0.5), 0, 255).astype(np.uint8)))
    return out


def thumbnail(planes: Field) -> bytes:
    """A small WebP of the picture so far."""
    step = max(1, max(planes.shape[1:]) // 512)
    image = to_image(planes[:, ::step, ::step])
    image.thumbnail((256, 256), Image.Resampling.BOX)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=70, method=1)
    return out.getvalue()
