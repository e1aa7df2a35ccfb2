"""Places on land: meadow, hills, mountains, city."""

import numpy as np

from limner.artist import backdrops, city, water
from limner.artist.colour import Colour, mix, rgb
from limner.artist.land import Range, furrows, haze, path, range_of_hills, texture
from limner.artist.noise import Field
from limner.artist.planting import edge_grass, flowers, plants_named
from limner.artist.plants import Grove, grove
from limner.artist.stage import Stage, stand
from limner.artist.waterside import afloat, span_bridge


def meadow(stage: Stage) -> None:
    """Rolling fields with trees and flowers, figures on the rise."""
    sheet, light = stage.sheet, stage.light
    horizon = 0.58
    backdrops.far(stage, horizon)
    backdrops.hills(stage, horizon, (0.9, 0.72))
    savanna = {"elephant", "giraffe", "lion"} & {
        thing.name for thing in stage.scene.things
    } or "savanna" in stage.scene.understood
    grass = mix(stage.grass(), rgb("d0a850"), 0.65) if savanna else stage.grass()
    tilt = stage.chosen(-0.06, 0.06)
    mid = _rise(stage, "mid rise", (0.67, 0.035, tilt), grass, 0.42)
    _trees(stage, mid, 0.42, 5, 0.12)
    stand(stage, "mid", mid, 0.22)
    if "village" in stage.scene.places:
        city.village(stage, mid, 0.3)
    front = _rise(stage, "front rise", (0.8, 0.045, -tilt * 1.6), grass, 0.14)
    if "road" in stage.scene.places:
        _way(stage, front)
    _crop(stage, front)
    flowers(stage, front)
    stand(stage, "near", front + 0.05 * sheet.height, 0.0)
    plants_named(stage, front + 0.03 * sheet.height)
    edge_grass(stage, grass)
    if stage.scene.hour == "golden":
        haze(sheet, 0.66, 0.05, light.haze, 0.3)


def _rise(stage: Stage, name: str, shape: tuple[float, float, float], grass: Colour, depth: float) -> Field:
    """One swell of grass: `shape` is its height on the sheet, its swing and its tilt."""
    light = stage.light
    near = light.tone(grass, depth)
    deeper = mix(light.tone(grass * 0.72, depth * 0.6), light.fore, 0.12 + 0.3 * light.dark)
    top = range_of_hills(
        stage.sheet,
        Range(
            name=name,
            y=shape[0],
            height=shape[1],
            cells=1.8,
            colour=mix(near, light.gleam, 0.2),
            foot=deeper,
            octaves=3,
            tilt=shape[2],
        ),
    )
    texture(stage.sheet, top, 1.0, 0.34 if not stage.scene.snowy else 0.12)
    return top


def _trees(stage: Stage, top: Field, depth: float, count: int, size: float) -> None:
    """A few trees of the season on a skyline."""
    if {"oak", "forest"} & stage.scene.denied:
        return
    light = stage.light
    leaf = light.tone(stage.leaves(), depth)
    kind = "bare" if stage.scene.season == "winter" else "oak"
    wood = light.tone(rgb("5d4635"), depth)
    if "tuscany" in stage.scene.understood or "tuscan" in stage.scene.understood:
        kind, leaf = "cypress", light.tone(rgb("3f5a3c"), depth)
    grove(
        stage.sheet,
        top,
        Grove(
            name=f"trees {depth}",
            kind=kind,
            count=count,
            size=size,
            colour=leaf * 0.85,
            lit=stage.shine(depth),
            wood=wood,
            spread=0.02,
        ),
    )


def _way(stage: Stage, top: Field) -> None:
    earth = mix(stage.light.tone(rgb("cdb48a"), 0.15), stage.light.haze, 0.15)
    x = stage.chosen(0.42, 0.58)
    y = float(top[int(x * stage.sheet.width)]) / stage.sheet.height
    path(stage.sheet, (0.5, 1.0), (x, y), earth)


def _crop(stage: Stage, top: Field) -> None:
    """Rows of lavender or wheat where the prompt names them."""
    light = stage.light
    if stage.scene.wants("lavender"):
        pair = light.tone(rgb("5d4a86"), 0.1), light.tone(rgb("a884d8"), 0.05)
    elif stage.scene.wants("wheat"):
        pair = light.tone(rgb("a87c2c"), 0.1), light.tone(rgb("efc860"), 0.05)
    elif "vineyard" in stage.scene.understood:
        pair = light.tone(rgb("8a6a44"), 0.1), light.tone(rgb("5f8a3c"), 0.05)
    else:
        return
    furrows(stage.sheet, top, pair, (0.5, float(top.min()) / stage.sheet.height - 0.12))


def hills(stage: Stage) -> None:
    """A hilltop against the sky: what stands on it is seen from afar."""
    sheet = stage.sheet
    horizon = 0.66
    backdrops.far(stage, horizon)
    if "mountains" not in stage.scene.places:
        backdrops.hills(stage, horizon - 0.03, (0.92, 0.75))
    x = next((standing.x for group in ("mid", "near") for standing in stage.cast.get(group, [])), 0.5)
    wide = 0.62
    light, grass = stage.light, stage.grass()
    near = light.tone(grass, 0.2)
    top = range_of_hills(
        sheet,
        Range(
            name="hilltop",
            y=0.86,
            height=0.1,
            cells=1.6,
            colour=mix(near, light.gleam, 0.22),
            foot=mix(light.tone(grass * 0.6, 0.0), light.fore, 0.2 + 0.3 * light.dark),
            octaves=3,
            peak=(x, wide, 1.1),
        ),
    )
    texture(sheet, top, 1.0, 0.3 if not stage.scene.snowy else 0.1)
    if "road" in stage.scene.places or stage.cast.get("mid"):
        _way(stage, top)
    if "village" in stage.scene.places:
        city.village(stage, top, 0.25)
    _trees(stage, top + 0.02 * sheet.height, 0.2, 4, 0.1)
    stand(stage, "mid", top, 0.1, 0.012)
    flowers(stage, top)
    stand(stage, "near", top + 0.012 * sheet.height, 0.0)
    plants_named(stage, top + 0.02 * sheet.height)
    edge_grass(stage, grass)


def mountains(stage: Stage) -> None:
    """High mountains over wooded foothills."""
    sheet, light = stage.sheet, stage.light
    backdrops.mountains(stage, 0.62, 1.45)
    backdrops.far(stage, 0.62)
    haze(sheet, 0.62, 0.05, light.haze, 0.45)
    green = rgb("5d7d54") if not stage.scene.snowy else rgb("dfe8ee")
    tone = light.tone(green, 0.5)
    foot = range_of_hills(
        sheet,
        Range(
            name="foothills",
            y=0.69,
            height=0.05,
            cells=4,
            colour=tone,
            foot=mix(tone, light.haze, 0.4),
            octaves=5,
            mist=0.4,
            mist_colour=light.haze,
        ),
    )
    warm = stage.scene.season == "autumn"
    kind, wood = ("oak", stage.leaves()) if warm else ("pine", stage.needles())
    grove(
        sheet,
        foot,
        Grove(
            name="foothill wood",
            kind=kind,
            count=200,
            size=0.055,
            colour=light.tone(wood, 0.5) * 0.85,
            lit=stage.shine(0.5),
            spread=0.04,
            shine=0.4,
        ),
    )
    if "village" in stage.scene.places:
        city.village(stage, foot + 0.03 * sheet.height, 0.35)
    mid = _rise(stage, "alp", (0.82, 0.05, stage.chosen(-0.12, 0.12)), stage.grass(), 0.16)
    if "river" in stage.scene.places or "valley" in stage.scene.places:
        water.river(sheet, (0.5, 0.76), light)
    if "road" in stage.scene.places:
        _way(stage, mid)
    flowers(stage, mid)
    stand(stage, "mid", mid, 0.12, 0.014)
    _corner_pines(stage, mid)
    stand(stage, "near", mid + 0.06 * sheet.height, 0.0)
    plants_named(stage, mid + 0.05 * sheet.height)


def _corner_pines(stage: Stage, top: Field) -> None:
    if {"pine", "forest"} & stage.scene.denied:
        return
    light = stage.light
    left = stage.sun[0] > 0.5
    tone = mix(light.tone(stage.needles() * 0.8, 0.0), light.fore, 0.35 + 0.4 * light.dark)
    for name, reach, size, count in (("a", (-0.02, 0.2), 0.36, 8), ("b", (0.86, 1.02), 0.22, 6)):
        span = reach if left else (1 - reach[1], 1 - reach[0])
        grove(
            stage.sheet,
            top + 0.06 * stage.sheet.height,
            Grove(
                name=f"corner {name}",
                kind="pine",
                count=count,
                size=size,
                colour=tone,
                lit=stage.shine(0.0),
                reach=span,
                spread=0.06,
                shine=0.34,
            ),
        )


def town(stage: Stage) -> None:
    """A city by its river, or along its street."""
    sheet, light = stage.sheet, stage.light
    base = 0.74
    if "mountains" in stage.scene.places:
        backdrops.mountains(stage, base - 0.06, 1.0)
    haze(sheet, base - 0.12, 0.12, light.haze, 0.4)
    city.skyline(stage, base)
    stand(stage, "mid", np.full(sheet.width, base * sheet.height, np.float32), 0.12)
    street = "road" in stage.scene.places or bool(
        {"street", "times square", "office", "downtown", "street corner"} & set(stage.scene.understood)
    )
    land = bool(stage.cast.get("near")) and not stage.cast.get("water")
    if street or land:
        city.street(stage, base)
        if "rain" in stage.scene.weather:
            water.mirror(sheet, base, light, 0.25, None)
        if street:
            path(sheet, (0.5, 1.0), (0.5, base), light.tone(rgb("5d6068"), 0.0), 1.0)
        stand(stage, "near", np.full(sheet.width, 0.93 * sheet.height, np.float32), 0.0)
        return
    water.mirror(sheet, base, light, 0.9, stage.glint)
    span_bridge(stage, base + 0.06)
    afloat(stage, base)
