"""What a paused queue means for jobs: which of them wait, and that nothing is sent past a pause."""

from __future__ import annotations

from sqlalchemy import Connection, and_, bindparam, exists, false, not_, or_, select, text

from limner.db.queue_tables import pauses
from limner.db.statements import Statement, one_of
from limner.db.tables import OPEN_JOBS, calls, jobs
from limner.domain.events import EventKind, News
from limner.domain.job import CallState, JobState
from limner.domain.queue import ON_THE_WAY, QueuePaused, QueueWishes

_OF_A_PAUSED = exists(select(pauses.c.user_id).where(pauses.c.user_id == jobs.c.user_id))
WAITS = and_(
    jobs.c.state == JobState.QUEUED.value,
    _OF_A_PAUSED,
    jobs.c.cancel_requested == false(),
    not_(exists(select(calls.c.id).where(calls.c.job_id == jobs.c.id, one_of(calls.c.state, ON_THE_WAY)))),
)
"""The job waits because its person's queue is paused. What is to be cancelled, or has been sent, does not; nor does
what a process has begun: whoever takes it from one that died puts it back.
"""
MAY_BE_SENT = or_(
    calls.c.state == CallState.SUBMITTING.value,  # sent before, and again only because it costs nothing
    not_(exists(select(pauses.c.user_id).where(pauses.c.user_id == bindparam("sender")))),
)
"""The call is no new one of a person whose queue is paused; `sender` is that person."""

_PAUSED = Statement(select(pauses.c.paused_at).where(pauses.c.user_id == bindparam("owner")))
_PEOPLE = Statement(select(pauses.c.user_id))
_JOBS = Statement(select(jobs.c.id).where(OPEN_JOBS, jobs.c.worker == bindparam("worker"), _OF_A_PAUSED))
_FRONTS = Statement(
    select(jobs.c.id, jobs.c.front).where(OPEN_JOBS, jobs.c.worker == bindparam("worker"), jobs.c.front > 0)
)
# SQLite has one writer at a time. On PostgreSQL a purchase is marked and a queue paused one after the other because
# of this lock, of which two transactions that mark purchases take no notice.
_ROOM = 0x6C696D71
"""Of these locks; those of workers have keys of another kind."""
_MARK = Statement(text("SELECT pg_advisory_xact_lock_shared(:room, hashtext(:owner))"))
_PAUSE = Statement(text("SELECT pg_advisory_xact_lock(:room, hashtext(:owner))"))


def paused_since(connection: Connection, owner: str) -> str | None:
    """Since when a person's queue is paused, as it is written; None while it goes on."""
    row = _PAUSED.row(connection, {"owner": owner})
    return None if row is None else str(row["paused_at"])


def keep_from_pausing(connection: Connection, owner: str) -> None:
    """From here to the end of the transaction nobody pauses this person's queue: whoever does waits for its end."""
    _lock(connection, _MARK, owner)


def keep_from_sending(connection: Connection, owner: str) -> None:
    """From here to the end of the transaction no call of this person is marked as being sent; waits for those that
    are about to be.
    """
    _lock(connection, _PAUSE, owner)


def queued_news(*, paused: bool) -> News:
    """The news of a job that waits for a worker, or until its person's queue goes on."""
    data = {"state": JobState.QUEUED.value}
    return News(kind=EventKind.QUEUED, data={**data, "waits": QueuePaused.code} if paused else data)


def wishes_for(connection: Connection, worker: str) -> QueueWishes:
    """What people wish of their queues, for one worker."""
    people = frozenset(str(row["user_id"]) for row in _PEOPLE.rows(connection, {}))
    found = _JOBS.rows(connection, {"worker": worker}) if people else []
    fronts = {str(row["id"]): int(row["front"]) for row in _FRONTS.rows(connection, {"worker": worker})}
    return QueueWishes(jobs=frozenset(str(row["id"]) for row in found), people=people, fronts=fronts)


def _lock(connection: Connection, statement: Statement, owner: str) -> None:
    if connection.dialect.name == "postgresql":
        statement.row(connection, {"room": _ROOM, "owner": owner})
