"""Cities: skylines of blocks and towers with lit windows, and villages of small roofs."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from limner.artist.colour import mix, ramp, rgb
from limner.artist.figures import Spot, figures, place
from limner.artist.noise import Field, blur, chance, line, smoothstep
from limner.artist.stage import Stage


@dataclass(frozen=True, kw_only=True, slots=True)
class Blocks:
    """One row of buildings: heights as shares of the span, `width` likewise, `depth` 0 near to 1 far."""

    name: str
    base: float
    low: float
    high: float
    width: float
    depth: float
    windows: float
    spires: float = 0.12


def skyline(stage: Stage, base: float, rows: int = 4, tall: float = 1.0) -> None:
    """A city standing on the line `base`, far rows first."""
    plans = (
        Blocks(name="row0", base=base, low=0.08, high=0.3 * tall, width=0.034, depth=0.88, windows=0.0),
        Blocks(name="row1", base=base, low=0.07, high=0.38 * tall, width=0.042, depth=0.66, windows=0.12, spires=0.2),
        Blocks(name="row2", base=base, low=0.06, high=0.44 * tall, width=0.054, depth=0.4, windows=0.25, spires=0.25),
        Blocks(
            name="row3",
            base=base + 0.005,
            low=0.03,
            high=0.18 * tall,
            width=0.06,
            depth=0.12,
            windows=0.32,
            spires=0.05,
        ),
    )
    for plan in plans[:rows]:
        _row(stage, plan)


def _row(stage: Stage, plan: Blocks) -> None:
    sheet, light = stage.sheet, stage.light
    rows = sheet.rows(plan.base * sheet.height - plan.high * sheet.span * 1.7, plan.base * sheet.height)
    if rows.stop - rows.start < 3:
        return
    (body, draw), (lamp, lit) = sheet.stencil(rows), sheet.stencil(rows)
    side, dark = sheet.stencil(rows)
    _blocks(stage, plan, (draw, lit, dark), rows)
    mask = sheet.mask(body)
    wall = light.tone(mix(rgb("8d93a4"), light.near, 0.35 + 0.3 * light.dark), plan.depth)
    foot = mix(wall, light.haze, 0.25 + 0.45 * plan.depth)
    t = smoothstep(0.0, 1.0, np.linspace(0, 1, rows.stop - rows.start, dtype=np.float32))[:, None]
    colours = ramp(wall, foot, np.broadcast_to(t, mask.shape))
    sheet.lay(rows, mask, colours)
    sheet.lay(rows, sheet.mask(side) * mask * np.float32(0.3), wall * np.float32(0.6))
    if plan.windows:
        _windows(stage, plan, rows, sheet.mask(lamp) * mask)


def _windows(stage: Stage, plan: Blocks, rows: slice, lamps: Field) -> None:
    sheet, light = stage.sheet, stage.light
    if light.dark > 0.3:
        warm = rgb("ffd58a") if "neon" not in stage.scene.moods else rgb("7de8ff")
        sheet.lay(rows, lamps * np.float32(0.95), warm)
        sheet.glow(rows, blur(lamps, 6 * sheet.unit) * np.float32(0.75), warm)
    else:
        sheet.lay(rows, lamps * np.float32(0.45 * (1 - plan.depth)), light.tone(rgb("3d5366"), plan.depth))


def _blocks(
    stage: Stage, plan: Blocks, draws: tuple[ImageDraw.ImageDraw, ImageDraw.ImageDraw, ImageDraw.ImageDraw], rows: slice
) -> None:
    sheet = stage.sheet
    rng = sheet.chance("city", plan.name)
    swell = line(1000, rng, 3.2 * max(1.0, sheet.aspect), 3)
    unit, x = sheet.span * 2, -20.0
    base = (plan.base * sheet.height - rows.start) * 2
    while x < sheet.width * 2:
        wide = plan.width * unit * (0.5 + float(rng.random()))
        share = float(swell[int(min(max(x / (sheet.width * 2), 0), 0.999) * 1000)]) * 0.5 + 0.5
        tall = (
            plan.low + (plan.high - plan.low) * min(1.0, max(0.0, share * (0.55 + 0.7 * float(rng.random()))))
        ) * unit
        _block(draws, rng, (x, base - tall, x + wide, base), plan)
        x += wide + (float(rng.random()) * plan.width * 0.4 * unit if rng.random() < 0.3 else 0)


def _block(
    draws: tuple[ImageDraw.ImageDraw, ImageDraw.ImageDraw, ImageDraw.ImageDraw],
    rng: np.random.Generator,
    box: tuple[float, float, float, float],
    plan: Blocks,
) -> None:
    draw, lit, dark = draws
    x, y, right, base = box
    wide, tall = right - x, base - y
    draw.rectangle((x, y, right, base + 2), fill=255)
    dark.rectangle((x + wide * 0.66, y, right, base + 2), fill=255)
    kind = rng.random()
    if kind < 0.26:
        draw.rectangle((x + wide * 0.2, y - tall * 0.08, x + wide * 0.8, y), fill=255)
    elif kind < 0.36:
        draw.polygon([(x, y), (x + wide / 2, y - wide * 0.6), (right, y)], fill=255)
    elif kind < 0.46:
        draw.polygon([(x, y), (x, y - wide * 0.5), (right, y)], fill=255)
    elif kind < 0.52:
        draw.ellipse((x, y - wide * 0.5, right, y + wide * 0.5), fill=255)
    if rng.random() < plan.spires:
        draw.rectangle((x + wide * 0.47, y - tall * 0.26, x + wide * 0.53, y), fill=255)
    if plan.windows:
        _panes(lit, rng, box, plan)


def _panes(
    lit: ImageDraw.ImageDraw, rng: np.random.Generator, box: tuple[float, float, float, float], plan: Blocks
) -> None:
    x, y, right, base = box
    columns = max(2, int((right - x) / max(9.0, (right - x) / 6)))
    step = (right - x) / (columns + 0.6)
    rise = step * 1.35
    share = plan.windows * (0.5 + 1.1 * float(rng.random()))
    for level in range(int((base - y) / rise)):
        for column in range(columns):
            if rng.random() < share:
                px, py = x + step * (column + 0.55), y + rise * (level + 0.5)
                lit.rectangle((px, py, px + step * 0.42, py + rise * 0.5), fill=140 + int(rng.integers(115)))


def village(stage: Stage, top: Field, depth: float, count: int = 9) -> None:
    """Houses along a skyline with a church among them."""
    sheet = stage.sheet
    rng = sheet.chance("village")
    centre = 0.3 + 0.4 * float(rng.random())
    spots = sorted((centre + (float(rng.random()) - 0.5) * 0.62, float(rng.random())) for _ in range(count))
    for k, (x, drop) in enumerate(spots):
        foot = float(top[min(max(int(x * sheet.width), 0), sheet.width - 1)]) + (4 + 26 * drop) * sheet.unit
        figure = figures()["church" if k == count // 2 else "house"]
        height = figure.height * sheet.span * (0.62 if k == count // 2 else 0.42 + 0.12 * drop)
        spot = Spot(x=x, foot=foot, height=height, depth=depth, flip=bool(rng.random() < 0.5), sun=stage.sun[0])
        place(sheet, figure, spot, stage.light)


def street(stage: Stage, base: float) -> None:
    """The wet street before a city: its lights drawn down in streaks."""
    sheet, light = stage.sheet, stage.light
    rows = sheet.rows(base * sheet.height, sheet.height)
    h = rows.stop - rows.start
    if h < 3:
        return
    t = np.linspace(0, 1, h, dtype=np.float32)[:, None]
    ground = light.tone(rgb("6d7078"), 0.0)
    sheet.lay(
        rows,
        np.ones((h, sheet.width), np.float32),
        ramp(mix(ground, light.haze, 0.3), ground * np.float32(0.6), np.broadcast_to(t, (h, sheet.width))),
    )


def fireworks(stage: Stage, bottom: float) -> None:
    """Bursts of sparks in the sky."""
    sheet = stage.sheet
    image = Image.new("RGB", (sheet.width, sheet.height))
    draw = ImageDraw.Draw(image)
    palette = ((255, 214, 120), (255, 120, 110), (130, 200, 255), (190, 255, 170), (255, 150, 230))
    for k in range(6):
        rng = chance(sheet.seed, "firework", k)
        cx, cy = (
            (0.1 + 0.8 * float(rng.random())) * sheet.width,
            (0.12 + 0.5 * float(rng.random())) * bottom * sheet.height,
        )
        reach = (60 + 110 * float(rng.random())) * sheet.unit
        colour = palette[k % len(palette)]
        for spoke in range(44):
            turn = spoke / 44
            dx, dy = _unit(turn)
            long = reach * (0.7 + 0.3 * float(rng.random()))
            draw.line(
                (cx + dx * long * 0.25, cy + dy * long * 0.25, cx + dx * long, cy + dy * long + long * 0.12),
                fill=colour,
                width=max(1, int(1.6 * sheet.unit)),
            )
            draw.ellipse(
                (
                    cx + dx * long - 2 * sheet.unit,
                    cy + dy * long + long * 0.12 - 2 * sheet.unit,
                    cx + dx * long + 2 * sheet.unit,
                    cy + dy * long + long * 0.12 + 2 * sheet.unit,
                ),
                fill=(255, 250, 230),
            )
    planes = np.asarray(image, np.float32).transpose(2, 0, 1) / np.float32(255)
    for i in range(3):
        glow = np.clip(planes[i] + blur(planes[i], 7 * sheet.unit) * np.float32(0.9), 0, 1)
        sheet.planes[i] += (1 - sheet.planes[i]) * glow


def _unit(turn: float) -> tuple[float, float]:
    """A direction from a share of a full turn, on a rounded square: enough for sparks."""
    t = (turn * 4) % 4
    side, f = int(t), t - int(t)
    x, y = ((1.0, 2 * f - 1), (1 - 2 * f, 1.0), (-1.0, 1 - 2 * f), (2 * f - 1, -1.0))[side]
    long = (x * x + y * y) ** 0.5
    return x / long, y / long
