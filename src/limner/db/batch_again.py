"""Rows of a batch that failed, and are to be tried again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, bindparam, exists, not_, null, or_, select, update

from limner.db import codec
from limner.db.batch_tables import batch_rows, batches
from limner.db.statements import Columns, Statement
from limner.db.tables import jobs
from limner.domain.batches import NewRow, RowState

_no_job = and_(
    batch_rows.c.batch_id == bindparam("batch"),
    batch_rows.c.state == RowState.FAILED.value,
    batch_rows.c.job_id.is_(None),
    batch_rows.c.request.is_not(None),
)
_UNPAINTED = Statement(select(batch_rows).where(_no_job).order_by(batch_rows.c.number))
_LET_WAIT = Statement(
    update(batch_rows)
    .where(_no_job, batch_rows.c.number == bindparam("place"))
    .values(state=RowState.WAITING.value, problem=null(), request=bindparam("wish"), service=bindparam("painter"))
)
# A row that waits for it already, or whose rest somebody has begun to buy, stays as it is.
_BUY_AGAIN = Statement(
    update(batch_rows)
    .where(
        batch_rows.c.batch_id == bindparam("batch"),
        batch_rows.c.number == bindparam("place"),
        batch_rows.c.job_id.is_not(None),
        or_(batch_rows.c.again.is_(None), batch_rows.c.state == RowState.FAILED.value),
        not_(exists(select(jobs.c.id).where(jobs.c.retry_of == bindparam("short")))),
    )
    .values(
        state=RowState.WAITING.value,
        problem=null(),
        again=bindparam("short"),
        again_micro=bindparam("most"),
        service=bindparam("painter"),
    )
)
# Whoever has it in hand has it no longer: it may be about to write down that nothing is left to do.
_REOPEN = Statement(
    update(batches)
    .where(batches.c.id == bindparam("batch"))
    .values(ended_at=null(), cancelled_at=null(), worker=null(), attempt=batches.c.attempt + 1)
)


def unpainted(connection: Connection, batch_id: str) -> list[NewRow]:
    """Rows that failed before they became jobs, and could be tried again."""
    return [
        NewRow(
            number=row["number"],
            line=row["line"],
            prompt=row["prompt"],
            request=codec.requests().read(row["request"]),
            service=row["service"],
        )
        for row in _UNPAINTED.rows(connection, {"batch": batch_id})
    ]


def reopen(connection: Connection, batch_id: str, rows: Sequence[NewRow]) -> None:
    """Lets rows wait again that are as they were when they were priced; the batch is nobody's then."""
    if sum(_waits(connection, batch_id, row) for row in rows):
        _REOPEN.run(connection, {"batch": batch_id})


def _waits(connection: Connection, batch_id: str, row: NewRow) -> int:
    """Lets one row wait; 0 where it does already, or cannot be painted."""
    if row.request is None:
        return 0
    values: Columns = {"batch": batch_id, "place": row.number, "painter": row.service}
    if row.again is None:
        return _LET_WAIT.run(connection, {**values, "wish": codec.requests().write(row.request)})
    most = row.request.max_cost
    return _BUY_AGAIN.run(connection, {**values, "short": row.again, "most": None if most is None else most.micro})
