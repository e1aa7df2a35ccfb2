"""Worker locks as PostgreSQL advisory locks: the server lets go of them when a worker's connection ends."""

from __future__ import annotations

import asyncio
import hashlib

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from limner.db.connecting import Deadlines, Target, postgres_engine, target
from limner.db.failures import explain

_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_GIVE_BACK = text("SELECT pg_advisory_unlock(:key)")
_GIVE_BACK_ALL = text("SELECT pg_advisory_unlock_all()")


class AdvisoryWorkerLocks:
    """One advisory lock for each worker, held by a connection of its own; works across machines."""

    def __init__(self, url: str) -> None:
        self._where: Target = target(url)
        self._engine: Engine = postgres_engine(self._where, Deadlines())
        self._own: Connection | None = None

    async def acquire(self, worker: str) -> None:
        """Takes this process's lock and keeps it until `release` or death. Raises StorageError."""
        self._own = await asyncio.to_thread(self._hold, worker)

    async def is_free(self, worker: str) -> bool:
        """Whether the process of that name is provably gone."""
        return await asyncio.to_thread(self._gone, worker)

    async def release(self) -> None:
        """Gives this process's lock back."""
        own, self._own = self._own, None
        if own is not None:
            await asyncio.to_thread(self._give_back, own)

    def _hold(self, worker: str) -> Connection:
        try:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(_TAKE, {"key": _key(worker)})
        except SQLAlchemyError as error:
            raise explain(error, self._where.place) from error
        return connection

    def _give_back(self, own: Connection) -> None:
        # Closing alone would do, but the server notices a closed connection only a moment later.
        try:
            own.execute(_GIVE_BACK_ALL)
        except SQLAlchemyError as error:
            raise explain(error, self._where.place) from error
        finally:
            own.close()

    def _gone(self, worker: str) -> bool:
        try:
            with self._engine.connect() as connection:
                own = connection.execution_options(isolation_level="AUTOCOMMIT")
                free = bool(own.execute(_TAKE, {"key": _key(worker)}).scalar_one())
                if free:
                    own.execute(_GIVE_BACK, {"key": _key(worker)})
        except SQLAlchemyError as error:
            raise explain(error, self._where.place) from error
        return free


def _key(worker: str) -> int:
    """A worker's name as the 64-bit number that advisory locks take."""
    return int.from_bytes(hashlib.sha256(f"limner worker {worker}".encode()).digest()[:8], signed=True)
