"""Weather in front of the scene: rain, falling snow, fog, lightning, drifting leaves."""

import numpy as np
from PIL import Image, ImageDraw

from limner.artist.colour import WHITE, mix, rgb
from limner.artist.land import haze
from limner.artist.noise import blur, line, smoothstep
from limner.artist.sheet import Points
from limner.artist.stage import Stage


def rain(stage: Stage, heavy: bool) -> None:
    """Slanting streaks and a veil."""
    sheet = stage.sheet
    image = Image.new("L", (sheet.width, sheet.height))
    draw = ImageDraw.Draw(image)
    rng = sheet.chance("rain")
    u = sheet.unit
    for _ in range(1500 if heavy else 900):
        x, y, near = float(rng.random()) * 1.2 * sheet.width, float(rng.random()) * sheet.height, float(rng.random())
        long = (16 + 46 * near) * u
        draw.line(
            (x, y, x - long * 0.22, y + long), fill=int(60 + 150 * near), width=max(1, round((0.6 + 1.3 * near) * u))
        )
    mask = np.asarray(image, np.float32) * np.float32(0.42 / 255)
    sheet.lay(slice(0, sheet.height), mask, mix(stage.light.haze, WHITE, 0.35))


def snowfall(stage: Stage) -> None:
    """Flakes, large and soft in front, small behind."""
    sheet = stage.sheet
    rng = sheet.chance("snowfall")
    for count, size, soft in ((900, 1.7, 0.5), (260, 3.4, 1.4), (46, 8.0, 4.0)):
        image = Image.new("L", (sheet.width, sheet.height))
        draw = ImageDraw.Draw(image)
        for _ in range(count):
            x, y = float(rng.random()) * sheet.width, float(rng.random()) * sheet.height
            r = size * sheet.unit * (0.5 + 0.8 * float(rng.random()))
            draw.ellipse((x - r, y - r, x + r, y + r), fill=int(120 + 135 * rng.random()))
        mask = blur(np.asarray(image, np.float32) * np.float32(1 / 255), soft * sheet.unit)
        sheet.lay(
            slice(0, sheet.height),
            np.clip(mask, 0, 1) * np.float32(0.9),
            mix(rgb("ffffff"), stage.light.haze, 0.15 + 0.2 * stage.light.dark),
        )


def fog(stage: Stage) -> None:
    """Bands of mist over the land."""
    pale = mix(stage.light.haze, WHITE, 0.25 * (1 - stage.light.dark))
    for y, height, strength in ((0.5, 0.07, 0.34), (0.63, 0.06, 0.45), (0.76, 0.07, 0.28), (0.95, 0.06, 0.2)):
        haze(stage.sheet, y, height, pale, strength)
    sheet = stage.sheet
    down = smoothstep(0.15, 0.6, sheet.y / sheet.height)
    sheet.lay(slice(0, sheet.height), np.broadcast_to(down * np.float32(0.1), (sheet.height, sheet.width)), pale)


def lightning(stage: Stage, foot: float) -> None:
    """A branching bolt that lights the clouds."""
    sheet = stage.sheet
    image = Image.new("L", (sheet.width, sheet.height))
    draw = ImageDraw.Draw(image)
    rng = sheet.chance("lightning")
    start = (stage.chosen(0.24, 0.72) * sheet.width, -4.0)
    stack = [(start, 1.0, foot * sheet.height)]
    while stack:
        begin, strength, end = stack.pop()
        points = _bolt(begin, end, sheet.unit, rng)
        draw.line(
            points,
            fill=int(255 * min(1.0, strength + 0.2)),
            width=max(1, round(4.4 * strength * sheet.unit)),
            joint="curve",
        )
        if strength > 0.45:
            forks = [points[k] for k in (len(points) // 3, len(points) // 2, len(points) * 3 // 4)]
            stack += [(f, strength * 0.45, f[1] + (end - f[1]) * (0.3 + 0.4 * float(rng.random()))) for f in forks]
    bolt = np.asarray(image, np.float32) * np.float32(1 / 255)
    everything = slice(0, sheet.height)
    sheet.glow(everything, np.clip(blur(bolt, 60 * sheet.unit) * 5, 0, 0.55), rgb("a9b8ff"))
    sheet.glow(everything, np.clip(blur(bolt, 7 * sheet.unit) * np.float32(1.5) + bolt, 0, 1), rgb("f2f0ff"))


def _bolt(begin: tuple[float, float], end: float, unit: float, rng: np.random.Generator) -> Points:
    points, (x, y) = [begin], begin
    drift = (float(rng.random()) - 0.5) * 0.9
    while y < end:
        step = (14 + 26 * float(rng.random())) * unit
        y += step
        x += (drift + (float(rng.random()) - 0.5) * 2.2) * step
        points.append((x, y))
    return points if len(points) > 1 else [begin, (begin[0], begin[1] + 1)]


def leaves(stage: Stage) -> None:
    """Leaves or petals on the wind."""
    sheet = stage.sheet
    rng = sheet.chance("leaves")
    petals = stage.scene.wants("blossom")
    colours = ("f6c4d2", "f0a8be", "fbe0e8") if petals else ("d0702c", "e8a03c", "b0482c")
    for code in colours:
        image = Image.new("L", (sheet.width, sheet.height))
        draw = ImageDraw.Draw(image)
        for _ in range(34 if petals else 16):
            x, y = float(rng.random()) * sheet.width, float(rng.random()) * sheet.height
            r, turn = (2 + 5 * float(rng.random())) * sheet.unit, (float(rng.random()) - 0.5) * 2
            draw.polygon([(x - r, y - r * turn), (x, y - r * 0.45), (x + r, y + r * turn), (x, y + r * 0.45)], fill=235)
        sheet.lay(
            slice(0, sheet.height),
            np.asarray(image, np.float32) * np.float32(1 / 255),
            stage.light.tone(rgb(code), 0.0),
        )


def flock(stage: Stage, count: int, place: tuple[float, float], size: float = 0.013) -> None:
    """Birds far off, each a bent stroke."""
    sheet = stage.sheet
    rng = sheet.chance("flock")
    image = Image.new("L", (sheet.width * 2, sheet.height * 2))
    draw = ImageDraw.Draw(image)
    for _ in range(count):
        x = (place[0] + (float(rng.random()) - 0.5) * 0.22) * sheet.width * 2
        y = (place[1] + (float(rng.random()) - 0.5) * 0.12) * sheet.height * 2
        s, lift = size * sheet.span * 2 * (0.5 + 0.7 * float(rng.random())), 0.25 + 0.35 * float(rng.random())
        w = s * 0.13
        wing = [
            (x - s, y - s * lift * 0.75),
            (x - s * 0.4, y - s * lift * 1.15),
            (x, y),
            (x + s * 0.4, y - s * lift * 1.15),
            (x + s, y - s * lift * 0.75),
        ]
        under = [
            (x + s * 0.4, y - s * lift * 1.15 + w * 1.3),
            (x, y + w * 1.6),
            (x - s * 0.4, y - s * lift * 1.15 + w * 1.3),
        ]
        draw.polygon(wing + under, fill=255)
    tone = mix(stage.light.fore, stage.light.near, 0.25)
    pale = stage.light.dark > 0.8
    sheet.lay(slice(0, sheet.height), sheet.mask(image), mix(tone, rgb("c8d0dc"), 0.55) if pale else tone)


def gusts(stage: Stage) -> None:
    """Long strokes of wind in the sky."""
    sheet = stage.sheet
    image = Image.new("L", (sheet.width, sheet.height))
    draw = ImageDraw.Draw(image)
    rng = sheet.chance("gusts")
    for k in range(9):
        y0, x0 = (0.1 + 0.6 * float(rng.random())) * sheet.height, float(rng.random()) * sheet.width * 0.8
        sway = line(30, sheet.chance("gust", k), 2, 2)
        points = [(x0 + i * 9 * sheet.unit, y0 + float(sway[i]) * 14 * sheet.unit) for i in range(30)]
        draw.line(points, fill=180, width=max(1, round(1.6 * sheet.unit)), joint="curve")
    sheet.lay(
        slice(0, sheet.height), np.asarray(image, np.float32) * np.float32(0.5 / 255), mix(stage.light.haze, WHITE, 0.5)
    )
