"""Worker locks as PostgreSQL advisory locks: the server lets go of them when a worker's connection ends."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import time
from contextlib import ExitStack, suppress

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from limner.db.connecting import Deadlines, Target, postgres_engine, target
from limner.db.failures import explain
from limner.domain.errors import StorageError

LOOK = 2.0
"""Seconds between two looks whether this process still holds its lock."""
SETTLE = 10.0
"""Seconds after this process lost its lock in which it says of nobody that they are gone: where the server went away,
all others lost theirs at that moment, too, and are about to take them again.
"""
_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_GIVE_BACK = text("SELECT pg_advisory_unlock(:key)")
_GIVE_BACK_ALL = text("SELECT pg_advisory_unlock_all()")
_IS_THERE = text("SELECT 1")

log = logging.getLogger("limner.db")


class AdvisoryWorkerLocks:
    """One advisory lock for each worker, held by a connection of its own; works across machines.

    A connection that breaks, be it because the server starts anew, takes its lock with it although the worker lives:
    it is looked after every `look` seconds, and the lock taken again.
    """

    def __init__(self, url: str, *, look: float = LOOK, settle: float = SETTLE) -> None:
        self._where: Target = target(url)
        self._engine: Engine = postgres_engine(self._where, Deadlines())
        self._look = look
        self._settle = settle
        self._own: Connection | None = None
        self._at_own = threading.Lock()
        self._lost: float | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._let_go = asyncio.Event()

    async def acquire(self, worker: str) -> None:
        """Takes this process's lock and keeps it until `release` or death. Raises StorageError."""
        self._own = await asyncio.to_thread(self._hold, worker)
        self._let_go.clear()
        self._keeper = asyncio.create_task(self._keep(worker), name="limner worker lock")

    async def is_free(self, worker: str) -> bool:
        """Whether the process of that name is provably gone. Raises StorageError."""
        return await asyncio.to_thread(self._gone, worker)

    async def release(self) -> None:
        """Gives this process's lock back."""
        self._let_go.set()
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            await asyncio.gather(keeper, return_exceptions=True)
        await asyncio.to_thread(self._give_back)

    async def _keep(self, worker: str) -> None:
        """Looks after the lock until it is given back."""
        while not self._let_go.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look):
                    await self._let_go.wait()
                    return
            try:
                await asyncio.to_thread(self._take_again, worker)
            except StorageError as error:
                log.warning("the lock that says that this process lives is lost: %s", error.message)

    def _take_again(self, worker: str) -> None:
        """Takes the lock once more if its connection is gone. Raises StorageError where that cannot be done now."""
        with self._at_own:
            if self._is_lost():
                self._own = self._hold(worker)
                log.warning("the connection with the lock of this process was lost; the lock is taken again")

    def _is_lost(self) -> bool:
        """Whether the connection with the lock is gone; notes when that was last seen."""
        if self._own is not None:
            try:
                self._own.execute(_IS_THERE)
            except SQLAlchemyError:
                with suppress(SQLAlchemyError):
                    self._own.close()  # or it would come back by itself, without the lock
                self._own, self._lost = None, time.monotonic()
        elif self._lost is not None:
            self._lost = time.monotonic()
        return self._own is None and self._lost is not None

    def _hold(self, worker: str) -> Connection:
        with ExitStack() as unless_held:
            try:
                connection = unless_held.enter_context(self._engine.connect())
                connection.execution_options(isolation_level="AUTOCOMMIT")
                taken = bool(connection.execute(_TAKE, {"key": _key(worker)}).scalar_one())
            except SQLAlchemyError as error:
                raise explain(error, self._where.place) from error
            if not taken:  # somebody looks whether this process lives, at this very moment
                raise StorageError("The lock of this process is being looked at. Try again.", code="lock_taken")
            unless_held.pop_all()
        return connection

    def _give_back(self) -> None:
        # Closing alone would do, but the server notices a closed connection only a moment later.
        with self._at_own:
            own, self._own, self._lost = self._own, None, None
            if own is None:
                return
            try:
                own.execute(_GIVE_BACK_ALL)
            except SQLAlchemyError as error:
                log.info("the lock of this process went with its connection: %s", type(error).__name__)
            finally:
                own.close()

    def _gone(self, worker: str) -> bool:
        with self._at_own:
            self._is_lost()
            if self._lost is not None and time.monotonic() - self._lost < self._settle:
                return False
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
