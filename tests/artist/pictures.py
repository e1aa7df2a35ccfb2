"""Commissions and measurements the tests of the artist share."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from limner.artist import Artwork, Commission, paint

Pixels = npt.NDArray[np.float64]


def commission(prompt: str, operation: str = "generate", **options: object) -> Commission:
    """A small commission."""
    return Commission(**({"operation": operation, "prompt": prompt, "width": 192, "height": 192, "seed": 7} | options))  # type: ignore[arg-type]  # options vary by test


def painted(prompt: str, operation: str = "generate", **options: object) -> Artwork:
    """The artwork of a small commission."""
    return paint(commission(prompt, operation, **options))


def opened(data: bytes) -> Image.Image:
    """The picture in some bytes."""
    return Image.open(io.BytesIO(data))


def pixels(data: bytes) -> Pixels:
    """Red, green and blue of 0 to 1, rows by columns."""
    return np.asarray(opened(data).convert("RGB"), np.float64) / 255


def png(image: Image.Image) -> bytes:
    """A picture as PNG bytes."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def disc(size: int = 200, ground: str = "#7fb0d8", subject: str = "#c03a2a") -> bytes:
    """A disc on a plain ground."""
    image = Image.new("RGB", (size, size), ground)
    ImageDraw.Draw(image).ellipse((size * 0.25, size * 0.25, size * 0.75, size * 0.75), fill=subject)
    return png(image)


def mask(size: int, box: tuple[int, int, int, int]) -> bytes:
    """A mask, white in a box."""
    image = Image.new("L", (size, size))
    ImageDraw.Draw(image).rectangle(box, fill=255)
    return png(image)
