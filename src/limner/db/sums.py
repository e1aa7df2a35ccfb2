"""Sums by day: added to in the transaction that books a call or notes how it ended."""

from __future__ import annotations

from sqlalchemy import Connection, text

from limner.db.statements import Columns, Statement, insertion
from limner.db.tables import entries

STEPS = ((1_000, 10), (10_000, 100), (100_000, 1_000))
"""Durations below so many milliseconds are rounded down to so many each; longer ones to LONG."""
LONG = 10_000
UNTIMED = -1
"""In place of a duration that nobody has."""
DAY = len("2026-11-28")
"""Of a moment's signs those that are its day."""

_INSERT_ENTRY = insertion(entries)
_BOOKED = Statement(
    text(
        """
        INSERT INTO daily_bookings (date, user_id, project, provider, kind, pictures, bookings, cost_micro, unpriced)
        VALUES (:date, :user_id, :project, :provider, :kind, :pictures, 1, :cost_micro, :unpriced)
        ON CONFLICT (date, user_id, project, provider, kind) DO UPDATE SET
            pictures = daily_bookings.pictures + excluded.pictures,
            bookings = daily_bookings.bookings + 1,
            cost_micro = daily_bookings.cost_micro + excluded.cost_micro,
            unpriced = daily_bookings.unpriced + excluded.unpriced
        """
    )
)
_ENDED = Statement(
    text(
        """
        INSERT INTO daily_outcomes (date, user_id, project, model, code, fell_from, because, took_ms, calls, pictures)
        VALUES (:date, :user_id, :project, :model, :code, :fell_from, :because, :took_ms, 1, :pictures)
        ON CONFLICT (date, user_id, project, model, code, fell_from, because, took_ms) DO UPDATE SET
            calls = daily_outcomes.calls + 1,
            pictures = daily_outcomes.pictures + excluded.pictures
        """
    )
)


def book(connection: Connection, entry: Columns) -> None:
    """Writes a booking into the ledger, and adds it to its day."""
    _INSERT_ENTRY.many(connection, [entry])
    amount = entry["amount_micro"]
    day = {
        **{name: entry[name] for name in ("user_id", "project", "provider", "kind", "pictures")},
        "date": entry["created_at"][:DAY],
        "cost_micro": amount or 0,
        "unpriced": int(amount is None),
    }
    _BOOKED.run(connection, day)


def ended(connection: Connection, outcome: Columns) -> None:
    """Adds to its day how a call ended."""
    took = outcome["duration_ms"]
    day = {
        **{name: outcome[name] for name in ("user_id", "project", "model", "code", "fell_from", "because", "pictures")},
        "date": outcome["ended_at"][:DAY],
        "took_ms": UNTIMED if took is None else rounded(took),
    }
    _ENDED.run(connection, day)


def rounded(milliseconds: int) -> int:
    """A duration to two digits, or better."""
    step = next((step for below, step in STEPS if milliseconds < below), LONG)
    return milliseconds - milliseconds % step
