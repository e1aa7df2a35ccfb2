"""The stage: a sheet with the scene, its light, and the things still to be placed."""

from dataclasses import dataclass, field

import numpy as np

from limner.artist.colour import WHITE, Colour, mix, rgb
from limner.artist.figures import Figure, Spot, figures, place
from limner.artist.light import Light
from limner.artist.noise import Field
from limner.artist.scene import Scene, Thing
from limner.artist.sheet import Sheet

_GRASS = {"spring": "83b455", "summer": "7aa54a", "autumn": "c09a4e", "winter": "eef3f6", None: "7fa655"}
_LEAF = {"spring": "7fb45a", "summer": "4f8a44", "autumn": "d0702c", "winter": "6a625c", None: "5a8f4a"}


@dataclass(frozen=True, slots=True)
class Standing:
    """A thing with a place found for it."""

    thing: Thing
    figure: Figure
    x: float
    size: float
    flip: bool


@dataclass(slots=True)
class Stage:
    """All that painting a scene needs."""

    sheet: Sheet
    scene: Scene
    light: Light
    sun: tuple[float, float] = (0.5, 0.3)
    shining: bool = True
    cast: dict[str, list[Standing]] = field(default_factory=dict)
    ground: str = "hills"

    @property
    def glint(self) -> float | None:
        """The x of the light's path on water, if the sky holds a sun or moon."""
        return self.sun[0] if self.shining else None

    @property
    def alone(self) -> bool:
        """Whether one thing is the whole subject."""
        return not self.scene.places and len(self.scene.things) == 1 and self.scene.things[0].count <= 2

    def grass(self) -> Colour:
        """The ground of the season, unlit."""
        code = self.scene.coloured.get(self.ground)
        return rgb(code) if code else rgb(_GRASS["winter" if self.scene.snowy else self.scene.season])

    def leaves(self) -> Colour:
        """The leaves of the season, unlit."""
        code = self.scene.coloured.get("forest")
        return rgb(code) if code else rgb(_LEAF[self.scene.season])

    def needles(self) -> Colour:
        """Conifers, unlit."""
        return rgb("3f6a52") if not self.scene.snowy else rgb("3a5a58")

    def shine(self, depth: float) -> Colour:
        """What the lit side of trees is painted in: sun, or snow."""
        if self.scene.snowy:
            return self.light.tone(rgb("f2f6f8"), depth)
        return mix(self.light.tone(self.leaves(), depth), self.light.gleam, 0.42)

    def snow(self, depth: float) -> tuple[Colour, Colour]:
        """Snow in light and in shade."""
        return mix(self.light.tone(WHITE, depth), self.light.gleam, 0.3), self.light.tone(rgb("a9bfd6"), depth)

    def chosen(self, *options: float) -> float:
        """One of some values, by the seed."""
        return options[int(self.sheet.chance("choice", *options).integers(len(options)))]


def cast(stage: Stage) -> None:
    """Find a place across the picture for each thing, group by group."""
    groups: dict[str, list[Thing]] = {}
    for thing in stage.scene.things:
        if thing.name in figures():
            groups.setdefault(group_of(stage, thing, figures()[thing.name]), []).append(thing)
    for name, things in groups.items():
        stage.cast[name] = _row(stage, name, things)


def group_of(stage: Stage, thing: Thing, figure: Figure) -> str:
    """Which part of the scene a figure belongs to: mid, near, water, air, under, table or span."""
    stands = figure.stands
    if stands == "table" and stage.ground != "room":
        return "near"
    if stage.ground == "room" and stands in ("land", "water"):
        return "table"
    if stage.ground == "underwater" and stands in ("water", "air"):
        return "under" if figure.kind == "creature" else "air"
    if stands == "either":
        return "water" if stage.ground in ("sea", "lake", "harbour") else "mid"
    if stands != "land":
        return stands
    if (
        figure.kind == "building"
        or thing.far
        or (figure.kind == "craft" and not stage.alone and stage.ground != "city")
    ):
        return "mid"
    return "near"


def _row(stage: Stage, group: str, things: list[Thing]) -> list[Standing]:
    """Things side by side with even gaps, made smaller where they do not fit."""
    rng = stage.sheet.chance("row", group)
    items = [(thing, figures()[thing.name]) for thing in things for _ in range(thing.count)]
    order = rng.permutation(len(items)) if len(things) > 1 else np.arange(len(items))
    sizes = [
        _size(stage, *items[i]) * (1 if items[i][0].count < 3 else 0.8 + 0.35 * float(rng.random())) for i in order
    ]
    span = stage.sheet.span / stage.sheet.width
    widths = [
        (items[i][1].bounds[2] - items[i][1].bounds[0]) * size * span for i, size in zip(order, sizes, strict=True)
    ]
    room = 0.9
    shrink = min(1.0, room / max(sum(widths) * 1.12, 1e-3))
    gap = (1 - sum(widths) * shrink) / (len(items) + 1)
    out, at = [], gap
    for i, size, width in zip(order, sizes, widths, strict=True):
        thing, figure = items[i]
        x = at + width * shrink / 2 + (float(rng.random()) - 0.5) * gap * 0.8
        at += width * shrink + gap
        if len(items) == 1:
            x = _alone_x(stage, figure, width * shrink)
        out.append(
            Standing(
                thing,
                figure,
                thing.x if thing.x is not None and thing.count == 1 else _sided(x, thing),
                size * shrink,
                float(rng.random()) < 0.4,
            )
        )
    return out


def _sided(x: float, thing: Thing) -> float:
    """Several things kept on the side the prompt names."""
    return x if thing.x is None else thing.x + (x - 0.5) * 0.4


def _alone_x(stage: Stage, figure: Figure, width: float) -> float:
    central = stage.alone and figure.kind in ("creature", "person", "thing")
    if central or width > 0.55 or stage.sheet.aspect < 0.7:
        return 0.5
    return stage.chosen(0.34, 0.64, 0.6, 0.38)


def _size(stage: Stage, thing: Thing, figure: Figure) -> float:
    size = figure.height * thing.scale * (0.55 if thing.far else 1.0)
    if stage.ground == "room":
        size *= 1.7 if len(stage.scene.things) == 1 else 1.25
    elif stage.alone:
        size *= {"creature": 2.3, "person": 2.3, "thing": 2.3, "craft": 1.6, "building": 1.25}[figure.kind]
    return min(size, 0.75)


def stand(stage: Stage, group: str, top: Field, depth: float, sink: float = 0.006) -> None:
    """Place a group of things on a skyline given in pixels."""
    sheet = stage.sheet
    for standing in stage.cast.pop(group, []):
        x0, _, x1, _ = standing.figure.bounds
        height = standing.size * sheet.span * (1 - 0.35 * depth)
        left, right = ((standing.x * sheet.width + side * height * 0.7) for side in (x0, x1))
        part = top[max(0, int(left)) : max(1, int(right) + 1)]
        if not len(part):
            part = top
        foot = float(np.sort(part)[int(len(part) * 0.75)]) + sink * sheet.span
        foot = min(foot, sheet.height * 0.985)
        put(stage, standing, standing.x, foot, (height, depth))


def put(stage: Stage, standing: Standing, x: float, foot: float, measure: tuple[float, float]) -> None:
    """Place one thing; `measure` is its height in pixels and its depth."""
    colour = standing.thing.colour
    spot = Spot(
        x=x,
        foot=foot,
        height=measure[0],
        depth=measure[1],
        flip=standing.flip,
        colour=rgb(colour) if colour else None,
        sun=stage.sun[0],
    )
    place(stage.sheet, standing.figure, spot, stage.light)


def headroom(stage: Stage, group: str) -> tuple[float, float]:
    """Where the tallest thing of a group stands, and its height as a share of the sheet."""
    standing = max(stage.cast.get(group, []), key=lambda one: one.size, default=None)
    if standing is None:
        return 0.5, 0.0
    return standing.x, standing.size * stage.sheet.span / stage.sheet.height
