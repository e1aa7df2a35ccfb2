"""Wild places: forest, jungle, desert, canyon."""

import numpy as np

from limner.artist import backdrops, water
from limner.artist.colour import Colour, mix, rgb
from limner.artist.land import Range, dune, haze, mesa, path, range_of_hills
from limner.artist.noise import Field
from limner.artist.planting import edge_grass, plants_named
from limner.artist.plants import Grove, grove
from limner.artist.stage import Stage, stand


def forest(stage: Stage) -> None:
    """Trees behind trees, mist between them, a clearing in front."""
    sheet, light = stage.sheet, stage.light
    backdrops.far(stage, 0.6)
    jungle = stage.ground == "jungle"
    kind, wood = _forest_kind(stage, jungle)
    bark = light.tone(rgb("e4ddd0") if kind == "birch" else rgb("54402f"), 0.0)
    sizes, counts = (0.13, 0.18, 0.25, 0.36, 0.6), (170, 90, 46, 20, 8)
    for k, (size, count) in enumerate(zip(sizes, counts, strict=True)):
        depth = (0.9, 0.7, 0.48, 0.26, 0.02)[k]
        tone = light.tone(wood, depth)
        if k == 4:
            tone = mix(tone, light.fore, 0.35 + 0.4 * light.dark)
            _clearing(stage)
        floor = mix(light.tone(stage.grass() * 0.8, depth), light.haze, 0.35 if k < 4 else 0.0)
        top = range_of_hills(
            sheet,
            Range(
                name=f"floor {k}",
                y=0.6 + 0.085 * k + (0.06 if k == 4 else 0),
                height=0.035,
                cells=3,
                colour=tone if k < 3 else floor,
                foot=floor,
                octaves=4,
            ),
        )
        grove(
            sheet,
            top,
            Grove(
                name=f"wood {k}",
                kind=kind,
                count=count // 2 if kind == "oak" and k > 1 else count,
                size=size,
                colour=tone * 0.92,
                lit=stage.shine(depth),
                wood=mix(bark, light.haze, depth * 0.7),
                spread=0.035,
                gap=0.0 if k < 3 else 0.5,
                shine=0.5 if k < 4 else 0.3,
            ),
        )
        if k < 4:
            haze(sheet, 0.62 + 0.085 * k, 0.045, light.haze, 0.42 if not light.dark else 0.3)
    if jungle:
        _lianas(stage)
    edge_grass(stage, stage.grass())


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


def _clearing(stage: Stage) -> None:
    """The open floor in front of the trees, with what stands there."""
    sheet = stage.sheet
    if "road" in stage.scene.places:
        path(sheet, (0.5, 1.0), (0.52, 0.74), mix(stage.light.tone(rgb("b89c74"), 0.1), stage.light.haze, 0.2))
    if "river" in stage.scene.places:
        water.river(sheet, (0.5, 0.76), stage.light)
    ground = np.full(sheet.width, 0.86 * sheet.height, np.float32)
    stand(stage, "mid", ground, 0.1)
    stand(stage, "near", ground + 0.07 * sheet.height, 0.0)


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
