"""Looking through many pictures: sheets from any place, how many there are, what there is to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.domain.records import PictureFilter


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a sheet begins or ends; with nothing said it is the first one."""

    after: str | None = None
    """The cursor of the picture before its first one."""
    before: str | None = None
    """The cursor of the picture after its last one: the sheet above that."""
    skip: int = 0
    """So many pictures from the newest, about: those in the trash count, which no reader of a far place notices."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """Pictures, newest first, and the ways on from both ends; None where there is nothing more."""

    pictures: tuple[Picture, ...]
    newer: str | None
    """What `Place.before` takes."""
    older: str | None
    """What `Place.after` takes."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many pictures there are."""

    pictures: int
    exact: bool = True
    """False where there are more, and counting them all would take too long."""


@dataclass(frozen=True, slots=True)
class SpanTally:
    """What was made between two moments."""

    pictures: int
    cost: Money | None
    """Of what is known; None where there is too much to add up."""
    exact: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What somebody's pictures can be narrowed down by, each in the order of the alphabet."""

    models: tuple[str, ...]
    projects: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """A picture among others: those beside it, the nearest ones last and first."""

    newer: tuple[Picture, ...]
    older: tuple[Picture, ...]
    position: int
    """From 1, counted from the newest."""


class Browsing(Protocol):
    """One person's pictures, to look through."""

    async def sheet(self, owner: str, which: PictureFilter, place: Place, *, limit: int) -> Sheet:
        """At most `limit` pictures. Raises InvalidRequest for a cursor that is none."""
        ...

    async def tally(self, owner: str, which: PictureFilter) -> Tally:
        """How many there are."""
        ...

    async def spans(
        self, owner: str, which: PictureFilter, spans: Sequence[tuple[datetime, datetime]]
    ) -> Sequence[SpanTally]:
        """What was made in each span, its end left out."""
        ...

    async def choices(self, owner: str) -> Choices:
        """Which models, projects and tags there are."""
        ...

    async def around(self, owner: str, which: PictureFilter, picture: Picture, *, each: int) -> Around:
        """What lies beside a picture among those that are wanted, `each` on either side."""
        ...

    async def children(self, owner: str, picture_id: str, *, limit: int) -> Sequence[Picture]:
        """One person's pictures that were made from this one, oldest first."""
        ...
