"""Figures over stretches of time: of days from their sums, of hours from bookings and from how calls ended."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, case, func, literal_column, select

from limner.db import codec
from limner.db.database import Database
from limner.db.outcome_tables import outcomes
from limner.db.statistics_tables import statistics
from limner.db.sums import LONG, STEPS, UNTIMED
from limner.db.sums_tables import daily_bookings, daily_outcomes
from limner.db.tables import entries, images
from limner.db.walls import whose
from limner.domain.analytics import Durations, Kept, Lens, Measured, Outcomes, ServiceTotals, Spending
from limner.domain.money import Money

_HOUR = len("2026-11-28T14")

Rows = list[Mapping[str, Any]]


class SqlAnalytics:
    """The `Analytics` of `domain.analytics`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def measure(self, lens: Lens) -> Measured:
        """What was booked, and how calls ended, by hour or day; its parts are read side by side."""
        spending, ended, durations = await asyncio.gather(
            self._read(_spending(lens), lens.owner),
            self._read(_ended(lens), lens.owner),
            self._read(_durations(lens), lens.owner),
        )
        return Measured(
            spending=[_spent({"person": lens.owner, **row}) for row in spending],
            outcomes=[_outcome(row) for row in ended],
            durations=[Durations(row["model"], int(row["rounded"]), int(row["calls"])) for row in durations],
        )

    async def booked(self, lens: Lens) -> Sequence[Spending]:
        """What was booked in all, by kind; slot, person, project and service are empty."""
        empty = {"slot": "", "person": "", "project": "", "service": ""}
        return [_spent({**empty, **row}) for row in await self._read(_booked(lens, daily_bookings.c.kind), lens.owner)]

    async def kept(self, owner: str | None) -> Kept:
        """What is there now of somebody's, or of everybody's."""
        (row,) = await self._read(_kept(owner), owner)
        return Kept(int(row["pictures"]), int(row["bytes"]))

    async def totals(self) -> Sequence[ServiceTotals]:
        """All services since the first call, by name: they only ever grow."""
        sums = await self._read(_TOTALS, None)
        return [
            ServiceTotals(
                service=row["provider"],
                succeeded=int(row["succeeded"]),
                failed=int(row["failed"]),
                fallbacks=int(row["fallbacks"]),
                cost=Money(int(row["cost_micro"])),
                milliseconds=int(row["total_ms"]),
                timed=int(row["timed"]),
            )
            for row in sums
        ]

    async def since(self, moment: datetime) -> tuple[int, int]:
        """Calls that have ended, and pictures that they brought, of everybody since a moment."""
        (row,) = await self._read(_RECENT.where(outcomes.c.ended_at >= codec.stamp(moment)), None)
        return int(row["calls"]), int(row["pictures"])

    async def _read(self, query: Select[Any], owner: str | None) -> Rows:
        return await self._database.read(partial(_rows, query=query), owner=whose(owner))


def _rows(connection: Connection, query: Select[Any]) -> Rows:
    return [dict(row) for row in connection.execute(query).mappings()]


def _hour(moment: ColumnElement[str]) -> ColumnElement[str]:
    """The hour of a moment."""
    return func.substr(moment, literal_column("1"), literal_column(str(_HOUR)))


def _seen(table: Table, moment: ColumnElement[str], lens: Lens) -> list[ColumnElement[bool]]:
    """The conditions of a lens, for rows that have a moment each."""
    within = [moment >= codec.stamp(lens.period.begins), moment < codec.stamp(lens.period.ends)]
    return [*within, *_theirs(table, lens)]


def _seen_by_day(table: Table, lens: Lens) -> list[ColumnElement[bool]]:
    """The same for sums by day."""
    day = table.c.date
    within = [day >= lens.period.first.isoformat(), day <= lens.period.last.isoformat()]
    return [*within, *_theirs(table, lens)]


def _theirs(table: Table, lens: Lens) -> list[ColumnElement[bool]]:
    """Whose rows, and of which project."""
    found = []
    if lens.owner is not None:
        found.append(table.c.user_id == lens.owner)
    if lens.project is not None:
        found.append(table.c.project == lens.project)
    return found


def _booked(lens: Lens, *by: ColumnElement[Any]) -> Select[Any]:
    """Sums of bookings in one stretch of days."""
    table = daily_bookings
    return (
        select(
            *by,
            func.sum(table.c.pictures).label("pictures"),
            func.sum(table.c.bookings).label("bookings"),
            func.sum(table.c.cost_micro).label("cost"),
            func.sum(table.c.unpriced).label("unpriced"),
        )
        .where(*_seen_by_day(table, lens))
        .group_by(*by)
    )


def _booked_by_hour(lens: Lens, *by: ColumnElement[Any]) -> Select[Any]:
    """The same within a day, from the ledger itself."""
    return (
        select(
            *by,
            func.sum(entries.c.pictures).label("pictures"),
            func.count().label("bookings"),
            func.coalesce(func.sum(entries.c.amount_micro), 0).label("cost"),
            (func.count() - func.count(entries.c.amount_micro)).label("unpriced"),
        )
        .where(*_seen(entries, entries.c.created_at, lens))
        .group_by(*by)
    )


def _spending(lens: Lens) -> Select[Any]:
    """Bookings by hour or day, project, service and kind; by person where there may be several."""
    table = entries if lens.hourly else daily_bookings
    slot = _hour(table.c.created_at) if lens.hourly else table.c.date
    by = [slot.label("slot"), table.c.project, table.c.provider.label("service"), table.c.kind]
    if lens.owner is None:
        by.append(table.c.user_id.label("person"))
    return _booked_by_hour(lens, *by) if lens.hourly else _booked(lens, *by)


def _ended(lens: Lens) -> Select[Any]:
    """How calls ended, by hour or day; and what was tried before them, and why."""
    table = outcomes if lens.hourly else daily_outcomes
    slot = _hour(table.c.ended_at) if lens.hourly else table.c.date
    by = (slot.label("slot"), table.c.model, table.c.code, table.c.fell_from, table.c.because)
    calls = func.count() if lens.hourly else func.sum(table.c.calls)
    seen = _seen(table, table.c.ended_at, lens) if lens.hourly else _seen_by_day(table, lens)
    return select(*by, calls.label("calls"), func.sum(table.c.pictures).label("pictures")).where(*seen).group_by(*by)


def _durations(lens: Lens) -> Select[Any]:
    """How long calls took, rounded."""
    if not lens.hourly:
        took = daily_outcomes.c.took_ms
        return (
            select(daily_outcomes.c.model, took.label("rounded"), func.sum(daily_outcomes.c.calls).label("calls"))
            .where(*_seen_by_day(daily_outcomes, lens), took != UNTIMED)
            .group_by(daily_outcomes.c.model, took)
        )
    took = outcomes.c.duration_ms
    steps = ((took < below, took - took % step) for below, step in STEPS)
    rounded = case(*steps, else_=took - took % LONG).label("rounded")
    return (
        select(outcomes.c.model, rounded, func.count().label("calls"))
        .where(*_seen(outcomes, outcomes.c.ended_at, lens), took.is_not(None))
        .group_by(outcomes.c.model, rounded)
    )


def _kept(owner: str | None) -> Select[Any]:
    """What the pictures take that are there now."""
    total = func.coalesce(func.sum(images.c.bytes), 0).label("bytes")
    query = select(func.count().label("pictures"), total).select_from(images)
    return query if owner is None else query.where(images.c.user_id == owner)


_SUMS = ("succeeded", "failed", "fallbacks", "cost_micro", "total_ms", "timed")
_TOTALS = (
    select(statistics.c.provider, *(func.sum(statistics.c[name]).label(name) for name in _SUMS))
    .group_by(statistics.c.provider)
    .order_by(statistics.c.provider)
)
_RECENT = select(
    func.count().label("calls"), func.coalesce(func.sum(outcomes.c.pictures), 0).label("pictures")
).select_from(outcomes)


def _spent(row: Mapping[str, Any]) -> Spending:
    return Spending(
        slot=row["slot"],
        person=row["person"],
        project=row["project"],
        service=row["service"],
        kind=row["kind"],
        pictures=int(row["pictures"]),
        bookings=int(row["bookings"]),
        cost=Money(int(row["cost"])),
        unpriced=int(row["unpriced"]),
    )


def _outcome(row: Mapping[str, Any]) -> Outcomes:
    return Outcomes(
        slot=row["slot"],
        model=row["model"],
        code=row["code"],
        calls=int(row["calls"]),
        pictures=int(row["pictures"]),
        origin=row["fell_from"],
        because=row["because"],
    )
