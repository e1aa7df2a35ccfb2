"""How far batches and their rows are, as their jobs say it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import (
    Connection,
    Integer,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    not_,
    null,
    select,
)

from limner.db import codec
from limner.db.batch_tables import batch_rows
from limner.db.statements import Columns, Statement
from limner.db.tables import jobs
from limner.domain.batches import Batch, RowState, Standing
from limner.domain.job import JobState
from limner.domain.money import Money

_first_jobs = (
    select(batch_rows.c.number, batch_rows.c.job_id, literal_column("1", Integer).label("turn"))
    .where(batch_rows.c.batch_id == bindparam("batch"), batch_rows.c.job_id.is_not(None))
    .cte("bought", recursive=True)
)
_again = jobs.alias("again")
# A row's job, and the jobs that bought again what it did not bring: the last one says how far the row is.
_bought = _first_jobs.union_all(
    select(_first_jobs.c.number, _again.c.id, _first_jobs.c.turn + 1).where(_again.c.retry_of == _first_jobs.c.job_id)
)
_last = and_(
    _bought.c.number == batch_rows.c.number,
    not_(exists(select(_again.c.id).where(_again.c.retry_of == _bought.c.job_id))),
)
_rows_with_last = batch_rows.outerjoin(_bought, _last).outerjoin(jobs, jobs.c.id == _bought.c.job_id)
_again_is_last = batch_rows.c.again == jobs.c.id
"""No job has begun that buys what the row's last one did not bring, and one is to."""
_said = case(
    (and_(_again_is_last, batch_rows.c.state != RowState.FAILED.value), batch_rows.c.state),
    else_=func.coalesce(jobs.c.state, batch_rows.c.state),
)
_COUNTS = Statement(
    select(_said.label("said"), func.count().label("rows"))
    .select_from(_rows_with_last)
    .where(batch_rows.c.batch_id == bindparam("batch"))
    .group_by(_said)
)
_COST = Statement(
    select(
        func.coalesce(func.sum(jobs.c.cost_micro), 0).label("cost"),
        func.coalesce(func.sum(case((jobs.c.cost_micro.is_(None), 1), else_=0)), 0).label("unknown"),
    ).select_from(_bought.join(jobs, jobs.c.id == _bought.c.job_id))
)
_ROWS = Statement(
    select(
        batch_rows.c.number,
        batch_rows.c.line,
        batch_rows.c.prompt,
        batch_rows.c.job_id,
        _said.label("said"),
        jobs.c.id.label("found"),
        case((jobs.c.id.is_(None), batch_rows.c.problem), else_=jobs.c.problem).label("why"),
        case((_again_is_last, batch_rows.c.problem), else_=null()).label("why_not_again"),
    )
    .select_from(_rows_with_last)
    .where(batch_rows.c.batch_id == bindparam("batch"))
    .order_by(batch_rows.c.number)
)
_BOUGHT = Statement(
    select(_bought.c.number, jobs.c.id, jobs.c.cost_micro)
    .join_from(_bought, jobs, jobs.c.id == _bought.c.job_id)
    .order_by(_bought.c.number, _bought.c.turn)
)
_FIRST = Statement(
    select(batch_rows.c.prompt)
    .where(batch_rows.c.batch_id == bindparam("batch"))
    .order_by(batch_rows.c.number)
    .limit(1)
)


_OWN = frozenset({RowState.WAITING.value, RowState.BEGUN.value})
"""What no job can be."""


def batch(connection: Connection, row: Mapping[str, object]) -> Batch:
    """A batch from its row, and how far it is."""
    counted = _COUNTS.rows(connection, {"batch": row["id"]})
    cost = _COST.row(connection, {"batch": row["id"]}) or {}
    first = _FIRST.row(connection, {"batch": row["id"]})
    columns: Columns = dict(row)
    return Batch(
        id=columns["id"],
        owner=columns["user_id"],
        name=columns["name"],
        concurrency=columns["concurrency"],
        ceiling=_money(columns["ceiling_micro"]),
        created=codec.moment(columns["created_at"]),
        cancelled=codec.optional_moment(columns["cancelled_at"]),
        ended=codec.optional_moment(columns["ended_at"]),
        delay_ms=columns["delay_ms"],
        paused=codec.optional_moment(columns["paused_at"]),
        counts={found["said"]: int(found["rows"]) for found in counted},
        cost=None if cost["unknown"] else Money(int(cost["cost"])),
        first="" if first is None else first["prompt"],
    )


def rows(connection: Connection, batch_id: str) -> list[Standing]:
    """All rows of a batch in order, each with its jobs."""
    values, bought = {"batch": batch_id}, defaultdict[int, list[Columns]](list)
    for row in _BOUGHT.rows(connection, values):
        bought[row["number"]].append(row)
    return [_standing(row, bought[row["number"]]) for row in _ROWS.rows(connection, values)]


def _standing(row: Columns, bought: Sequence[Columns]) -> Standing:
    said: str = row["said"]
    costs = [each["cost_micro"] for each in bought]
    return Standing(
        number=row["number"],
        line=row["line"],
        prompt=row["prompt"],
        state=RowState(said) if said in _OWN or row["found"] is None else JobState(said),
        job_id=row["found"] or row["job_id"],
        jobs=tuple(each["id"] for each in bought),
        cost=None if None in costs else Money(sum(costs)),
        problem=codec.problems().read_optional(row["why"]),
        not_again=codec.problems().read_optional(row["why_not_again"]),
    )


def _money(micro: int | None) -> Money | None:
    return None if micro is None else Money(micro)
