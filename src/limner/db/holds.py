"""Money and pictures set aside and used up, in each budget that covers a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, text

from limner.db.statements import Columns, Statement, insertion
from limner.db.tables import holds
from limner.domain.budgets import Counted, Scope
from limner.domain.records import NewJob

# One statement decides and writes: whoever comes at the same moment sees either all of it or nothing.
_RESERVE = Statement(
    text(
        """
        INSERT INTO budget_counters (scope, period, held, spent)
        SELECT CAST(:scope AS TEXT), CAST(:period AS TEXT), CAST(:amount AS BIGINT), 0
        WHERE CAST(:amount AS BIGINT) <= CAST(:most AS BIGINT)
        ON CONFLICT (scope, period) DO UPDATE SET held = budget_counters.held + excluded.held
        WHERE budget_counters.held + budget_counters.spent + excluded.held <= CAST(:most AS BIGINT)
        """
    )
)
_MOVE = Statement(
    text(
        """
        INSERT INTO budget_counters (scope, period, held, spent) VALUES (:scope, :period, :held, :spent)
        ON CONFLICT (scope, period) DO UPDATE SET
            held = budget_counters.held + excluded.held,
            spent = budget_counters.spent + excluded.spent
        """
    )
)
_INSERT = insertion(holds)
_OF_JOB = Statement(
    select(holds.c.scope, holds.c.period, holds.c.picture_micro)
    .where(holds.c.job_id == bindparam("job"))
    .order_by(holds.c.scope, holds.c.period)
)
_LESS = Statement(
    text("UPDATE job_holds SET amount = amount - :freed / COALESCE(picture_micro, 1) WHERE job_id = :job")
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Booking:
    """What becomes of a job's holds, in micro-dollars."""

    freed: int
    """No longer set aside."""
    spent: int = 0
    """Used up."""
    bought: int = 0
    """The hold of the purchase, where that is paid for."""
    pictures: int = 0
    """How many it brought."""

    def pictures_spent(self, unit: int) -> int:
        """How many count, at a hold of `unit` for each: those that came, or where none came, those that were bought."""
        wanted = self.bought // unit
        return self.pictures if 0 < self.pictures < wanted else wanted


def reserve(connection: Connection, scopes: Sequence[Scope], new: NewJob) -> None:
    """Sets aside what a job may take, in every budget, or raises BudgetExceeded.

    The scopes come in one order for everybody, so that two transactions never wait for each other.
    """
    amounts = _amounts(new)
    for scope in scopes:
        amount = amounts[scope.counted]
        values = {"scope": scope.name, "period": scope.period, "amount": amount, "most": scope.limit}
        if not _RESERVE.run(connection, values):
            raise scope.exceeded(new.at)


def write_holds(connection: Connection, scopes: Sequence[Scope], new: NewJob) -> None:
    """Notes what a job has set aside and where."""
    amounts = _amounts(new)
    unit = new.unit if any(scope.counted is Counted.PICTURES for scope in scopes) else None
    _INSERT.many(
        connection,
        [
            {
                "job_id": new.id,
                "scope": scope.name,
                "period": scope.period,
                "amount": amounts[scope.counted],
                "picture_micro": unit if scope.counted is Counted.PICTURES else None,
            }
            for scope in scopes
        ],
    )


def settle(connection: Connection, job_id: str, booking: Booking) -> None:
    """Frees a part of what a job has set aside and books what was used up, in each of its budgets."""
    if not booking.freed and not booking.spent:
        return
    for row in _OF_JOB.rows(connection, {"job": job_id}):
        _MOVE.run(connection, _moved(row, booking))
    if booking.freed:
        _LESS.run(connection, {"job": job_id, "freed": booking.freed})


def _amounts(new: NewJob) -> Mapping[Counted, int]:
    """What a job sets aside, in what a budget counts."""
    return {Counted.USD: new.hold.micro, Counted.PICTURES: new.pictures}


def _moved(row: Columns, booking: Booking) -> Columns:
    """What changes in one budget, in what it counts."""
    unit = row["picture_micro"]
    freed = booking.freed if unit is None else booking.freed // unit
    spent = booking.spent if unit is None else booking.pictures_spent(unit)
    return {"scope": row["scope"], "period": row["period"], "held": -freed, "spent": spent}
