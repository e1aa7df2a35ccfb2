"""From a URL to engines that are set up for the way Limner uses them."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from limner.domain.errors import StorageError

_SQLITE_NAMES = frozenset({"sqlite", "sqlite+pysqlite", "sqlite+aiosqlite"})
_POSTGRES_NAMES = frozenset({"postgres", "postgresql", "postgresql+psycopg"})


POOLED = (".supabase.com", ".supabase.co")
"""Hosts whose port 6543 gives each transaction another session: workers would not hold the locks that say they live.

Source: https://supabase.com/docs/guides/database/connecting-to-postgres, read 2026-11-28.
"""
POOLED_PORT = 6543


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadlines:
    """How long, in seconds, anything here waits before it says so."""

    lock: float = 5.0
    """For another process that is writing."""
    statement: float = 30.0
    """For one statement (PostgreSQL)."""
    connect: float = 5.0
    queue: float = 30.0
    """For a free connection."""


@dataclass(frozen=True, slots=True)
class Target:
    """A database and how to call it in a message: never with its password."""

    url: URL
    place: str

    @property
    def embedded(self) -> bool:
        """Whether it is a SQLite file."""
        return self.url.get_backend_name() == "sqlite"


def target(text: str) -> Target:
    """Reads `sqlite:///file` or `postgresql://...`. Raises StorageError for anything else."""
    name, separator, rest = text.partition("://")
    try:
        if name in _SQLITE_NAMES and separator:
            url = make_url(f"sqlite://{rest}")
            if url.database and not url.host and url.database != ":memory:":
                return Target(url, url.database)
        elif name in _POSTGRES_NAMES and separator:
            url = make_url(f"postgresql+psycopg://{rest}")
            _check_session(url)
            return Target(url, url.set(drivername="postgresql").render_as_string(hide_password=True))
    except (ArgumentError, ValueError) as error:
        raise _unusable() from error
    raise _unusable()


def _check_session(url: URL) -> None:
    """Raises StorageError for a place whose connections are no sessions."""
    if url.port == POOLED_PORT and (url.host or "").lower().endswith(POOLED):
        raise StorageError(
            f"{url.host}:{POOLED_PORT} is a pooler in transaction mode, which loses locks and prepared statements. Use "
            "port 5432 of the same host: the pooler in session mode, or the database itself.",
            code="database_url",
        )


def _unusable() -> StorageError:
    # The text itself may hold a password, so it is not repeated.
    return StorageError(
        "The database URL cannot be used; write sqlite:///path/to/limner.db or postgresql://user:password@host/name.",
        code="database_url",
    )


def sqlite_engine(where: Target, deadlines: Deadlines, *, writes: bool) -> Engine:
    """Connections to a SQLite file, for the one writing thread or for a reading one."""
    path = Path(where.place)
    if writes:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The folder {path.parent} for the database cannot be made: {error.strerror}. Choose another one.",
                code="read_only",
            ) from error

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=deadlines.lock, isolation_level=None, cached_statements=256)
        try:
            _set_up_sqlite(connection, deadlines, writes=writes)
        except BaseException:
            connection.close()
            raise
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, paramstyle="named")
    # A write transaction takes the lock at once: one that only asked for it at its first write could not wait for it.
    first = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.connection.cursor().execute(first)

    return engine


def _set_up_sqlite(connection: sqlite3.Connection, deadlines: Deadlines, *, writes: bool) -> None:
    if writes:
        _switch_to_wal(connection, deadlines.lock)
    for setting in (
        "foreign_keys=ON",
        "synchronous=FULL",  # a commit survives a power cut: intent and money are in it
        "cache_size=-16384",
        "mmap_size=268435456",
        "journal_size_limit=67108864",
        "temp_store=MEMORY",
        f"query_only={'OFF' if writes else 'ON'}",
    ):
        connection.execute(f"PRAGMA {setting}")


def _switch_to_wal(connection: sqlite3.Connection, patience: float) -> None:
    """Write-ahead logging; kept in the file, so this changes it once."""
    give_up = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            # While another process switches, SQLite answers "busy" without waiting (seen 2026-11-21, SQLite 3.40).
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.005)


def postgres_engine(where: Target, deadlines: Deadlines) -> Engine:
    """Connections to PostgreSQL; a silent server or a lock that is never freed ends in an error, not in waiting."""
    engine = create_engine(
        where.url,
        poolclass=NullPool,  # each thread keeps its connection: the threads are the pool
        connect_args={
            "autocommit": True,  # each transaction begins with a message of its own: see `walls.begin`
            "connect_timeout": max(2, round(deadlines.connect)),
            "tcp_user_timeout": round(deadlines.statement * 1000),
            "keepalives_idle": 30,
            "application_name": "limner",
        },
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: DBAPIConnection, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute(
            f"SET lock_timeout = {round(deadlines.lock * 1000)}; "
            f"SET statement_timeout = {round(deadlines.statement * 1000)}; "
            f"SET idle_in_transaction_session_timeout = {round(deadlines.statement * 2000)}"
        )
        cursor.close()
        connection.commit()

    return engine
