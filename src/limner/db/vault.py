"""Stored keys in the database, each sealed in its row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, or_, select, true, update

from limner.db import codec
from limner.db.audit import noted, together, write
from limner.db.database import Database
from limner.db.sealed import hold_secret, key_context
from limner.db.statements import Columns, Statement, insertion
from limner.db.vault_tables import provider_keys
from limner.db.walls import EVERYBODY
from limner.domain.audit import Record
from limner.domain.errors import NotFound
from limner.domain.sealing import SealBroken, Seals
from limner.domain.stored_keys import Telling
from limner.domain.vault import KeyChange, KeyCheck, KeyState, StoredKey, UsableKey, last_signs

_VISIBLE = or_(provider_keys.c.user_id == bindparam("owner"), provider_keys.c.shared == true())
_THIS = (provider_keys.c.id == bindparam("key"), provider_keys.c.user_id == bindparam("owner"))
_INSERT = insertion(provider_keys)
_ALL = Statement(select(provider_keys).where(_VISIBLE).order_by(provider_keys.c.created_at, provider_keys.c.id))
_ONE = Statement(select(provider_keys).where(provider_keys.c.id == bindparam("key"), _VISIBLE))
_LOCKED = Statement(select(provider_keys).where(*_THIS).with_for_update())
_CHANGE = Statement(
    update(provider_keys)
    .where(*_THIS)
    .values(
        label=bindparam("named"),
        last_four=bindparam("signs"),
        sealed=bindparam("value"),
        shared=bindparam("open_to_all"),
        weight=bindparam("times"),
        changed_at=bindparam("at"),
        checked_at=bindparam("asked"),
        check_state=bindparam("state"),
        check_code=bindparam("code"),
    )
)
_NOTE = Statement(
    update(provider_keys)
    .where(*_THIS, provider_keys.c.changed_at == bindparam("seen"))
    .values(checked_at=bindparam("asked"), check_state=bindparam("state"), check_code=bindparam("code"))
)
_CHECK = {"asked": "checked_at", "state": "check_state", "code": "check_code"}
_REMOVE = Statement(delete(provider_keys).where(*_THIS))


class SqlKeys:
    """The `StoredKeys` of `domain.stored_keys`."""

    def __init__(self, database: Database, seals: Seals) -> None:
        self._database = database
        self._seals = seals

    async def add(self, key: StoredKey, secret: str, record: Record | None = None) -> None:
        """Writes a key down, sealed."""
        row = {
            "id": key.id,
            "user_id": key.owner,
            "service": key.service,
            "label": key.label,
            "last_four": key.last_four,
            "shared": key.shared,
            "weight": key.weight,
            "created_at": codec.stamp(key.created),
            "changed_at": codec.stamp(key.changed),
            "checked_at": None if key.checked is None else codec.stamp(key.checked.at),
            "check_state": None if key.checked is None else key.checked.state.value,
            "check_code": None if key.checked is None else key.checked.code,
        }

        def insert(connection: Connection) -> None:
            hold_secret(connection)
            _INSERT.many(connection, [{**row, "sealed": self._seals.seal(secret, context=key_context(row))}])
            write(connection, record)

        await self._database.write(insert, owner=together(key.owner, record))

    async def visible(self, owner: str) -> Sequence[StoredKey]:
        """One person's own and all shared ones, oldest first."""
        found = await self._database.read(lambda connection: _ALL.rows(connection, {"owner": owner}), owner=owner)
        return [_key(row) for row in found]

    async def usable(self, owner: str) -> Sequence[UsableKey]:
        """The same, opened."""

        def opened(connection: Connection) -> list[UsableKey]:
            rows = _ALL.rows(connection, {"owner": owner})
            return [UsableKey(key=_key(row), secret=self._opened(row)) for row in rows]

        return await self._database.read(opened, owner=owner)

    async def find(self, key_id: str, owner: str) -> StoredKey:
        """One that is this person's or shared. Raises NotFound, for somebody else's too."""
        values = {"key": key_id, "owner": owner}
        row = await self._database.read(lambda connection: _ONE.row(connection, values), owner=owner)
        if row is None:
            raise _no_key(key_id)
        return _key(row)

    async def change(
        self, key: StoredKey, change: KeyChange, at: datetime, telling: Telling | None = None
    ) -> StoredKey:
        """Changes what is said, whatever else has changed meanwhile. Raises NotFound."""

        def take(connection: Connection) -> StoredKey:
            before, after = self._change(connection, key, change, at)
            write(connection, *(() if telling is None else telling.of(before, after)))
            return after

        own = telling is None or telling.who == key.owner
        return await self._database.write(take, owner=key.owner if own else EVERYBODY)

    async def note(self, key: StoredKey, check: KeyCheck) -> None:
        """Notes how a service answered about a key, unless it was changed or removed meanwhile."""
        values = {
            "key": key.id,
            "owner": key.owner,
            "seen": codec.stamp(key.changed),
            "asked": codec.stamp(check.at),
            "state": check.state.value,
            "code": check.code,
        }
        await self._database.write(lambda connection: _NOTE.run(connection, values), owner=key.owner)

    async def remove(self, key: StoredKey, record: Record | None = None) -> None:
        """Forgets a key. Raises NotFound."""
        values = {"key": key.id, "owner": key.owner}

        def remove(connection: Connection) -> bool:
            return noted(connection, record, done=bool(_REMOVE.run(connection, values)))

        if not await self._database.write(remove, owner=together(key.owner, record)):
            raise _no_key(key.id)

    def _opened(self, row: Columns) -> str | None:
        try:
            return self._seals.open(row["sealed"], context=key_context(row))
        except SealBroken:
            return None

    def _change(
        self, connection: Connection, key: StoredKey, change: KeyChange, at: datetime
    ) -> tuple[StoredKey, StoredKey]:
        """The key as it was and as it is now."""
        hold_secret(connection)
        place = {"key": key.id, "owner": key.owner}
        row = _LOCKED.row(connection, place)
        if row is None:
            raise _no_key(key.id)
        secret = change.secret
        sealed = row["sealed"] if secret is None else self._seals.seal(secret, context=key_context(row))
        after = {
            "named": row["label"] if change.label is None else change.label,
            "signs": row["last_four"] if secret is None else last_signs(secret),
            "value": sealed,
            "open_to_all": bool(row["shared"]) if change.shared is None else change.shared,
            "times": row["weight"] if change.weight is None else change.weight,
            "at": codec.stamp(at),
        }
        # What was said of one key says nothing of the one that takes its place.
        check = {name: row[column] if secret is None else None for name, column in _CHECK.items()}
        _CHANGE.run(connection, {**place, **after, **check})
        now = {"label": after["named"], "last_four": after["signs"], "shared": after["open_to_all"]}
        now |= {column: check[name] for name, column in _CHECK.items()}
        return _key(row), _key({**row, **now, "weight": after["times"], "changed_at": after["at"]})


def _key(row: Columns) -> StoredKey:
    return StoredKey(
        id=row["id"],
        owner=row["user_id"],
        service=row["service"],
        label=row["label"],
        last_four=row["last_four"],
        shared=bool(row["shared"]),
        weight=row["weight"],
        created=codec.moment(row["created_at"]),
        changed=codec.moment(row["changed_at"]),
        checked=None
        if row["checked_at"] is None
        else KeyCheck(
            at=codec.moment(row["checked_at"]), state=KeyState(row["check_state"]), code=row["check_code"] or ""
        ),
    )


def _no_key(key_id: str) -> NotFound:
    return NotFound(f"API key not found: there is no key {key_id}. Look at the list of stored keys.", field="key")
