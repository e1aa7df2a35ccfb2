"""How calls ended, written down in the transaction that ends them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select

from limner.db import codec, sums
from limner.db.outcome_tables import outcomes
from limner.db.statements import Columns, Statement, insertion
from limner.db.tables import calls
from limner.domain.job import CallState

LOST = "lost"
"""What became of a call that brought nothing, as a person has decided about it."""
_INSERT = insertion(outcomes)
_TRIED_BEFORE = Statement(
    select(calls.c.model, calls.c.problem)
    .where(
        calls.c.job_id == bindparam("job"),
        calls.c.candidate < bindparam("place"),
        calls.c.state == CallState.FAILED.value,
    )
    .order_by(calls.c.candidate.desc(), calls.c.number.desc())
    .limit(1)
)
_MILLISECOND = timedelta(milliseconds=1)


def note(connection: Connection, call: Columns, *, pictures: int, code: str, at: datetime) -> None:
    """Notes how a call ended: `call` has its job, person, project, model and candidate, and when it was sent.

    It succeeded where it brought a picture, whatever `code` says.
    """
    sent = codec.optional_moment(call["submitted_at"])
    fell_from, because = _tried_before(connection, call) if call["candidate"] else ("", "")
    row = {
        "ended_at": codec.stamp(at),
        "call_id": call["call_id"],
        "job_id": call["job_id"],
        "user_id": call["user_id"],
        "project": call["project"],
        "model": call["model"],
        "code": "" if pictures else code or "failed",
        "pictures": pictures,
        "duration_ms": None if sent is None or not pictures else max(0, (at - sent) // _MILLISECOND),
        "fell_from": fell_from,
        "because": because,
    }
    _INSERT.many(connection, [row])
    sums.ended(connection, row)


def _tried_before(connection: Connection, call: Columns) -> tuple[str, str]:
    """The model that failed before this one was tried, and with what; empty where no call of it failed."""
    row = _TRIED_BEFORE.row(connection, {"job": call["job_id"], "place": call["candidate"]})
    if row is None:
        return "", ""
    problem = codec.problems().read_optional(row["problem"])
    return row["model"], "failed" if problem is None else str(problem.code)
