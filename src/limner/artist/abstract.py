"""Abstract compositions for words the artist does not know: geometry and palette come from the words."""

import numpy as np
from PIL import Image, ImageDraw

from limner.artist.colour import Colour, mix, rgb
from limner.artist.light import Light
from limner.artist.noise import blur, chance, field, line, smoothstep
from limner.artist.sheet import Sheet

_PALETTES = (
    "f4ead8 e4572e 29335c f3a712 669bbc",
    "f7f1e3 264653 2a9d8f e9c46a e76f51",
    "efe6dd 7a306c 3b8ea5 f49e4c f5ee9e",
    "1b1b2f e43f5a 1f4068 f2b880 c8d5b9",
    "f2efe9 22333b c6ac8f 5e503f d1495b",
    "0d1b2a e0b04f 415a77 c44536 e0e1dd",
    "fdf0d5 003049 c1121f 669bbc f4a259",
    "f6f4ef 335c67 e09f3e 9e2a2b 540b0e",
    "eef0eb 5b8e7d f4a259 bc4b51 283845",
)


def palette_for(words: tuple[str, ...], tints: tuple[str, ...]) -> list[Colour]:
    """Five colours, ground first: named colours, else the words' own."""
    rng = chance("palette", *words)
    own = [rgb(code) for code in _PALETTES[int(rng.integers(len(_PALETTES)))].split()]
    if not tints:
        return own
    named = [rgb(code) for code in tints]
    shades = [mix(colour, own[0], 0.35) for colour in named] + [colour * np.float32(0.6) for colour in named]
    return [own[0], *(named + shades + own[1:])[:4]]


def composition(sheet: Sheet, words: tuple[str, ...], tints: tuple[str, ...], light: Light) -> None:
    """A whole picture of shapes; the same words give the same idea, the seed arranges it."""
    palette = palette_for(words, tints)
    if light.dark > 0.6:
        palette[0] = mix(palette[0], rgb("12141f"), 0.85)
    idea = chance("idea", *words)
    ground = palette[0]
    down = np.broadcast_to(sheet.y / sheet.height, (sheet.height, sheet.width))
    sheet.lay(slice(0, sheet.height), np.ones_like(down), ground)
    wash = field((sheet.height, sheet.width), sheet.chance("wash"), (420 * sheet.unit, 360 * sheet.unit), 4)
    sheet.lay(slice(0, sheet.height), smoothstep(0.5, 0.75, wash) * np.float32(0.22), palette[4])
    order = [_rings, _bars, _leaves, _bands, _shards, _orbits]
    first = int(idea.integers(len(order)))
    second = (first + 1 + int(idea.integers(len(order) - 1))) % len(order)
    order[first](sheet, palette, idea)
    order[second](sheet, palette, idea)
    _hero(sheet, palette, idea)
    _lines(sheet, palette, idea)


def motif(sheet: Sheet, words: tuple[str, ...], light: Light, bottom: float) -> None:
    """A faint figure of arcs in the sky for unknown words beside known ones."""
    rng = chance("motif", *words)
    x, y = (0.2 + 0.6 * float(rng.random())) * sheet.width, (0.2 + 0.5 * float(rng.random())) * bottom * sheet.height
    image = Image.new("L", (sheet.width, sheet.height))
    draw = ImageDraw.Draw(image)
    for k in range(3 + int(rng.integers(4))):
        r = sheet.unit * (60 + 46 * k + 40 * float(rng.random()))
        start, sweep = 360 * float(rng.random()), 90 + 240 * float(rng.random())
        draw.arc(
            (x - r, y - r, x + r, y + r),
            start,
            start + sweep,
            fill=200,
            width=max(1, round((1.2 + 3 * float(rng.random())) * sheet.unit)),
        )
    mask = blur(np.asarray(image, np.float32) * np.float32(1 / 255), 0.6 * sheet.unit)
    sheet.lay(
        sheet.rows(0, bottom * sheet.height),
        mask[: int(bottom * sheet.height)] * np.float32(0.22),
        mix(light.disc, light.gleam, 0.4),
    )


def _put(sheet: Sheet, image: Image.Image, colour: Colour, opacity: float = 0.94) -> None:
    """Lay a stencil with the soft edge shadow of cut paper."""
    mask = sheet.mask(image)
    everything = slice(0, sheet.height)
    reach = max(1, int(5 * sheet.unit))
    shade = np.roll(np.roll(blur(mask, 6 * sheet.unit), reach, 0), reach, 1)
    sheet.lay(everything, shade * np.float32(0.2), rgb("14101c"))
    grain = field((sheet.height, sheet.width), sheet.chance("paper", opacity), (9 * sheet.unit, 9 * sheet.unit), 2)
    sheet.lay(
        everything,
        mask * np.float32(opacity),
        np.clip(colour[:, None, None] * (np.float32(0.95) + grain * np.float32(0.1)), 0, 1),
    )


def _whole(sheet: Sheet) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    return sheet.stencil(slice(0, sheet.height))


def _hero(sheet: Sheet, palette: list[Colour], rng: np.random.Generator) -> None:
    image, draw = _whole(sheet)
    own = sheet.chance("hero")
    r = sheet.unit * (260 + 180 * float(rng.random()))
    x, y = (0.34 + 0.32 * float(own.random())) * sheet.width * 2, (0.32 + 0.3 * float(own.random())) * sheet.height * 2
    draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
    _put(sheet, image, palette[1])
    image, draw = _whole(sheet)
    draw.pieslice(
        (x - r * 0.62, y - r * 0.62, x + r * 0.62, y + r * 0.62),
        90 * int(rng.integers(4)),
        90 * int(rng.integers(4)) + 180,
        fill=255,
    )
    _put(sheet, image, palette[3])


def _rings(sheet: Sheet, palette: list[Colour], rng: np.random.Generator) -> None:
    x, y = float(rng.random()) * sheet.width * 2, float(rng.random()) * sheet.height * 2
    for k in range(6, 0, -1):
        image, draw = _whole(sheet)
        r = sheet.unit * 150 * k
        draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
        _put(sheet, image, palette[k % 4 + 1] if k % 2 else palette[0], 0.9)


def _bars(sheet: Sheet, palette: list[Colour], rng: np.random.Generator) -> None:
    slant = float(rng.random()) - 0.5
    for k in range(5):
        image, draw = _whole(sheet)
        x, w = float(rng.random()) * sheet.width * 2, sheet.unit * (40 + 130 * float(rng.random()))
        drop = sheet.height * 2
        draw.polygon([(x, -4), (x + w, -4), (x + w + slant * drop, drop), (x + slant * drop, drop)], fill=255)
        _put(sheet, image, palette[k % 4 + 1], 0.85)


def _leaves(sheet: Sheet, palette: list[Colour], rng: np.random.Generator) -> None:
    own = sheet.chance("leaf shapes")
    for k in range(7):
        image, draw = _whole(sheet)
        x, y = float(own.random()) * sheet.width * 2, float(own.random()) * sheet.height * 2
        long, lean = sheet.unit * (180 + 260 * float(rng.random())), (float(rng.random()) - 0.5) * 2
        wide = long * 0.3
        side = [(x + lean * long * f + wide * 4 * f * (1 - f), y - long * f) for f in (i / 12 for i in range(13))]
        back = [(x + lean * long * f - wide * 4 * f * (1 - f), y - long * f) for f in (1 - i / 12 for i in range(13))]
        draw.polygon(side + back, fill=255)
        _put(sheet, image, palette[k % 4 + 1], 0.9)


def _bands(sheet: Sheet, palette: list[Colour], rng: np.random.Generator) -> None:
    cells = 1.2 + 2.4 * float(rng.random())
    for k in range(5):
        image, draw = _whole(sheet)
        sway = line(60, sheet.chance("band", k), cells, 3)
        y = (0.5 + 0.11 * k) * sheet.height * 2
        points = [(i / 59 * sheet.width * 2, y + float(sway[i]) * sheet.unit * 150) for i in range(60)]
        draw.polygon([*points, (sheet.width * 2, sheet.height * 2), (0, sheet.height * 2)], fill=255)
        _put(sheet, image, palette[(k + 1) % 5], 0.95)


def _shards(sheet: Sheet, palette: list[Colour], rng: np.random.Generator) -> None:
    cx, cy = (0.3 + 0.4 * float(rng.random())) * sheet.width * 2, (0.3 + 0.4 * float(rng.random())) * sheet.height * 2
    own = sheet.chance("shards")
    for k in range(9):
        image, draw = _whole(sheet)
        points = [
            (
                cx + (float(own.random()) - 0.5) * sheet.width * 1.5,
                cy + (float(own.random()) - 0.5) * sheet.height * 1.5,
            )
            for _ in range(3)
        ]
        draw.polygon(points, fill=255)
        _put(sheet, image, palette[k % 4 + 1], 0.72)


def _orbits(sheet: Sheet, palette: list[Colour], rng: np.random.Generator) -> None:
    x, y = sheet.width * (0.7 + 0.6 * float(rng.random())), sheet.height * (0.7 + 0.6 * float(rng.random()))
    own = sheet.chance("orbits")
    for k in range(6):
        image, draw = _whole(sheet)
        r = sheet.unit * (170 + 150 * k)
        draw.arc(
            (x - r, y - r, x + r, y + r),
            360 * float(own.random()),
            360 * float(own.random()) + 200,
            fill=255,
            width=max(2, int(sheet.unit * (8 + 26 * float(rng.random())))),
        )
        dx, dy = float(own.random()) - 0.5, float(own.random()) - 0.5
        long = (dx * dx + dy * dy) ** 0.5 + 1e-6
        q = sheet.unit * (20 + 60 * float(rng.random()))
        px, py = x + dx / long * r, y + dy / long * r
        draw.ellipse((px - q, py - q, px + q, py + q), fill=255)
        _put(sheet, image, palette[k % 4 + 1], 0.95)


def _lines(sheet: Sheet, palette: list[Colour], rng: np.random.Generator) -> None:
    image, draw = _whole(sheet)
    own = sheet.chance("lines")
    for _ in range(4 + int(rng.integers(6))):
        x, y = float(own.random()) * sheet.width * 2, float(own.random()) * sheet.height * 2
        draw.line(
            (x, y, x + (float(own.random()) - 0.5) * sheet.width * 1.6, y + (float(own.random()) - 0.5) * sheet.height),
            fill=255,
            width=max(1, round(3 * sheet.unit)),
        )
    for _ in range(12):
        x, y, r = (
            float(own.random()) * sheet.width * 2,
            float(own.random()) * sheet.height * 2,
            sheet.unit * (6 + 16 * float(own.random())),
        )
        draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
    _put(sheet, image, palette[2] if float(palette[0].mean()) > 0.5 else palette[4], 0.9)
