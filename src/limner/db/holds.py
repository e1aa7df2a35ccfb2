"""Money and pictures set aside and used up, in each budget that covers a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, bindparam, select, text

from limner.db.statements import Columns, Statement, insertion
from limner.db.tables import holds
from limner.db.text_tables import text_holds
from limner.domain.budgets import Counted, Scope
from limner.domain.money import Money
from limner.domain.records import NewJob
from limner.domain.text_calls import NewTextCall

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

_INSERT_TEXT = insertion(text_holds)
_OF_TEXT = Statement(
    select(text_holds.c.scope, text_holds.c.period)
    .where(text_holds.c.call_id == bindparam("call"))
    .order_by(text_holds.c.scope, text_holds.c.period)
)
_LESS_TEXT = Statement(text("UPDATE text_holds SET amount = amount - :freed WHERE call_id = :call"))


class SetsAside(Protocol):
    """Whatever takes money, or pictures, out of budgets before it begins: a job, a text call."""

    @property
    def hold(self) -> Money:
        """What it takes of each budget of money."""
        ...

    @property
    def pictures(self) -> int:
        """What it takes of each budget of pictures."""
        ...

    @property
    def at(self) -> datetime:
        """When it is written down."""
        ...


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


def reserve(connection: Connection, scopes: Sequence[Scope], new: SetsAside) -> None:
    """Sets aside what a job or a text may take, in every budget, or raises BudgetExceeded.

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


def write_text_holds(connection: Connection, scopes: Sequence[Scope], new: NewTextCall) -> None:
    """Notes what a text call has set aside and where."""
    _INSERT_TEXT.many(
        connection,
        [
            {"call_id": new.id, "scope": scope.name, "period": scope.period, "amount": new.hold.micro}
            for scope in scopes
        ],
    )


def settle_text(connection: Connection, call_id: str, *, freed: int, spent: int) -> None:
    """Frees what a text call has set aside and books what was used up, in each of its budgets."""
    if not freed and not spent:
        return
    for row in _OF_TEXT.rows(connection, {"call": call_id}):
        _MOVE.run(connection, {"scope": row["scope"], "period": row["period"], "held": -freed, "spent": spent})
    if freed:
        _LESS_TEXT.run(connection, {"call": call_id, "freed": freed})


def _amounts(new: SetsAside) -> Mapping[Counted, int]:
    """What is set aside, in what a budget counts."""
    return {Counted.USD: new.hold.micro, Counted.PICTURES: new.pictures}


def _moved(row: Columns, booking: Booking) -> Columns:
    """What changes in one budget, in what it counts."""
    unit = row["picture_micro"]
    freed = booking.freed if unit is None else booking.freed // unit
    spent = booking.spent if unit is None else booking.pictures_spent(unit)
    return {"scope": row["scope"], "period": row["period"], "held": -freed, "spent": spent}
