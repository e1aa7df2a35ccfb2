"""Figures: buildings, boats, creatures and things, cut from small shapes kept in `figures.toml`.

A figure is a list of parts in hundredths of its height, x to the right of its middle and y up
from its feet. Parts: `blob` (smooth closed curve), `poly`, `limb` (a tapering stroke of x, y and
half-width), `oval` (x, y, half-width, half-height, degrees) and `box` (x0, y0, x1, y1); each has a tone.
"""

import math
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

import numpy as np
from PIL import Image, ImageDraw

from limner.artist.colour import WHITE, Colour, mix, rgb
from limner.artist.light import Light
from limner.artist.noise import Field, blur, chance, smoothstep
from limner.artist.sheet import Points, Sheet

_BURNING = ("flame", "ember")


@dataclass(frozen=True, slots=True)
class Part:
    """One shape of a figure."""

    kind: str
    tone: str
    numbers: tuple[float, ...]


@dataclass(frozen=True)
class Figure:
    """A thing that can stand in a scene. `height` is its share of the span when it is one among others."""

    name: str
    height: float
    stands: str
    kind: str
    colours: dict[str, Colour]
    parts: tuple[Part, ...]

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, lower, right and upper edge of all its parts; worked out for those figures that are drawn."""
        points = [point for part in self.parts for point in outline(part)]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return min(xs), min(ys), max(xs), max(ys)


def invented(words: tuple[str, ...], palette: list[Colour]) -> Figure:
    """A figure for words without one: a small pile of plain solids that depends on the words."""
    rng = chance("invented", *words)
    parts, foot = [], 0.0
    for tone in ("body", "accent", "pale"):
        half, tall = 0.2 + 0.22 * float(rng.random()), 0.2 + 0.24 * float(rng.random())
        kind = int(rng.integers(3))
        if kind == 0:
            parts.append(Part("box", tone, (-half, foot, half, foot + tall)))
            parts.append(Part("box", "shade", (half * 0.3, foot, half, foot + tall)))
        elif kind == 1:
            parts.append(Part("oval", tone, (0.0, foot + tall / 2, max(half, tall) / 2 + 0.08, tall / 2)))
        else:
            parts.append(Part("poly", tone, (-half, foot, 0.0, foot + tall, half, foot)))
        foot += tall * 0.97
    tones = _tones({"body": palette[1], "accent": palette[2], "pale": palette[3]})
    return Figure("invented", 0.24, "table", "thing", tones, tuple(parts))


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """Where a figure stands: x as a share, foot and height in pixels, depth 0 near to 1 far."""

    x: float
    foot: float
    height: float
    depth: float = 0.0
    flip: bool = False
    colour: Colour | None = None
    sun: float = 0.5


@cache
def figures() -> dict[str, Figure]:
    """All figures by name."""
    text = resources.files("limner.artist").joinpath("figures.toml").read_text("utf-8")
    return {name: _figure(name, table) for name, table in tomllib.loads(text).items()}


def _figure(name: str, table: dict[str, str | float]) -> Figure:
    parts = []
    for row in str(table["draw"]).strip().splitlines():
        kind, tone, *numbers = row.replace(",", " ").split()
        parts.append(
            Part(
                kind,
                tone,
                tuple(float(n) / 100 if kind != "oval" or i != 4 else float(n) for i, n in enumerate(numbers)),
            )
        )
    colours = {tone: rgb(code) for tone, code in (pair.split("=") for pair in str(table["colours"]).split())}
    return Figure(
        name,
        float(table["height"]),
        str(table["on"]),
        str(table["kind"]),
        _tones(colours),
        tuple(parts),
    )


def _tones(colours: dict[str, Colour]) -> dict[str, Colour]:
    body = colours["body"]
    rest = {
        "shade": body * np.float32(0.7),
        "pale": mix(body, WHITE, 0.35),
        "dark": rgb("2a2630"),
        "white": rgb("f6f2ea"),
        "lamp": rgb("ffd98a"),
        "flame": rgb("ffd470"),
        "ember": rgb("f08a2c"),
        "accent": rgb("b83a2a"),
    }
    return rest | colours


def outline(part: Part) -> Points:
    """The closed outline of a part, in its own measure."""
    n = part.numbers
    if part.kind == "oval":
        return _oval(n)
    if part.kind == "box":
        return [(n[0], n[1]), (n[2], n[1]), (n[2], n[3]), (n[0], n[3])]
    if part.kind == "limb":
        return _limb([(n[i], n[i + 1], n[i + 2]) for i in range(0, len(n), 3)])
    points = [(n[i], n[i + 1]) for i in range(0, len(n), 2)]
    return points if part.kind == "poly" else smooth(points)


def _oval(n: tuple[float, ...]) -> Points:
    turn = math.radians(n[4]) if len(n) > 4 else 0.0
    c, s = math.cos(turn), math.sin(turn)
    circle = [(n[2] * math.cos(a), n[3] * math.sin(a)) for a in (k * math.tau / 40 for k in range(40))]
    return [(n[0] + x * c - y * s, n[1] + x * s + y * c) for x, y in circle]


def smooth(points: Points, steps: int = 8) -> Points:
    """A closed curve through all points."""
    out, count = [], len(points)
    for k in range(count):
        p0, p1, p2, p3 = (points[(k + d) % count] for d in (-1, 0, 1, 2))
        out += [
            (_spline(p0[0], p1[0], p2[0], p3[0], i / steps), _spline(p0[1], p1[1], p2[1], p3[1], i / steps))
            for i in range(steps)
        ]
    return out


def _spline(*values: float) -> float:
    a, b, c, d, t = values
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


def _limb(spine: list[tuple[float, float, float]]) -> Points:
    """A tapering stroke with round ends."""
    dense = []
    for k in range(len(spine) - 1):
        p0, p1, p2, p3 = spine[max(0, k - 1)], spine[k], spine[k + 1], spine[min(len(spine) - 1, k + 2)]
        dense += [tuple(_spline(p0[j], p1[j], p2[j], p3[j], i / 6) for j in range(3)) for i in range(6)]
    dense.append(spine[-1])
    left, right = [], []
    for k, (x, y, r) in enumerate(dense):
        a, b = dense[max(0, k - 1)], dense[min(len(dense) - 1, k + 1)]
        dx, dy = b[0] - a[0], b[1] - a[1]
        long = math.hypot(dx, dy) or 1.0
        left.append((x - dy / long * r, y + dx / long * r))
        right.append((x + dy / long * r, y - dx / long * r))
    return [*left, *_cap(dense[-1], dense[-2]), *right[::-1], *_cap(dense[0], dense[1])]


def _cap(end: tuple[float, ...], before: tuple[float, ...]) -> Points:
    angle = math.atan2(end[1] - before[1], end[0] - before[0])
    return [
        (end[0] + end[2] * math.cos(angle + a), end[1] + end[2] * math.sin(angle + a))
        for a in (1.2, 0.6, 0.0, -0.6, -1.2)
    ]


def place(sheet: Sheet, figure: Figure, spot: Spot, light: Light) -> None:
    """Draw a figure where it stands, in the light of the scene."""
    x0, y0, x1, y1 = figure.bounds
    pad = 0.04
    x0, y0, x1, y1 = x0 - pad, y0 - pad, x1 + pad, y1 + pad
    if spot.flip:
        x0, x1 = -x1, -x0
    width, height = int((x1 - x0) * spot.height) + 2, int((y1 - y0) * spot.height) + 2
    if width > 3 * sheet.width or height > 3 * sheet.height:
        return
    over = 3 if max(width, height) < 700 else 2
    scale = spot.height * over
    paint, cover, lamps = (Image.new(mode, (width * over, height * over)) for mode in ("RGB", "L", "L"))
    colours = lit_colours(figure, spot, light)
    draws = ImageDraw.Draw(paint), ImageDraw.Draw(cover), ImageDraw.Draw(lamps)
    for part in figure.parts:
        points = [((((-x if spot.flip else x) - x0) * scale), (y1 - y) * scale) for x, y in outline(part)]
        _cut(draws, part.tone, points, colours)
    alpha = np.asarray(cover.reduce(over), np.float32) * np.float32(1 / 255)
    planes = (
        np.asarray(paint.reduce(over), np.float32).transpose(2, 0, 1)
        / np.float32(255)
        / np.maximum(alpha, np.float32(1e-3))
    )
    corner = (round(spot.x * sheet.width + x0 * spot.height), round(spot.foot - y1 * spot.height))
    _form(planes, alpha, spot, light)
    sheet.paste(corner, alpha, np.clip(planes, 0, 1))
    if light.dark > 0.4:
        _shine(sheet, corner, np.asarray(lamps.reduce(over), np.float32) / np.float32(255), spot.height)


def _cut(
    draws: tuple[ImageDraw.ImageDraw, ImageDraw.ImageDraw, ImageDraw.ImageDraw],
    tone: str,
    points: Points,
    colours: dict[str, tuple[int, int, int]],
) -> None:
    paint, cover, lamps = draws
    paint.polygon(points, fill=colours[tone])
    cover.polygon(points, fill=255)
    lamps.polygon(points, fill=255 if tone == "lamp" or tone in _BURNING else 0)


def lit_colours(figure: Figure, spot: Spot, light: Light) -> dict[str, tuple[int, int, int]]:
    """The figure's tones in the light: silhouettes at dusk, lamps that burn after dark."""
    own = figure.colours if spot.colour is None else _dyed(figure, spot.colour)
    silhouette = light.dark * (0.34 if figure.kind == "building" else 0.45) * (1 - 0.4 * spot.depth)
    out = {}
    for tone, colour in own.items():
        seen = mix(light.tone(colour, spot.depth), light.fore, silhouette)
        if tone in _BURNING:
            seen = colour
        elif tone == "lamp":
            seen = mix(rgb("5a6a78") * light.ambient, colour, min(1.0, light.dark * 1.6))
        out[tone] = tuple(int(v * 255) for v in np.clip(seen, 0, 1))
    return {tone: (c[0], c[1], c[2]) for tone, c in out.items()}


def _dyed(figure: Figure, colour: Colour) -> dict[str, Colour]:
    """The tones with the prompt's colour: on a craft or creature its body, on a building its trimmings."""
    if figure.kind in ("building", "person") and any(part.tone == "accent" for part in figure.parts):
        return figure.colours | {"accent": colour}
    return figure.colours | {"body": colour, "shade": colour * np.float32(0.7), "pale": mix(colour, WHITE, 0.35)}


def _form(planes: Field, alpha: Field, spot: Spot, light: Light) -> None:
    """Roundness: the side of the sun is lighter, its edge catches the light."""
    h, w = alpha.shape
    side = 1.0 if spot.sun >= spot.x else -1.0
    across = np.linspace(-1, 1, w, dtype=np.float32)[None] * np.float32(side)
    planes *= 1 + across * np.float32(0.1)
    step = max(1, int(spot.height * 0.018))
    shifted = np.roll(np.roll(alpha, int(-side * step), axis=1), step, axis=0)
    rim = np.clip(alpha - shifted, 0, 1) * np.float32(0.16 + 0.3 * min(1.0, light.dark))
    for i in range(3):
        planes[i] += (light.gleam[i] - planes[i]) * rim
    planes *= 1 - smoothstep(0.55, 1.0, np.linspace(0, 1, h, dtype=np.float32))[:, None] * np.float32(0.14)


def _shine(sheet: Sheet, corner: tuple[int, int], lamps: Field, height: float) -> None:
    """The warm glow around lit windows."""
    if not lamps.any():
        return
    pad = int(height * 0.25) + 4
    around = blur(np.pad(lamps, pad), height * 0.09)
    x, y = corner[0] - pad, corner[1] - pad
    h, w = around.shape
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, sheet.width), min(y + h, sheet.height)
    if x0 >= x1 or y0 >= y1:
        return
    piece = np.clip(around[y0 - y : y1 - y, x0 - x : x1 - x] * np.float32(2.2), 0, 0.7)
    part = sheet.planes[:, y0:y1, x0:x1]
    for i, level in enumerate(rgb("ff9d3c")):
        part[i] += (1 - part[i]) * piece * level
