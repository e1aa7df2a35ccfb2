"""Which of many entries holds for a call: the most exact one that agrees with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Generic, Protocol, TypeVar

from limner.domain.request import Operation, Size


class Narrowing(Protocol):
    """For which calls an entry is; None is for all."""

    @property
    def quality(self) -> str | None:
        """The one quality that it is for."""
        ...

    @property
    def size(self) -> Size | None:
        """The one size."""
        ...

    @property
    def max_pixels(self) -> int | None:
        """The most pixels."""
        ...

    @property
    def operation(self) -> Operation | None:
        """The one operation."""
        ...

    @property
    def weight(self) -> tuple[int, bool, int]:
        """How exact it is; greater is more exact."""
        ...


Place = tuple[tuple[int, int] | None, float]
"""The edges of a size and its pixels, which are quicker to compare than a size."""


def place(size: Size | None) -> Place:
    """Where a size belongs. An unknown one has too many pixels for any class."""
    return (None, inf) if size is None else ((size.width, size.height), size.pixels)


Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Choice(Generic[Found]):
    """Entries, sorted so that the first that agrees with a call is the most exact one."""

    levels: dict[str | None, tuple[tuple[tuple[int, int] | None, float, Operation | None, Found], ...]]
    """By quality. None has those that are for every quality."""

    @classmethod
    def of(cls, entries: Iterable[tuple[Narrowing, Found]]) -> Choice[Found]:
        """A choice among entries. Of equally exact ones the first counts."""
        ordered = sorted(entries, key=lambda entry: entry[0].weight, reverse=True)
        rows = [
            (when.quality, (place(when.size)[0], when.max_pixels or inf, when.operation, found))
            for when, found in ordered
        ]
        qualities = {None, *(quality for quality, _ in rows)}
        return cls({level: tuple(row for quality, row in rows if quality in (None, level)) for level in qualities})

    def best(self, quality: str | None, operation: Operation, where: Place) -> Found | None:
        """The most exact entry that agrees with a call, if any does."""
        edges, pixels = where
        for size, limit, only, found in self.levels.get(quality) or self.levels[None]:
            if pixels <= limit and (size is None or size == edges) and (only is None or only == operation):
                return found
        return None
