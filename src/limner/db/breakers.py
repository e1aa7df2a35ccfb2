"""Circuit breakers in the database: every process sees the same ones, and a restart forgets nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, or_, select, text

from limner.db import breaker_rows, codec
from limner.db.database import Database
from limner.db.statements import Statement
from limner.db.tables import breakers
from limner.db.walls import EVERYBODY
from limner.domain.health import Breaker, BreakerKey
from limner.domain.stores import BreakerStep

KEPT = timedelta(days=30)
"""What has not changed for so long belongs to keys that nobody uses any more."""

Known = Mapping[BreakerKey, Breaker]

_ALL = Statement(select(breakers))
_ROW = (breakers.c.name == bindparam("name"), breakers.c.credential == bindparam("credential"))
_MAKE = Statement(
    text(
        """
        INSERT INTO circuit_breakers (name, credential, service, state, failures, code, successes, trial, changed_at)
        VALUES (:name, :credential, :service, 'CLOSED', '[]', '', 0, '', :at)
        ON CONFLICT (name, credential) DO NOTHING
        """
    )
)
_LOCK = Statement(select(breakers).where(*_ROW).with_for_update())
_PUT = Statement(
    text(
        """
        INSERT INTO circuit_breakers (name, credential, service, state, failures, code, opened_at, successes, trial,
                                      trial_ends_at, changed_at)
        VALUES (:name, :credential, :service, :state, :failures, :code, :opened, :successes, :trial, :ends, :at)
        ON CONFLICT (name, credential) DO UPDATE SET
            state = excluded.state, failures = excluded.failures, code = excluded.code, opened_at = excluded.opened_at,
            successes = excluded.successes, trial = excluded.trial, trial_ends_at = excluded.trial_ends_at,
            changed_at = excluded.changed_at
        """
    )
)
_FORGET = Statement(
    delete(breakers).where(or_(breakers.c.name == bindparam("wanted"), breakers.c.service == bindparam("wanted")))
)
_TIDY = Statement(delete(breakers).where(breakers.c.changed_at < bindparam("before")))


class SqlBreakers:
    """The `Breakers` of `domain.stores`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Known:
        """Everything that is remembered."""
        rows = await self._database.read(lambda connection: _ALL.rows(connection, {}), owner=EVERYBODY)
        return dict(map(breaker_rows.known, rows))

    async def change(self, keys: Sequence[BreakerKey], step: BreakerStep, at: datetime) -> tuple[Known, Known]:
        """Takes one step with these, while nobody else can; what was and what is now."""
        return await self._database.write(lambda connection: _change(connection, keys, step, at), owner=EVERYBODY)

    async def forget(self, name: str) -> None:
        """Forgets what is remembered of a model, or of a service and all its models, under every key."""
        await self._database.write(lambda connection: _FORGET.run(connection, {"wanted": name}), owner=EVERYBODY)


def _change(connection: Connection, keys: Sequence[BreakerKey], step: BreakerStep, at: datetime) -> tuple[Known, Known]:
    _TIDY.run(connection, {"before": codec.stamp(at - KEPT)})
    # Always in the same order, so that two processes never wait for each other.
    before = {key: _locked(connection, key, at) for key in sorted(keys, key=lambda key: (key.name, key.credential))}
    after = step(before)
    for key, breaker in after.items():
        if breaker != before[key]:
            _PUT.run(connection, breaker_rows.row(key, breaker, at))
    return before, after


def _locked(connection: Connection, key: BreakerKey, at: datetime) -> Breaker:
    """One breaker, made where there was none and locked until the end of the transaction."""
    values = {"name": key.name, "credential": key.credential}
    _MAKE.run(connection, {**values, "service": key.service, "at": codec.stamp(at)})
    row = _LOCK.row(connection, values)
    return Breaker() if row is None else breaker_rows.known(row)[1]  # somebody has just forgotten it
