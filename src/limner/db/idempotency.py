"""What an Idempotency-Key already stands for."""

from __future__ import annotations

from sqlalchemy import Column, Connection, Table, bindparam, select

from limner.db.statements import Statement
from limner.domain.errors import IdempotencyConflict


def conflict(what: str) -> IdempotencyConflict:
    """The error where a key that was used for a thing called `what` comes with another body."""
    return IdempotencyConflict(
        f"This Idempotency-Key was used before with another {what}. Use a new key for a new {what}."
    )


class Keys:
    """The keys of one kind of thing: of jobs, batches, rounds of a comparison, or messages."""

    def __init__(self, table: Table, stands_for: Column[str], what: str) -> None:
        """`table` holds them with their owners; `stands_for` is the id of what a key leads to."""
        self._what = what
        self._known = Statement(
            select(table.c.fingerprint, stands_for.label("stands_for")).where(
                table.c.user_id == bindparam("owner"), table.c.key == bindparam("known")
            )
        )

    def known(self, connection: Connection, owner: str, key: str | None, fingerprint: str) -> str | None:
        """The id that this key already leads to. Raises IdempotencyConflict for another body."""
        row = self._known.row(connection, {"owner": owner, "known": key})
        if row is None:
            return None
        if row["fingerprint"] != fingerprint:
            raise conflict(self._what)
        return str(row["stands_for"])
