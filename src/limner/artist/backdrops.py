"""What stands behind: mountains, hills, volcanoes, tree lines, cities on the horizon."""

import numpy as np

from limner.artist import city
from limner.artist.colour import mix, rgb
from limner.artist.land import Range, haze, range_of_hills
from limner.artist.noise import Field, falloff, field, root
from limner.artist.plants import Grove, grove
from limner.artist.stage import Stage


def mountains(stage: Stage, horizon: float, tall: float = 1.0) -> None:
    """Two ranges, the nearer with a commanding summit, snow on top."""
    light = stage.light
    rock, lit = rgb(stage.scene.coloured.get("mountains", "76869a")), mix(light.gleam, light.disc, 0.3)
    snow = stage.snow(0.45)
    low = stage.scene.season == "summer" and not stage.scene.snowy
    deep = 0.2 if stage.scene.snowy else 0.09
    far, near = light.tone(rock, 0.85), light.tone(rock, 0.5)
    haze_colour = light.haze
    range_of_hills(
        stage.sheet,
        Range(
            name="far mountains",
            y=horizon - 0.12 * tall,
            height=0.11 * tall,
            cells=4.2,
            colour=far,
            foot=haze_colour,
            crag=0.75,
            light=lit,
            mist=0.6,
            mist_colour=haze_colour,
            snow=None if low else stage.snow(0.75),
            snow_depth=deep * 0.6,
            bottom=min(1.0, horizon + 0.12),
        ),
    )
    peak = (0.32 if stage.sun[0] > 0.5 else 0.68, 0.36, 1.25)
    range_of_hills(
        stage.sheet,
        Range(
            name="near mountains",
            y=horizon - 0.06 * tall,
            height=0.17 * tall,
            cells=3.0,
            colour=near,
            foot=mix(near, haze_colour, 0.35),
            crag=0.85,
            light=lit,
            mist=0.6,
            mist_colour=haze_colour,
            peak=peak,
            snow=snow if not low or tall > 1.2 else None,
            snow_depth=deep,
            bottom=min(1.0, horizon + 0.14),
        ),
    )


def volcano(stage: Stage, horizon: float) -> None:
    """One great cone with smoke, glowing at the top."""
    sheet, light = stage.sheet, stage.light
    x = 0.38 if stage.sun[0] > 0.5 else 0.62
    rock = light.tone(rgb("6b6a78"), 0.4)
    top = range_of_hills(
        sheet,
        Range(
            name="volcano",
            y=horizon,
            height=0.3,
            cells=2.2,
            colour=rock,
            foot=mix(rock, light.haze, 0.5),
            crag=0.2,
            light=mix(light.gleam, light.disc, 0.3),
            peak=(x, 0.46, 1.3),
            octaves=5,
            mist=0.5,
            mist_colour=light.haze,
            snow=stage.snow(0.4)
            if "lava" not in stage.scene.understood and "eruption" not in stage.scene.understood
            else None,
            snow_depth=0.1,
            bottom=min(1.0, horizon + 0.12),
        ),
    )
    summit = float(top.min()) / sheet.height
    plume(stage, x, summit)


def plume(stage: Stage, x: float, y: float) -> None:
    """Smoke rising and drifting from a place, lit from below."""
    sheet = stage.sheet
    rows = sheet.rows(0, (y + 0.02) * sheet.height)
    h = rows.stop
    if h < 4:
        return
    up = (np.float32(y * sheet.height) - sheet.y[rows]) / np.float32(sheet.unit * 1000)
    drift = (sheet.x - np.float32(x * sheet.width)) / np.float32(sheet.unit * 1000) - up * np.float32(0.35)
    puffs = field((h, sheet.width), sheet.chance("plume"), (90 * sheet.unit, 80 * sheet.unit), 5, 0.55)
    wide = np.float32(0.016) + np.maximum(up, 0) * np.float32(0.24)
    body = (
        falloff(drift / wide + (puffs - np.float32(0.5)) * np.float32(2.6))
        * (up > -0.01)
        * np.clip(1 - up * np.float32(1.7), 0, 1)
    )
    sheet.lay(
        rows,
        np.clip(body * (puffs + np.float32(0.25)), 0, 1) * np.float32(0.8),
        mix(stage.light.tone(rgb("8a8690"), 0.3), stage.light.haze, 0.3),
    )
    dx, dy = drift, up
    ember = falloff(root(dx * dx + dy * dy) * np.float32(26))
    sheet.glow(rows, ember * np.float32(0.9), rgb("ff7a2c"))


def hills(stage: Stage, horizon: float, depths: tuple[float, ...] = (0.85, 0.6)) -> Field:
    """Soft hills, one behind the other; gives the nearest skyline."""
    light, top = stage.light, np.zeros(stage.sheet.width, np.float32)
    grass = mix(stage.grass(), rgb("6d8a5a"), 0.3 if not stage.scene.snowy else 0.0)
    for k, depth in enumerate(depths):
        near = light.tone(grass, depth)
        top = range_of_hills(
            stage.sheet,
            Range(
                name=f"hills {k}",
                y=horizon - 0.05 + 0.05 * k,
                height=0.06,
                cells=2.6 + 0.4 * k,
                colour=near,
                foot=mix(near, light.haze, 0.45),
                octaves=4,
                mist=0.4,
                mist_colour=light.haze,
                bottom=min(1.0, horizon + 0.2),
            ),
        )
        if k:
            copse(stage, top, depth, f"copse {k}")
    return top


def copse(stage: Stage, top: Field, depth: float, name: str) -> None:
    """Small far trees scattered along a skyline."""
    leaf = stage.light.tone(stage.leaves(), depth)
    grove(
        stage.sheet,
        top,
        Grove(
            name=name,
            kind="bush",
            count=46,
            size=0.012,
            spread=0.02,
            colour=leaf * 0.82,
            lit=mix(leaf, stage.light.gleam, 0.3),
            gap=0.62,
        ),
    )


def tree_line(stage: Stage, y: float, depth: float, kind: str = "pine") -> Field:
    """A dark line of forest on low ground; gives the ground's skyline."""
    light, sheet = stage.light, stage.sheet
    wood = stage.needles() if kind == "pine" else stage.leaves()
    tone = light.tone(wood * 0.8, depth)
    top = range_of_hills(
        sheet,
        Range(
            name=f"line {y:.3f}",
            y=y - 0.01,
            height=0.03,
            cells=5,
            colour=tone,
            foot=mix(tone, light.haze, 0.25),
            crag=0.1,
            mist=0.3,
            mist_colour=light.haze,
            bottom=min(1.0, y + 0.06),
        ),
    )
    size, count = (0.05, 190) if kind == "pine" else (0.045, 110)
    grove(
        sheet,
        top,
        Grove(
            name=f"line {y:.3f}",
            kind=kind,
            count=count,
            size=size * (1.3 - 0.6 * depth),
            spread=0.012,
            colour=tone * 0.9,
            lit=stage.shine(depth),
            shine=0.35,
        ),
    )
    return top


def far(stage: Stage, horizon: float) -> None:
    """All backdrops the scene names, far ones first."""
    named = stage.scene.places
    if "mountains" in named and stage.ground != "mountains":
        mountains(stage, horizon, 1.0)
    if "volcano" in named:
        volcano(stage, horizon)
    if stage.ground != "city" and "city" in named:
        city.skyline(stage, horizon + 0.005, 3, 0.75)
    if "hills" in named and stage.ground not in ("hills", "meadow"):
        hills(stage, horizon)
    if named and stage.ground in ("lake", "river", "sea", "beach") and {"forest", "jungle"} & set(named):
        kind = "oak" if "jungle" in named or stage.scene.season in ("autumn", "spring") else "pine"
        tree_line(stage, horizon, 0.45, kind)
    if "mountains" in named or "volcano" in named:
        haze(stage.sheet, horizon - 0.02, 0.035, stage.light.haze, 0.45)
