"""Places at quiet water: lake, river, waterfall, harbour."""

import numpy as np

from limner.artist import backdrops, city, water
from limner.artist.colour import Colour, mix, rgb
from limner.artist.land import Range, haze, range_of_hills, skyline, texture
from limner.artist.plants import Grove, grove
from limner.artist.stage import Stage, stand
from limner.artist.waterside import afloat, span_bridge


def lake(stage: Stage) -> None:
    """Still water among mountains, what stands on the far shore mirrored in it."""
    sheet, light = stage.sheet, stage.light
    line = 0.64
    named = set(stage.scene.places)
    if not {"mountains", "hills", "city", "volcano", "village"} & named:
        backdrops.mountains(stage, line, 0.85)
    backdrops.far(stage, line)
    haze(sheet, line - 0.03, 0.035, light.haze, 0.4)
    warm = stage.scene.season in ("autumn", "spring")
    top = backdrops.tree_line(stage, line - 0.005, 0.42, "oak" if warm else "pine")
    if "village" in named:
        city.village(stage, np.full(sheet.width, (line - 0.012) * sheet.height, np.float32), 0.3, 10)
    shore = np.maximum(top, (line - 0.004) * sheet.height)
    stand(stage, "mid", np.asarray(shore, np.float32), 0.2, 0.0)
    water.mirror(sheet, line, light, 0.75, stage.glint)
    span_bridge(stage, line + 0.07)
    afloat(stage, line)
    bank(stage, 0.97)


def bank(stage: Stage, y: float) -> None:
    """The near bank with trees or reeds framing the view."""
    sheet, light = stage.sheet, stage.light
    left = stage.sun[0] > 0.5
    tone = mix(light.tone(stage.grass() * 0.7, 0.0), light.fore, 0.45 + 0.45 * light.dark)
    top = range_of_hills(
        sheet, Range(name="bank", y=y, height=0.07, cells=2, colour=tone, foot=tone * 0.7, tilt=0.14 if left else -0.14)
    )
    inner = (-0.02, 0.24) if left else (0.76, 1.02)
    dark = mix(light.tone(stage.needles() * 0.7, 0.0), light.fore, 0.5 + 0.4 * light.dark)
    if not {"pine", "forest"} & stage.scene.denied and not stage.scene.wants("palm", "willow", "bamboo", "blossom"):
        grove(
            sheet,
            top,
            Grove(
                name="frame",
                kind="pine",
                count=9,
                size=0.28,
                colour=dark,
                lit=stage.shine(0.0),
                reach=inner,
                spread=0.03,
                shine=0.28,
            ),
        )
    grove(
        sheet,
        top,
        Grove(
            name="reeds",
            kind="reed",
            count=34,
            size=0.09,
            colour=dark,
            lit=dark,
            reach=(0.3, 0.9),
            gap=0.6,
            spread=0.02,
        ),
    )
    grove(
        sheet,
        top,
        Grove(name="bank grass", kind="blade", count=150, size=0.028, colour=tone * 0.8, lit=tone, spread=0.03),
    )
    stand(stage, "near", np.minimum(top + 0.01 * sheet.height, sheet.height * 0.965), 0.0)


def river(stage: Stage) -> None:
    """A river winding through meadows."""
    sheet, light = stage.sheet, stage.light
    horizon = 0.56
    backdrops.far(stage, horizon)
    top = backdrops.hills(stage, horizon, (0.85, 0.6))
    stand(stage, "mid", top, 0.4)
    near = light.tone(stage.grass(), 0.12)
    spec = Range(
        name="river meadow",
        y=horizon + 0.07,
        height=0.02,
        cells=2,
        colour=light.tone(stage.grass(), 0.4),
        foot=near,
        octaves=4,
    )
    ground = range_of_hills(sheet, spec)
    texture(sheet, ground, 1.0, 0.35)
    water.river(sheet, (0.5, horizon + 0.075), light)
    span_bridge(stage, horizon + 0.2)
    afloat(stage, horizon + 0.15, 0.95)
    leaf = light.tone(stage.leaves(), 0.1)
    for reach in ((-0.02, 0.26), (0.74, 1.02)):
        grove(
            sheet,
            ground + 0.1 * sheet.height,
            Grove(
                name=f"river trees {reach[0]}",
                kind="oak",
                count=5,
                size=0.2,
                colour=leaf * 0.8,
                lit=stage.shine(0.1),
                wood=light.tone(rgb("5d4635"), 0.1),
                reach=reach,
                spread=0.12,
            ),
        )
    _bank_grass(stage)


def _bank_grass(stage: Stage) -> None:
    sheet, light = stage.sheet, stage.light
    tone = mix(light.tone(stage.grass() * 0.75, 0.0), light.fore, 0.2 + 0.4 * light.dark)
    low = skyline(sheet, Range(name="sill", y=0.99, height=0.03, cells=2, colour=tone, foot=tone))
    stand(stage, "near", np.minimum(low, sheet.height * 0.96), 0.0)
    grove(
        sheet,
        np.full(sheet.width, sheet.height * 1.0, np.float32),
        Grove(name="sill grass", kind="blade", count=150, size=0.07, colour=tone, lit=tone, spread=0.03),
    )


def waterfall(stage: Stage) -> None:
    """A fall between wooded cliffs into a pool."""
    sheet, light = stage.sheet, stage.light
    if "jungle" in stage.scene.places:
        backdrops.tree_line(stage, 0.4, 0.8, "oak")
    else:
        backdrops.mountains(stage, 0.42, 0.8)
    rock = light.tone(rgb("6f6c66"), 0.25)
    lit = mix(light.gleam, rgb("9a9484"), 0.4)
    leaf = light.tone(stage.leaves() if "jungle" in stage.scene.places else stage.needles(), 0.25)
    kind = "oak" if "jungle" in stage.scene.places or stage.scene.season == "autumn" else "pine"
    brink = range_of_hills(
        sheet,
        Range(
            name="brink", y=0.42, height=0.05, cells=3, colour=rock, foot=rock * 0.6, crag=0.5, light=lit, bottom=0.78
        ),
    )
    grove(
        sheet,
        brink,
        Grove(
            name="brink",
            kind=kind,
            count=42,
            size=0.15,
            colour=leaf * 0.75,
            lit=stage.shine(0.25),
            spread=0.02,
            wood=light.shadow(rgb("5d4635"), 0.2),
        ),
    )
    x = stage.chosen(0.46, 0.54)
    water.falls(sheet, x, (float(brink[int(x * sheet.width)]) / sheet.height, 0.77), light, 0.12)
    _cliffs(stage, kind, (leaf, lit))
    water.mirror(sheet, 0.78, light, 0.9, None)
    haze(sheet, 0.77, 0.03, mix(light.haze, rgb("ffffff"), 0.4), 0.5)
    stand(stage, "mid", np.full(sheet.width, 0.8 * sheet.height, np.float32), 0.1)
    afloat(stage, 0.78, 0.98)
    bank(stage, 1.0)


def _cliffs(stage: Stage, kind: str, tones: tuple[Colour, Colour]) -> None:
    """Wooded walls at both sides of a fall; `tones` are of leaves and of lit rock."""
    sheet, light = stage.sheet, stage.light
    leaf, lit = tones
    for side, peak in (("left", (0.0, 0.42, 3.4)), ("right", (1.0, 0.42, 3.4))):
        near = light.tone(rgb("5c5952"), 0.08)
        top = range_of_hills(
            sheet,
            Range(
                name=f"wall {side}",
                y=0.86,
                height=0.13,
                cells=3,
                colour=near,
                foot=near * 0.6,
                crag=0.4,
                peak=peak,
                light=lit * 0.8,
                bottom=0.79,
            ),
        )
        reach = (-0.02, 0.3) if side == "left" else (0.7, 1.02)
        grove(
            sheet,
            top,
            Grove(
                name=f"wall {side}",
                kind=kind,
                count=24,
                size=0.2,
                colour=leaf * 0.65,
                lit=stage.shine(0.1),
                spread=0.06,
                reach=reach,
                wood=light.shadow(rgb("5d4635")),
            ),
        )


def harbour(stage: Stage) -> None:
    """A town at the water with boats before it."""
    horizon = 0.6
    sheet, light = stage.sheet, stage.light
    backdrops.far(stage, horizon)
    top = backdrops.hills(stage, horizon + 0.01, (0.75, 0.5))
    if "city" not in stage.scene.places:
        city.village(stage, np.minimum(top, (horizon - 0.012) * sheet.height), 0.3, 14)
    stand(stage, "mid", np.full(sheet.width, horizon * sheet.height, np.float32), 0.25)
    water.mirror(sheet, horizon, light, 0.7, stage.glint)
    span_bridge(stage, horizon + 0.06)
    afloat(stage, horizon)
    bank(stage, 0.97)
