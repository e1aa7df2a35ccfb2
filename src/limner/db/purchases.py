"""The calls of a job, step by step: what was sent, what came back, what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, update

from limner.db import codec, holds, keeping, outcomes, reading, reviews, rows, statistics, sums
from limner.db.leases import leased_call, leased_job, write_events
from limner.db.pausing import MAY_BE_SENT, keep_from_pausing
from limner.db.statements import Columns, Statement, insertion, one_of
from limner.db.tables import calls, jobs
from limner.domain.events import Event, News
from limner.domain.job import CLOSED_CALLS, CallState
from limner.domain.money import Money
from limner.domain.queue import QueuePaused
from limner.domain.records import Closing, Lease, NewCall
from limner.domain.vault import Access

_THIS_CALL = calls.c.id == bindparam("call_id")
_SUBMITTING = Statement(
    update(calls)
    .where(_THIS_CALL, MAY_BE_SENT)
    .values(state=CallState.SUBMITTING.value, submitted_at=bindparam("at"), ticket=None, access=bindparam("way"))
)
_SUBMITTED = Statement(
    update(calls).where(_THIS_CALL).values(state=CallState.SUBMITTED.value, ticket=bindparam("found_by"))
)
_FETCHED = Statement(update(calls).where(_THIS_CALL).values(state=CallState.FETCHED.value, fetched=bindparam("answer")))
_QUEUED = Statement(
    update(calls).where(_THIS_CALL).values(state=CallState.QUEUED.value, submitted_at=None, ticket=None)
)
_CLOSED = Statement(
    update(calls)
    .where(_THIS_CALL)
    .values(state=bindparam("closed"), cost_micro=bindparam("cost"), problem=bindparam("why"))
)
_BOOK = Statement(
    update(jobs)
    .where(jobs.c.id == bindparam("job"))
    .values(
        held_micro=bindparam("held"),
        cost_micro=bindparam("cost"),
        last_event=jobs.c.last_event + bindparam("count"),
    )
)
_NEXT_CANDIDATE = Statement(
    update(jobs)
    .where(jobs.c.id == bindparam("job"))
    .values(candidate=bindparam("chosen"), last_event=jobs.c.last_event + bindparam("count"))
)
_CLAIMED = Statement(
    select(func.coalesce(func.sum(calls.c.hold_micro), 0).label("claimed")).where(
        calls.c.job_id == bindparam("job"),
        one_of(calls.c.state, set(CallState) - CLOSED_CALLS | {CallState.AMBIGUOUS}),
    )
)
_INSERT_CALLS = insertion(calls)


def add_calls(
    connection: Connection, lease: Lease, candidate: int, added: Sequence[NewCall], news: Sequence[News], at: datetime
) -> list[Event]:
    """Writes down the calls of another candidate under what the job still has set aside and no call claims."""
    job = leased_job(connection, lease)
    claimed = _CLAIMED.row(connection, {"job": lease.job_id}) or {"claimed": 0}
    wanted, free = sum(new.hold.micro for new in added), job["held_micro"] - int(claimed["claimed"])
    if wanted > free:
        raise ValueError(f"The calls need a hold of {wanted} micro-dollars; the job {lease.job_id} has {free} left.")
    _, plan = reading.planned(connection, lease.job_id)
    _INSERT_CALLS.many(connection, rows.call_rows(lease.job_id, plan, candidate, added))
    _NEXT_CANDIDATE.run(connection, {"job": lease.job_id, "chosen": candidate, "count": len(news)})
    return write_events(connection, lease.job_id, job["last_event"], news, at)


def mark_submitting(
    connection: Connection, lease: Lease, call_id: str, at: datetime, access: Access | None = None
) -> None:
    """From here on the call may have been bought. Again after a crash: only what costs nothing is sent twice.

    Raises QueuePaused where its person's queue is paused: of a pause and this one comes after the other.
    """
    row = leased_call(connection, lease, call_id)
    _expect(row, call_id, CallState.QUEUED, CallState.SUBMITTING)
    keep_from_pausing(connection, row["user_id"])
    values = {"call_id": call_id, "at": codec.stamp(at), "way": codec.accesses().write_optional(access)}
    if not _SUBMITTING.run(connection, {**values, "sender": row["user_id"]}):
        raise QueuePaused("The queue is paused: this waits until it goes on. Nothing was bought.")


def mark_submitted(connection: Connection, lease: Lease, call_id: str, ticket: Mapping[str, object]) -> None:
    """The service has the call; a later ticket replaces an earlier one."""
    _expect(leased_call(connection, lease, call_id), call_id, CallState.SUBMITTING, CallState.SUBMITTED)
    _SUBMITTED.run(connection, {"call_id": call_id, "found_by": codec.mappings().write(ticket)})


def mark_fetched(connection: Connection, lease: Lease, call_id: str, answer: str) -> None:
    """What came back, as `rows.answer_text` writes it."""
    row = leased_call(connection, lease, call_id)
    _expect(row, call_id, CallState.SUBMITTING, CallState.SUBMITTED, CallState.FETCHED)
    _FETCHED.run(connection, {"call_id": call_id, "answer": answer})


def requeue_call(connection: Connection, lease: Lease, call_id: str) -> None:
    """The service provably did not accept the call."""
    row = leased_call(connection, lease, call_id)
    _expect(row, call_id, CallState.QUEUED, CallState.SUBMITTING, CallState.SUBMITTED)
    _QUEUED.run(connection, {"call_id": call_id})


def close_call(connection: Connection, lease: Lease, closing: Closing, news: Sequence[News]) -> list[Event]:
    """Ends a call: pictures, booking, hold and events in one transaction. Writes nothing where it has ended already."""
    if closing.state not in CLOSED_CALLS:
        raise ValueError(f"A call does not end as {closing.state.value}.")
    row = leased_call(connection, lease, closing.call_id)
    if CallState(row["state"]) in CLOSED_CALLS:
        return []
    freed, spent = _freed(closing, row), _counted(closing, row)
    _CLOSED.run(
        connection,
        {
            "call_id": closing.call_id,
            "closed": closing.state.value,
            "cost": _charge(closing),
            "why": codec.problems().write_optional(closing.problem),
        },
    )
    _BOOK.run(
        connection,
        {
            "job": lease.job_id,
            "held": row["held_micro"] - freed,
            "cost": plus(row["cost_micro"], _charge(closing)) if _bought(closing) else row["cost_micro"],
            "count": len(news),
        },
    )
    keeping.insert_pictures(connection, closing.pictures)
    reviews.withhold(connection, closing.pictures, closing.at)
    if _bought(closing):
        sums.book(connection, _entry(lease, closing, row, spent))
    bought = row["hold_micro"] if _bought(closing) and closing.charge != Money() else 0
    booking = holds.Booking(freed=freed, spent=spent, bought=bought, pictures=len(closing.pictures))
    holds.settle(connection, lease.job_id, booking)
    if _is_counted(closing):
        made = len(closing.pictures)
        statistics.count(connection, row, pictures=made, charge=_charge(closing), at=closing.at)
        code = closing.problem.code if closing.problem else ""
        outcomes.note(connection, row, pictures=made, code=code, at=closing.at)
    return write_events(connection, lease.job_id, row["last_event"], news, closing.at)


def _is_counted(closing: Closing) -> bool:
    """Whether a call counts in the statistics: not while it is ambiguous, nor where somebody stopped it unpaid."""
    return _bought(closing) or closing.state is CallState.FAILED


def _bought(closing: Closing) -> bool:
    """Whether this is a purchase that goes into the ledger. An ambiguous one does not before a person has decided."""
    if closing.state is CallState.AMBIGUOUS:
        return False
    return closing.state is CallState.SETTLED or closing.charge is None or bool(closing.charge)


def _charge(closing: Closing) -> int | None:
    if closing.state is CallState.AMBIGUOUS or closing.charge is None:
        return None
    return closing.charge.micro


def _counted(closing: Closing, row: Columns) -> int:
    """What the budgets count as spent: where nobody knows the charge, all that was set aside for it."""
    if not _bought(closing):
        return 0
    charge = _charge(closing)
    return int(row["hold_micro"]) if charge is None else charge


def _freed(closing: Closing, row: Columns) -> int:
    """What is no longer set aside. The hold of a call that cost nothing stays with the job, for the next candidate."""
    return int(row["hold_micro"]) if _bought(closing) and not closing.keep_hold else 0


def plus(booked: int | None, charge: int | None) -> int | None:
    """A sum that stays unknown once a part of it is."""
    return None if booked is None or charge is None else booked + charge


def _entry(lease: Lease, closing: Closing, row: Columns, counted: int) -> Columns:
    return {
        "kind": "picture",
        "job_id": lease.job_id,
        "call_id": closing.call_id,
        "user_id": row["user_id"],
        "project": row["project"],
        "provider": row["model"].partition("/")[0],
        "model": row["model"],
        "pictures": len(closing.pictures),
        "amount_micro": _charge(closing),
        "counted_micro": counted,
        "basis": closing.basis,
        "created_at": codec.stamp(closing.at),
    }


def _expect(row: Columns, call_id: str, *states: CallState) -> None:
    if row["state"] not in states:
        wanted = " or ".join(state.value for state in states)
        raise ValueError(f"The call {call_id} is {row['state']}, not {wanted}.")
