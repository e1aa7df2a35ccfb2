"""The right to write about a running job, and the numbers of its events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, select, update

from limner.db import rows
from limner.db.statements import Columns, Statement, insertion
from limner.db.tables import calls, events, jobs
from limner.domain.events import Event, News
from limner.domain.job import TRANSITIONS, JobState
from limner.domain.records import Lease, LeaseLost

LEASED = and_(
    jobs.c.id == bindparam("job"), jobs.c.attempt == bindparam("attempt"), jobs.c.state == JobState.RUNNING.value
)
"""The job is still this worker's: nobody has taken it since, and it has not ended."""

# On PostgreSQL the row stays locked until the commit, so that nobody takes the job between this and the next
# statement; SQLite has one writer at a time anyway.
_LEASED_JOB = Statement(select(jobs).where(LEASED).with_for_update(key_share=True))
_LEASED_CALL = Statement(
    select(
        jobs.c.user_id,
        jobs.c.project,
        jobs.c.held_micro,
        jobs.c.cost_micro,
        jobs.c.last_event,
        calls.c.job_id,
        calls.c.id.label("call_id"),
        calls.c.candidate,
        calls.c.state,
        calls.c.model,
        calls.c.hold_micro,
        calls.c.submitted_at,
    )
    .join_from(jobs, calls, calls.c.job_id == jobs.c.id)
    .where(LEASED, calls.c.id == bindparam("call"))
    .with_for_update(key_share=True)
)
_COUNT_EVENTS = Statement(
    update(jobs).where(LEASED).values(last_event=jobs.c.last_event + bindparam("count")).returning(jobs.c.last_event)
)
_INSERT_EVENTS = insertion(events)


def may_become(current: str, target: JobState) -> None:
    """Raises ValueError for a change of state that there is not."""
    if target not in TRANSITIONS[JobState(current)]:
        raise ValueError(f"A job that is {current} does not become {target.value}.")


def leased_job(connection: Connection, lease: Lease) -> Columns:
    """The job's row, locked. Raises LeaseLost."""
    row = _LEASED_JOB.row(connection, {"job": lease.job_id, "attempt": lease.attempt})
    if row is None:
        raise lost(lease)
    return row


def leased_call(connection: Connection, lease: Lease, call_id: str) -> Columns:
    """One call with what its job has held and booked, both locked. Raises LeaseLost."""
    row = _LEASED_CALL.row(connection, {"job": lease.job_id, "attempt": lease.attempt, "call": call_id})
    if row is None:
        leased_job(connection, lease)
        raise ValueError(f"The job {lease.job_id} has no call {call_id}.")
    return row


def tell(connection: Connection, lease: Lease, news: Sequence[News], at: datetime) -> list[Event]:
    """Numbers and writes down what happened. Raises LeaseLost."""
    values = {"job": lease.job_id, "attempt": lease.attempt, "count": len(news)}
    row = _COUNT_EVENTS.row(connection, values)
    if row is None:
        raise lost(lease)
    return write_events(connection, lease.job_id, row["last_event"] - len(news), news, at)


def write_events(connection: Connection, job_id: str, last: int, news: Sequence[News], at: datetime) -> list[Event]:
    """Writes down events after number `last`; the caller has set the job's `last_event`."""
    written = [
        Event(job_id=job_id, number=number, kind=item.kind, at=at, data=item.data)
        for number, item in enumerate(news, last + 1)
    ]
    _INSERT_EVENTS.many(connection, [rows.event_row(event) for event in written])
    return written


def lost(lease: Lease) -> LeaseLost:
    """What whoever comes too late is told."""
    return LeaseLost(f"Attempt {lease.attempt} no longer has the job {lease.job_id}.")
