"""Water: mirrors, waves, surf, rivers and falls."""

import numpy as np

from limner.artist.colour import WHITE, Colour, mix, rgb
from limner.artist.light import Light
from limner.artist.noise import Field, falloff, field, line, root, smoothstep, wave
from limner.artist.sheet import Sheet


def mirror(sheet: Sheet, y: float, light: Light, ripple: float, glint: float | None) -> None:
    """Everything above the line `y` is mirrored below it, broken by ripples; `glint` is the sun's x."""
    rows = sheet.rows(round(y * sheet.height), sheet.height)
    h, start, u = rows.stop - rows.start, rows.start, sheet.unit
    if h < 2 or start < 2:
        return
    rng = sheet.chance("mirror")
    near = np.arange(h, dtype=np.float32) / h
    source = start - 1 - np.arange(h, dtype=np.float32) * (np.float32(0.86) + np.float32(0.1) * near)
    waves = field((h, sheet.width), rng, (140 * u, 6.5 * u), 3) - np.float32(0.5)
    swing = waves * ((7 + 85 * near[:, None]) * np.float32(ripple * u))
    lift = waves * ((3 + 34 * near[:, None]) * np.float32(ripple * u))
    sx = np.clip(sheet.x + swing, 0, sheet.width - 1).astype(np.intp)
    sy = np.clip(source[:, None] + lift, 0, start - 1).astype(np.intp)
    share = 0.26 + (0.38 * near)[:, None]
    streak = smoothstep(0.55, 0.7, field((h, sheet.width), rng, (400 * u, 5 * u), 3)) * np.float32(0.5)
    part = sheet.planes[:, rows]
    index = sy * sheet.width + sx
    shore = np.clip(1 - np.arange(h, dtype=np.float32) / np.float32(9 * u), 0, 1)[:, None] * np.float32(0.32)
    for i in range(3):
        out = sheet.planes[i].reshape(-1)[index]
        out = out + (light.water[i] - out) * share
        out = out + (np.clip(out * np.float32(1.16) + np.float32(0.03), 0, 1) - out) * streak
        part[i] = out + (light.water[i] - out) * shore
    sheet.cover[rows] = 1
    if glint is not None:
        _glint(sheet, rows, glint, mix(light.disc, light.gleam, 0.3))


def _glint(sheet: Sheet, rows: slice, x: float, colour: Colour) -> None:
    """The broken column of light under sun or moon."""
    h, u = rows.stop - rows.start, sheet.unit
    near = (np.arange(h, dtype=np.float32) / h)[:, None]
    spread = (np.float32(0.045) + np.float32(0.10) * near) * np.float32(u * 1000 / sheet.width)
    column = falloff((sheet.x / sheet.width - np.float32(x)) / spread * np.float32(0.8))
    dash = smoothstep(0.5, 0.6, field((h, sheet.width), sheet.chance("glint"), (66 * u, 4.2 * u), 2))
    sheet.lay(rows, column * dash * np.float32(0.85), colour)


def sea(sheet: Sheet, y: float, light: Light, swell: float, glint: float | None) -> None:
    """Open sea from the horizon `y` down; `swell` 0 is calm, 1 a storm."""
    mirror(sheet, y, light, 1.2 + swell, glint)
    rows = sheet.rows(round(y * sheet.height), sheet.height)
    h, u = rows.stop - rows.start, sheet.unit
    if h < 4:
        return
    rng = sheet.chance("sea")
    near = (np.arange(h, dtype=np.float32) / h)[:, None]
    deep = mix(light.water, mix(light.sky[0], light.water, 0.5), 0.5)
    sheet.lay(rows, np.broadcast_to(np.float32(0.16) + np.float32(0.34) * near, (h, sheet.width)), deep)
    wander = field((h, sheet.width), rng, (260 * u, 22 * u), 4)
    depth = 1 / (np.float32(0.055) + near)
    bands = wave(depth * np.float32(2.6) + wander * np.float32(2.4))
    crest = smoothstep(0.35, 0.95, bands) * smoothstep(0.35, 0.6, field((h, sheet.width), rng, (90 * u, 12 * u), 3))
    sheet.lay(rows, crest * (np.float32(0.14) + np.float32(0.2) * near), mix(light.sky[-1], light.gleam, 0.4))
    trough = smoothstep(0.3, 0.95, -bands) * (np.float32(0.08) + np.float32(0.22) * near)
    sheet.lay(rows, trough, light.water * np.float32(0.62))


def breakers(sheet: Sheet, y: float, light: Light, count: int = 5) -> None:
    """Heavy waves, one behind the other, with foam on their crests."""
    foam = mix(light.tone(WHITE, 0.0), light.gleam, 0.25)
    for k in range(count):
        rng = sheet.chance("breaker", k)
        t = (k + 0.6) / count
        at = y + (1.02 - y) * t**1.5
        height = 0.008 + 0.06 * t
        shape = line(sheet.width, rng, (9 - 5.5 * t) * sheet.aspect**0.7, 3, 0.4)
        peaked = np.abs(shape) * np.float32(1.7) + shape * np.float32(0.3)
        top = np.asarray((at - height * peaked) * sheet.height, np.float32)
        rows = sheet.rows(float(top.min()) - 2, (at + height * 3.2) * sheet.height)
        depth = sheet.y[rows] - top[None]
        body = mix(light.water * np.float32(0.72), mix(light.sky[2], light.water, 0.4), 0.5 - 0.35 * t)
        fall = np.clip(1 - depth / np.float32(height * 3 * sheet.height), 0, 1)
        sheet.lay(rows, np.clip(depth + np.float32(0.5), 0, 1) * fall, body)
        lace = field(depth.shape, rng, (34 * sheet.unit * (0.4 + t), 12 * sheet.unit * (0.4 + t)), 4, 0.6)
        cap = np.clip(1 - depth / np.float32((5 + 34 * t) * sheet.unit), 0, 1) * (depth > -0.5)
        high = smoothstep(0.1, 0.6, peaked)[None]
        sheet.lay(
            rows,
            np.clip(smoothstep(0.4, 0.62, lace * cap + cap * np.float32(0.24)) * high, 0, 1) * np.float32(0.9),
            foam,
        )


def beach(sheet: Sheet, y: float, light: Light, sand: Colour) -> Field:
    """A shore across the lower part with a line of surf; gives its upper edge."""
    rng = sheet.chance("beach")
    shape = line(sheet.width, rng, 2.2 * sheet.aspect**0.7, 3, 0.4)
    x = np.linspace(-0.5, 0.5, sheet.width, dtype=np.float32)
    lean = 0.12 if rng.random() < 0.5 else -0.12
    top = np.asarray((y - 0.03 * shape + lean * x) * sheet.height, np.float32)
    rows = sheet.rows(float(top.min()) - 40 * sheet.unit, sheet.height)
    depth = sheet.y[rows] - top[None]
    u = np.float32(sheet.unit)
    grain = field(depth.shape, rng, (90 * sheet.unit, 16 * sheet.unit), 4, 0.6)
    wet = mix(sand, light.water, 0.5) * np.float32(0.85)
    dry = smoothstep(0.0, 70 * sheet.unit, depth - grain * 26 * u)
    colours = np.stack([wet[i] + (sand[i] - wet[i]) * dry for i in range(3)]) * (
        1 + (grain - np.float32(0.5)) * np.float32(0.1)
    )
    sheet.lay(rows, np.clip(depth + np.float32(0.5), 0, 1), colours)
    lace = field(depth.shape, rng, (60 * sheet.unit, 9 * sheet.unit), 4, 0.6)
    foam = mix(light.tone(WHITE, 0.0), light.gleam, 0.2)
    for offset, width, strength in ((0, 16, 0.95), (-30, 9, 0.6), (-52, 6, 0.4)):
        band = falloff(
            (depth - np.float32(offset) * u - (lace - np.float32(0.5)) * 40 * u)
            / (np.float32(width) * u)
            * np.float32(1.6)
        )
        sheet.lay(rows, np.clip(band * (np.float32(0.3) + lace), 0, 1) * np.float32(strength), foam)
    return top


def river(sheet: Sheet, top: tuple[float, float], light: Light, width: float = 0.34) -> None:
    """A river winding from a far place (x, y) to the viewer, holding the colours of the sky."""
    rows = sheet.rows(top[1] * sheet.height, sheet.height)
    h = rows.stop - rows.start
    if h < 4:
        return
    rng = sheet.chance("river")
    t = np.linspace(0, 1, h, dtype=np.float32)
    side = np.float32(1 if rng.random() < 0.5 else -1)
    bends = wave(root(t) * np.float32(1.35) + np.float32(0.3)) * side * (np.float32(0.05) + np.float32(0.2) * t)
    centre = np.float32(top[0]) + bends
    half = (np.float32(0.006) + np.float32(width) * t**2 * np.float32(0.6) + np.float32(0.05) * t) * np.float32(
        0.5 * sheet.unit * 1000 / sheet.width
    )
    jag = (field((h, sheet.width), rng, (60 * sheet.unit, 9 * sheet.unit), 3) - np.float32(0.5)) * np.float32(0.3)
    across = np.abs((sheet.x / sheet.width - centre[:, None]) / half[:, None]) + jag
    soft = np.maximum(np.float32(1.2 / sheet.width) / half[:, None], np.float32(0.04))
    mask = np.clip((1 - across) / soft, 0, 1)
    index = np.clip((1 - t) * (len(light.sky) - 1) * np.float32(0.9) + np.float32(0.3), 0, len(light.sky) - 1.001)
    low = index.astype(int)
    f = index - low
    streak = field((h, sheet.width), rng, (160 * sheet.unit, 5 * sheet.unit), 3)
    held = light.sky[low] * (1 - f)[:, None] + light.sky[low + 1] * f[:, None]
    held += (mix(light.sky[0], light.sky[1], 0.25) - held) * np.float32(0.85)
    colours = np.stack([held[:, i, None] * (np.float32(0.86) + streak * np.float32(0.28)) for i in range(3)])
    bank = np.clip((np.float32(1.16) - across) / soft, 0, 1) * (1 - mask)
    sheet.lay(rows, bank * np.float32(0.4), light.fore)
    sheet.lay(rows, mask * np.float32(0.94), np.clip(colours, 0, 1))


def falls(sheet: Sheet, x: float, span: tuple[float, float], light: Light, width: float = 0.09) -> None:
    """A waterfall at `x` between two heights, with spray at its foot."""
    rows = sheet.rows(span[0] * sheet.height, span[1] * sheet.height)
    h = rows.stop - rows.start
    if h < 4:
        return
    rng = sheet.chance("falls")
    half = np.linspace(0.7, 1.15, h, dtype=np.float32)[:, None] * np.float32(width * 0.5 * sheet.unit * 1000)
    wander = line(h, rng, 5, 3)[:, None] * np.float32(5 * sheet.unit)
    across = np.abs(sheet.x - np.float32(x * sheet.width) - wander) / half
    strands = field((h, sheet.width), rng, (9 * sheet.unit, 190 * sheet.unit), 3, 0.6)
    white = mix(light.tone(WHITE, 0.0), light.gleam, 0.15)
    mask = np.clip((1 - across) * 6, 0, 1) * np.clip(np.float32(0.35) + strands * np.float32(1.1), 0, 1)
    sheet.lay(rows, mask, white)
    foot = sheet.rows((span[1] - 0.1) * sheet.height, (span[1] + 0.07) * sheet.height)
    dx = (sheet.x - np.float32(x * sheet.width)) / np.float32(width * sheet.unit * 1100)
    dy = (sheet.y[foot] / sheet.height - np.float32(span[1])) / np.float32(0.045)
    puff = field((foot.stop - foot.start, sheet.width), rng, (60 * sheet.unit, 40 * sheet.unit), 4)
    sheet.lay(
        foot,
        np.clip(falloff(root(dx * dx + dy * dy)) * (puff + np.float32(0.3)), 0, 1) * np.float32(0.85),
        mix(white, rgb("ffffff"), 0.2),
    )
