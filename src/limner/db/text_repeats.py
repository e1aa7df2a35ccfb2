"""Keys of requests for text, and what was answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, text, update

from limner.db import codec
from limner.db.database import Database
from limner.db.idempotency import conflict
from limner.db.statements import Statement
from limner.db.text_tables import repeats
from limner.domain.text_repeats import AnswerLost

_TAKE = Statement(
    text(
        """
        INSERT INTO text_repeats (user_id, key, fingerprint, created_at) VALUES (:owner, :key, :fingerprint, :at)
        ON CONFLICT (user_id, key) DO NOTHING
        """
    )
)
_THIS = (repeats.c.user_id == bindparam("owner"), repeats.c.key == bindparam("named"))
_GET = Statement(select(repeats).where(*_THIS))
_KEEP = Statement(update(repeats).where(*_THIS).values(answer=bindparam("said")))
_FORGET = Statement(delete(repeats).where(*_THIS, repeats.c.answer.is_(None)))


class SqlTextRepeats:
    """The `TextRepeats` of `domain.text_repeats`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, owner: str, key: str, fingerprint: str, at: datetime) -> bytes | None:
        """Takes a key, or finds the answer that it has."""
        values = {"owner": owner, "key": key, "fingerprint": fingerprint, "at": codec.stamp(at)}

        def work(connection: Connection) -> bytes | None:
            if _TAKE.run(connection, values):
                return None
            row = _GET.row(connection, {"owner": owner, "named": key})
            if row is None:
                raise AnswerLost
            if row["fingerprint"] != fingerprint:
                raise conflict("request")
            if row["answer"] is None:
                raise AnswerLost
            return str(row["answer"]).encode()

        return await self._database.write(work, owner=owner)

    async def keep(self, owner: str, key: str, answer: bytes) -> None:
        """Keeps an answer."""
        values = {"owner": owner, "named": key, "said": answer.decode()}
        await self._database.write(lambda connection: _KEEP.run(connection, values), owner=owner)

    async def forget(self, owner: str, key: str) -> None:
        """Gives a key back that has no answer."""
        await self._database.write(
            lambda connection: _FORGET.run(connection, {"owner": owner, "named": key}), owner=owner
        )
