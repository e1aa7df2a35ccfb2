"""One open database, SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Engine

from limner.db import walls
from limner.db.connecting import Deadlines, Target, postgres_engine, sqlite_engine, target
from limner.db.schema import is_current, migrate
from limner.db.seat import Seat
from limner.db.threads import Threads
from limner.db.walls import EVERYBODY

Result = TypeVar("Result")


TOGETHER = 32
"""How many waiting transactions of SQLite share one trip to the disk."""


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
            write = _threads("limner-write", writing, where, size=1, together=TOGETHER, limits=limits)
            read = _threads("limner-read", reading, where, size=readers, together=1, limits=limits)
        else:
            engine = postgres_engine(where, limits)
            write = read = _threads("limner-database", engine, where, size=connections, together=1, limits=limits)
        database = cls(where, write, read)
        try:
            if not await database.read(lambda connection: is_current(connection, where.place), owner=EVERYBODY):
                await database.write(lambda connection: migrate(connection, where.place), owner=EVERYBODY)
        except BaseException:
            await database.close()
            raise
        return database

    @property
    def place(self) -> str:
        """The file or address, without a password."""
        return self._where.place

    async def write(
        self,
        work: Callable[[Connection], Result],
        *,
        owner: str = EVERYBODY,
        after: Callable[[Result], None] | None = None,
    ) -> Result:
        """Runs `work` in one transaction that may write, then `after` on the event loop with its result.

        On PostgreSQL it sees and changes the rows of `owner` alone, whatever its statements say; those of all people
        for EVERYBODY. Whoever asks says which of the two, and a test looks for callers that do not.

        Once asked for, both happen even if the caller is cancelled. `work` may run a second time where the first was
        rolled back (a lost connection, a neighbour's disk error), so it must do nothing but talk to the database.
        """
        return await self._writers.run(self._for(owner, work), after)

    async def read(self, work: Callable[[Connection], Result], *, owner: str = EVERYBODY) -> Result:
        """Runs `work` in one transaction that only reads, for whom as in `write`."""
        return await self._readers.run(self._for(owner, work))

    async def is_walled(self) -> bool | None:
        """Whether PostgreSQL looks at owners too, or lets this role pass; None for SQLite, which has no such wall."""
        return None if self._where.embedded else not await self.read(walls.is_passed, owner=EVERYBODY)

    async def close(self) -> None:
        """Finishes what was asked for and closes all connections."""
        await self._writers.close()
        if self._readers is not self._writers:
            await self._readers.close()

    def _for(self, owner: str, work: Callable[[Connection], Result]) -> Callable[[Connection], Result]:
        if self._where.embedded:
            return work

        def begun(connection: Connection) -> Result:
            walls.begin(connection, owner)
            return work(connection)

        return begun


def _threads(name: str, engine: Engine, where: Target, *, size: int, together: int, limits: Deadlines) -> Threads:
    return Threads(name, partial(Seat, engine, where.place), size=size, together=together, patience=limits.queue)
