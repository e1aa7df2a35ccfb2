"""Treatments: a finished picture gone over as poster, pixels, photograph, watercolour, ink, oil or line."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from limner.artist.colour import grade, luminance, mix, rgb
from limner.artist.noise import Field, blur, chance, field, resize, smoothstep
from limner.artist.strokes import line_art, oil
from limner.artist.washes import even, ink, watercolour


def to_image(planes: Field) -> Image.Image:
    """Planes of 0 to 1 as a picture."""
    levels = np.clip(planes * np.float32(255) + np.float32(0.5), 0, 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(levels.transpose(1, 2, 0)))


def to_planes(image: Image.Image) -> Field:
    """A picture as planes of 0 to 1."""
    levels = np.asarray(image.convert("RGB"), np.float32)
    return np.ascontiguousarray(levels.transpose(2, 0, 1)) * np.float32(1 / 255)


def poster(planes: Field, unit: float, seed: object) -> Field:
    """Few flat colours with clean edges."""
    flat = even(grade(planes, 1.15, 1.06, rgb("ffffff")), 5 * unit, 0.006)
    image = to_image(flat).quantize(16, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    cut = to_planes(image)
    soft = np.stack([blur(plane, 0.8) for plane in cut])
    tooth = chance(seed, "tooth").random(planes.shape[1:], dtype=np.float32)
    return np.clip(mix(cut, soft, 0.6) + (tooth - np.float32(0.5)) * np.float32(0.02), 0, 1)


def pixel(planes: Field, unit: float, seed: object) -> Field:
    """Large square pixels in a small palette."""
    del unit, seed
    height, width = planes.shape[1:]
    block = max(2, round(max(width, height) / 144))
    w, h = max(1, width // block), max(1, height // block)
    strong = to_image(grade(planes, 1.25, 1.1, rgb("ffffff"))).resize((w, h), Image.Resampling.BOX)
    few = strong.quantize(30, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    return to_planes(few.resize((width, height), Image.Resampling.NEAREST))


def photo(planes: Field, unit: float, seed: object) -> Field:
    """Bloom, depth of field, the curve and grain of film, and fine unevenness everywhere."""
    height, width = planes.shape[1:]
    rng = chance(seed, "film")
    fine = field((height, width), rng, (26 * unit, 16 * unit), 4, 0.66) - np.float32(0.5)
    out = planes * (1 + fine * np.float32(0.16))
    light = smoothstep(0.62, 1.0, luminance(planes))
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    lens = np.clip((np.abs(down - np.float32(0.62)) - np.float32(0.26)) * 3, 0, 1)
    grain = rng.random((height, width), dtype=np.float32) + rng.random((height, width), dtype=np.float32) - 1
    for i in range(3):
        soft = blur(out[i], 2.4 * unit)
        out[i] += (soft - out[i]) * lens
        bloom = blur(out[i] * light, 22 * unit)
        out[i] += (1 - out[i]) * bloom * np.float32(0.42)
    out = np.clip(out, 0, 1)
    curve = out * out * (3 - 2 * out)
    out = grade(mix(out, curve, 0.55), 0.9, 1.0, rgb("fffdf8"))
    return np.clip(out + grain * np.float32(0.022), 0, 1)


TREATMENTS: dict[str, Callable[[Field, float, object], Field]] = {
    "watercolour": watercolour,
    "ink": ink,
    "poster": poster,
    "oil": oil,
    "pixel": pixel,
    "line": line_art,
    "photo": photo,
}


def treat(planes: Field, style: str, seed: object) -> Field:
    """The picture gone over in a style."""
    height, width = planes.shape[1:]
    return TREATMENTS[style](planes, (height * width) ** 0.5 / 1000, seed)


def chosen(styles: tuple[str, ...]) -> str | None:
    """The treatment to use of several named: the first, but a sort of drawing before a mere painting."""
    known = [style for style in styles if style in TREATMENTS]
    special = [style for style in known if style not in ("oil", "line", "poster")]
    return next(iter(special or known), None)


def fitted(planes: Field, width: int, height: int) -> Field:
    """The picture at another size, by Lanczos."""
    return np.stack([resize(plane, width, height, Image.Resampling.LANCZOS) for plane in planes])
