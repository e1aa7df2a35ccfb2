"""Threads that each own one database connection."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Generic, TypeVar

from sqlalchemy import Connection

from limner.db.failures import driver_errors
from limner.db.seat import Seat, Task
from limner.domain.errors import StorageError

Result = TypeVar("Result")
Argument = TypeVar("Argument")


class _Report(Generic[Result]):
    """Carries the outcome of one task from its thread to whoever waits on the event loop.

    As a context manager it reports the error that ends the block.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, after: Callable[[Result], None] | None) -> None:
        self.future: asyncio.Future[Result] = loop.create_future()
        self._loop = loop
        self._after = after

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self.fail(error)
        return True

    def succeed(self, result: Result) -> None:
        """The task is committed."""
        self._call(self._succeeded, result)

    def fail(self, error: BaseException) -> None:
        """The task came to nothing."""
        self._call(self._failed, error)

    def _call(self, how: Callable[[Argument], None], outcome: Argument) -> None:
        with suppress(RuntimeError):  # the event loop is gone, and with it everybody who waited
            self._loop.call_soon_threadsafe(how, outcome)

    def _succeeded(self, result: Result) -> None:
        if not self.future.done():
            self.future.set_result(result)
        if self._after is not None:
            self._after(result)

    def _failed(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class _Work(Generic[Result]):
    """A task that gives up where it had to wait too long for its turn."""

    def __init__(self, work: Callable[[Connection], Result], report: _Report[Result], late: Callable[[], bool]) -> None:
        self._work = work
        self._report = report
        self._late = late

    def alone(self, seat: Seat) -> None:
        with self._report:
            self._check_patience()
            self._report.succeed(seat.transact(self._work))

    def among_others(self, connection: Connection) -> Callable[[], None]:
        cursor = connection.connection.cursor()
        cursor.execute("SAVEPOINT task")
        try:
            self._check_patience()
            result = self._work(connection)
        except Exception as error:
            if isinstance(error, driver_errors(connection.dialect)):
                raise
            cursor.execute("ROLLBACK TO task")
            return partial(self._report.fail, error)
        cursor.execute("RELEASE task")
        return partial(self._report.succeed, result)

    def _check_patience(self) -> None:
        if self._late():
            raise StorageError("The database is too busy; nothing was written. Try again later.", code="database_slow")


class Threads:
    """Up to `size` threads that carry out transactions in the order in which they are asked for.

    A thread that finds several waiting carries up to `together` of them out at once.
    """

    def __init__(
        self,
        name: str,
        seat: Callable[[], Seat],
        *,
        size: int,
        together: int,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._seat = seat
        self._size = size
        self._together = together
        self._patience = patience
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Task | None] = SimpleQueue()
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
        report = _Report(self._loop, after)
        give_up = self._clock() + self._patience
        self._queue.put(_Work(work, report, lambda: self._clock() > give_up))
        try:
            return await report.future
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
        seat = self._seat()
        while True:
            waiting = self._next()
            tasks = [task for task in waiting if task is not None]
            if len(tasks) == 1:
                tasks[0].alone(seat)
            elif tasks:
                seat.transact_together(tasks)
            if len(tasks) < len(waiting):
                break
        seat.close()

    def _next(self) -> list[Task | None]:
        """What is waiting, at least one; None is the sign to stop."""
        waiting = [self._queue.get()]
        with suppress(Empty):
            while waiting[-1] is not None and len(waiting) < self._together:
                waiting.append(self._queue.get_nowait())
        return waiting
