"""Under water: rays, sand, weed, corals and fishes."""

import numpy as np
from PIL import Image, ImageDraw

from limner.artist import sky
from limner.artist.colour import mix, rgb
from limner.artist.land import Range, range_of_hills
from limner.artist.noise import wave
from limner.artist.stage import Stage, put, stand


def underwater(stage: Stage) -> None:
    """Blue depth with rays, sand, weed and fishes."""
    sheet = stage.sheet
    stops = np.stack([rgb("8fe0e8"), rgb("3fb0cc"), rgb("1a7aa6"), rgb("0f4f80"), rgb("0a2f58")])
    sky.gradient(sheet, stops, 1.0)
    sky.rays(sheet, (0.5, -0.15), stage.light, 0.34)
    for k in range(3):
        tone = mix(rgb("1a6a94"), rgb("0a2a4a"), 0.25 + 0.3 * k)
        if k == 2:
            tone = mix(rgb("c9b48a"), rgb("0f4f80"), 0.55)
        range_of_hills(
            sheet,
            Range(
                name=f"reef {k}",
                y=0.74 + 0.1 * k,
                height=0.09 - 0.02 * k,
                cells=4,
                colour=tone,
                foot=tone * 0.7,
                crag=0.35 if k < 2 else 0.0,
                octaves=5,
            ),
        )
        _weeds(stage, k)
    _corals(stage)
    bubbles(stage)
    _swim(stage)


def _swim(stage: Stage) -> None:
    """Swimmers through the depth; a shoal in the distance."""
    sheet = stage.sheet
    rng = sheet.chance("swim")
    image = Image.new("L", (sheet.width * 2, sheet.height * 2))
    draw = ImageDraw.Draw(image)
    for _ in range(46):
        x, y = (
            (0.2 + 0.35 * float(rng.random()) + 0.1 * float(rng.random())) * sheet.width * 2,
            (0.22 + 0.2 * float(rng.random())) * sheet.height * 2,
        )
        s = sheet.span * 0.018 * (0.6 + 0.6 * float(rng.random()))
        draw.ellipse((x - s, y - s * 0.4, x + s, y + s * 0.4), fill=255)
        draw.polygon([(x - s * 0.8, y), (x - s * 1.6, y - s * 0.5), (x - s * 1.6, y + s * 0.5)], fill=255)
    sheet.lay(slice(0, sheet.height), sheet.mask(image) * np.float32(0.55), rgb("0f5a84"))
    group = stage.cast.pop("under", []) + stage.cast.pop("water", [])
    for k, standing in enumerate(group):
        alone = len(group) == 1
        y = 0.55 if alone else 0.3 + 0.45 * ((k * 0.618) % 1)
        height = standing.size * sheet.span * (1.5 if alone and stage.alone else 1.3)
        put(stage, standing, standing.x, y * sheet.height + height * 0.5, (height, 0.08))
    floor = np.full(sheet.width, 0.95 * sheet.height, np.float32)
    for name in ("near", "mid"):
        stand(stage, name, floor, 0.0)


def _weeds(stage: Stage, layer: int) -> None:
    sheet = stage.sheet
    rng = sheet.chance("weed", layer)
    image = Image.new("L", (sheet.width * 2, sheet.height * 2))
    draw = ImageDraw.Draw(image)
    for _ in range(int(22 * max(0.6, sheet.aspect))):
        x, base = float(rng.random()) * sheet.width * 2, (0.84 + 0.08 * layer) * sheet.height * 2
        tall, sway = sheet.span * (0.12 + 0.24 * float(rng.random())) * (0.7 + 0.3 * layer), float(rng.random()) * 4
        points = [
            (
                x + float(np.float32(wave(np.array([f * 0.9 + sway], np.float32))[0])) * tall * 0.12 * f,
                base - tall * f * 2,
            )
            for f in (i / 16 for i in range(17))
        ]
        for (ax, ay), (bx, by), f in zip(points, points[1:], range(16), strict=False):
            draw.line((ax, ay, bx, by), fill=255, width=max(2, int(tall * 0.05 * (1 - f / 18))))
    sheet.lay(slice(0, sheet.height), sheet.mask(image), mix(rgb("1f7a6a"), rgb("0a2f58"), 0.6 - 0.18 * layer))


def _corals(stage: Stage) -> None:
    """Branching corals in warm colours on the floor."""
    sheet = stage.sheet
    rng = sheet.chance("corals")
    for code in ("e86a6a", "f0a04a", "c86ac0", "f2c86a"):
        image = Image.new("L", (sheet.width * 2, sheet.height * 2))
        draw = ImageDraw.Draw(image)
        for _ in range(4):
            x, base = float(rng.random()) * sheet.width * 2, (0.95 + 0.06 * float(rng.random())) * sheet.height * 2
            size = sheet.span * (0.05 + 0.07 * float(rng.random()))
            for turn in range(9):
                angle = -0.9 + 1.8 * turn / 8
                ex, ey = x + angle * size, base - size * (1.7 - angle * angle * 0.8)
                draw.line(
                    (x, base, (x + ex) / 2 + angle * size * 0.2, (base + ey) / 2, ex, ey),
                    fill=255,
                    width=max(2, int(size * 0.16)),
                    joint="curve",
                )
                draw.ellipse((ex - size * 0.12, ey - size * 0.12, ex + size * 0.12, ey + size * 0.12), fill=255)
        sheet.lay(slice(0, sheet.height), sheet.mask(image), mix(rgb(code), rgb("12507e"), 0.32))


def bubbles(stage: Stage) -> None:
    """Rising bubbles."""
    sheet = stage.sheet
    rng = sheet.chance("bubbles")
    image = Image.new("L", (sheet.width * 2, sheet.height * 2))
    draw = ImageDraw.Draw(image)
    for _ in range(46):
        x, y, r = (
            float(rng.random()) * sheet.width * 2,
            float(rng.random()) * sheet.height * 2,
            sheet.span * (0.003 + 0.011 * float(rng.random()) ** 2) * 2,
        )
        draw.ellipse((x - r, y - r, x + r, y + r), outline=190, width=max(1, int(r * 0.16)))
        draw.ellipse((x - r * 0.5, y - r * 0.6, x - r * 0.1, y - r * 0.2), fill=220)
    sheet.lay(slice(0, sheet.height), sheet.mask(image) * np.float32(0.7), rgb("dff6fa"))
