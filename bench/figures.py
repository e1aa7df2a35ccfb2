"""Measured values beside their goals, and how they are shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measured value."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    """None where there is none: the value stands beside others for comparison."""
    at_least: bool = False
    """Whether the goal is a floor rather than a ceiling."""
    spread: tuple[float, float] | None = None
    """The smallest and largest of the runs that `value` is the median of."""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Value by goal."""
        return self.value / self.goal if self.goal else None

    @property
    def verdict(self) -> str:
        """`ok`, `over` (or `under`, where more is better), or nothing without a goal."""
        if self.goal is None:
            return ""
        if self.at_least:
            return "ok" if self.value >= self.goal else "under"
        return "ok" if self.value <= self.goal else "over"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """How much is measured."""

    quick: bool = False
    """A few seconds for each subject: shows that it works, says little about speed."""

    def pick(self, full: int, quick: int) -> int:
        """A number for a full measurement, or the one for a quick look."""
        return quick if self.quick else full


def of_runs(name: str, values: Sequence[float], unit: str, *, goal: float | None = None, note: str = "") -> Figure:
    """The median of several runs."""
    return Figure(name=name, value=median(values), unit=unit, goal=goal, spread=(min(values), max(values)), note=note)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def shown(value: float) -> str:
    """A number with three significant digits, and all of its whole ones."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


HEADS = ("measured", "value", "runs", "goal", "ratio", "")


def rows(figures: Sequence[Figure]) -> list[tuple[str, ...]]:
    """The cells of a table."""
    return [
        (
            figure.name,
            f"{shown(figure.value)} {figure.unit}",
            "" if figure.spread is None else " to ".join(shown(end) for end in figure.spread),
            "" if figure.goal is None else f"{'>=' if figure.at_least else '<='} {shown(figure.goal)}",
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            figure.verdict,
        )
        for figure in figures
    ]


def as_text(figures: Sequence[Figure]) -> str:
    """A table for a terminal, with the notes below the figures they belong to."""
    table = [HEADS, *rows(figures)]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    for place, figure in reversed(list(enumerate(figures))):
        if figure.note:
            lines.insert(place + 2, f"    {figure.note}")
    return "\n".join(lines)


def as_markdown(figures: Sequence[Figure]) -> str:
    """The same table for a page."""
    table = [HEADS, tuple("---" for _ in HEADS), *rows(figures)]
    return "\n".join("| " + " | ".join(row) + " |" for row in table)
