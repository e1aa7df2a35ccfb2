"""How many requests came in the last minute, exact over all processes of one database.

Each request that is let in gets a number, counted up in a row that stays locked until the commit: of two at the same
moment one waits. It is let in where the request that is as many numbers back as are allowed is older than a minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, exists, select, text

from limner.db import codec
from limner.db.statements import Statement
from limner.db.tables import request_counts, request_marks
from limner.domain.budgets import ADDRESS, MINUTE, Rate
from limner.domain.errors import TooManyRequests

_NUMBER = Statement(
    text(
        """
        INSERT INTO request_counts (scope, passed) VALUES (:scope, 1)
        ON CONFLICT (scope) DO UPDATE SET passed = request_counts.passed + 1
        RETURNING passed
        """
    )
)
# What is as far back as that and old enough never matters again, even if more or fewer are allowed later; what is not
# old enough comes back with the rollback.
_FORGET = Statement(text("DELETE FROM request_marks WHERE scope = :scope AND number <= :bound RETURNING came_at"))
_MARK = Statement(text("INSERT INTO request_marks (scope, number, came_at) VALUES (:scope, :number, :at)"))

SWEPT = 20
"""Idle addresses that one request of a new one forgets: so there are never many more than were there in a minute."""
# Rows that somebody else has in hand are skipped, so that nobody waits here. One that is taken up in this very moment
# may lose its last mark, and its address may ask once more than is allowed.
_idle = (
    select(request_counts.c.scope)
    .where(
        request_counts.c.scope > ADDRESS,
        request_counts.c.scope < ADDRESS[:-1] + chr(ord(ADDRESS[-1]) + 1),
        ~exists().where(
            request_marks.c.scope == request_counts.c.scope, request_marks.c.came_at > bindparam("horizon")
        ),
    )
    .order_by(request_counts.c.scope)
    .limit(SWEPT)
    .with_for_update(skip_locked=True)
)
_FORGET_IDLE = Statement(
    delete(request_counts).where(request_counts.c.scope.in_(_idle)).returning(request_counts.c.scope)
)
_FORGET_MARKS = Statement(delete(request_marks).where(request_marks.c.scope == bindparam("scope")))


def count(connection: Connection, rates: Sequence[Rate], at: datetime) -> None:
    """Lets a request in and remembers it, or raises TooManyRequests; the caller then rolls everything back."""
    marks, new_address = list[Mapping[str, object]](), False
    for rate in sorted(rates, key=lambda rate: rate.name):  # in one order, as `holds.reserve`
        number = (_NUMBER.row(connection, {"scope": rate.name}) or {})["passed"]
        if number > rate.most:
            _make_room(connection, rate, number - rate.most, at)
        marks.append({"scope": rate.name, "number": number, "at": codec.stamp(at)})
        new_address = new_address or (number == 1 and rate.name.startswith(ADDRESS))
    _MARK.many(connection, marks)
    if new_address:
        _sweep(connection, at)


def _make_room(connection: Connection, rate: Rate, bound: int, at: datetime) -> None:
    """Forgets the requests up to a number, which are older than a minute, or raises TooManyRequests."""
    forgotten = _FORGET.rows(connection, {"scope": rate.name, "bound": bound})
    newest = max((row["came_at"] for row in forgotten), default=None)
    if newest is None:
        return
    wait = (codec.moment(newest) + MINUTE - at).total_seconds()
    if wait > 0:
        # Clocks of several machines may differ: never longer than the minute that is meant.
        raise TooManyRequests(f"{rate.message} Wait a little.", retry_after=min(max(wait, 1.0), 60.0))


def _sweep(connection: Connection, at: datetime) -> None:
    """Forgets addresses from which nothing came in the last minute."""
    for row in _FORGET_IDLE.rows(connection, {"horizon": codec.stamp(at - MINUTE)}):
        _FORGET_MARKS.run(connection, {"scope": row["scope"]})
