"""Jobs that buy what an earlier one did not bring: one for each at most."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, select

from limner.db import reading
from limner.db.statements import Statement
from limner.db.tables import entries, jobs
from limner.domain.job import Job
from limner.domain.records import Leftover, NewJob

_RETRY = Statement(select(jobs).where(jobs.c.retry_of == bindparam("job")))
# On PostgreSQL the first job's row stays locked until the commit, so that of two retries at once the second sees the
# first; SQLite has one writer at a time anyway.
_FIRST = Statement(select(jobs.c.id).where(jobs.c.id == bindparam("job")).with_for_update(key_share=True))
# From the ledger: a picture that was deleted since was delivered all the same.
_DELIVERED = Statement(
    select(func.coalesce(func.sum(entries.c.pictures), 0).label("pictures")).where(entries.c.job_id == bindparam("job"))
)


def leftover(connection: Connection, job_id: str, owner: str) -> Leftover:
    """How far a job came, and the job that buys the rest of it, if any. Raises NotFound, for somebody else's too."""
    job = reading.find_job(connection, job_id, owner)
    delivered = _DELIVERED.row(connection, {"job": job_id}) or {"pictures": 0}
    return Leftover(job=job, delivered=int(delivered["pictures"]), retry=_retry(connection, job_id))


def known(connection: Connection, new: NewJob) -> Job | None:
    """The job that does already what a new one is to do for an earlier one. Nobody else begins one until the commit."""
    if new.retry_of is None:
        return None
    _FIRST.row(connection, {"job": new.retry_of})
    return _retry(connection, new.retry_of)


def _retry(connection: Connection, job_id: str) -> Job | None:
    row = _RETRY.row(connection, {"job": job_id})
    return None if row is None else reading.whole_job(connection, row)
