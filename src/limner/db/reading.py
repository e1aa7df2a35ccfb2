"""Jobs as they are written down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, tuple_

from limner.db import codec, cursors, rows, sharing
from limner.db.idempotency import Keys
from limner.db.keeping import MARKED, seen_by
from limner.db.pausing import WAITS
from limner.db.statements import Columns, Statement
from limner.db.tables import OPEN_JOBS, calls, images, jobs, keys, plans
from limner.domain.errors import NotFound
from limner.domain.job import Job, JobState
from limner.domain.picture import Picture
from limner.domain.plan import Plan
from limner.domain.records import OpenJob, Page
from limner.domain.request import ImageRequest

_JOB = Statement(select(jobs).where(jobs.c.id == bindparam("job")))
_IN_COMMON = Statement(select(jobs).where(jobs.c.id == bindparam("job"), sharing.in_common(jobs.c.id)))
_PLAN = Statement(select(plans.c.request, plans.c.plan).where(plans.c.job_id == bindparam("job")))
_CALLS = Statement(select(calls).where(calls.c.job_id == bindparam("job")).order_by(calls.c.candidate, calls.c.number))
_PICTURES = Statement(MARKED.where(images.c.job_id == bindparam("job")).order_by(images.c.number, images.c.serial))
_OPEN = Statement(
    select(jobs.c.id, jobs.c.worker, jobs.c.user_id, jobs.c.front, WAITS.label("waits"))
    .where(OPEN_JOBS)
    .order_by(jobs.c.created_at, jobs.c.id)
)
_WISHED = Statement(
    select(jobs.c.id)
    .where(OPEN_JOBS, jobs.c.worker == bindparam("worker"), jobs.c.cancel_requested)
    .order_by(jobs.c.created_at, jobs.c.id)
)
_KEYS = Keys(keys, keys.c.job_id, "request")


def find_job(connection: Connection, job_id: str, owner: str | None) -> Job:
    """One job with its calls and pictures. Raises NotFound, for somebody else's too."""
    row = _JOB.row(connection, {"job": job_id})
    if row is None or owner not in {None, row["user_id"]}:
        raise no_job(job_id)
    return whole_job(connection, row)


def found_job(connection: Connection, job_id: str) -> Job | None:
    """One job with its calls and pictures, whoever asks; None where it is gone."""
    row = _JOB.row(connection, {"job": job_id})
    return None if row is None else whole_job(connection, row)


def job_in_common(connection: Connection, job_id: str, person: str) -> Job:
    """One job in a project that somebody shares, whoever made it. Raises NotFound."""
    row = _IN_COMMON.row(connection, {"job": job_id, "person": person})
    if row is None:
        raise no_job(job_id)
    job = whole_job(connection, row)
    return replace(job, pictures=seen_by(connection, job.pictures, person))


def no_job(job_id: str) -> NotFound:
    """What to say where there is no such job, or none for this person."""
    return NotFound(f"There is no job {job_id}. Look at the list of jobs.")


def whole_job(connection: Connection, row: Columns) -> Job:
    """A job's row with its calls and pictures."""
    values = {"job": row["id"]}
    return rows.job(
        {**row, **(_PLAN.row(connection, values) or {})},
        [rows.call(found) for found in _CALLS.rows(connection, values)],
        [rows.picture(found) for found in _PICTURES.rows(connection, values)],
    )


def planned(connection: Connection, job_id: str) -> tuple[ImageRequest, Plan]:
    """What a job is to do, and how."""
    row = _PLAN.row(connection, {"job": job_id})
    if row is None:
        raise no_job(job_id)
    return codec.requests().read(row["request"]), codec.plans().read(row["plan"])


def jobs_page(
    connection: Connection, owner: str, *, limit: int, cursor: str | None, states: frozenset[JobState]
) -> Page[Job]:
    """One person's jobs with their pictures, without their calls; newest first."""
    query = select(jobs, plans.c.request, plans.c.plan).join_from(jobs, plans)
    after = None if cursor is None else cursors.unseal(cursor, str, str)
    if states:
        query = query.where(jobs.c.id.in_(_in_states(connection, owner, states, after, limit + 1)))
    else:
        query = query.where(*_after(owner, after)).limit(limit + 1)
    query = query.order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
    found = [dict(row) for row in connection.execute(query).mappings()]
    shown = found[:limit]
    pictures = _pictures_of(connection, [row["id"] for row in shown])
    following = cursors.seal(shown[-1]["created_at"], shown[-1]["id"]) if len(found) > limit and shown else None
    return Page(tuple(rows.job(row, (), pictures[row["id"]]) for row in shown), following)


def chosen_jobs(connection: Connection, owner: str, job_ids: Sequence[str]) -> dict[str, Job]:
    """Some of one person's jobs with their pictures, without their calls; those that are gone are left out."""
    query = select(jobs, plans.c.request, plans.c.plan).join_from(jobs, plans)
    query = query.where(jobs.c.user_id == owner, jobs.c.id.in_(job_ids))
    found = [dict(row) for row in connection.execute(query).mappings()] if job_ids else []
    pictures = _pictures_of(connection, [row["id"] for row in found])
    return {row["id"]: rows.job(row, (), pictures[row["id"]]) for row in found}


def _after(owner: str, after: Sequence[str | int] | None) -> list[ColumnElement[bool]]:
    """One person's jobs, those older than a place in the list."""
    own = [jobs.c.user_id == owner]
    return own if after is None else [*own, tuple_(jobs.c.created_at, jobs.c.id) < tuple_(*after)]


def _in_states(
    connection: Connection,
    owner: str,
    states: frozenset[JobState],
    after: Sequence[str | int] | None,
    limit: int,
) -> Sequence[str]:
    """Ids of the newest jobs in some states: each state's by its index, or few would be looked for among all."""
    found: list[tuple[str, str]] = []
    for state in sorted(states):
        query = select(jobs.c.created_at, jobs.c.id).where(*_after(owner, after), jobs.c.state == state.value)
        newest = query.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit)
        found += [(created, name) for created, name in connection.execute(newest)]
    return [name for _, name in sorted(found, reverse=True)[:limit]]


def count_states(connection: Connection, owner: str, states: frozenset[JobState]) -> dict[JobState, int]:
    """How many of one person's jobs are in each of some states."""
    query = select(jobs.c.state, func.count()).where(jobs.c.user_id == owner, jobs.c.state.in_(sorted(states)))
    return {JobState(state): count for state, count in connection.execute(query.group_by(jobs.c.state))}


def retried(connection: Connection, job_ids: Sequence[str]) -> frozenset[str]:
    """Those of some jobs whose missing pictures another job buys."""
    query = select(jobs.c.retry_of).where(jobs.c.retry_of.in_(job_ids))
    return frozenset(connection.execute(query).scalars().all()) if job_ids else frozenset()


def _pictures_of(connection: Connection, job_ids: Sequence[str]) -> dict[str, list[Picture]]:
    pictures: dict[str, list[Picture]] = defaultdict(list)
    if job_ids:
        query = MARKED.where(images.c.job_id.in_(job_ids)).order_by(images.c.number, images.c.serial)
        for row in connection.execute(query).mappings():
            pictures[row["job_id"]].append(rows.picture(dict(row)))
    return pictures


def open_jobs(connection: Connection) -> list[OpenJob]:
    """All jobs that a worker still has to finish, oldest first."""
    found = _OPEN.rows(connection, {})
    return [
        OpenJob(row["id"], row["worker"], owner=row["user_id"], front=row["front"], waits=bool(row["waits"]))
        for row in found
    ]


def wished_cancelled(connection: Connection, worker: str) -> list[str]:
    """The open jobs of a worker that somebody wants stopped."""
    return [str(row["id"]) for row in _WISHED.rows(connection, {"worker": worker})]


def remembered(connection: Connection, owner: str, key: str, fingerprint: str) -> Job | None:
    """The job that an Idempotency-Key already has. Raises IdempotencyConflict for another body."""
    job_id = _KEYS.known(connection, owner, key, fingerprint)
    return None if job_id is None else find_job(connection, job_id, owner)
