"""Inpainting: new content within a mask of a given picture."""

from dataclasses import replace

import numpy as np

from limner.artist.colour import luminance, match, mix, rgb
from limner.artist.figures import Spot, figures, place
from limner.artist.filling import carried_across
from limner.artist.light import Light
from limner.artist.likeness import light_of
from limner.artist.noise import Field, blur, chance, field
from limner.artist.painting import paint_scene
from limner.artist.progress import Progress
from limner.artist.scene import Scene
from limner.artist.sheet import Sheet
from limner.artist.treatments import chosen, treat

Box = tuple[int, int, int, int]


def inpaint(planes: Field, mask: Field, scene: Scene, seed: object, progress: Progress) -> Field:
    """The scene of the prompt within the mask; without one, what surrounds the mask closes over it."""
    progress.at(0.1, "closing the gap")
    known = (mask < 0.02).astype(np.float32)
    out = carried_across(planes, known) if known.any() else planes.copy()
    out = _roughened(out, planes, known, seed)
    box = _box_of(mask)
    if (
        scene.places
        or (scene.abstract and (scene.understood or scene.unknown))
        or scene.hour_named
        or (scene.sky and not scene.things)
    ):
        out = _scene_within(out, (planes, mask), box, scene, (seed, progress))
    progress.at(0.7, "figures")
    things_within(out, box, scene, light_of(planes), seed)
    style = chosen(scene.styles)
    if style:
        out = mix(out, treat(out, style, seed), 0.9)
    share = np.clip(mask, 0, 1) * (1 - known)
    return np.asarray(planes + (out - planes) * share, np.float32)


def _box_of(mask: Field) -> Box:
    """The smallest box around what may change: left, top, right, bottom."""
    rows, columns = np.flatnonzero(mask.max(1) > 0.02), np.flatnonzero(mask.max(0) > 0.02)
    if not len(rows):
        return 0, 0, mask.shape[1], mask.shape[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _roughened(out: Field, planes: Field, known: Field, seed: object) -> Field:
    """A fill with the unevenness of the picture around it."""
    height, width = known.shape
    tone = luminance(planes)
    rough = float(np.abs((tone - blur(tone, 2.0)) * known).sum() / max(1.0, float(known.sum())))
    unit = (height * width) ** 0.5 / 1000
    rng = chance(seed, "fill")
    grain = field((height, width), rng, (30 * unit + 2, 9 * unit + 2), 4, 0.7) - np.float32(0.5)
    fine = rng.random((height, width), dtype=np.float32) - np.float32(0.5)
    texture = (grain * 6 + fine * 2) * np.float32(min(0.012, rough)) * (1 - known)
    return np.clip(out + texture, 0, 1)


def _scene_within(
    out: Field, given: tuple[Field, Field], box: Box, scene: Scene, way: tuple[object, Progress]
) -> Field:
    """The scene painted over the box, in the tones of what surrounds it, soft towards the mask's edge."""
    planes, mask = given
    left, top, right, bottom = box
    width, height = max(64, right - left), max(64, bottom - top)
    painted = paint_scene(replace(scene, styles=(), things=()), (width, height), way[0], way[1]).planes[
        :, : bottom - top, : right - left
    ]
    around = planes[:, max(0, top - 40) : bottom + 40, max(0, left - 40) : right + 40]
    painted = match(painted, around, 0.45)
    reach = max(1.5, min(right - left, bottom - top) * 0.035)
    inner = np.clip((blur(np.pad(mask, 8, mode="edge"), reach)[8:-8, 8:-8] - np.float32(0.5)) * 2, 0, 1)
    if float(mask.min()) > 0.5:
        inner = np.ones_like(mask)
    part = out[:, top:bottom, left:right]
    part += (painted - part) * inner[top:bottom, left:right]
    return out


def things_within(planes: Field, box: Box, scene: Scene, light: Light, seed: object, most: float = 9.0) -> None:
    """The figures of the prompt placed in a box, as large as fits, or `most` times their common size."""
    left, top, right, bottom = box
    things = [thing for thing in scene.things if thing.name in figures()]
    items = [thing for thing in things for _ in range(thing.count)][:9]
    if not items:
        return
    sheet = Sheet(planes.shape[2], planes.shape[1], seed)
    sheet.planes = planes
    rng = chance(seed, "within")
    room = (right - left) / len(items)
    for k, thing in enumerate(items):
        figure = figures()[thing.name]
        x0, y0, x1, y1 = figure.bounds
        height = min((bottom - top) * 0.86 / (y1 - y0), room * 0.92 / (x1 - x0), figure.height * sheet.span * most)
        height *= min(1.0, thing.scale) if most > 5 else thing.scale
        x = left + room * (k + 0.5)
        foot = bottom - (bottom - top) * 0.06 + y0 * height
        if figure.stands in ("air", "under"):
            foot = (top + bottom) / 2 + (y0 + y1) / 2 * height
        colour = rgb(thing.colour) if thing.colour else None
        spot = Spot(
            x=(x - (x0 + x1) / 2 * height) / sheet.width,
            foot=foot,
            height=height,
            flip=bool(rng.random() < 0.4),
            colour=colour,
        )
        place(sheet, figure, spot, light)
