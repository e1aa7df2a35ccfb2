"""Chance and noise: lines and fields of it, the same on every machine.

Only additions, products, quotients and roots are used on whole fields, because those are exact
everywhere; exponentials and sines differ in the last bit from processor to processor.
"""

import hashlib

import numpy as np
import numpy.typing as npt
from PIL import Image

Field = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float32] | npt.NDArray[np.float64]


def chance(*parts: object) -> np.random.Generator:
    """A source of chance that depends on nothing but `parts`."""
    digest = hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def smoothstep(low: float, high: float, value: Numbers) -> Field:
    """0 below `low`, 1 above `high`, an even slope between."""
    t = np.clip((value - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def root(value: Numbers) -> Field:
    """The square root, which is exact on every machine."""
    return np.asarray(np.sqrt(value), np.float32)


def falloff(distance: Numbers) -> Field:
    """A bell that is 1 at 0 and about a tenth at 1.5, made of products only."""
    t = 1 + distance * distance * np.float32(0.5)
    return np.asarray(1 / (t * t * t), np.float32)


def wave(turns: Numbers) -> Field:
    """A sine-like wave of -1 to 1; one period per unit, made of products only."""
    t = (turns - np.floor(turns)) * 2 - 1
    return np.asarray(4 * t * (1 - np.abs(t)), np.float32)


def line(count: int, rng: np.random.Generator, cells: float, octaves: int = 5, gain: float = 0.5) -> Field:
    """One line of smooth fractal noise in about -1 to 1."""
    return _octaves(count, rng, cells, (octaves, gain, True))


def crags(count: int, rng: np.random.Generator, cells: float, octaves: int = 5, gain: float = 0.5) -> Field:
    """One line of sharp-cornered noise, peaks up, in about -1 to 1."""
    sharp = _octaves(count, rng, cells, (octaves, gain, False))
    return np.asarray(1 - 3.2 * np.abs(sharp), np.float32)


def _octaves(count: int, rng: np.random.Generator, cells: float, shape: tuple[int, float, bool]) -> Field:
    octaves, gain, smooth = shape
    total, amplitude, norm = np.zeros(count), 1.0, 0.0
    for _ in range(octaves):
        points = rng.random(int(cells) + 4) * 2 - 1
        position = np.linspace(0, cells, count) + rng.random() * 0.9
        index = np.clip(position.astype(int), 0, len(points) - 2)
        f = position - index
        if smooth:
            f = f * f * (3 - 2 * f)
        total += amplitude * (points[index] * (1 - f) + points[index + 1] * f)
        norm += amplitude
        amplitude *= gain
        cells = min(cells * 2, count)
    return np.asarray(total / norm, np.float32)


def resize(field: Field, width: int, height: int, method: Image.Resampling = Image.Resampling.BICUBIC) -> Field:
    """The field at another size."""
    if field.shape == (height, width):
        return field
    return np.asarray(Image.fromarray(field).resize((width, height), method), np.float32)


def field(
    shape: tuple[int, int], rng: np.random.Generator, cell: tuple[float, float], octaves: int = 5, gain: float = 0.5
) -> Field:
    """A field of fractal noise in 0 to 1 around 0.5; `cell` is the largest grain, across and down, in pixels."""
    height, width = shape
    finest = min(cell) / 2 ** (octaves - 1)
    shrink = 4 if finest > 14 else 2 if finest > 6 else 1
    h, w = max(2, height // shrink), max(2, width // shrink)
    cell_x, cell_y = cell[0] / shrink, cell[1] / shrink
    total, amplitude, norm = np.zeros((h, w), np.float32), 1.0, 0.0
    for _ in range(octaves):
        grid_w, grid_h = max(2, min(w, int(w / cell_x) + 2)), max(2, min(h, int(h / cell_y) + 2))
        grid = rng.random((grid_h, grid_w), dtype=np.float32)
        total += np.float32(amplitude) * resize(grid, w, h)
        norm += amplitude
        amplitude *= gain
        cell_x, cell_y = max(1.0, cell_x / 2), max(1.0, cell_y / 2)
    total = np.clip(total / np.float32(norm), 0, 1)
    return resize(total, width, height, Image.Resampling.BILINEAR)


def blur(values: Numbers, radius: float) -> Field:
    """A soft copy; `radius` in pixels. Wide blurs are done small."""
    if radius < 0.4:
        return np.asarray(values, np.float32)
    height, width = values.shape
    shrink = max(1.0, radius / 1.6)
    w, h = max(1, round(width / shrink)), max(1, round(height / shrink))
    small = resize(np.asarray(values, np.float32), w, h, Image.Resampling.BOX)
    for axis in (0, 1):
        small = _soften(small, axis)
    return resize(small, width, height)


def _soften(values: Field, axis: int) -> Field:
    padded = np.pad(values, [(2, 2) if i == axis else (0, 0) for i in (0, 1)], mode="edge")
    n = values.shape[axis]
    total = np.zeros_like(values)
    for offset, weight in enumerate((1, 4, 6, 4, 1)):
        part = padded[offset : offset + n] if axis == 0 else padded[:, offset : offset + n]
        total += part * np.float32(weight / 16)
    return total
