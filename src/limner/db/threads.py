"""Threads that each own one database connection."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from types import TracebackType
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine

from limner.db.failures import DRIVER_ERRORS, explain
from limner.domain.errors import StorageError

Result = TypeVar("Result")
Argument = TypeVar("Argument")


class Seat:
    """One thread's connection, opened when it is first needed and again when it was lost."""

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._place = place
        self._connection: Connection | None = None

    def transact(self, work: Callable[[Connection], Result]) -> Result:
        """Runs `work` in one transaction. Raises StorageError for whatever the database does."""
        try:
            try:
                return self._commit(work)
            except _LostBeforeCommit:
                # The server went away and rolled back; a second try meets a new connection or the real error.
                return self._commit(work)
        except _LostBeforeCommit as lost:
            raise explain(lost.error, self._place) from lost.error
        except Exception as error:
            said = explain(error, self._place)
            if said is error:
                raise
            raise said from error

    def transact_together(self, tasks: Sequence[Task[Result]]) -> None:
        """Runs several tasks in one transaction, each as if it were alone: one that fails takes none with it.

        Writing to the disk is most of what a small transaction costs, and this does it once. Should the transaction
        itself fail, each is carried out on its own.
        """
        try:
            outcomes = self._commit(lambda connection: [_apart(connection, task) for task in tasks])
        except Exception as error:
            if not isinstance(error, _LostBeforeCommit) and explain(error, self._place) is error:
                raise
            for task in tasks:
                task(self)
        else:
            for task, outcome in zip(tasks, outcomes, strict=True):
                task.report(outcome)

    def close(self) -> None:
        """Closes the connection, if there is one."""
        if self._connection is not None:
            with suppress(*DRIVER_ERRORS):  # it is being thrown away
                self._connection.close()
            self._connection = None

    def _commit(self, work: Callable[[Connection], Result]) -> Result:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._engine.connect()
        try:
            transaction = connection.begin()
            result = work(connection)
        except BaseException as error:
            if self._abandon(connection):
                raise _LostBeforeCommit(error) from error
            raise
        try:
            transaction.commit()
        except BaseException:
            self._abandon(connection)
            raise
        return result

    def _abandon(self, connection: Connection) -> bool:
        """Rolls back; whether the connection turned out to be lost."""
        try:
            connection.rollback()
            lost = bool(getattr(connection.connection.dbapi_connection, "closed", False))
        except DRIVER_ERRORS:
            lost = True
        if lost:
            connection.invalidate()
            self.close()
        return lost


class _LostBeforeCommit(Exception):
    """The connection broke while nothing was committed."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


class _Report(Generic[Result]):
    """Carries the outcome of one transaction from its thread to whoever waits on the event loop."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[Result], after: Callable[[Result], None] | None
    ) -> None:
        self._loop = loop
        self._future = future
        self._after = after

    def __enter__(self) -> Callable[[Result], None]:
        return self._succeed

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self._call(self._failed, error)
        return True

    def _succeed(self, result: Result) -> None:
        self._call(self._succeeded, result)

    def _call(self, how: Callable[[Argument], None], outcome: Argument) -> None:
        with suppress(RuntimeError):  # the event loop is gone, and with it everybody who waited
            self._loop.call_soon_threadsafe(how, outcome)

    def _succeeded(self, result: Result) -> None:
        if not self._future.done():
            self._future.set_result(result)
        if self._after is not None:
            self._after(result)

    def _failed(self, error: BaseException) -> None:
        if not self._future.done():
            self._future.set_exception(error)


class Threads:
    """Up to `size` threads that carry out transactions in the order in which they are asked for."""

    def __init__(self, name: str, engine: Engine, place: str, *, size: int, patience: float) -> None:
        self._name = name
        self._engine = engine
        self._place = place
        self._size = size
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Callable[[Seat], None] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._waiting = 0
        self._closed = False

    async def run(self, work: Callable[[Connection], Result], after: Callable[[Result], None] | None = None) -> Result:
        """Runs `work` in a transaction; then `after` on the event loop with what it returned.

        It is carried out and reported to `after` even if whoever waits for it is cancelled.
        """
        if self._closed:
            raise StorageError("The database is closed; open it again.", code="database_closed")
        self._waiting += 1
        if self._waiting > len(self._threads) < self._size:
            thread = threading.Thread(target=self._serve, name=f"{self._name}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        future: asyncio.Future[Result] = self._loop.create_future()
        report = _Report(self._loop, future, after)
        self._queue.put(partial(self._carry_out, work, report, time.monotonic() + self._patience))
        try:
            return await future
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """Finishes what was asked for and closes the connections."""
        self._closed = True
        for _ in self._threads:
            self._queue.put(None)
        await asyncio.to_thread(self._join)

    def _join(self) -> None:
        give_up = time.monotonic() + self._patience
        for thread in self._threads:
            thread.join(max(0.0, give_up - time.monotonic()))

    def _serve(self) -> None:
        seat = Seat(self._engine, self._place)
        while (task := self._queue.get()) is not None:
            task(seat)
        seat.close()

    def _carry_out(
        self, work: Callable[[Connection], Result], report: _Report[Result], give_up: float, seat: Seat
    ) -> None:
        with report as succeed:
            if time.monotonic() > give_up:
                raise StorageError(
                    f"The database {self._place} is too busy; nothing was written. Try again later.",
                    code="database_slow",
                )
            succeed(seat.transact(work))
