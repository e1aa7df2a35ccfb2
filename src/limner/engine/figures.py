"""What was spent and made, how well and how fast: read for whoever may see it, and added up."""

from __future__ import annotations

import asyncio
from calendar import monthrange
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar, cast

from limner.domain.analytics import A_DAY, Analytics, Durations, Kept, Lens, Measured, Outcomes, Period, Span, Spending
from limner.domain.errors import InvalidRequest
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.ports import Clock

Row = TypeVar("Row")
Key = TypeVar("Key")
Value = TypeVar("Value")

SOON = 30.0
"""Seconds for which the size of what is kept is good: it is a sum over all pictures."""
LATER = 300.0
"""Seconds for which figures of days before today are good."""
MOST_KNOWN = 64
"""Answers that are remembered."""

EVERYBODY = "everybody"
"""Stands for all people where one is named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """Bookings together."""

    spent: Money
    """Of what is known."""
    unpriced: int
    """Bookings whose price nobody knows: they are in no sum."""
    pictures: int
    painted: Money
    """What the pictures cost; the rest went to text models."""

    @classmethod
    def of(cls, spending: Iterable[Spending]) -> Sums:
        """All of them."""
        rows = list(spending)
        return cls(
            spent=Money(sum(row.cost.micro for row in rows)),
            unpriced=sum(row.unpriced for row in rows),
            pictures=sum(row.pictures for row in rows),
            painted=Money(sum(row.cost.micro for row in rows if row.kind == "picture")),
        )

    @property
    def picture_cost(self) -> Money | None:
        """What a picture cost on average, rounded up; None where there is none."""
        return Money(-(-self.painted.micro // self.pictures)) if self.pictures else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ends:
    """Calls for pictures together."""

    succeeded: int
    failed: int

    @classmethod
    def of(cls, outcomes: Iterable[Outcomes]) -> Ends:
        """All of them."""
        rows = list(outcomes)
        succeeded = sum(row.calls for row in rows if not row.code)
        return cls(succeeded=succeeded, failed=sum(row.calls for row in rows) - succeeded)

    @property
    def rate(self) -> float | None:
        """The share that brought pictures, 0 to 1; None where there was no call."""
        calls = self.succeeded + self.failed
        return self.succeeded / calls if calls else None


@dataclass(frozen=True, slots=True)
class Times:
    """How long calls took that brought pictures, in seconds; None where there was none."""

    median: float | None
    ninety_fifth: float | None

    @classmethod
    def of(cls, durations: Iterable[Durations]) -> Times:
        """All of them."""
        rows = list(durations)
        return cls(_quantile(rows, 50), _quantile(rows, 95))


@dataclass(frozen=True, kw_only=True, slots=True)
class Falls:
    """Calls that another model was tried for, because the first one failed."""

    origin: str
    """The model that failed."""
    model: str
    """The one that was tried then."""
    code: str
    """What the first one failed with."""
    calls: int
    pictures: int
    """What they brought."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """Everything that was measured for one lens, and what it adds up to."""

    lens: Lens
    measured: Measured
    earlier: Sequence[Spending]
    """What was booked in as many days before; empty where the calendar does not reach so far."""
    kept: Kept
    """What is there now."""
    now: datetime

    @property
    def sums(self) -> Sums:
        """All that was booked."""
        return Sums.of(self.measured.spending)

    @property
    def before(self) -> Sums:
        """All that was booked in as many days before."""
        return Sums.of(self.earlier)

    @property
    def ends(self) -> Ends:
        """How all calls ended."""
        return Ends.of(self.measured.outcomes)

    @property
    def times(self) -> Times:
        """How long all calls took."""
        return Times.of(self.measured.durations)

    @property
    def fallbacks(self) -> int:
        """Pictures that another model made than the one that was tried first."""
        return sum(row.pictures for row in self.measured.outcomes if row.origin)

    @property
    def fallback_share(self) -> float | None:
        """Their share of all pictures, 0 to 1; None where there is none."""
        made = sum(row.pictures for row in self.measured.outcomes)
        return self.fallbacks / made if made else None

    @property
    def falls(self) -> Sequence[Falls]:
        """Where fallback went, and why, the most pictures first."""
        found = _grouped(
            (row for row in self.measured.outcomes if row.origin), lambda row: (row.origin, row.model, row.because)
        )
        falls = [
            Falls(
                origin=origin,
                model=model,
                code=code,
                calls=sum(row.calls for row in rows),
                pictures=sum(row.pictures for row in rows),
            )
            for (origin, model, code), rows in found.items()
        ]
        return sorted(falls, key=lambda fall: (-fall.pictures, fall.origin, fall.model, fall.code))

    @property
    def pace(self) -> Money | None:
        """What this month comes to if it goes on like this; None for other stretches, and on a month's first day."""
        period = self.lens.period
        elapsed = (self.now - period.begins) / A_DAY
        if period.span is not Span.MONTH or elapsed < 1:
            return None
        return Money(round(self.sums.spent.micro / elapsed * monthrange(period.first.year, period.first.month)[1]))

    def spending_by(self, key: Callable[[Spending], str]) -> Mapping[str, Sums]:
        """Bookings by hour or day, service, person or project."""
        return {name: Sums.of(rows) for name, rows in _grouped(self.measured.spending, key).items()}

    def cells(self) -> Mapping[tuple[str, str], Sums]:
        """Bookings by hour or day and service."""
        rows = _grouped(self.measured.spending, lambda row: (row.slot, row.service))
        return {place: Sums.of(found) for place, found in rows.items()}

    def ends_by_slot(self) -> Mapping[str, Ends]:
        """How calls ended by hour or day."""
        return {slot: Ends.of(rows) for slot, rows in _grouped(self.measured.outcomes, lambda row: row.slot).items()}

    def ends_by_service(self) -> Mapping[str, Ends]:
        """How calls ended by service."""
        found = _grouped(self.measured.outcomes, lambda row: service_of(row.model))
        return {service: Ends.of(rows) for service, rows in found.items()}

    def times_by_service(self) -> Mapping[str, Times]:
        """How long calls took by service."""
        found = _grouped(self.measured.durations, lambda row: service_of(row.model))
        return {service: Times.of(rows) for service, rows in found.items()}

    def failures_of(self, slot: str) -> Sequence[tuple[str, str, int]]:
        """What failed in an hour or day: services, codes and how often, the most frequent first."""
        counted: dict[tuple[str, str], int] = defaultdict(int)
        for row in self.measured.outcomes:
            if row.slot == slot and row.code:
                counted[service_of(row.model), row.code] += row.calls
        ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        return [(service, code, calls) for (service, code), calls in ordered]


class Figures:
    """Reads figures for whoever may see them.

    Days before today hardly ever change, so that what was read of them is good for a few minutes; today is always read.
    """

    def __init__(self, *, analytics: Analytics, clock: Clock) -> None:
        self.analytics = analytics
        self._clock = clock
        self._known: dict[object, tuple[float, object]] = {}

    def period(self, span: Span, first: date | None = None, last: date | None = None) -> Period:
        """The stretch that is meant: two days where both are given, else one that ends today. Raises InvalidRequest."""
        if first is None and last is None:
            return Period.of(span, self._clock.now().date())
        if first is None or last is None:
            raise InvalidRequest("Name the first day and the last one.", field="since" if first is None else "until")
        return Period.between(first, last)

    def lens(self, period: Period, principal: Principal, *, person: str | None, project: str | None) -> Lens:
        """Whose figures are meant: one's own, another person's by id, or everybody's.

        Raises PolicyError for whoever asks for others' and is no administrator.
        """
        wanted = person or principal.id
        if wanted != principal.id:
            principal.check_administrator("looks at other people's figures")
        owner = None if wanted == EVERYBODY else wanted
        return Lens(owner=owner, project=project or None, period=period, hourly=period.hourly)

    async def find(self, lens: Lens) -> Findings:
        """Everything for one lens."""
        today = self._clock.now().date()
        past, now, before = lens.period.until(today), lens.period.since(today), lens.period.before
        old, new, earlier, kept = await asyncio.gather(
            self._past(lens, past),
            self._present(lens, now),
            self._earlier(lens, before),
            self._remembered(("kept", lens.owner), SOON, lambda: self.analytics.kept(lens.owner)),
        )
        return Findings(lens=lens, measured=old + new, earlier=earlier, kept=kept, now=self._clock.now())

    async def _past(self, lens: Lens, period: Period | None) -> Measured:
        if period is None:
            return Measured()
        part = replace(lens, period=period)
        return await self._remembered(part, LATER, lambda: self.analytics.measure(part))

    async def _present(self, lens: Lens, period: Period | None) -> Measured:
        return Measured() if period is None else await self.analytics.measure(replace(lens, period=period))

    async def _earlier(self, lens: Lens, period: Period | None) -> Sequence[Spending]:
        if period is None:
            return ()
        part = replace(lens, period=period)
        return await self._remembered(("before", part), LATER, lambda: self.analytics.booked(part))

    async def _remembered(self, key: Hashable, seconds: float, read: Callable[[], Awaitable[Value]]) -> Value:
        """What was read a moment ago, or is now; the oldest of many is forgotten."""
        now = self._clock.monotonic()
        known = self._known.get(key)
        if known is not None and now - known[0] < seconds:
            return cast(Value, known[1])
        found = await read()
        self._known.pop(key, None)
        self._known[key] = (now, found)
        while len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        return found


def service_of(model: str) -> str:
    """The service of a model's id."""
    return model.partition("/")[0]


def _grouped(rows: Iterable[Row], key: Callable[[Row], Key]) -> dict[Key, list[Row]]:
    found: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _quantile(rows: Sequence[Durations], percent: int) -> float | None:
    """The shortest time that so many in a hundred calls did not exceed, in seconds."""
    wanted, seen = sum(row.calls for row in rows) * percent, 0
    for row in sorted(rows, key=lambda row: row.milliseconds):
        seen += row.calls * 100
        if seen >= wanted:
            return row.milliseconds / 1000
    return None
