"""Money set aside and money spent, in each budget that covers a job."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, text, update

from limner.db.statements import Statement, insertion
from limner.db.tables import holds
from limner.domain.errors import BudgetExceeded
from limner.domain.money import Money
from limner.domain.records import Scope

# One statement decides and writes: whoever comes at the same moment sees either all of it or nothing.
_RESERVE = Statement(
    text(
        """
        INSERT INTO budget_counters (scope, period, held_micro, spent_micro)
        SELECT CAST(:scope AS TEXT), CAST(:period AS TEXT), CAST(:amount AS BIGINT), 0
        WHERE CAST(:amount AS BIGINT) <= CAST(:most AS BIGINT)
        ON CONFLICT (scope, period) DO UPDATE SET held_micro = budget_counters.held_micro + excluded.held_micro
        WHERE budget_counters.held_micro + budget_counters.spent_micro + excluded.held_micro <= CAST(:most AS BIGINT)
        """
    )
)
_MOVE = Statement(
    text(
        """
        INSERT INTO budget_counters (scope, period, held_micro, spent_micro) VALUES (:scope, :period, :held, :spent)
        ON CONFLICT (scope, period) DO UPDATE SET
            held_micro = budget_counters.held_micro + excluded.held_micro,
            spent_micro = budget_counters.spent_micro + excluded.spent_micro
        """
    )
)
_INSERT = insertion(holds)
_SCOPES = Statement(
    select(holds.c.scope, holds.c.period)
    .where(holds.c.job_id == bindparam("job"))
    .order_by(holds.c.scope, holds.c.period)
)
_LESS = Statement(
    update(holds)
    .where(holds.c.job_id == bindparam("job"))
    .values(amount_micro=holds.c.amount_micro - bindparam("freed"))
)


def reserve(connection: Connection, scopes: Sequence[Scope], amount: Money) -> None:
    """Sets an amount aside in every budget, or raises BudgetExceeded; nothing always fits."""
    if not amount:
        return
    for scope in _in_order(scopes):
        values = {"scope": scope.name, "period": scope.period, "amount": amount.micro, "most": scope.limit.micro}
        if not _RESERVE.run(connection, values):
            raise BudgetExceeded(scope.message)


def write_holds(connection: Connection, job_id: str, scopes: Sequence[Scope], amount: Money) -> None:
    """Notes what a job has set aside and where."""
    _INSERT.many(
        connection,
        [
            {"job_id": job_id, "scope": scope.name, "period": scope.period, "amount_micro": amount.micro}
            for scope in _in_order(scopes)
        ],
    )


def settle(connection: Connection, job_id: str, *, freed: int, spent: int) -> None:
    """Frees a part of what a job has set aside and books what was spent, in each of its budgets; in micro-dollars."""
    if not freed and not spent:
        return
    for row in _SCOPES.rows(connection, {"job": job_id}):
        _MOVE.run(connection, {**row, "held": -freed, "spent": spent})
    if freed:
        _LESS.run(connection, {"job": job_id, "freed": freed})


def _in_order(scopes: Sequence[Scope]) -> list[Scope]:
    # Always in the same order, so that two transactions never wait for each other.
    return sorted(scopes, key=lambda scope: (scope.name, scope.period))
