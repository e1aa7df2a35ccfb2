"""Queues that are paused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, text, update

from limner.db import codec, pausing, reading
from limner.db.database import Database
from limner.db.queue_tables import pauses
from limner.db.statements import Statement, one_of
from limner.db.tables import jobs
from limner.domain.job import OPEN_STATES, Job

_others = jobs.alias()
_PAUSE = Statement(
    text("INSERT INTO queue_pauses (user_id, paused_at) VALUES (:owner, :at) ON CONFLICT (user_id) DO NOTHING")
)
_TO_FRONT = Statement(
    update(jobs)
    .where(jobs.c.id == bindparam("job"), jobs.c.user_id == bindparam("owner"), one_of(jobs.c.state, OPEN_STATES))
    .values(
        front=select(func.coalesce(func.max(_others.c.front), 0) + 1)
        .where(_others.c.user_id == bindparam("owner"), one_of(_others.c.state, OPEN_STATES))
        .scalar_subquery()
    )
)
_RESUME = Statement(delete(pauses).where(pauses.c.user_id == bindparam("owner")))


class SqlQueues:
    """The `Queues` of `domain.queue`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pause(self, owner: str, at: datetime) -> datetime:
        """Pauses a person's queue; since when it is paused."""

        def pause(connection: Connection) -> str:
            pausing.keep_from_sending(connection, owner)
            _PAUSE.run(connection, {"owner": owner, "at": codec.stamp(at)})
            return pausing.paused_since(connection, owner) or codec.stamp(at)

        return codec.moment(await self._database.write(pause, owner=owner))

    async def resume(self, owner: str) -> None:
        """Lets it go on."""
        await self._database.write(lambda connection: _RESUME.run(connection, {"owner": owner}), owner=owner)

    async def to_front(self, job_id: str, owner: str) -> Job:
        """Has a person's job come before their others that wait; one that has ended stays as it is. Raises NotFound."""

        def move(connection: Connection) -> Job:
            _TO_FRONT.run(connection, {"job": job_id, "owner": owner})
            return reading.find_job(connection, job_id, owner)

        return await self._database.write(move, owner=owner)

    async def paused(self, owner: str) -> datetime | None:
        """Since when it is paused; None while it goes on."""
        found = await self._database.read(lambda connection: pausing.paused_since(connection, owner), owner=owner)
        return codec.optional_moment(found)
