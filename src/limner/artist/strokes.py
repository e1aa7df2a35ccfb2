"""Oil and line: strokes that follow the forms."""

import numpy as np

from limner.artist.colour import grade, luminance, mix, ramp, rgb
from limner.artist.noise import Field, blur, chance, field, resize, root, smoothstep, wave
from limner.artist.washes import even


def directions(tone: Field, unit: float, rng: np.random.Generator) -> tuple[Field, Field]:
    """Which way strokes run: along edges, and along slow curves where there are none."""
    height, width = tone.shape
    w, h = max(4, width // 4), max(4, height // 4)
    small = blur(resize(tone, w, h), 1.2 * unit)
    gx, gy = np.zeros_like(small), np.zeros_like(small)
    gx[:, 1:-1], gy[1:-1] = small[:, 2:] - small[:, :-2], small[2:] - small[:-2]
    xx, yy, xy = (blur(part, 3.5 * unit) for part in (gx * gx, gy * gy, gx * gy))
    # Twice the angle of the gradient is (xx - yy, 2 xy); strokes run across the gradient.
    double_x, double_y = yy - xx, -2 * xy
    turn = field((h, w), rng, (w * 0.4, h * 0.4), 3) - np.float32(0.5)
    weak = np.float32(0.00012)
    double_x, double_y = double_x + weak * (1 - np.abs(turn)), double_y + weak * turn * 3
    long = root(double_x * double_x + double_y * double_y) + np.float32(1e-12)
    cosine = double_x / long
    dx = root(np.clip((1 + cosine) * np.float32(0.5), 0, 1))
    dy = root(np.clip((1 - cosine) * np.float32(0.5), 0, 1)) * np.sign(double_y)
    return resize(np.asarray(dx, np.float32), width, height), resize(np.asarray(dy, np.float32), width, height)


def oil(planes: Field, unit: float, seed: object) -> Field:
    """Paint laid in strokes that follow the forms, with ridges that catch the light."""
    height, width = planes.shape[1:]
    rng = chance(seed, "oil")
    base = grade(even(planes, 3 * unit, 0.003), 1.22, 1.08, rgb("fffaf0"))
    dx, dy = directions(luminance(base), unit, rng)
    x, y = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    daub = max(3, round(8 * unit))
    small_w, small_h = width // daub + 1, height // daub + 1
    hue = np.repeat(np.repeat(rng.random((small_h, small_w), dtype=np.float32), daub, 0), daub, 1)[:height, :width]
    bristle = rng.random((height, width), dtype=np.float32)
    colours, ridges, daubs = np.zeros_like(planes), np.zeros_like(bristle), np.zeros_like(bristle)
    reach = 3.2 * unit
    taps = (-3, -2, -1, 0, 1, 2, 3)
    for tap in taps:
        sx = np.clip(x + dx * np.float32(tap * reach), 0, width - 1).astype(np.intp)
        sy = np.clip(y + dy * np.float32(tap * reach), 0, height - 1).astype(np.intp)
        index = sy * width + sx
        for i in range(3):
            colours[i] += base[i].reshape(-1)[index]
        ridges += bristle.reshape(-1)[index]
        daubs += hue.reshape(-1)[index]
    scale = np.float32(1 / len(taps))
    colours, ridges, daubs = colours * scale, ridges * scale, daubs * scale
    colours *= 1 + (daubs - np.float32(0.5)) * np.float32(0.42)
    height_map = blur(ridges, 0.8 * unit) + daubs * np.float32(0.16)
    slope = np.zeros_like(height_map)
    slope[1:, 1:] = height_map[1:, 1:] - height_map[:-1, :-1]
    colours += slope * np.float32(1.7 * min(1.0, 0.25 + unit * 0.75))
    weave = wave(x / np.float32(4 * max(unit, 0.5))) * wave(y / np.float32(4 * max(unit, 0.5)))
    return np.clip(colours + weave * np.float32(0.008), 0, 1)


def line_art(planes: Field, unit: float, seed: object) -> Field:
    """Pen lines along the edges, hatching for the darks, on white paper."""
    height, width = planes.shape[1:]
    rng = chance(seed, "line")
    tone = luminance(even(planes, 2.5 * unit, 0.003))
    low, high = float(np.quantile(tone[::8, ::8], 0.02)), float(np.quantile(tone[::8, ::8], 0.96))
    tone = np.clip((tone - np.float32(low)) / np.float32(max(0.12, high - low)), 0, 1)
    fine, coarse = blur(tone, 1.0 * unit), blur(tone, 2.3 * unit)
    outline = smoothstep(0.012, 0.045, coarse - fine) + smoothstep(
        0.02, 0.06, np.abs(fine - blur(tone, 4 * unit))
    ) * np.float32(0.35)
    x, y = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    sway = field((height, width), rng, (130 * unit, 130 * unit), 3) * np.float32(1.6)
    pen = np.float32(8.5 * unit)
    breaks = smoothstep(0.34, 0.5, field((height, width), rng, (40 * unit, 12 * unit), 3))
    dark = np.zeros_like(tone)
    for limit, (ax, ay) in ((0.62, (0.7, 0.7)), (0.4, (0.7, -0.7)), (0.2, (0.1, 1.0))):
        ruled = smoothstep(0.3, 0.9, wave((x * np.float32(ax) + y * np.float32(ay)) / pen + sway))
        dark = np.maximum(
            dark, ruled * smoothstep(0.0, 0.16, limit - tone) * (np.float32(0.45) + np.float32(0.35) * breaks)
        )
    dark = np.clip(np.maximum(dark, outline), 0, 1)
    ground = field((height, width), rng, (8 * unit, 8 * unit), 2) * np.float32(0.03)
    drawn = ramp(rgb("faf7f0"), rgb("23242c"), dark) - ground
    return np.clip(mix(drawn, grade(planes, 0.6, 0.6, rgb("ffffff")) * drawn, 0.08), 0, 1)
