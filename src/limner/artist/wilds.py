"""Wild places: forest, jungle, desert, canyon."""

from dataclasses import dataclass, replace

import numpy as np

from limner.artist import backdrops, water
from limner.artist.colour import Colour, mix, rgb
from limner.artist.land import Range, dune, haze, mesa, path, range_of_hills
from limner.artist.noise import Field
from limner.artist.planting import edge_grass, flowers, plants_named
from limner.artist.plants import Grove, grove
from limner.artist.stage import Stage, stand


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of trees: where its ground lies, how far, how tall and how many."""

    y: float
    depth: float
    size: float
    count: int


_ROWS = (
    _Row(0.6, 0.9, 0.13, 170),
    _Row(0.685, 0.7, 0.18, 90),
    _Row(0.77, 0.48, 0.25, 46),
    _Row(0.855, 0.26, 0.36, 20),
    _Row(0.97, 0.02, 0.6, 8),
)


def forest(stage: Stage) -> None:
    """Trees behind trees, mist between them, a clearing in front."""
    backdrops.far(stage, 0.6)
    jungle = stage.ground == "jungle"
    for row in _ROWS:
        _row(stage, row, _forest_kind(stage, jungle))
    if jungle:
        _lianas(stage)
    edge_grass(stage, stage.grass())


def _row(stage: Stage, row: _Row, trees: tuple[str, Colour]) -> None:
    """One row of the forest on its strip of ground."""
    sheet, light = stage.sheet, stage.light
    kind, wood = trees
    front = row is _ROWS[-1]
    tone = light.tone(wood, row.depth)
    if front:
        tone = mix(tone, light.fore, 0.35 + 0.4 * light.dark)
    floor = mix(light.tone(stage.grass() * 0.8, row.depth), light.haze, 0.0 if front else 0.35)
    ground = Range(
        name=f"floor {row.y}",
        y=row.y,
        height=0.035,
        cells=3,
        colour=tone if row.depth > 0.4 else floor,
        foot=floor,
        octaves=4,
    )
    top = range_of_hills(sheet, ground)
    bark = light.tone(rgb("e4ddd0") if kind == "birch" else rgb("54402f"), 0.0)
    trees_here = Grove(
        name=f"wood {row.y}",
        kind=kind,
        count=row.count // 2 if kind == "oak" and row.depth < 0.6 else row.count,
        size=row.size,
        colour=tone * 0.92,
        lit=stage.shine(row.depth),
        wood=mix(bark, light.haze, row.depth * 0.7),
        spread=0.035,
        gap=0.0 if row.depth > 0.4 else 0.5,
        shine=0.3 if front else 0.5,
    )
    if not front:
        grove(sheet, top, trees_here)
        haze(sheet, row.y + 0.02, 0.045, light.haze, 0.3 if light.dark else 0.42)
        return
    flowers(stage, np.minimum(top, np.float32(0.84 * sheet.height)))
    if _clearing(stage):
        for reach in ((-0.04, 0.2), (0.8, 1.04)):
            grove(sheet, top, replace(trees_here, name=f"edge {reach[0]}", reach=reach, gap=0.0, count=3))
    else:
        grove(sheet, top, trees_here)


def _forest_kind(stage: Stage, jungle: bool) -> tuple[str, Colour]:
    scene = stage.scene
    if scene.wants("bamboo"):
        return "bamboo", rgb("6f9a44")
    if scene.wants("birch"):
        return "birch", mix(stage.leaves(), rgb("c8c060"), 0.3)
    if jungle:
        return "oak", rgb("3f7a3a")
    if scene.wants("blossom"):
        return "oak", rgb("f0a8be")
    if (scene.season in ("autumn", "spring") and not scene.wants("pine")) or scene.wants("oak"):
        return "oak", stage.leaves()
    if scene.moods and "spooky" in scene.moods:
        return "bare", rgb("4a4448")
    return "pine", stage.needles()


def _clearing(stage: Stage) -> bool:
    """The open floor in front of the trees, with what stands there; whether anything does."""
    sheet = stage.sheet
    taken = bool(stage.cast.get("mid") or stage.cast.get("near") or {"road", "river"} & set(stage.scene.places))
    if "road" in stage.scene.places:
        path(sheet, (0.5, 1.0), (0.52, 0.74), mix(stage.light.tone(rgb("b89c74"), 0.1), stage.light.haze, 0.2))
    if "river" in stage.scene.places:
        water.river(sheet, (0.5, 0.76), stage.light)
    ground = np.full(sheet.width, 0.88 * sheet.height, np.float32)
    stand(stage, "mid", ground, 0.1)
    stand(stage, "near", ground + 0.07 * sheet.height, 0.0)
    return taken


def _lianas(stage: Stage) -> None:
    """Palm leaves hanging in from the corners."""
    sheet, light = stage.sheet, stage.light
    tone = mix(light.tone(rgb("2f6a34"), 0.0), light.fore, 0.35)
    ground = np.full(sheet.width, sheet.height * 1.02, np.float32)
    grove(
        sheet,
        ground,
        Grove(
            name="lianas",
            kind="palm",
            count=4,
            size=0.55,
            colour=tone,
            lit=stage.shine(0.0),
            at=(-0.02, 1.02, 0.12, 0.9),
        ),
    )


def desert(stage: Stage) -> None:
    """Dunes with sharp crests, a far ridge, cacti or palms where named."""
    sheet, light = stage.sheet, stage.light
    sand = rgb(stage.scene.coloured.get("desert", "e9b26a"))
    lee = rgb("9c5a38") if "desert" not in stage.scene.coloured else sand * np.float32(0.5)
    rock = light.tone(rgb("c08a6a"), 0.7)
    range_of_hills(
        sheet,
        Range(
            name="far ridge",
            y=0.6,
            height=0.05,
            cells=4,
            colour=rock,
            foot=mix(rock, light.haze, 0.6),
            crag=0.7,
            light=mix(rock, light.gleam, 0.5),
            mist=0.5,
            mist_colour=light.haze,
            bottom=0.75,
        ),
    )
    backdrops.far(stage, 0.62)
    plan = (
        (0.66, 0.05, 0.05, 2.4, 0.5),
        (0.75, 0.06, -0.12, 1.5, 0.3),
        (0.86, 0.07, 0.14, 1.3, 0.12),
        (1.0, 0.06, -0.18, 1.1, 0.0),
    )
    for k, (y, height, tilt, cells, depth) in enumerate(plan):
        face, dark = light.tone(sand, depth), mix(light.tone(lee, depth), light.fore, 0.25 * light.dark)
        near = mix(face, light.fore, 0.3 if k == 3 else 0.0)
        top = dune(
            sheet,
            Range(
                name=f"dune {k}",
                y=y,
                height=height,
                cells=cells,
                colour=near,
                foot=mix(dark, light.fore, 0.3 if k == 3 else 0),
                tilt=tilt,
            ),
            bool(k % 2),
        )
        if k == 1:
            stand(stage, "mid", top, 0.25, 0.01)
        if k == 2:
            _oasis(stage, top)
            stand(stage, "near", top, 0.0, 0.012)
            plants_named(stage, top)


def _oasis(stage: Stage, top: Field) -> None:
    if "oasis" not in stage.scene.understood:
        return
    light = stage.light
    leaf = light.tone(rgb("4f8a44"), 0.1)
    grove(
        stage.sheet,
        top,
        Grove(
            name="oasis",
            kind="palm",
            count=7,
            size=0.26,
            colour=leaf,
            lit=stage.shine(0.1),
            wood=light.tone(rgb("7a5a3c"), 0.1),
            reach=(0.6, 0.86),
            spread=0.03,
        ),
    )


def canyon(stage: Stage) -> None:
    """Table mountains one behind the other."""
    sheet, light = stage.sheet, stage.light
    for k, (y, depth) in enumerate(((0.56, 0.66), (0.66, 0.38), (0.78, 0.1))):
        rock, lit = light.tone(rgb("a9563a"), depth), light.tone(rgb("e89a64"), depth)
        top = mesa(sheet, Range(name=f"mesa {k}", y=y, height=0.075, cells=4 + k, colour=rock, foot=rock, light=lit))
        haze(sheet, y + 0.11, 0.03, light.haze, 0.34 - 0.1 * k)
        if k == 1:
            stand(stage, "mid", top, 0.3)
    near = mix(light.tone(rgb("7a4030"), 0.0), light.fore, 0.3)
    top = range_of_hills(sheet, Range(name="rim", y=0.95, height=0.05, cells=3, colour=near, foot=near * 0.6, crag=0.2))
    if "river" in stage.scene.places:
        water.river(sheet, (0.5, 0.84), light)
    stand(stage, "near", np.minimum(top, sheet.height * 0.95), 0.0)
    plants_named(stage, top)
