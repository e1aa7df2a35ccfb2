"""How jobs begin, end, and are decided about afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, not_, select, true, update

from limner.db import codec, holds, outbox, outcomes, pausing, reading, statistics, sums
from limner.db.leases import LEASED, leased_job, lost, may_become, write_events
from limner.db.pausing import WAITS
from limner.db.purchases import plus
from limner.db.statements import Columns, Statement, one_of
from limner.db.tables import calls, images, jobs
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.events import Event, EventKind, News
from limner.domain.job import ENDED_STATES, OPEN_STATES, CallState, Job, JobState
from limner.domain.queue import ON_THE_WAY
from limner.domain.records import Ending, Lease, OpenJob

_TAKE = Statement(
    update(jobs)
    .where(
        jobs.c.id == bindparam("job"),
        one_of(jobs.c.state, OPEN_STATES),
        jobs.c.worker.is_not_distinct_from(bindparam("known")),
        not_(WAITS),
    )
    .values(
        state=JobState.RUNNING.value,
        attempt=jobs.c.attempt + 1,
        worker=bindparam("taker"),
        started_at=func.coalesce(jobs.c.started_at, bindparam("at")),
        last_event=jobs.c.last_event + 1,
    )
    .returning(jobs)
)
_RELEASE = Statement(
    update(jobs)
    .where(LEASED)
    .values(state=JobState.QUEUED.value, worker=None, last_event=jobs.c.last_event + 1)
    .returning(jobs.c.last_event)
)
# How long it waits is not how long it takes.
_NOT_BEGUN = Statement(update(jobs).where(jobs.c.id == bindparam("job")).values(started_at=None))
_DECIDED = Statement(
    update(calls)
    .where(calls.c.id == bindparam("call"))
    .values(state=bindparam("decided"), cost_micro=bindparam("cost"))
)
_BOOKED = Statement(
    update(jobs).where(jobs.c.id == bindparam("job")).values(held_micro=bindparam("held"), cost_micro=bindparam("cost"))
)
_PICTURES = Statement(select(func.count().label("made")).select_from(images).where(images.c.job_id == bindparam("job")))
_FINISH = Statement(
    update(jobs)
    .where(jobs.c.id == bindparam("job"))
    .values(
        state=bindparam("ended"),
        finished_at=bindparam("at"),
        problem=bindparam("why"),
        held_micro=bindparam("held"),
        last_event=jobs.c.last_event + bindparam("count"),
    )
)
_CALL_STATES = Statement(select(calls.c.state, calls.c.hold_micro).where(calls.c.job_id == bindparam("job")))
_DROP_QUEUED = Statement(
    update(calls)
    .where(calls.c.job_id == bindparam("job"), calls.c.state == CallState.QUEUED.value)
    .values(state=CallState.CANCELLED.value)
)
_CANCEL = Statement(
    update(jobs)
    .where(
        jobs.c.id == bindparam("job"),
        jobs.c.user_id == bindparam("owner"),
        one_of(jobs.c.state, OPEN_STATES),
    )
    .values(cancel_requested=true())
    .returning(jobs)
)
_OWN_CALL = Statement(
    select(
        calls.c.id.label("call_id"),
        calls.c.state.label("call_state"),
        calls.c.hold_micro,
        calls.c.model,
        calls.c.candidate,
        jobs.c.id.label("job_id"),
        jobs.c.user_id,
        jobs.c.project,
        jobs.c.state,
        jobs.c.problem,
        jobs.c.finished_at,
        jobs.c.held_micro,
        jobs.c.cost_micro,
        jobs.c.last_event,
    )
    .join_from(jobs, calls, calls.c.job_id == jobs.c.id)
    .where(calls.c.id == bindparam("call"), jobs.c.user_id == bindparam("owner"))
    .with_for_update(key_share=True)
)


def take(connection: Connection, job: OpenJob, worker: str, at: datetime) -> tuple[Job | None, list[Event]]:
    """Takes a job over, if it still is as `job` says."""
    values = {"job": job.id, "known": job.worker, "taker": worker, "at": codec.stamp(at)}
    row = _TAKE.row(connection, values)
    if row is None:
        return None, []
    news = News(kind=EventKind.RUNNING, data={"state": JobState.RUNNING.value, "attempt": row["attempt"]})
    return reading.whole_job(connection, row), write_events(connection, job.id, row["last_event"] - 1, [news], at)


def release(connection: Connection, lease: Lease, at: datetime, *, paused: bool = False) -> list[Event]:
    """Puts a job back into the queue."""
    row = _RELEASE.row(connection, {"job": lease.job_id, "attempt": lease.attempt})
    if row is None:
        raise lost(lease)
    if paused:
        _NOT_BEGUN.run(connection, {"job": lease.job_id})
    news = pausing.queued_news(paused=paused)
    return write_events(connection, lease.job_id, row["last_event"] - 1, [news], at)


def finish(connection: Connection, lease: Lease, ending: Ending, news: Sequence[News]) -> tuple[Job, list[Event]]:
    """Ends a job. Raises ValueError while one of its calls is on its way: its hold must not be freed."""
    row = leased_job(connection, lease)
    if ending.state not in ENDED_STATES:
        raise ValueError(f"A job does not end as {ending.state.value}.")
    return _told(connection, lease.job_id, _end(connection, row, ending, news))


def request_cancel(connection: Connection, job_id: str, owner: str, at: datetime) -> tuple[Job, list[Event]]:
    """Notes that a job should stop; one that nobody has in hand, and of which nothing is under way, ends here."""
    row = _CANCEL.row(connection, {"job": job_id, "owner": owner})
    if row is None or row["state"] != JobState.QUEUED or _is_under_way(connection, job_id):
        return reading.find_job(connection, job_id, owner), []
    state, made = JobState.CANCELLED, int((_PICTURES.row(connection, {"job": job_id}) or {"made": 0})["made"])
    news = News(kind=EventKind.FINISHED, data={"state": state.value, "pictures": made, "problem": None})
    return _told(connection, job_id, _end(connection, row, Ending(state=state, at=at), [news]))


def _is_under_way(connection: Connection, job_id: str) -> bool:
    """Whether a call of a job may have been bought and is not closed."""
    states = {call["state"] for call in _CALL_STATES.rows(connection, {"job": job_id})}
    return not states.isdisjoint(ON_THE_WAY | {CallState.AMBIGUOUS})


def _told(connection: Connection, job_id: str, events: list[Event]) -> tuple[Job, list[Event]]:
    """A job as it now stands, with messages to the webhooks that are to hear of its end."""
    job = reading.find_job(connection, job_id, None)
    outbox.write(connection, job, events)
    return job, events


def _end(connection: Connection, row: Columns, ending: Ending, news: Sequence[News]) -> list[Event]:
    may_become(row["state"], ending.state)
    job_id, kept, waiting = row["id"], 0, False
    for call in _CALL_STATES.rows(connection, {"job": job_id}):
        if call["state"] in ON_THE_WAY:
            raise ValueError(f"The job {job_id} cannot end while one of its calls is {call['state']}.")
        if call["state"] == CallState.AMBIGUOUS:
            kept += call["hold_micro"]
        waiting = waiting or call["state"] == CallState.QUEUED
    if waiting:
        _DROP_QUEUED.run(connection, {"job": job_id})
    _FINISH.run(
        connection,
        {
            "job": job_id,
            "ended": ending.state.value,
            "at": codec.stamp(ending.at),
            "why": codec.problems().write_optional(ending.problem),
            "held": kept,
            "count": len(news),
        },
    )
    holds.settle(connection, job_id, holds.Booking(freed=row["held_micro"] - kept))
    return write_events(connection, job_id, row["last_event"], news, ending.at)


def resolve(
    connection: Connection, call_id: str, owner: str, *, charged: bool, at: datetime
) -> tuple[Job, list[Event]]:
    """Books or frees what an ambiguous call holds; said twice the same way, the second time changes nothing."""
    row = _OWN_CALL.row(connection, {"call": call_id, "owner": owner})
    if row is None:
        raise NotFound(f"There is no call {call_id}. Look at the job.")
    decided = CallState.SETTLED if charged else CallState.FAILED
    if row["call_state"] == decided:
        return reading.find_job(connection, row["job_id"], owner), []
    if row["call_state"] != CallState.AMBIGUOUS or row["state"] not in ENDED_STATES:
        raise InvalidRequest(
            f"Nothing is to be decided about this call: it is {row['call_state']} and its job {row['state']}.",
            field="call",
            code="not_ambiguous",
        )
    _decide(connection, row, decided, at)
    return _told(connection, row["job_id"], _move_on(connection, row, at))


def _decide(connection: Connection, row: Columns, decided: CallState, at: datetime) -> None:
    hold, charged = row["hold_micro"], decided is CallState.SETTLED
    cost = hold if charged else 0
    _DECIDED.run(connection, {"call": row["call_id"], "decided": decided.value, "cost": cost})
    values = {"job": row["job_id"], "held": row["held_micro"] - hold, "cost": plus(row["cost_micro"], cost)}
    _BOOKED.run(connection, values)
    if charged:
        entry = {
            "kind": "picture",
            "job_id": row["job_id"],
            "call_id": row["call_id"],
            "user_id": row["user_id"],
            "project": row["project"],
            "provider": row["model"].partition("/")[0],
            "model": row["model"],
            "pictures": 0,
            "amount_micro": hold,
            "counted_micro": hold,
            "basis": "person",
            "created_at": codec.stamp(at),
        }
        sums.book(connection, entry)
    holds.settle(connection, row["job_id"], holds.Booking(freed=hold, spent=cost, bought=cost))
    # How long it took a person to decide is not how long a call took.
    row = {**row, "submitted_at": None}
    statistics.count(connection, row, pictures=0, charge=cost, at=at)
    outcomes.note(connection, row, pictures=0, code=outcomes.LOST, at=at)


def _move_on(connection: Connection, row: Columns, at: datetime) -> list[Event]:
    """The state of a job once nothing about it is ambiguous any more."""
    values = {"job": row["job_id"]}
    states = {call["state"] for call in _CALL_STATES.rows(connection, values)}
    if row["state"] != JobState.AMBIGUOUS or CallState.AMBIGUOUS in states:
        return []
    made = int((_PICTURES.row(connection, values) or {"made": 0})["made"])
    state = _by_pictures(made, reading.planned(connection, row["job_id"])[0].count)
    may_become(row["state"], state)
    _FINISH.run(
        connection,
        {
            "job": row["job_id"],
            "ended": state.value,
            "at": row["finished_at"],
            "why": None if state is JobState.SUCCEEDED else row["problem"],
            "held": 0,
            "count": 1,
        },
    )
    news = News(kind=EventKind.FINISHED, data={"state": state.value, "pictures": made, "problem": None})
    return write_events(connection, row["job_id"], row["last_event"], [news], at)


def _by_pictures(made: int, wanted: int) -> JobState:
    if made >= wanted:
        return JobState.SUCCEEDED
    return JobState.PARTIAL if made else JobState.FAILED
