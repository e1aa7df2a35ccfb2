"""Plants the prompt names, and what grows at the edge of a view."""

import numpy as np

from limner.artist.colour import Colour, mix, rgb
from limner.artist.noise import Field
from limner.artist.plants import Grove, grove
from limner.artist.stage import Stage

_BLOOMS = ("e8556a", "f2b52c", "f4f0e6", "b06ac8", "e8843c")


def flowers(stage: Stage, top: Field) -> None:
    """Flowers over a field: dots far away, heads and stems in front."""
    named = [plant for plant in stage.scene.plants if plant.name in ("flowers", "poppy")]
    big = [thing for thing in stage.scene.things if thing.name in ("sunflower", "tulip", "rose") and thing.count >= 3]
    if not named and not big and "garden" not in stage.scene.places and stage.scene.season != "spring":
        return
    colours = [rgb(code) for code in _BLOOMS]
    if big:
        colours = [rgb({"sunflower": "f2b52c", "tulip": "d8405a", "rose": "c52f44"}[thing.name]) for thing in big]
    if any(plant.name == "poppy" for plant in named):
        colours = [rgb("d83a2c"), rgb("e85a3a")]
    chosen = [rgb(plant.colour) for plant in named if plant.colour] + [
        rgb(thing.colour) for thing in big if thing.colour
    ]
    _scatter(stage, top, chosen or colours)


def _scatter(stage: Stage, top: Field, colours: list[Colour]) -> None:
    sheet, light = stage.sheet, stage.light
    rng = sheet.chance("flowers")
    rows = sheet.rows(float(top.min()), sheet.height)
    stencils = [sheet.stencil(rows) for _ in colours]
    heart = sheet.stencil(rows)
    for _ in range(int(1500 * min(2.0, max(0.5, sheet.aspect)))):
        x, t, pick = float(rng.random()) * sheet.width, float(rng.random()) ** 1.25, int(rng.integers(len(colours)))
        y = float(top[min(int(x), sheet.width - 1)]) + 2 + t * (sheet.height - float(top.min()))
        r = (0.9 + 6.5 * t**1.5) * sheet.unit * 2 * (0.7 + 0.6 * float(rng.random()))
        cx, cy = x * 2, (y - rows.start) * 2
        stencils[pick][1].ellipse((cx - r, cy - r * 0.72, cx + r, cy + r * 0.72), fill=255)
        if t > 0.25:
            heart[1].ellipse((cx - r * 0.32, cy - r * 0.3, cx + r * 0.32, cy + r * 0.16), fill=255)
    for (image, _), colour in zip(stencils, colours, strict=True):
        sheet.lay(rows, sheet.mask(image) * np.float32(0.94), mix(light.tone(colour, 0.0), light.gleam, 0.08))
    sheet.lay(rows, sheet.mask(heart[0]) * np.float32(0.6), light.tone(rgb("6a4a20"), 0.0))


def plants_named(stage: Stage, top: Field) -> None:
    """The trees the prompt names, large and in front."""
    light = stage.light
    recipes = {
        "oak": ("oak", stage.leaves(), 0.34),
        "pine": ("pine", stage.needles(), 0.34),
        "birch": ("birch", mix(stage.leaves(), rgb("c8c060"), 0.3), 0.42),
        "cypress": ("cypress", rgb("3f5a3c"), 0.36),
        "palm": ("palm", rgb("4f8a44"), 0.46),
        "willow": ("willow", rgb("86a04c"), 0.36),
        "bamboo": ("bamboo", rgb("7a9a4a"), 0.7),
        "bare": ("bare", rgb("4a3c34"), 0.42),
        "blossom": ("oak", rgb("f2b0c4"), 0.4),
        "bush": ("bush", stage.leaves(), 0.05),
    }
    for plant in stage.scene.plants:
        if plant.name not in recipes:
            continue
        kind, colour, size = recipes[plant.name]
        leaf = mix(light.tone(rgb(plant.colour) if plant.colour else colour, 0.0), light.fore, 0.4 * light.dark)
        wood = light.tone(rgb("ded8cc") if kind == "birch" else rgb("54402f"), 0.0)
        count = plant.count if plant.count < 3 else plant.count * 2
        at = (plant.x if plant.x is not None else stage.chosen(0.27, 0.72),) if plant.count == 1 else ()
        size = min(0.8, size * plant.scale * (1.25 if plant.count == 1 else 0.8))
        shine = mix(leaf, rgb("ffffff"), 0.4) if plant.name == "blossom" else stage.shine(0.0)
        grove(
            stage.sheet,
            top,
            Grove(
                name=f"named {plant.name}",
                kind=kind,
                count=max(1, count),
                size=size,
                colour=leaf * np.float32(0.9),
                lit=shine,
                wood=wood,
                spread=0.05,
                at=at,
            ),
        )


def edge_grass(stage: Stage, grass: Colour) -> None:
    """Blades at the lower edge, dark against the ground."""
    sheet, light = stage.sheet, stage.light
    if stage.scene.snowy:
        return
    tone = mix(light.tone(grass * 0.6, 0.0), light.fore, 0.35 + 0.4 * light.dark)
    floor = np.full(sheet.width, sheet.height + 2.0, np.float32)
    grove(sheet, floor, Grove(name="edge", kind="blade", count=150, size=0.055, colour=tone, lit=tone, spread=0.0))
