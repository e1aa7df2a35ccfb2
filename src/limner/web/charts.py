"""Charts as plain shapes: where columns, points and lines lie, in percent of their picture.

A picture has no units of its own: its words are as large as those around it, however wide it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

WIDTH = 100
TOP, BOTTOM = 4, 88
"""Between what the values lie; what stands on the axis is below."""
THINNEST = 0.4
"""How high something is at least, and how far the parts of a column are apart."""
GAP = 0.24
"""The share of a column's place that stays empty."""
MOST_LABELS = 7


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid or a place on the axis, and what stands there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """One part of a column."""

    x: float
    y: float
    width: float
    height: float
    css: str


@dataclass(frozen=True, slots=True)
class Column:
    """What stands in one place of the axis."""

    title: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Guide:
    """A dashed line from somewhere to the right edge, and its word in the legend: here it might lie on a column."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A place that stands out, and its word in the legend: here it might lie on a line."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnChart:
    """Columns side by side, each of parts on top of each other."""

    label: str
    """What it shows, for those who do not see it."""
    grid: tuple[Tick, ...]
    columns: tuple[Column, ...]
    axis: tuple[Tick, ...]
    guide: Guide | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LineChart:
    """One line, with the ground under it, and a mark at its lowest point."""

    label: str
    grid: tuple[Tick, ...]
    line: str
    ground: str
    axis: tuple[Tick, ...]
    low: Mark | None
    """The lowest point, and why; None where it never sinks."""


@dataclass(frozen=True, slots=True)
class Reach:
    """From one value to another on a line of its own."""

    name: str
    css: str
    y: float
    start: float
    end: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ReachChart:
    """Reaches under each other."""

    label: str
    height: float
    """In lines of text."""
    grid: tuple[Tick, ...]
    reaches: tuple[Reach, ...]


def steps(most: float, *, about: int = 4) -> Sequence[float]:
    """Round values from nothing to at least `most`: 1, 2 or 5 of some power of ten apart."""
    if most <= 0:
        return [0.0, 1.0]
    raw = most / about
    power = 10.0 ** floor(log10(raw))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= raw * (1 - 1e-9))
    return [place * step for place in range(ceil(most / step - 1e-9) + 1)]


def places(count: int) -> Sequence[float]:
    """Where each of so many columns begins, and where the last ends."""
    return [place * WIDTH / max(count, 1) for place in range(count + 1)]


def height_of(value: float, most: float) -> float:
    """How far down a value lies."""
    return round(BOTTOM - (BOTTOM - TOP) * value / most, 2)


def stacked(parts: Sequence[tuple[float, str]], begin: float, end: float, most: float) -> tuple[Box, ...]:
    """Values on top of each other; none that is something is too thin to be seen."""
    wide = (end - begin) * (1 - GAP)
    boxes, under = [], 0.0
    for value, css in parts:
        if value <= 0:
            continue
        high, low = height_of(under + value, most), height_of(under, most)
        thick = max(low - high - THINNEST, THINNEST)
        boxes.append(Box(round(begin + (end - begin) * GAP / 2, 2), high, round(wide, 2), round(thick, 2), css))
        under += value
    return tuple(boxes)


def labelled(names: Sequence[str]) -> tuple[Tick, ...]:
    """As many of the names along the axis as there is room for, evenly."""
    edges, every = places(len(names)), max(1, ceil(len(names) / MOST_LABELS))
    return tuple(
        Tick(round((edges[place] + edges[place + 1]) / 2, 2), name)
        for place, name in enumerate(names)
        if place % every == 0
    )


def path(points: Sequence[tuple[float, float]]) -> str:
    """Points as a line of an SVG path."""
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)
