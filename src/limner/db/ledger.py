"""Money in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, text

from limner.db import codec
from limner.db.database import Database
from limner.db.statements import Statement
from limner.db.tables import entries
from limner.db.walls import EVERYBODY
from limner.domain.money import Money
from limner.domain.records import ServiceSpend

_SPENT = Statement(
    select(
        entries.c.provider,
        func.sum(entries.c.pictures).label("pictures"),
        func.coalesce(func.sum(entries.c.amount_micro), 0).label("cost"),
        (func.count() - func.count(entries.c.amount_micro)).label("unknown"),
    )
    .where(entries.c.user_id == bindparam("owner"), entries.c.created_at >= bindparam("since"))
    .group_by(entries.c.provider)
    .order_by(entries.c.provider)
)
# What the bookings of a job come to in each of its budgets: money, or pictures, of which as many count as came, and
# where none came although it was charged, as many as were bought. As `db.holds` counts them.
_SPENT_IN = """
    WITH all_holds AS (
        SELECT scope, period, amount FROM job_holds
        UNION ALL SELECT scope, period, amount FROM text_holds
    ), parts AS (
        SELECT h.scope, h.period, SUM(
            CASE WHEN h.picture_micro IS NULL THEN e.counted_micro
                 WHEN e.amount_micro = 0 THEN 0
                 WHEN e.pictures BETWEEN 1 AND c.hold_micro / h.picture_micro THEN e.pictures
                 ELSE c.hold_micro / h.picture_micro END
        ) AS total
        FROM job_holds h
        JOIN ledger_entries e ON e.job_id = h.job_id
        JOIN generation_calls c ON c.id = e.call_id
        GROUP BY h.scope, h.period
        UNION ALL
        SELECT t.scope, t.period, SUM(e.counted_micro) AS total
        FROM text_holds t JOIN ledger_entries e ON e.call_id = t.call_id
        GROUP BY t.scope, t.period
    ), spent_in AS (
        SELECT scope, period, SUM(total) AS total FROM parts GROUP BY scope, period
    )
"""

# Each gives a row for every difference, with what is written down first and what the rows add up to second. What a
# budget counts, micro-dollars or pictures, is in its name.
_CHECKS = (
    (
        "The budget {name} has {found} set aside; its jobs have {wanted}.",
        """
        SELECT c.scope || ' ' || c.period AS name, c.held AS found, COALESCE(h.total, 0) AS wanted
        FROM budget_counters c LEFT JOIN (
            SELECT scope, period, SUM(amount) AS total FROM all_holds GROUP BY scope, period
        ) h ON h.scope = c.scope AND h.period = c.period
        WHERE c.held <> COALESCE(h.total, 0)
        """,
    ),
    (
        "The budget {name} is missing; its jobs have {wanted} set aside or spent in it.",
        """
        SELECT h.scope || ' ' || h.period AS name, 0 AS found, SUM(h.amount) + COALESCE(MAX(s.total), 0) AS wanted
        FROM all_holds h LEFT JOIN spent_in s ON s.scope = h.scope AND s.period = h.period
        WHERE NOT EXISTS (SELECT 1 FROM budget_counters c WHERE c.scope = h.scope AND c.period = h.period)
        GROUP BY h.scope, h.period HAVING SUM(h.amount) + COALESCE(MAX(s.total), 0) <> 0
        """,
    ),
    (
        "The budget {name} has {found} spent; its entries add up to {wanted}.",
        """
        SELECT c.scope || ' ' || c.period AS name, c.spent AS found, COALESCE(s.total, 0) AS wanted
        FROM budget_counters c LEFT JOIN spent_in s ON s.scope = c.scope AND s.period = c.period
        WHERE c.spent <> COALESCE(s.total, 0)
        """,
    ),
    (
        "The job {name} has {found} micro-dollars set aside in one of its budgets and {wanted} by itself.",
        """
        SELECT j.id AS name, h.amount * COALESCE(h.picture_micro, 1) AS found, j.held_micro AS wanted
        FROM job_holds h JOIN generation_jobs j ON j.id = h.job_id
        WHERE h.amount * COALESCE(h.picture_micro, 1) <> j.held_micro
        """,
    ),
    (
        "The job {name} has {found} micro-dollars set aside; its calls that are not ended need {wanted}.",
        """
        SELECT j.id AS name, j.held_micro AS found, COALESCE(c.total, 0) AS wanted
        FROM generation_jobs j LEFT JOIN (
            SELECT job_id, SUM(hold_micro) AS total FROM generation_calls
            WHERE state NOT IN ('settled', 'failed', 'cancelled') GROUP BY job_id
        ) c ON c.job_id = j.id
        WHERE j.held_micro < COALESCE(c.total, 0)
           OR (j.state NOT IN ('quoted', 'queued', 'running') AND j.held_micro <> COALESCE(c.total, 0))
        """,
    ),
    (
        "The job {name} cost {found} micro-dollars; its entries add up to {wanted}.",
        """
        SELECT j.id AS name, j.cost_micro AS found, e.total AS wanted
        FROM generation_jobs j LEFT JOIN (
            SELECT job_id, CASE WHEN COUNT(*) = COUNT(amount_micro) THEN SUM(amount_micro) END AS total,
                   COUNT(*) AS bookings
            FROM ledger_entries GROUP BY job_id
        ) e ON e.job_id = j.id
        WHERE COALESCE(j.cost_micro, -1) <> CASE WHEN e.bookings IS NULL THEN 0 ELSE COALESCE(e.total, -1) END
        """,
    ),
    (
        "The call {name} was bought and has no entry in the ledger.",
        """
        SELECT c.id AS name, 0 AS found, 0 AS wanted FROM generation_calls c
        WHERE c.state = 'settled' AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.call_id = c.id)
        """,
    ),
    (
        "The text call {name} has {found} micro-dollars set aside in one of its budgets and {wanted} by itself.",
        """
        SELECT t.id AS name, h.amount AS found, t.held_micro AS wanted
        FROM text_holds h JOIN text_calls t ON t.id = h.call_id WHERE h.amount <> t.held_micro
        """,
    ),
    (
        "The text call {name} was bought and has no entry in the ledger.",
        """
        SELECT t.id AS name, 0 AS found, 0 AS wanted FROM text_calls t
        WHERE t.state = 'settled' AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.call_id = t.id)
        """,
    ),
    (
        "The bookings of {name} add up to {found} micro-dollars by day; the entries have {wanted}.",
        """
        SELECT day AS name, SUM(found) AS found, SUM(wanted) AS wanted FROM (
            SELECT date AS day, cost_micro AS found, 0 AS wanted FROM daily_bookings
            UNION ALL SELECT substr(created_at, 1, 10), 0, COALESCE(amount_micro, 0) FROM ledger_entries
        ) AS sums GROUP BY day HAVING SUM(found) <> SUM(wanted)
        """,
    ),
    (
        "On {name} {found} calls ended by the sums of days, and {wanted} by what was noted of each.",
        """
        SELECT day AS name, SUM(found) AS found, SUM(wanted) AS wanted FROM (
            SELECT date AS day, calls AS found, 0 AS wanted FROM daily_outcomes
            UNION ALL SELECT substr(ended_at, 1, 10), 0, 1 FROM generation_outcomes
        ) AS sums GROUP BY day HAVING SUM(found) <> SUM(wanted)
        """,
    ),
)
_DIFFERENCES = tuple((sentence, Statement(text("\n".join((_SPENT_IN, query))))) for sentence, query in _CHECKS)


class SqlLedger:
    """The `Ledger` of `domain.stores`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spent(self, owner: str, since: datetime) -> Sequence[ServiceSpend]:
        """A person's bookings by service."""
        values = {"owner": owner, "since": codec.stamp(since)}
        found = await self._database.read(lambda connection: _SPENT.rows(connection, values), owner=owner)
        return [
            ServiceSpend(
                service=row["provider"],
                pictures=int(row["pictures"]),
                cost=Money(int(row["cost"])),
                unknown=int(row["unknown"]),
            )
            for row in found
        ]

    async def check(self) -> Sequence[str]:
        """Every way in which the running sums differ from the rows; empty when all is well."""
        return await self._database.read(_differences, owner=EVERYBODY)


def _differences(connection: Connection) -> list[str]:
    return [sentence.format(**row) for sentence, query in _DIFFERENCES for row in query.rows(connection, {})]
