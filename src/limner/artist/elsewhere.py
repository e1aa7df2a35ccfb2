"""Places that are neither land nor shore: space, other worlds, a table, ice, open sky."""

import numpy as np
from PIL import Image, ImageDraw

from limner.artist import backdrops, sky, water
from limner.artist.abstract import palette_for
from limner.artist.colour import WHITE, mix, ramp, rgb
from limner.artist.figures import invented
from limner.artist.land import Range, range_of_hills
from limner.artist.noise import blur, falloff, field, line, root, smoothstep, wave
from limner.artist.scene import Thing
from limner.artist.stage import Stage, Standing, stand
from limner.artist.waterside import afloat

_NEBULA = (("3a1a5e", "c0408a", "f0a060"), ("10305e", "2f8ab0", "a8e0d0"), ("2a1850", "6a4ad0", "e08ac0"))


def space(stage: Stage) -> None:
    """Stars, a nebula, planets; rockets and wanderers among them."""
    sheet = stage.sheet
    rng = sheet.chance("space")
    sky.gradient(sheet, np.stack([rgb("05060f"), rgb("0a0c1e"), rgb("0d1026")]), 1.0)
    everything = slice(0, sheet.height)
    shape = (sheet.height, sheet.width)
    tones = _NEBULA[int(rng.integers(len(_NEBULA)))]
    if stage.scene.tints:
        first, second, third, *_ = (*stage.scene.tints, *tones)
        tones = (first, second, third)
    lean = (sheet.x / sheet.width - np.float32(0.5)) * np.float32(0.8) + (sheet.y / sheet.height - np.float32(0.5))
    for k, code in enumerate(tones):
        cloud = field(shape, sheet.chance("nebula", k), (300 * sheet.unit, 260 * sheet.unit), 6, 0.58)
        band = falloff(lean * np.float32(2.6) + (cloud - np.float32(0.5)) * np.float32(3.4))
        sheet.glow(everything, smoothstep(0.42, 0.85, cloud) * band * np.float32(0.95), rgb(code))
    sky.stars(sheet, 1.0, 2.2)
    if "black hole" in stage.scene.understood:
        _black_hole(stage)
    else:
        planet(stage, (stage.chosen(0.26, 0.74), 0.32), 0.15, True)
        planet(stage, (stage.chosen(0.16, 0.88), 0.78), 0.05, False)
    for group in ("mid", "near", "water", "under", "span", "table"):
        stage.cast.setdefault("air", []).extend(stage.cast.pop(group, []))


def planet(stage: Stage, place: tuple[float, float], radius: float, ringed: bool) -> None:
    """A banded planet, lit from one side, with a ring if wanted."""
    sheet = stage.sheet
    rng = sheet.chance("planet", radius)
    reach = int(radius * sheet.unit * 1000 * 2.4)
    if reach < 3:
        return
    cx, cy = int(place[0] * sheet.width), int(place[1] * sheet.height)
    grid = np.linspace(-2.4, 2.4, 2 * reach, dtype=np.float32)
    x, y = grid[None], grid[:, None]
    body = smoothstep(-0.02, 0.02, 1 - root(x * x + y * y))
    tilt = y + x * np.float32(0.25)
    sway = field((2 * reach, 2 * reach), rng, (reach * 0.9, reach * 0.2), 4)
    bands = wave(tilt * np.float32(1.7) + sway * np.float32(0.7)) * np.float32(0.5) + np.float32(0.5)
    pair = (("e8b07a", "a85c3c"), ("9ac0d8", "3f6a9a"), ("d8a8d0", "6a4a8a"), ("e8dcb0", "b0884a"))[
        int(rng.integers(4))
    ]
    side = np.clip(
        np.float32(0.25) + (np.float32(0.6) - x * np.float32(0.75) - y * np.float32(0.45)), np.float32(0.06), 1
    )
    colours = ramp(rgb(pair[1]), rgb(pair[0]), bands) * side
    corner = (cx - reach, cy - reach)
    sheet.paste(
        corner, falloff(np.maximum(root(x * x + y * y) - 1, 0) * np.float32(5)) * np.float32(0.28), rgb(pair[0])
    )
    sheet.paste(corner, body, colours)
    if ringed:
        lift = (y + x * np.float32(0.3)) * np.float32(3.6)
        out = root(x * x + lift * lift)
        ring = (
            smoothstep(1.35, 1.45, out)
            * (1 - smoothstep(2.15, 2.25, out))
            * (np.float32(0.55) + np.float32(0.45) * wave(out * np.float32(3.3)))
        )
        front = np.where(lift > 0, ring, ring * (1 - body))
        sheet.paste(
            corner,
            np.asarray(np.clip(front, 0, 1) * np.float32(0.85), np.float32),
            ramp(rgb(pair[1]), rgb(pair[0]), ring) * np.clip(side + np.float32(0.2), 0, 1),
        )


def _black_hole(stage: Stage) -> None:
    sheet = stage.sheet
    d = sky.distance(sheet, 0.5, 0.5, slice(0, sheet.height))
    dy = (sheet.y / sheet.height - np.float32(0.5)) + (sheet.x / sheet.width - np.float32(0.5)) * np.float32(0.2)
    everything = slice(0, sheet.height)
    sheet.glow(everything, falloff((d - np.float32(0.15)) * np.float32(26)), rgb("ffb060"))
    sheet.lay(everything, 1 - smoothstep(0.125, 0.14, d), rgb("020206"))
    streak = field((sheet.height, sheet.width), sheet.chance("disc"), (240 * sheet.unit, 5 * sheet.unit), 4)
    sheet.glow(
        everything,
        falloff(dy * np.float32(46)) * falloff(d * np.float32(3.2)) * (streak + np.float32(0.4)),
        rgb("ffd8a0"),
    )


def moonscape(stage: Stage) -> None:
    """Another world: dust, rocks, a planet in the sky."""
    sheet = stage.sheet
    sky.gradient(sheet, np.stack([rgb("05060f"), rgb("0c1024"), rgb("1a1c38")]), 0.8)
    sky.stars(sheet, 0.8, 1.6)
    planet(stage, (stage.chosen(0.24, 0.76), 0.26), 0.13, "saturn" in stage.scene.understood)
    red = "mars" in stage.scene.understood or bool(stage.scene.tints)
    dust = rgb(stage.scene.tints[0]) if stage.scene.tints else rgb("b8643e" if red else "9a9aa4")
    for k in range(3):
        tone = mix(dust * np.float32(0.8 - 0.1 * k), rgb("14142a"), 0.55 - 0.22 * k)
        top = range_of_hills(
            sheet,
            Range(
                name=f"regolith {k}",
                y=0.66 + 0.12 * k,
                height=0.05,
                cells=3,
                colour=tone * np.float32(1.25),
                foot=tone * 0.75,
                crag=0.35,
                light=mix(dust, WHITE, 0.35),
                octaves=6,
            ),
        )
        stand(stage, ("mid", "none", "near")[k], np.minimum(top + 0.02 * sheet.height, sheet.height * 0.95), 0.1, 0.02)


def room(stage: Stage) -> None:
    """A table by a wall, light falling from the side."""
    sheet, light = stage.sheet, stage.light
    rng = sheet.chance("room")
    walls = ("c9b79a", "a9b4a4", "b8a4a0", "9aaab4", "d4bfa0")
    wall = rgb(stage.scene.tints[0]) if stage.scene.tints else rgb(walls[int(rng.integers(len(walls)))])
    wall = wall * mix(light.ambient, WHITE, 0.3)
    sky.gradient(sheet, np.stack([wall * np.float32(0.82), wall, mix(wall, WHITE, 0.15)]), 0.75, 0.6)
    slant = sheet.x / np.float32(sheet.unit * 1000) + sheet.y / np.float32(sheet.unit * 1000) * np.float32(0.55)
    beam = smoothstep(0.18, 0.3, slant) * (1 - smoothstep(0.62, 0.74, slant)) * np.float32(0.3)
    bar = np.clip(np.abs(slant - np.float32(0.46)) * 60 - np.float32(0.6), 0, 1)
    sheet.glow(slice(0, sheet.height), beam * bar, light.gleam)
    edge = 0.7 * sheet.height
    rows = sheet.rows(edge, sheet.height)
    wood = rgb("8a5a38") * mix(light.ambient, WHITE, 0.2)
    grain = field((rows.stop - rows.start, sheet.width), rng, (420 * sheet.unit, 9 * sheet.unit), 4, 0.6)
    t = (sheet.y[rows] - np.float32(edge)) / np.float32(sheet.height * 0.3)
    sheet.lay(
        rows,
        np.ones_like(grain),
        ramp(
            wood * np.float32(1.25),
            wood * np.float32(0.62),
            np.clip(t * np.float32(0.6) + grain * np.float32(0.7) - np.float32(0.15), 0, 1),
        ),
    )
    sheet.glow(
        rows,
        falloff((sheet.x / sheet.width - np.float32(0.5)) * 3) * np.clip(1 - t * 2, 0, 1) * np.float32(0.18),
        light.gleam,
    )
    foot = np.full(sheet.width, 0.84 * sheet.height, np.float32)
    if not stage.cast and stage.scene.unknown:
        figure = invented(stage.scene.unknown, palette_for(stage.scene.unknown, ()))
        stage.cast["table"] = [Standing(Thing(name="invented"), figure, 0.5, 0.4, False)]
    for group in ("table", "mid", "near", "water"):
        _shadows(stage, group, 0.84)
        stand(stage, group, foot, 0.0)


def _shadows(stage: Stage, group: str, y: float) -> None:
    """Soft shadows on the table under what stands there."""
    sheet = stage.sheet
    image = Image.new("L", (sheet.width, sheet.height))
    draw = ImageDraw.Draw(image)
    for standing in stage.cast.get(group, []):
        x0, _, x1, _ = standing.figure.bounds
        height = standing.size * sheet.span
        cx, half = standing.x * sheet.width, min(0.4, (x1 - x0) * 0.5) * height
        side = -1 if stage.sun[0] > standing.x else 1
        cx += side * half * 0.5
        draw.ellipse(
            (cx - half * 1.25, y * sheet.height - half * 0.12, cx + half * 1.25, y * sheet.height + half * 0.3),
            fill=255,
        )
    mask = blur(np.asarray(image, np.float32) * np.float32(1 / 255), 9 * sheet.unit)
    sheet.lay(slice(0, sheet.height), mask * np.float32(0.5), rgb("2a1a14"))


def arctic(stage: Stage) -> None:
    """Ice floes and bergs in cold water."""
    sheet, light = stage.sheet, stage.light
    horizon = 0.56
    ice, blue = light.tone(rgb("eef6fa"), 0.4), light.tone(rgb("7fb4cc"), 0.3)
    if "mountains" in stage.scene.places:
        backdrops.mountains(stage, horizon, 0.7)
    for k, (x, tall) in enumerate(((0.2, 1.5), (0.74, 2.2), (0.5, 0.9))):
        range_of_hills(
            sheet,
            Range(
                name=f"berg {k}",
                y=horizon + 0.07,
                height=0.09,
                cells=3,
                colour=mix(ice, light.haze, 0.2),
                foot=blue,
                crag=0.55,
                light=mix(light.gleam, WHITE, 0.5),
                peak=(x, 0.17, tall * 1.5),
                bottom=horizon,
                octaves=4,
                tilt=0,
            ),
        )
    water.sea(sheet, horizon, light, 0.1, stage.glint)
    afloat(stage, horizon)
    _floes(stage, horizon)
    top = range_of_hills(
        sheet,
        Range(
            name="shelf",
            y=0.88,
            height=0.035,
            cells=2,
            colour=light.tone(rgb("f4f8fa"), 0.05),
            foot=light.tone(rgb("a9c8dc"), 0.0),
            tilt=stage.chosen(-0.06, 0.06),
            octaves=3,
        ),
    )
    stand(stage, "mid", top, 0.1)
    stand(stage, "near", top + 0.04 * sheet.height, 0.0)


def _floes(stage: Stage, horizon: float) -> None:
    sheet = stage.sheet
    rng = sheet.chance("floes")
    image = Image.new("L", (sheet.width * 2, sheet.height * 2))
    draw = ImageDraw.Draw(image)
    for _ in range(34):
        t = float(rng.random()) ** 1.6
        x, y = float(rng.random()) * sheet.width * 2, (horizon + 0.02 + (0.9 - horizon) * t) * sheet.height * 2
        half = (8 + 90 * t) * sheet.unit * (0.6 + 0.8 * float(rng.random())) * 2
        jag = line(12, rng, 4, 2)
        top = [(x - half + 2 * half * i / 11, y - half * 0.1 * (1 + float(jag[i]))) for i in range(12)]
        draw.polygon([*top, (x + half * 0.8, y + half * 0.1), (x - half * 0.85, y + half * 0.09)], fill=255)
    sheet.lay(
        slice(0, sheet.height), sheet.mask(image), mix(stage.light.tone(rgb("f2f8fa"), 0.15), stage.light.gleam, 0.15)
    )


def open_sky(stage: Stage) -> None:
    """Nothing but sky over a sea of clouds."""
    sheet, light = stage.sheet, stage.light
    for k in range(4):
        t = k / 3
        tone = mix(light.haze, mix(light.gleam, WHITE, 0.35), 0.25 + 0.5 * t)
        tone = mix(tone, light.sky[1], 0.25 * (1 - t))
        top = line(sheet.width, sheet.chance("billow", k), (10 - 2 * k) * sheet.aspect**0.7, 5, 0.6)
        edge = (0.68 + 0.1 * k - 0.05 * np.abs(top)) * sheet.height
        rows = sheet.rows(float(edge.min()) - 2, sheet.height)
        depth = sheet.y[rows] - edge[None].astype(np.float32)
        puff = field(depth.shape, sheet.chance("puff", k), (90 * sheet.unit, 40 * sheet.unit), 5, 0.55)
        soft = smoothstep(0, 26 * sheet.unit, depth + puff * np.float32(22 * sheet.unit))
        fade = np.clip(depth / np.float32(0.16 * sheet.height), 0, 1)
        sheet.lay(
            rows,
            soft * np.float32(0.95),
            ramp(
                tone,
                mix(light.sky[2], light.near, 0.15),
                np.clip(fade * np.float32(0.6) + (puff - np.float32(0.5)), 0, 1),
            ),
        )
    for group in ("mid", "near", "water", "span", "table", "under"):
        stage.cast.setdefault("air", []).extend(stage.cast.pop(group, []))
