"""Pictures that were brought, as rows: a job that is over, and its picture."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, or_, select

from limner.db import codec, keeping, rows
from limner.db.database import Database
from limner.db.leases import write_events
from limner.db.statements import Statement, insertion
from limner.db.submission import note_project
from limner.db.tables import images, jobs, plans
from limner.domain.events import EventKind, News
from limner.domain.job import JobState
from limner.domain.picture import Picture
from limner.domain.records import NewJob

_INSERT_JOB = insertion(jobs)
_INSERT_PLAN = insertion(plans)
_SAME = Statement(
    keeping.MARKED.where(
        images.c.user_id == bindparam("owner"),
        or_(images.c.digest == bindparam("digest"), images.c.original == bindparam("whole")),
        ~keeping.IN_TRASH,
    )
    .order_by(images.c.created_at, images.c.id)
    .limit(1)
)


class SqlImports:
    """The `Imports` of `domain.importing`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: NewJob, picture: Picture, *, again: bool) -> Picture | None:
        """Writes a picture down with a job that is over; the person's own picture of the same original, if any."""
        return await self._database.write(
            lambda connection: _add(connection, new, picture, again=again), owner=new.owner
        )


def _add(connection: Connection, new: NewJob, picture: Picture, *, again: bool) -> Picture | None:
    if not again:
        if connection.dialect.name == "postgresql":
            # Two that bring the same file at the same moment come one after the other; SQLite has one writer anyway.
            name = f"{new.owner} {picture.original.digest}"
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
        values = {
            "owner": new.owner,
            "digest": picture.original.digest,
            "whole": codec.files().write(picture.original),
        }
        row = _SAME.row(connection, values)
        if row is not None:
            return rows.picture(row)
    at = codec.stamp(new.at)
    news = [News(kind=EventKind.FINISHED, data={"state": JobState.SUCCEEDED.value, "pictures": 1, "problem": None})]
    ended = {"state": JobState.SUCCEEDED.value, "started_at": at, "finished_at": at, "last_event": len(news)}
    note_project(connection, new)
    _INSERT_JOB.many(connection, [{**rows.job_row(new), **ended}])
    _INSERT_PLAN.many(connection, [rows.plan_row(new)])
    keeping.insert_pictures(connection, [picture])
    write_events(connection, new.id, 0, news, new.at)
    return None
