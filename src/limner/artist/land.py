"""Land: ranges of hills and mountains, dunes, mesas, haze, paths."""

from dataclasses import dataclass

import numpy as np

from limner.artist.colour import Colour, mix, ramp
from limner.artist.noise import Field, crags, field, line, smoothstep, wave
from limner.artist.sheet import Sheet


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """One range of land: `y` is its middle line, `height` its swing, both shares of the sheet's height."""

    name: str
    y: float
    height: float
    cells: float
    colour: Colour
    foot: Colour
    crag: float = 0.0
    light: Colour | None = None
    snow: tuple[Colour, Colour] | None = None
    snow_depth: float = 0.08
    mist: float = 0.0
    mist_colour: Colour | None = None
    peak: tuple[float, float, float] | None = None
    tilt: float = 0.0
    octaves: int = 6
    bottom: float = 1.0


def skyline(sheet: Sheet, spec: Range) -> Field:
    """The upper edge of a range, in pixels from the top, one number a column."""
    cells = max(1.2, spec.cells * sheet.aspect**0.7)
    soft = line(sheet.width, sheet.chance(spec.name, "soft"), cells, spec.octaves, 0.42)
    shape = soft
    if spec.crag:
        sharp = crags(sheet.width, sheet.chance(spec.name, "crags"), cells * 0.8, spec.octaves, 0.48)
        shape = mix(soft, sharp, spec.crag)
    x = np.linspace(0, 1, sheet.width, dtype=np.float32)
    if spec.peak:
        at, wide, tall = spec.peak
        wide = wide / sheet.aspect**0.5
        t = np.clip(1 - np.abs(x - np.float32(at)) / np.float32(wide), 0, 1)
        shape = shape * np.float32(0.5) + np.float32(tall) * t * (np.float32(0.8) + np.float32(0.2) * t)
    return np.asarray((spec.y - spec.height * shape + spec.tilt * (x - 0.5)) * sheet.height, np.float32)


def edge(sheet: Sheet, top: Field, bottom: float) -> tuple[slice, Field]:
    """The rows a skyline reaches, and how far each pixel lies below it."""
    rows = sheet.rows(float(top.min()) - 2, bottom * sheet.height)
    return rows, np.asarray(sheet.y[rows] - top[None], np.float32)


def range_of_hills(sheet: Sheet, spec: Range) -> Field:
    """Paint a range; gives its skyline for trees and houses to stand on."""
    top = skyline(sheet, spec)
    rows, depth = edge(sheet, top, spec.bottom)
    if rows.stop <= rows.start:
        return top
    reach = max(spec.height, 0.06) * sheet.height * 1.9
    t = np.clip(depth * np.float32(1 / reach), 0, 1)
    colours = ramp(spec.colour, spec.foot, t)
    if spec.light is not None or spec.snow is not None:
        _faces(sheet, spec, (top, rows, depth), colours)
    if spec.mist:
        veil = smoothstep(0.1, 1.0, t) * np.float32(spec.mist)
        goal = spec.mist_colour if spec.mist_colour is not None else spec.foot
        colours += (goal[:, None, None] - colours) * veil
    sheet.lay(rows, np.clip(depth + np.float32(0.5), 0, 1), colours)
    return top


def _averaged(values: Field, reach: int) -> Field:
    """Each number averaged with its neighbours on both sides."""
    sums = np.cumsum(np.pad(values.astype(np.float64), (reach + 1, reach), mode="edge"))
    return np.asarray((sums[2 * reach + 1 :] - sums[: -2 * reach - 1]) / (2 * reach + 1), np.float32)


def _faces(sheet: Sheet, spec: Range, ground: tuple[Field, slice, Field], colours: Field) -> None:
    """Light and snow on rock: the slope of a smoothed skyline, broken by noise that runs downhill."""
    top, _, depth = ground
    rng = sheet.chance(spec.name, "faces")
    u = sheet.unit
    coarse = field(depth.shape, rng, (110 * u, 130 * u), 5, 0.56) - np.float32(0.5)
    fine = field(depth.shape, rng, (28 * u, 40 * u), 4) - np.float32(0.5)
    span = max(2, int(sheet.width / (max(1.0, spec.cells) * 26)))
    soft = _averaged(_averaged(top, span), span)
    slope = np.asarray(np.gradient(soft), np.float32)
    lean = np.where(coarse > 0, np.float32(0.5), np.float32(-0.5))
    column = np.clip(
        sheet.x + np.maximum(depth, 0) * lean + (coarse + fine) * np.float32(64 * u), 0, sheet.width - 1
    ).astype(np.intp)
    lit = smoothstep(-0.12, 0.12, coarse * np.float32(0.44) + fine * np.float32(0.33) - slope[column])
    if spec.light is not None:
        reach = max(spec.height, 0.06) * sheet.height * 1.9
        fall = lit * (1 - np.clip(depth * np.float32(0.75 / reach), 0, 0.75)) * np.float32(0.58)
        for i in range(3):
            colours[i] += (spec.light[i] - colours[i]) * fall
    if spec.snow is not None:
        jag = line(sheet.width, sheet.chance(spec.name, "snow"), spec.cells * 9, 4, 0.6)
        limit = spec.snow_depth * (1 + 0.5 * jag) * sheet.height
        high = np.clip((spec.y * sheet.height - top) / np.float32(spec.height * sheet.height + 1), 0, 1.6)
        cap = smoothstep(
            0.0, 6 * u + 1, (limit * high).astype(np.float32)[None] + (coarse * 37 + fine * 28) * np.float32(u) - depth
        )
        snow = ramp(spec.snow[1], spec.snow[0], lit)
        colours += (snow - colours) * cap


def dune(sheet: Sheet, spec: Range, left: bool) -> Field:
    """A dune with a sharp crest: `colour` is the bright face, `foot` the lee."""
    rng = sheet.chance(spec.name, "dune")
    x = np.linspace(0, 1, sheet.width, dtype=np.float32)
    swell = line(sheet.width, rng, max(1.2, spec.cells * sheet.aspect**0.7), 2, 0.3)
    top = np.asarray((spec.y - spec.height * swell + spec.tilt * (x - 0.5)) * sheet.height, np.float32)
    rows, depth = edge(sheet, top, spec.bottom)
    crest = line(sheet.height, rng, 2.5, 2) * np.float32(sheet.width * 0.22) + np.float32(
        (0.3 + 0.4 * rng.random()) * sheet.width
    )
    below = np.clip(depth, 0, sheet.height - 1)
    run = below * np.float32((0.6 + 0.9 * rng.random()) * (1 if left else -1))
    side = np.clip((sheet.x - crest[below.astype(np.intp)] - run + 2) / (4 + below * np.float32(0.22)), 0, 1)
    t = np.clip(depth / np.float32(sheet.height * 0.4), 0, 1)
    colours = ramp(
        spec.colour, spec.foot, np.clip(t * np.float32(0.35) + side * (np.float32(0.95) - t * np.float32(0.5)), 0, 1)
    )
    sway = field(depth.shape, rng, (160 * sheet.unit, 60 * sheet.unit), 3)
    colours += wave(sheet.y[rows] / np.float32(24 * sheet.unit) + sway * np.float32(3.6)) * np.float32(0.012)
    sheet.lay(rows, np.clip(depth + np.float32(0.5), 0, 1), colours)
    return top


def mesa(sheet: Sheet, spec: Range) -> Field:
    """Table mountains with banded walls."""
    rng = sheet.chance(spec.name, "mesa")
    blocks = line(sheet.width, rng, max(1.5, spec.cells * sheet.aspect**0.7), 2, 0.4)
    steps = blocks * 7
    steps = steps / np.sqrt(1 + steps * steps) + line(sheet.width, rng, 60, 3) * np.float32(0.08)
    top = np.asarray((spec.y - spec.height * steps) * sheet.height, np.float32)
    rows, depth = edge(sheet, top, spec.bottom)
    sway = field(depth.shape, rng, (300 * sheet.unit, 40 * sheet.unit), 3)
    strata = wave(sheet.y[rows] / np.float32(42 * sheet.unit) + sway * np.float32(1.6)) * np.float32(0.5) + np.float32(
        0.5
    )
    cut = field(depth.shape, rng, (46 * sheet.unit, 400 * sheet.unit), 3)
    face = smoothstep(0.42, 0.58, cut) * np.float32(0.6) + strata * np.float32(0.32)
    face *= np.clip(1 - depth / np.float32(0.35 * sheet.height), 0.15, 1)
    light = spec.light if spec.light is not None else spec.foot
    sheet.lay(rows, np.clip(depth + np.float32(0.5), 0, 1), ramp(spec.colour, light, face))
    return top


def haze(sheet: Sheet, y: float, height: float, colour: Colour, opacity: float = 0.6) -> None:
    """A ragged band of mist around the line `y`."""
    rows = sheet.rows((y - height * 2.6) * sheet.height, (y + height * 2.6) * sheet.height)
    if rows.stop - rows.start < 2:
        return
    t = (sheet.y[rows] / sheet.height - np.float32(y)) / np.float32(height)
    bell = np.clip(1 - t * t / np.float32(6.8), 0, 1) ** 2
    rag = field((rows.stop - rows.start, sheet.width), sheet.chance("haze", y), (480 * sheet.unit, 60 * sheet.unit), 4)
    sheet.lay(rows, np.clip(bell * (np.float32(0.4) + np.float32(0.85) * rag), 0, 1) * np.float32(opacity), colour)


def texture(sheet: Sheet, top: Field, bottom: float, strength: float) -> None:
    """Unevenness of the ground, coarser towards the viewer."""
    rows, depth = edge(sheet, top, bottom)
    if rows.stop - rows.start < 4:
        return
    rng = sheet.chance("texture", int(top[0]), strength)
    grain = field(depth.shape, rng, (120 * sheet.unit, 14 * sheet.unit), 4, 0.6) - np.float32(0.5)
    sheet.planes[:, rows] *= 1 + grain * np.clip(depth, 0, 1) * np.float32(strength)


def path(
    sheet: Sheet, feet: tuple[float, float], tops: tuple[float, float], colour: Colour, width: float = 0.24
) -> None:
    """A winding way from the lower edge, `feet` (x, y), to a vanishing place, `tops` (x, y)."""
    rows = sheet.rows(tops[1] * sheet.height, feet[1] * sheet.height)
    h = rows.stop - rows.start
    if h < 4:
        return
    t = np.linspace(0, 1, h, dtype=np.float32)
    near = t * t
    bend = wave(t * np.float32(0.9) + np.float32(0.1)) * np.float32(0.16) * t * (1 - t) * 4
    centre = np.float32(tops[0]) + np.float32(feet[0] - tops[0]) * near + bend
    half = (np.float32(0.008) + np.float32(width) * near) * np.float32(0.5 * sheet.unit * 1000 / sheet.width)
    across = (sheet.x / np.float32(sheet.width) - centre[:, None]) / half[:, None]
    soft = np.maximum(np.float32(1.5 / sheet.width) / half[:, None], np.float32(0.05))
    sheet.lay(rows, np.clip((1 - np.abs(across)) / soft, 0, 1), colour)


def furrows(sheet: Sheet, top: Field, colours: tuple[Colour, Colour], vanish: tuple[float, float]) -> None:
    """Rows of a field running to a vanishing place (x, y)."""
    rows, depth = edge(sheet, top, 1.0)
    dy = np.maximum(sheet.y[rows] - np.float32(vanish[1] * sheet.height), 1)
    across = (sheet.x - np.float32(vanish[0] * sheet.width)) / dy
    rng = sheet.chance("furrows")
    clump = field(depth.shape, rng, (26 * sheet.unit, 15 * sheet.unit), 3)
    stripe = np.clip(
        wave(across * np.float32(3.2)) * np.float32(0.9)
        + (clump - np.float32(0.42)) * np.float32(2.2)
        + np.float32(0.35),
        0,
        1,
    )
    shade = np.clip(depth / np.float32(sheet.height * 0.4), 0, 1)
    plane = ramp(colours[0], colours[1], stripe)
    plane *= np.float32(1.0) - shade * np.float32(0.25)
    sheet.lay(rows, np.clip(depth + np.float32(0.5), 0, 1), plane)
