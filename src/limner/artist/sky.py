"""Sky: gradient, sun and moon, stars, clouds, aurora, rainbow, rays."""

import numpy as np
from PIL import Image, ImageDraw

from limner.artist.colour import WHITE, Colour, mix, rgb
from limner.artist.light import Light
from limner.artist.noise import Field, blur, falloff, field, line, resize, root, smoothstep
from limner.artist.sheet import Sheet


def gradient(sheet: Sheet, stops: Field, bottom: float, sway: float = 0.25) -> None:
    """Colours from the top to the line `bottom`, a little uneven as the sky is."""
    rng = sheet.chance("gradient")
    w, h = max(2, sheet.width // 8), max(2, sheet.height // 8)
    uneven = field((h, w), rng, (w * 0.5, h * 0.12), 3) - np.float32(0.5)
    down = np.arange(h, dtype=np.float32)[:, None] / np.float32(h * bottom)
    last = len(stops) - 1
    t = np.clip(down * last + uneven * np.float32(sway), 0, last)
    index = np.clip(t.astype(int), 0, last - 1)
    f = t - index
    for i in range(3):
        plane = stops[index, i] * (1 - f) + stops[index + 1, i] * f
        sheet.planes[i] = resize(np.asarray(plane, np.float32), sheet.width, sheet.height)


def distance(sheet: Sheet, x: float, y: float, rows: slice) -> Field:
    """How far each pixel is from a place, in units."""
    dx = sheet.x - np.float32(x * sheet.width)
    dy = sheet.y[rows] - np.float32(y * sheet.height)
    return np.asarray(root(dx * dx + dy * dy) / np.float32(sheet.unit * 1000), np.float32)


def disc(sheet: Sheet, place: tuple[float, float], radius: float, colours: tuple[Colour, Colour], glow: float) -> None:
    """Sun or full moon with its halo; `colours` are of the disc and of the glow."""
    everything = slice(0, sheet.height)
    d = distance(sheet, place[0], place[1], everything)
    halo = falloff(np.maximum(d - np.float32(radius * 0.6), 0) * np.float32(0.28 / radius)) * np.float32(glow)
    sheet.glow(everything, halo, colours[1])
    edge = 0.9 / (sheet.unit * 1000)
    sheet.lay(everything, 1 - smoothstep(radius - edge, radius + edge, d), colours[0])


def moon(sheet: Sheet, place: tuple[float, float], radius: float, light: Light, crescent: bool) -> None:
    """A full moon with its seas, or a crescent."""
    colour = mix(rgb("f7efd6"), light.disc, 0.4)
    everything = slice(0, sheet.height)
    d = distance(sheet, place[0], place[1], everything)
    halo = falloff(np.maximum(d - np.float32(radius * 0.6), 0) * np.float32(0.25 / radius)) * np.float32(0.42)
    sheet.glow(everything, halo, mix(light.gleam, WHITE, 0.3))
    edge = 0.9 / (sheet.unit * 1000)
    mask = 1 - smoothstep(radius - edge, radius + edge, d)
    if crescent:
        bite = distance(sheet, place[0] + radius * 0.5 / sheet.aspect**0.5, place[1] - radius * 0.16, everything)
        mask = mask * smoothstep(radius * 0.86 - edge, radius * 0.86 + edge, bite)
        sheet.lay(everything, mask, colour)
        return
    sheet.lay(everything, mask, colour)
    reach = int(radius * sheet.unit * 1000) + 2
    cx, cy = int(place[0] * sheet.width), int(place[1] * sheet.height)
    seas = field((2 * reach, 2 * reach), sheet.chance("seas"), (reach * 0.8, reach * 0.8), 4)
    grid = (np.arange(2 * reach, dtype=np.float32) - reach) / reach
    inside = smoothstep(0.0, 0.25, 0.96 - root(grid[None] ** 2 + grid[:, None] ** 2))
    sheet.paste(
        (cx - reach, cy - reach),
        smoothstep(0.5, 0.62, seas) * inside * np.float32(0.26),
        mix(colour, rgb("8a92a0"), 0.8),
    )


def stars(sheet: Sheet, bottom: float, amount: float = 1.0, milky: bool = False) -> None:
    """Stars down to a line, thinning out towards it; with a milky way if wanted."""
    rng = sheet.chance("stars")
    image = Image.new("L", (sheet.width, sheet.height))
    draw = ImageDraw.Draw(image)
    band = _milky_way(sheet, bottom) if milky else None
    count = int(520 * amount * (2.4 if milky else 1))
    for _ in range(count):
        x, y, size, shine = (float(v) for v in rng.random(4))
        px, py = x * sheet.width, y * (0.3 + 0.7 * y) * bottom * sheet.height
        if band is not None and size < 0.55 and band[int(py), int(px)] < rng.random() * 0.5:
            continue
        r = sheet.unit * (0.45 + 1.7 * size**7)
        level = int((90 + 165 * shine) * min(1.0, 1.25 - py / (bottom * sheet.height)) * min(1.0, 0.35 + r * 0.8))
        draw.ellipse((px - r, py - r, px + r, py + r), fill=max(0, level))
    mask = np.asarray(image, np.float32) * np.float32(1 / 255)
    soft = np.clip(mask + blur(mask, 2.2 * sheet.unit) * np.float32(0.7), 0, 1)
    sheet.glow(slice(0, sheet.height), soft, rgb("fff6e4"))


def _milky_way(sheet: Sheet, bottom: float) -> Field:
    rng = sheet.chance("milky")
    lean = 0.7 if rng.random() < 0.5 else -0.7
    across = (sheet.x / sheet.width - np.float32(0.5)) * np.float32(lean) + (
        sheet.y / (sheet.height * bottom) - np.float32(0.45)
    )
    cell = 210 * sheet.unit
    cloud = field((sheet.height, sheet.width), rng, (cell, cell), 6, 0.6)
    band = falloff(across * np.float32(5.0) + (cloud - np.float32(0.5)) * np.float32(1.6))
    dust = smoothstep(0.5, 0.66, field((sheet.height, sheet.width), rng, (cell * 0.8, cell * 0.5), 5, 0.6))
    glow = band * (1 - dust * falloff(across * np.float32(9)) * np.float32(0.8)) * (cloud + np.float32(0.1))
    everything = slice(0, sheet.height)
    sheet.glow(everything, glow * np.float32(0.75), rgb("b9a8dc"))
    sheet.glow(everything, glow * glow * np.float32(0.9), rgb("ffdcb4"))
    return band


def clouds(sheet: Sheet, light: Light, amount: float, bottom: float) -> None:
    """Soft clouds with a lit upper side, smaller and flatter towards the horizon."""
    rng = sheet.chance("clouds")
    rows = sheet.rows(0, bottom * sheet.height)
    h, w = max(2, (rows.stop - rows.start) // 2), max(2, sheet.width // 2)
    cell = sheet.unit * 500 * 0.5
    density = field((h, w), rng, (cell * 1.9, cell * 0.62), 6, 0.5)
    lift = max(1, int(9 * sheet.unit))
    above = np.concatenate([np.repeat(density[:1], lift, axis=0), density[:-lift]])
    down = np.arange(h, dtype=np.float32)[:, None] / h
    fade = smoothstep(0.0, 0.12, down + np.float32(0.04)) * (1 - smoothstep(0.55, 1.0, down))
    start = 0.66 - amount * 0.26
    mask = smoothstep(start, start + 0.17, density) * fade
    lit = np.clip((density - above) * 5 + np.float32(0.45), 0, 1)
    shade = mix(mix(light.sky[1], light.near, 0.12 + 0.3 * min(1.0, amount)), light.haze, 0.25)
    bright = mix(mix(light.gleam, light.disc, 0.4), light.haze, 0.3 * light.dark)
    mask, lit = resize(mask, sheet.width, rows.stop), resize(lit, sheet.width, rows.stop)
    colours = np.stack([shade[i] + (bright[i] - shade[i]) * lit for i in range(3)])
    sheet.lay(rows, np.clip(mask, 0, 1) * np.float32(0.82 if light.dark < 0.9 else 0.5), colours)


def banks(sheet: Sheet, light: Light, count: int, band: tuple[float, float]) -> None:
    """Long flat clouds, as on a railway poster, between two heights."""
    rng = sheet.chance("banks")
    colour = mix(light.sky[-1], light.disc, 0.4)
    xs = sheet.x[0]
    for k in range(count):
        cy = (band[0] + (band[1] - band[0]) * rng.random()) * sheet.height
        cx, half = rng.random() * sheet.width, (0.1 + 0.2 * rng.random()) * sheet.unit * 1000
        thick = (6 + 10 * rng.random()) * sheet.unit
        taper = root(np.clip(1 - ((xs - np.float32(cx)) / np.float32(half)) ** 2, 0, 1))
        lump = line(sheet.width, sheet.chance("lump", k), 9 * sheet.aspect, 4) * np.float32(0.6) + np.float32(0.75)
        upper, lower = thick * lump * taper * np.float32(1.7), thick * taper * np.float32(0.45)
        rows = sheet.rows(cy - thick * 2.6, cy + thick)
        dy = sheet.y[rows] - np.float32(cy)
        mask = smoothstep(-1, 1, dy + upper) * smoothstep(-1, 1, lower - dy) * (taper > 0)
        sheet.lay(rows, mask * np.float32(0.42), colour)


def aurora(sheet: Sheet, bottom: float, colours: tuple[str, ...] = ("3fe8a0", "2fc8a8", "8a6bd8")) -> None:
    """Curtains of light hanging in the upper sky."""
    rows = sheet.rows(0, bottom * sheet.height)
    v = sheet.y[rows] / np.float32(sheet.height * bottom)
    for n, code in enumerate(colours):
        rng = sheet.chance("aurora", n)
        path = 0.34 + 0.1 * n + 0.3 * line(sheet.width, rng, 2.0 * sheet.aspect**0.5, 3)
        length = np.clip(0.30 + 0.16 * line(sheet.width, rng, 5, 3), 0.08, 1)
        rays = 0.68 + 0.5 * line(sheet.width, rng, 60 * sheet.aspect**0.5, 4)
        swell = np.clip(0.62 + 0.7 * line(sheet.width, rng, 3.4, 2), 0.06, 1.2)
        d = np.asarray(path, np.float32) - v
        body = falloff(np.maximum(d, 0) / np.asarray(length, np.float32) * np.float32(1.35)) * smoothstep(
            -0.05, 0.02, d
        )
        mask = np.clip(body * np.asarray(rays * swell, np.float32), 0, 1) * np.float32(0.85)
        sheet.glow(rows, mask, rgb(code))


def rainbow(sheet: Sheet, foot: float) -> None:
    """A bow standing on the line `foot`."""
    rng = sheet.chance("rainbow")
    rows = sheet.rows(0, foot * sheet.height)
    radius = min(0.62 * sheet.width / (sheet.unit * 1000), foot * sheet.height * 0.86 / (sheet.unit * 1000))
    d = distance(sheet, 0.44 + 0.12 * rng.random(), foot + 0.02, rows)
    width = radius * 0.13
    t = (d - np.float32(radius - width)) / np.float32(width)
    fade = smoothstep(0.0, 0.2, t) * smoothstep(0.0, 0.2, 1 - t) * np.float32(0.55)
    for i, centre in enumerate((0.86, 0.5, 0.2)):
        plane = sheet.planes[i, rows]
        hue = falloff((t - np.float32(centre)) * np.float32(3.4))
        violet = falloff((t - np.float32(0.06)) * np.float32(7)) * np.float32(0.5 if i == 0 else 0)
        plane += (np.clip(hue + violet, 0, 1) - plane * np.float32(0.55)) * fade


def rays(sheet: Sheet, place: tuple[float, float], light: Light, strength: float = 0.2) -> None:
    """Beams of light spreading from the sun."""
    rng = sheet.chance("rays")
    w, h = max(2, sheet.width // 4), max(2, sheet.height // 4)
    dx = np.arange(w, dtype=np.float32)[None] / w - np.float32(place[0])
    dy = np.arange(h, dtype=np.float32)[:, None] / h - np.float32(place[1])
    reach = root(dx * dx + dy * dy) + np.float32(1e-4)
    angle = np.where(dy >= 0, 1 - dx / reach, 3 + dx / reach) * np.float32(0.25)
    beams = smoothstep(0.5, 0.85, line(1600, rng, 34, 3) * np.float32(0.5) + np.float32(0.5))
    mask = beams[np.clip(angle * 1599, 0, 1599).astype(int)] * (1 - smoothstep(0.1, 1.0, reach))
    sheet.glow(
        slice(0, sheet.height), resize(blur(mask, 1.2), sheet.width, sheet.height) * np.float32(strength), light.gleam
    )


def comet(sheet: Sheet, place: tuple[float, float], lean: float = 0.55) -> None:
    """A falling star with its tail."""
    rows = slice(0, sheet.height)
    dx = (sheet.x - np.float32(place[0] * sheet.width)) / np.float32(sheet.unit * 1000)
    dy = (sheet.y - np.float32(place[1] * sheet.height)) / np.float32(sheet.unit * 1000)
    along, across = dx - dy * np.float32(lean), dy + dx * np.float32(lean)
    tail = (
        falloff(across / (np.float32(0.004) + np.maximum(along, 0) * np.float32(0.05)))
        * (along > 0)
        * (1 - smoothstep(0.0, 0.34, along))
    )
    head = falloff(root(dx * dx + dy * dy) * np.float32(130))
    sheet.glow(rows, np.clip(tail * np.float32(0.8) + head, 0, 1), rgb("fff3da"))
