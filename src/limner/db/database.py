"""One open database, SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from limner.db.connecting import Deadlines, Target, postgres_engine, sqlite_engine, target
from limner.db.schema import is_current, migrate
from limner.db.threads import Threads

Result = TypeVar("Result")


class Database:
    """Carries out transactions in threads, so that the event loop never waits for a disk."""

    def __init__(self, where: Target, writers: Threads, readers: Threads) -> None:
        self._where = where
        self._writers = writers
        self._readers = readers

    @classmethod
    async def open(
        cls, url: str, *, readers: int = 3, connections: int = 8, deadlines: Deadlines | None = None
    ) -> Database:
        """Opens a database and brings its tables up to date; a SQLite file is made where there is none.

        SQLite gets one writing thread and up to `readers` reading ones, PostgreSQL up to `connections` for both.
        Raises StorageError.
        """
        where = target(url)
        limits = deadlines or Deadlines()
        if where.embedded:
            writing = sqlite_engine(where, limits, writes=True)
            reading = sqlite_engine(where, limits, writes=False)
            write = Threads("limner-write", writing, where.place, size=1, patience=limits.queue)
            read = Threads("limner-read", reading, where.place, size=readers, patience=limits.queue)
        else:
            write = read = Threads(
                "limner-database", postgres_engine(where, limits), where.place, size=connections, patience=limits.queue
            )
        database = cls(where, write, read)
        try:
            if not await database.read(lambda connection: is_current(connection, where.place)):
                await database.write(lambda connection: migrate(connection, where.place))
        except BaseException:
            await database.close()
            raise
        return database

    @property
    def place(self) -> str:
        """The file or address, without a password."""
        return self._where.place

    async def write(
        self, work: Callable[[Connection], Result], *, after: Callable[[Result], None] | None = None
    ) -> Result:
        """Runs `work` in one transaction that may write, then `after` on the event loop with its result.

        Once asked for, both happen even if the caller is cancelled. On PostgreSQL `work` may run a second time
        when the connection is lost before the commit, so it must do nothing but talk to the database.
        """
        return await self._writers.run(work, after)

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Runs `work` in one transaction that only reads."""
        return await self._readers.run(work)

    async def close(self) -> None:
        """Finishes what was asked for and closes all connections."""
        await self._writers.close()
        if self._readers is not self._writers:
            await self._readers.close()
