"""Events in the database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from limner.db import rows
from limner.db.database import Database
from limner.db.statements import Statement
from limner.db.tables import events
from limner.db.walls import EVERYBODY
from limner.domain.events import Event

_AFTER = Statement(
    select(events)
    .where(events.c.job_id == bindparam("job"), events.c.number > bindparam("known"))
    .order_by(events.c.number)
    .limit(bindparam("most"))
)


class SqlEvents:
    """The `Events` of `domain.stores`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, job_id: str, number: int, limit: int = 500) -> Sequence[Event]:
        """A job's events with higher numbers, in order."""
        values = {"job": job_id, "known": number, "most": limit}
        found = await self._database.read(lambda connection: _AFTER.rows(connection, values), owner=EVERYBODY)
        return [rows.event(row) for row in found]
