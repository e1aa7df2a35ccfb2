"""Everything that lies sealed in the database: which columns, and how all of it gets under another secret at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Table, bindparam, select, update

from limner.db.audit import write
from limner.db.database import Database
from limner.db.statements import Columns, Statement
from limner.db.vault_tables import provider_keys
from limner.db.walls import EVERYBODY
from limner.db.webhook_tables import webhooks
from limner.domain.audit import Record
from limner.domain.sealing import SealBroken, Seals
from limner.domain.vault import Resealed

_LOCK = 0x7365616C  # "seal", for PostgreSQL's advisory locks
PLAIN = "whsec_"
"""A webhook's secret that was written before secrets were sealed begins so; no sealed value does."""


def key_context(row: Mapping[str, object]) -> str:
    """What a stored key is bound to: its row, its service and its owner."""
    return f"provider_keys\0{row['id']}\0{row['service']}\0{row['user_id']}"


def webhook_context(row: Mapping[str, object]) -> str:
    """What a webhook's secret is bound to: its row and its owner."""
    return f"webhooks\0{row['id']}\0{row['user_id']}"


@dataclass(frozen=True, slots=True)
class _Sealed:
    """One column with sealed values."""

    table: Table
    column: Column[str]
    context: Callable[[Mapping[str, object]], str]
    all: Statement
    plain: Statement
    put: Statement

    @classmethod
    def of(cls, table: Table, column: Column[str], context: Callable[[Mapping[str, object]], str]) -> _Sealed:
        return cls(
            table=table,
            column=column,
            context=context,
            all=Statement(select(table).with_for_update()),
            plain=Statement(select(table).where(column.startswith(PLAIN, autoescape=True))),
            put=Statement(
                update(table).where(table.c.id == bindparam("row")).values({column.name: bindparam("value")})
            ),
        )


_COLUMNS = (
    _Sealed.of(provider_keys, provider_keys.c.sealed, key_context),
    _Sealed.of(webhooks, webhooks.c.secret, webhook_context),
)


def hold_secret(connection: Connection, *, alone: bool = False) -> None:
    """Until the end of the transaction the installation's secret does not change under what is sealed in it.

    Whoever changes it asks for it `alone`. SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        kind = "" if alone else "_shared"
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock{kind}({_LOCK})")


async def seal_plain(database: Database, seals: Seals) -> int:
    """Seals what was written before values were sealed; how much that was. Reads alone where nothing was."""
    webhook = _COLUMNS[1]
    if not await database.read(lambda connection: webhook.plain.rows(connection, {}), owner=EVERYBODY):
        return 0

    def seal(connection: Connection) -> int:
        hold_secret(connection)
        return sum(_put(connection, webhook, row, seals) for row in webhook.plain.rows(connection, {}))

    return await database.write(seal, owner=EVERYBODY)


async def reseal(database: Database, seals: Seals, telling: Callable[[Resealed], Record] | None = None) -> Resealed:
    """Seals everything under the newest secret, in one transaction; what no known secret opens stays as it is.

    What `telling` says of it is written down with it.
    """

    def renew(connection: Connection) -> Resealed:
        hold_secret(connection, alone=True)
        sealed = unreadable = 0
        for each in _COLUMNS:
            for row in each.all.rows(connection, {}):
                try:
                    sealed += _put(connection, each, row, seals)
                except SealBroken:
                    unreadable += 1
        done = Resealed(sealed=sealed, unreadable=unreadable)
        write(connection, None if telling is None else telling(done))
        return done

    return await database.write(renew, owner=EVERYBODY)


def _put(connection: Connection, each: _Sealed, row: Columns, seals: Seals) -> int:
    """Seals one value under the newest secret, unless it is already."""
    value, context = row[each.column.name], each.context(row)
    if seals.is_newest(value):
        return 0
    secret = value if value.startswith(PLAIN) else seals.open(value, context=context)
    return each.put.run(connection, {"row": row["id"], "value": seals.seal(secret, context=context)})
