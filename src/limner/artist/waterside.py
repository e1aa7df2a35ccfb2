"""Places by the water: open sea, coast, beach, island."""

import numpy as np

from limner.artist import backdrops, water
from limner.artist.colour import mix, rgb
from limner.artist.figures import figures
from limner.artist.land import Range, range_of_hills, texture
from limner.artist.noise import Field, falloff, field, smoothstep
from limner.artist.plants import Grove, grove
from limner.artist.stage import Stage, headroom, put, stand


def sea(stage: Stage) -> None:
    """Open sea, with a headland where something must stand on land."""
    horizon = 0.58 if stage.sheet.aspect > 0.8 else 0.62
    _behind_water(stage, horizon)
    rough = bool({"storm", "lightning"} & stage.scene.weather)
    water.sea(stage.sheet, horizon, stage.light, 1.0 if rough else 0.15, stage.glint)
    if rough or "wind" in stage.scene.weather:
        water.breakers(stage.sheet, horizon, stage.light, 6 if rough else 3)
    span_bridge(stage, horizon + 0.06)
    afloat(stage, horizon)
    near = stage.cast.get("near")
    if stage.cast.get("mid") or near or "coast" in stage.scene.places or "cliff" in stage.scene.understood:
        headland(stage, horizon)


def _behind_water(stage: Stage, horizon: float) -> None:
    backdrops.far(stage, horizon)
    named = stage.scene.places
    if "island" in named:
        island(stage, horizon)
    elif not {"mountains", "hills", "city", "volcano", "forest"} & set(named) and "coast" in named:
        _far_shore(stage, horizon)


def _far_shore(stage: Stage, horizon: float) -> None:
    tone = stage.light.tone(rgb("6d7f86"), 0.75)
    range_of_hills(
        stage.sheet,
        Range(
            name="far shore",
            y=horizon + 0.012,
            height=0.03,
            cells=3,
            colour=tone,
            foot=mix(tone, stage.light.haze, 0.4),
            tilt=stage.chosen(-0.05, 0.05),
            bottom=horizon + 0.01,
        ),
    )


def island(stage: Stage, horizon: float) -> None:
    """A wooded island, with palms where it is warm; what is on land stands on it."""
    sheet, light = stage.sheet, stage.light
    x, _ = headroom(stage, "mid")
    grass = light.tone(mix(stage.grass(), rgb("6d8a5a"), 0.4), 0.35)
    spec = Range(
        name="island",
        y=horizon + 0.10,
        height=0.09,
        cells=3,
        colour=grass,
        foot=light.shadow(rgb("7a6a52"), 0.3),
        peak=(x, 0.30, 2.0),
        bottom=horizon + 0.002,
        octaves=4,
        crag=0.1,
        light=light.gleam,
    )
    top = range_of_hills(sheet, spec)
    tropical = "palm" in [plant.name for plant in stage.scene.plants] or not stage.scene.snowy
    kind = "palm" if tropical else "pine"
    wide = 0.14 / sheet.aspect**0.5
    leaf = light.tone(rgb("4f8a44") if tropical else stage.needles(), 0.3)
    grove(
        sheet,
        top,
        Grove(
            name="island trees",
            kind=kind,
            count=12,
            size=0.12,
            reach=(x - wide, x + wide),
            colour=leaf * 0.8,
            lit=stage.shine(0.3),
            wood=light.tone(rgb("7a5a3c"), 0.2),
            spread=0.01,
        ),
    )
    stand(stage, "mid", top, 0.25)


def span_bridge(stage: Stage, foot: float) -> None:
    """A bridge across the water from side to side."""
    for standing in stage.cast.pop("span", []):
        sheet = stage.sheet
        height = max(standing.size * sheet.span, sheet.width / 4.4)
        height = min(height, sheet.height * 0.5)
        put(stage, standing, 0.5, (foot + 0.05) * sheet.height, (height, 0.15))


def headland(stage: Stage, horizon: float) -> None:
    """Rocks rising from the sea, high enough for what stands on them."""
    sheet, light = stage.sheet, stage.light
    group = "mid" if stage.cast.get("mid") else "near"
    x, tall = headroom(stage, group)
    rock = light.tone(mix(rgb("7b6f64"), rgb("5d6a58"), 0.4) if not stage.scene.snowy else rgb("dfe6ec"), 0.06)
    dark = light.shadow(rgb("4d453f"))
    wide = max(0.42, 0.25 + 0.5 * _spread(stage, group))
    if tall == 0.0:
        x, wide = stage.chosen(0.08, 0.92), 0.55
    lift = 0.13 if tall < 0.62 else 0.06
    spec = Range(
        name="headland",
        y=0.93,
        height=0.11,
        cells=2.4,
        colour=rock,
        foot=dark,
        peak=(x, wide, 1.35 + lift * 4),
        crag=0.3,
        octaves=7,
    )
    top = range_of_hills(sheet, spec)
    texture(sheet, top, 1.0, 0.5)
    surf(stage, top, horizon)
    turf = light.tone(stage.grass(), 0.05)
    grove(
        sheet,
        top,
        Grove(
            name="turf",
            kind="blade",
            count=170,
            size=0.018,
            spread=0.05,
            colour=turf * 0.8,
            lit=turf,
            reach=(x - wide * 0.6, x + wide * 0.6),
        ),
    )
    stand(stage, "mid", top, 0.05, 0.018)
    stand(stage, "near", top, 0.0, 0.03)


def surf(stage: Stage, top: Field, horizon: float) -> None:
    """Foam where rocks meet the sea."""
    sheet = stage.sheet
    rows = sheet.rows(max(horizon, float(top.min()) / sheet.height) * sheet.height, sheet.height)
    if rows.stop - rows.start < 4:
        return
    gap = top[None] - sheet.y[rows]
    lace = field(gap.shape, sheet.chance("surf"), (46 * sheet.unit, 14 * sheet.unit), 4, 0.6)
    low = smoothstep(0.74, 0.92, (top / sheet.height))[None]
    mask = falloff(gap / np.float32(15 * sheet.unit)) * smoothstep(0.42, 0.6, lace) * (gap > 0) * low
    sheet.lay(rows, mask * np.float32(0.8), mix(stage.light.tone(np.ones(3, np.float32), 0), stage.light.gleam, 0.25))


def _spread(stage: Stage, group: str) -> float:
    xs = [standing.x for standing in stage.cast.get(group, [])]
    return max(xs) - min(xs) if xs else 0.0


def afloat(stage: Stage, horizon: float, low: float = 0.9) -> None:
    """Boats and swimmers, the far ones first and smaller, each with its broken reflection."""
    sheet = stage.sheet
    group = stage.cast.pop("water", []) + stage.cast.pop("under", [])
    rng = sheet.chance("afloat")
    few = len(group) <= 2
    plan = []
    for standing in group:
        t = 0.34 + 0.22 * float(rng.random()) if few else 0.1 + 0.62 * float(rng.random())
        t = 0.06 if standing.thing.far else t
        plan.append((t, standing))
    for t, standing in sorted(plan, key=lambda item: item[0]):
        foot = (horizon + (low - horizon) * t) * sheet.height
        height = standing.size * sheet.span * (0.62 + 0.75 * t) * (1.0 if few else 0.8)
        _reflect(stage, standing.x, foot, height, standing.figure.name)
        put(stage, standing, standing.x, foot, (height, 0.35 * (1 - t)))


def _reflect(stage: Stage, x: float, foot: float, height: float, name: str) -> None:
    """A dark shimmering patch under a floating thing, in its outline's width."""
    sheet = stage.sheet
    x0, _, x1, _ = figures()[name].bounds
    rows = sheet.rows(foot - 0.02 * height, foot + height * 0.5)
    h = rows.stop - rows.start
    if h < 3:
        return
    t = np.linspace(0, 1, h, dtype=np.float32)[:, None]
    middle, half = x * sheet.width + (x0 + x1) * 0.5 * height, (x1 - x0) * 0.5 * height
    ripple = field((h, sheet.width), sheet.chance("reflect", round(x, 3)), (60 * sheet.unit, 6 * sheet.unit), 3)
    across = np.abs(
        sheet.x - np.float32(middle) + (ripple - np.float32(0.5)) * np.float32(60 * sheet.unit)
    ) / np.float32(half)
    mask = (
        (1 - smoothstep(0.55, 1.0, across + t * np.float32(0.5)))
        * (1 - t)
        * smoothstep(0.3, 0.55, ripple + (1 - t) * np.float32(0.25))
    )
    sheet.lay(rows, mask * np.float32(0.5), stage.light.water * np.float32(0.45))


def beach(stage: Stage) -> None:
    """Sea beyond, sand before, palms at the side."""
    sheet, light = stage.sheet, stage.light
    horizon = 0.5
    _behind_water(stage, horizon)
    water.sea(sheet, horizon, light, 0.25, stage.glint)
    afloat(stage, horizon, 0.74)
    sand = light.tone(rgb(stage.scene.coloured.get("beach", "ecd6a4")), 0.04)
    top = water.beach(sheet, 0.76, light, sand)
    stand(stage, "mid", top, 0.1, 0.07)
    _palms(stage)
    stand(stage, "near", top + 0.12 * sheet.height, 0.0)


def _palms(stage: Stage) -> None:
    sheet, light = stage.sheet, stage.light
    if stage.scene.snowy or "palm" in stage.scene.denied:
        return
    left = stage.sun[0] > 0.5
    at = (0.06, 0.17, 0.0) if left else (0.94, 0.83, 1.0)
    ground = np.full(sheet.width, sheet.height * 0.97, np.float32)
    leaf = mix(light.tone(rgb("3f7a3c"), 0.0), light.fore, 0.25 + 0.4 * light.dark)
    wood = mix(light.tone(rgb("7a5a3c"), 0.0), light.fore, 0.3 + 0.4 * light.dark)
    grove(
        sheet,
        ground,
        Grove(
            name="palms",
            kind="palm",
            count=3,
            size=0.62,
            colour=leaf,
            lit=stage.shine(0.0),
            wood=wood,
            at=at,
            spread=0.02,
        ),
    )
