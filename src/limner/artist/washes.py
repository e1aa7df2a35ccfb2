"""Watercolour and ink: washes on paper."""

import numpy as np
from PIL import Image, ImageDraw

from limner.artist.colour import grade, luminance, mix, ramp, rgb
from limner.artist.noise import Field, blur, chance, field, root, smoothstep

_PAPER = rgb("f8f3e7")


def even(planes: Field, radius: float, strength: float) -> Field:
    """Small differences smoothed away, edges kept (a guided filter)."""
    guide = luminance(planes)
    mean = blur(guide, radius)
    spread = np.maximum(blur(guide * guide, radius) - mean * mean, 0)
    out = np.empty_like(planes)
    for i, plane in enumerate(planes):
        average = blur(plane, radius)
        slope = (blur(plane * guide, radius) - average * mean) / (spread + np.float32(strength))
        rest = average - slope * mean
        out[i] = blur(slope, radius * 0.7) * guide + blur(rest, radius * 0.7)
    return np.clip(out, 0, 1)


def wander(planes: Field, rng: np.random.Generator, cell: float, reach: float) -> Field:
    """The picture with edges that stray a little."""
    height, width = planes.shape[1:]
    dx = (field((height, width), rng, (cell, cell), 4) - np.float32(0.5)) * np.float32(2 * reach)
    dy = (field((height, width), rng, (cell, cell), 4) - np.float32(0.5)) * np.float32(2 * reach)
    x = np.clip(np.arange(width, dtype=np.float32)[None] + dx, 0, width - 1).astype(np.intp)
    y = np.clip(np.arange(height, dtype=np.float32)[:, None] + dy, 0, height - 1).astype(np.intp)
    index = y * width + x
    return np.stack([plane.reshape(-1)[index] for plane in planes])


def edges(tone: Field) -> Field:
    """How steeply the tone changes, 0 to 1."""
    across = np.zeros_like(tone)
    across[:, 1:-1] = np.abs(tone[:, 2:] - tone[:, :-2])
    down = np.zeros_like(tone)
    down[1:-1] = np.abs(tone[2:] - tone[:-2])
    return np.asarray(np.clip((across + down) * 3, 0, 1), np.float32)


def steps(tone: Field, count: int, softness: float) -> Field:
    """Tone in steps with soft risers."""
    scaled = tone * np.float32(count)
    floor = np.floor(scaled)
    part = np.clip((scaled - floor - np.float32(0.5)) / np.float32(softness) + np.float32(0.5), 0, 1)
    return np.asarray((floor + part) / np.float32(count), np.float32)


def paper(planes: Field, unit: float, seed: object, border: float) -> Field:
    """The picture on rough paper with an unpainted, ragged border."""
    height, width = planes.shape[1:]
    rng = chance(seed, "paper")
    fibre = field((height, width), rng, (7 * unit, 7 * unit), 3, 0.7)
    relief = np.zeros_like(fibre)
    relief[1:, 1:] = fibre[1:, 1:] - fibre[:-1, :-1]
    out = planes * (1 + np.clip(relief, -0.2, 0.2) * np.float32(0.34))
    rough = (field((height, width), rng, (44 * unit, 44 * unit), 5) - np.float32(0.5)) * np.float32(26 * unit)
    x, y = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    inset = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y)) + rough
    mask = smoothstep(border * 1000 * unit - 2, border * 1000 * unit + 2, inset)
    ground = _PAPER[:, None, None] * (1 + np.clip(relief, -0.2, 0.2) * np.float32(0.2))
    return np.asarray(np.clip(ground + (out - ground) * mask, 0, 1), np.float32)


def watercolour(planes: Field, unit: float, seed: object) -> Field:
    """Transparent washes: straying edges, pooled pigment, paper showing through."""
    height, width = planes.shape[1:]
    rng = chance(seed, "watercolour")
    out = even(planes, 5 * unit, 0.004)
    out = wander(out, rng, 60 * unit, 5 * unit)
    tone = luminance(out)
    stepped = steps(tone, 9, 0.6)
    out = np.clip(out * ((stepped + np.float32(0.08)) / (tone + np.float32(0.08))), 0, 1)
    out = mix(out, root(out), 0.42)
    pool = field((height, width), rng, (210 * unit, 170 * unit), 5, 0.55)
    grain = field((height, width), rng, (6 * unit, 6 * unit), 2)
    rim = np.clip(edges(blur(luminance(out), 1.5 * unit)) * np.float32(2.2), 0, 1)
    rim = np.clip(blur(rim, 1.2 * unit), 0, 1)
    density = (
        np.float32(0.86)
        + (pool - np.float32(0.5)) * np.float32(0.9)
        + (grain - np.float32(0.5)) * np.float32(0.22)
        + rim * np.float32(0.34)
    )
    ground = _PAPER[:, None, None]
    out = ground - (ground - grade(out, 1.2, 1.0, rgb("ffffff"))) * np.clip(density, 0.3, 1.3)
    bloom = smoothstep(0.6, 0.82, pool) * np.float32(0.3)
    out = out + (ground - out) * bloom
    return paper(np.clip(out, 0, 1), unit, seed, 0.04)


def ink(planes: Field, unit: float, seed: object) -> Field:
    """Grey washes and brush lines on warm paper; one strong red may stay."""
    height, width = planes.shape[1:]
    rng = chance(seed, "ink")
    out = wander(even(planes, 5 * unit, 0.004), rng, 46 * unit, 4 * unit)
    tone = luminance(out)
    low, high = float(np.quantile(tone[::8, ::8], 0.02)), float(np.quantile(tone[::8, ::8], 0.9))
    tone = np.clip((tone - np.float32(low)) / np.float32(max(0.15, high - low)), 0, 1)
    if float(tone.mean()) < 0.4:
        tone = root(tone)
    pool = field((height, width), rng, (160 * unit, 120 * unit), 5, 0.55) - np.float32(0.5)
    wash = steps(np.clip(tone + pool * np.float32(0.16), 0, 1), 6, 0.5)
    rim = np.clip(blur(edges(blur(tone, 1.4 * unit)), 0.9 * unit) * np.float32(2.4), 0, 1)
    dry = field((height, width), rng, (5 * unit, 5 * unit), 2)
    dark = np.clip(
        (1 - wash) * (np.float32(0.9) + pool * np.float32(0.5)) + rim * smoothstep(0.3, 0.55, dry) * np.float32(0.5),
        0,
        1,
    )
    picture = ramp(rgb("f3ead8"), rgb("1f1b1a"), dark)
    warm = smoothstep(0.24, 0.42, out[0] - np.maximum(out[1], out[2]))
    red = rgb("b8321c")[:, None, None]
    picture = picture + (red - picture) * warm * np.float32(0.8)
    return _seal(paper(picture, unit, seed, 0.045), unit)


def _seal(planes: Field, unit: float) -> Field:
    """A red seal in the lower right corner."""
    height, width = planes.shape[1:]
    side = int(44 * unit)
    if side < 8:
        return planes
    image = Image.new("L", (side * 2, side * 2))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, side * 2 - 1, side * 2 - 1), radius=side * 0.2, fill=235)
    for x in (0.5, 0.95, 1.4):
        draw.rectangle((side * x, side * 0.4, side * (x + 0.14), side * 1.6), fill=20)
    draw.rectangle((side * 0.5, side * 0.95, side * 1.5, side * 1.08), fill=20)
    mask = np.asarray(image.reduce(2), np.float32) / np.float32(255)
    x, y = int(width - 104 * unit - side), int(height - 104 * unit - side)
    part = planes[:, y : y + mask.shape[0], x : x + mask.shape[1]]
    part += (rgb("b8321c")[:, None, None] - part) * mask * np.float32(0.9)
    return planes
