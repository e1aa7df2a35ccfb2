"""Outpainting: a given picture continued beyond its edges."""

import numpy as np

from limner.artist.colour import mix
from limner.artist.filling import fill
from limner.artist.inpainting import Box, things_within
from limner.artist.likeness import light_of
from limner.artist.noise import Field, blur, chance, field, smoothstep
from limner.artist.progress import Progress
from limner.artist.scene import Scene
from limner.artist.treatments import chosen, treat


def outpaint(planes: Field, margins: Box, scene: Scene, seed: object, progress: Progress) -> Field:
    """The picture continued beyond its edges; the given part stays as it was."""
    left, top, right, bottom = margins
    height, width = planes.shape[1:]
    big = (3, height + top + bottom, width + left + right)
    progress.at(0.1, "continuing the edges")
    canvas, known = np.zeros(big, np.float32), np.zeros(big[1:], np.float32)
    inner = (slice(top, top + height), slice(left, left + width))
    canvas[:, *inner], known[inner] = planes, 1
    smooth = _along_rows(planes, margins, fill(canvas, known))
    progress.at(0.3, "texture")
    mirrored = _mirrored(planes, margins, seed)
    out = _joined(smooth, mirrored, margins, seed)
    progress.at(0.6, "figures")
    out[:, *inner] = planes
    things_within(out, _widest(margins, (height, width)), scene, light_of(planes), seed)
    style = chosen(scene.styles)
    if style:
        out = mix(out, treat(out, style, seed), 0.85)
    out[:, *inner] = planes
    return np.clip(out, 0, 1)


def _along_rows(planes: Field, margins: Box, filled: Field) -> Field:
    """Sky and land carried on sideways row by row, up and down column by column."""
    left, top = margins[:2]
    height, width = planes.shape[1:]
    band = max(2, min(width, height) // 24)
    out = filled.copy()
    for i in range(3):
        soft = blur(planes[i], 1.5)
        out[i, top : top + height, :left] = soft[:, :band].mean(1)[:, None]
        out[i, top : top + height, left + width :] = soft[:, -band:].mean(1)[:, None]
        rows = out[i, top : top + height]
        head, tail = blur(rows[: band * 2], 6.0), blur(rows[-band * 2 :], 6.0)
        rise = np.clip(head[:band].mean() - head[band:].mean(), -0.04, 0.04)
        up = np.linspace(1, 0, top, dtype=np.float32)[:, None] if top else np.zeros((0, 1), np.float32)
        out[i, :top] = out[i, :top] + (head[0][None] + rise * up * 2 - out[i, :top]) * np.float32(0.6)
        out[i, top + height :] = tail[-1][None]
    return np.clip(out, 0, 1)


def _mirrored(planes: Field, margins: Box, seed: object) -> Field:
    """The picture reflected about its edges, strayed so that the symmetry is lost."""
    left, top, right, bottom = margins
    height, width = planes.shape[1:]
    h, w = height + top + bottom, width + left + right
    unit = (h * w) ** 0.5 / 1000
    rng = chance(seed, "beyond")
    x, y = np.arange(w, dtype=np.float32)[None] - left, np.arange(h, dtype=np.float32)[:, None] - top
    beyond = np.maximum(np.maximum(-x, x - width + 1), 0) + np.maximum(np.maximum(-y, y - height + 1), 0)
    stray = np.clip(beyond / np.float32(60 * unit + 1), 0, 1)
    dx = (field((h, w), rng, (260 * unit, 200 * unit), 4) - np.float32(0.5)) * stray * np.float32(240 * unit)
    dy = (field((h, w), rng, (260 * unit, 120 * unit), 4) - np.float32(0.5)) * stray * np.float32(26 * unit)
    sx, sy = _fold(x + dx, width, 0.24), _fold(y + dy, height, 0.5)
    index = sy * width + sx
    return np.stack([plane.reshape(-1)[index] for plane in planes])


def _fold(position: Field, size: int, share: float) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Positions beyond the edges folded back and forth over the strip next to the edge."""
    strip = np.float32(max(2.0, size * share))
    beyond = np.maximum(np.maximum(-position, position - np.float32(size - 1)), 0)
    t = beyond - np.floor(beyond / (2 * strip)) * (2 * strip)
    inward = np.minimum(t, 2 * strip - t)
    folded = np.where(position < 0, inward, np.where(position > size - 1, size - 1 - inward, position))
    return np.clip(folded, 0, size - 1).astype(np.intp)


def _joined(smooth: Field, mirrored: Field, margins: Box, seed: object) -> Field:
    """Reflection near the seam and below, plain continuation above and far out."""
    left, top, right, _ = margins
    h, w = smooth.shape[1:]
    x, y = np.arange(w, dtype=np.float32)[None], np.arange(h, dtype=np.float32)[:, None]
    aside = np.maximum(np.maximum(left - x, x - (w - right - 1)) / np.float32(max(left, right, 1)), 0)
    above = np.maximum((top - y) / np.float32(max(top, 1)), 0)
    share = 1 - smoothstep(0.55, 1.3, aside) * np.float32(0.55)
    share = share * (1 - smoothstep(0.0, 0.22, above))
    unit = (h * w) ** 0.5 / 1000
    rng = chance(seed, "joined")
    streak = field((h, w), rng, (240 * unit + 2, 50 * unit + 2), 5, 0.55) - np.float32(0.5)
    fine = rng.random((h, w), dtype=np.float32) - np.float32(0.5)
    plain = smooth * (1 + streak * np.float32(0.1)) + fine * np.float32(0.02)
    return np.asarray(np.clip(plain + (mirrored - plain) * share, 0, 1), np.float32)


def _widest(margins: Box, size: tuple[int, int]) -> Box:
    """The new area with the most room, lower two thirds of it where it is tall."""
    left, top, right, bottom = margins
    height, width = size
    full_w = left + width + right
    boxes = {
        left * height: (0, top + height // 3, left, top + height),
        right * height: (left + width, top + height // 3, full_w, top + height),
        top * full_w: (0, 0, full_w, top),
        bottom * full_w: (0, top + height, full_w, top + height + bottom),
    }
    return boxes[max(boxes)]
