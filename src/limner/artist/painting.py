"""A scene painted from nothing, at any size."""

from dataclasses import dataclass

import numpy as np

from limner.artist import compose
from limner.artist.colour import luminance
from limner.artist.light import Light
from limner.artist.noise import Field
from limner.artist.progress import Progress
from limner.artist.scene import Scene
from limner.artist.sheet import Sheet
from limner.artist.treatments import chosen, fitted, treat

# Above this many pixels a scene is painted smaller and enlarged: it gains no detail, only cost.
_MOST = 2200 * 2200


@dataclass(frozen=True, kw_only=True, slots=True)
class Painted:
    """A painted scene: its planes, and how much of each pixel is not sky."""

    planes: Field
    cover: Field


def paint_scene(
    scene: Scene, size: tuple[int, int], seed: object, progress: Progress, light: Light | None = None
) -> Painted:
    """All layers of a scene, then its treatment."""
    width, height = size
    shrink = min(1.0, (_MOST / (width * height)) ** 0.5)
    sheet = Sheet(max(16, round(width * shrink)), max(16, round(height * shrink)), seed)
    layers = list(compose.steps(sheet, scene, light))
    for k, (name, work) in enumerate(layers):
        progress.at(0.06 + 0.6 * k / len(layers), name)
        work()
        if k in (1, 2):
            progress.show(sheet.planes)
    style = chosen(scene.styles)
    compose.finish(sheet, 0.0 if style in ("watercolour", "ink", "line", "pixel") else 0.12, 0.0 if style else 0.014)
    planes = sheet.planes
    if style:
        progress.at(0.7, f"in {style}")
        planes = treat(planes, style, seed)
    if "monochrome" in scene.moods:
        planes = np.broadcast_to(luminance(planes), planes.shape).copy()
    if shrink < 1:
        planes, cover = fitted(planes, width, height), fitted(sheet.cover[None], width, height)[0]
        return Painted(planes=np.clip(planes, 0, 1), cover=np.clip(cover, 0, 1))
    return Painted(planes=planes, cover=sheet.cover)
