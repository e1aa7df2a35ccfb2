"""The log of deeds in the database."""

from __future__ import annotations

from sqlalchemy import Connection, select, tuple_

from limner.db import codec, cursors
from limner.db.database import Database
from limner.db.people_tables import audit
from limner.db.statements import Columns, insertion
from limner.db.walls import EVERYBODY
from limner.domain.audit import Act, Deed, Record
from limner.domain.ports import Clock, Ids
from limner.domain.records import Page

_NOTE = insertion(audit)


class SqlAudit:
    """The `Audit` of `domain.audit`."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids

    def record(self, deed: Deed) -> Record:
        """A deed of this moment."""
        return Record(id=self._ids.new(), at=self._clock.now(), deed=deed)

    async def note(self, deed: Deed) -> None:
        """Writes one down."""
        found = self.record(deed)
        await self._database.write(lambda connection: write(connection, found), owner=EVERYBODY)

    async def page(self, *, limit: int, cursor: str | None, act: Act | None = None) -> Page[Record]:
        """The newest first; of one kind only where that is given."""
        return await self._database.read(lambda connection: _page(connection, limit, cursor, act), owner=EVERYBODY)


def write(connection: Connection, *records: Record | None) -> None:
    """Writes deeds down in the transaction that does them, so that there is never one without the other."""
    rows = [_row(record) for record in records if record is not None]
    if rows:
        _NOTE.many(connection, rows)


def noted(connection: Connection, record: Record | None, *, done: bool) -> bool:
    """Writes a deed down that was done; whether it was."""
    if done:
        write(connection, record)
    return done


def together(owner: str, record: Record | None) -> str:
    """For whom a transaction is that does something to `owner`'s rows and writes it down: the entry is the doer's."""
    return owner if record is None or record.deed.who == owner else EVERYBODY


def _row(record: Record) -> dict[str, str]:
    deed = record.deed
    return {
        "id": record.id,
        "created_at": codec.stamp(record.at),
        "act": deed.act.value,
        "user_id": deed.who,
        "user_name": deed.name,
        "subject": deed.subject,
        "detail": deed.detail,
        "address": deed.address,
    }


def _page(connection: Connection, limit: int, cursor: str | None, act: Act | None) -> Page[Record]:
    query = select(audit)
    if act is not None:
        query = query.where(audit.c.act == act.value)
    if cursor is not None:
        query = query.where(tuple_(audit.c.created_at, audit.c.id) < tuple_(*cursors.unseal(cursor, str, str)))
    query = query.order_by(audit.c.created_at.desc(), audit.c.id.desc()).limit(limit + 1)
    found = [dict(row) for row in connection.execute(query).mappings()]
    shown = found[:limit]
    following = cursors.seal(shown[-1]["created_at"], shown[-1]["id"]) if len(found) > limit and shown else None
    return Page(tuple(_record(row) for row in shown), following)


def _record(row: Columns) -> Record:
    return Record(
        id=row["id"],
        at=codec.moment(row["created_at"]),
        deed=Deed(
            act=Act(row["act"]),
            who=row["user_id"],
            name=row["user_name"],
            subject=row["subject"],
            detail=row["detail"],
            address=row["address"],
        ),
    )
