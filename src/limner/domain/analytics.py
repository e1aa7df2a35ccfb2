"""What was spent, made and waited for in a stretch of time: whose, in which project, and the figures themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

from limner.domain.errors import InvalidRequest
from limner.domain.money import Money

LONGEST = 366
"""Days of the longest stretch."""
A_DAY = timedelta(days=1)


class Span(StrEnum):
    """Stretches of time that end now, in UTC."""

    DAY = "day"
    """Today, by the hour."""
    WEEK = "7"
    MONTH = "month"
    """This month so far."""
    THIRTY = "30"
    NINETY = "90"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in UTC, the first and the last of them."""

    first: date
    last: date
    span: Span | None = None
    """How it was asked for; None for two days that somebody chose."""

    @classmethod
    def of(cls, span: Span, today: date) -> Period:
        """A stretch that ends today."""
        if span is Span.MONTH:
            return cls(today.replace(day=1), today, span)
        days = 1 if span is Span.DAY else int(span)
        return cls(today - timedelta(days=days - 1), today, span)

    @classmethod
    def between(cls, first: date, last: date) -> Period:
        """Two days, both whole. Raises InvalidRequest."""
        if last < first:
            raise InvalidRequest("The last day is before the first one.", field="until")
        if (last - first).days >= LONGEST:
            raise InvalidRequest(f"Ask for {LONGEST} days at most.", field="since")
        return cls(first, last)

    @property
    def days(self) -> int:
        """How many there are."""
        return (self.last - self.first).days + 1

    @property
    def hourly(self) -> bool:
        """Whether it is so short that hours say more than days."""
        return self.days == 1

    @property
    def begins(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def ends(self) -> datetime:
        """The first moment after it; at the end of the calendar, that."""
        if self.last == date.max:
            return datetime.max.replace(tzinfo=UTC)
        return datetime.combine(self.last + A_DAY, time(), UTC)

    def until(self, day: date) -> Period | None:
        """The part of it before a day; None where there is none."""
        return Period(self.first, min(self.last, day - A_DAY)) if self.first < day else None

    def since(self, day: date) -> Period | None:
        """The part of it from a day on; None where there is none."""
        return Period(max(self.first, day), self.last) if self.last >= day else None

    @property
    def before(self) -> Period | None:
        """As many days before it; None where the calendar does not reach so far."""
        try:
            return Period(self.first - timedelta(days=self.days), self.first - A_DAY)
        except OverflowError:
            return None

    @property
    def slots(self) -> Sequence[str]:
        """The names of its hours or days, such as `2026-11-28T14` or `2026-11-28`."""
        if self.hourly:
            return [f"{self.first.isoformat()}T{hour:02}" for hour in range(24)]
        return [(self.first + timedelta(days=day)).isoformat() for day in range(self.days)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lens:
    """Which figures are wanted."""

    owner: str | None
    """One person's; None for everybody's."""
    project: str | None
    """One project's; None for those of all."""
    period: Period
    hourly: bool = False
    """Whether figures are wanted by the hour."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spending:
    """Bookings of one kind at one service, of one person in one project, in one hour or day."""

    slot: str
    person: str
    project: str
    service: str
    kind: str
    """picture or text."""
    pictures: int
    bookings: int
    cost: Money
    """Of what is known."""
    unpriced: int
    """Bookings whose price nobody knows: they are in no sum."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcomes:
    """Calls of one model that ended alike in one hour or day."""

    slot: str
    model: str
    code: str
    """What they failed with; empty for those that brought pictures."""
    calls: int
    pictures: int
    origin: str = ""
    """The model that was tried first and failed; empty where this was the first."""
    because: str = ""
    """What that one failed with."""


@dataclass(frozen=True, slots=True)
class Durations:
    """Calls that brought pictures and took about as long, from being sent to their pictures being kept."""

    model: str
    milliseconds: int
    """To two digits, or better."""
    calls: int


@dataclass(frozen=True, slots=True)
class Kept:
    """Pictures that are there now, those in the trash too."""

    pictures: int
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What was booked, and how calls ended, in one stretch."""

    spending: Sequence[Spending] = ()
    outcomes: Sequence[Outcomes] = ()
    durations: Sequence[Durations] = ()

    def __add__(self, other: Measured) -> Measured:
        """Two stretches that follow each other."""
        return Measured(
            spending=[*self.spending, *other.spending],
            outcomes=[*self.outcomes, *other.outcomes],
            durations=[*self.durations, *other.durations],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceTotals:
    """One service's calls for pictures since the first."""

    service: str
    succeeded: int
    failed: int
    fallbacks: int
    """Calls that it took over from a model that had failed."""
    cost: Money
    milliseconds: int
    timed: int
    """Calls that the milliseconds are of."""


class Analytics(Protocol):
    """Figures over stretches of time. What is removed later stays in them, but for what is kept."""

    async def measure(self, lens: Lens) -> Measured:
        """What was booked, and how calls ended, by hour or day."""
        ...

    async def booked(self, lens: Lens) -> Sequence[Spending]:
        """What was booked in all, by kind; slot, person, project and service are empty."""
        ...

    async def kept(self, owner: str | None) -> Kept:
        """What is there now of somebody's, or of everybody's."""
        ...

    async def totals(self) -> Sequence[ServiceTotals]:
        """All services since the first call, by name: they only ever grow."""
        ...

    async def since(self, moment: datetime) -> tuple[int, int]:
        """Calls that have ended, and pictures that they brought, of everybody since a moment."""
        ...
