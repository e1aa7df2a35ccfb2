"""Carries batches in this process: a few at once, and what dead processes left behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from limner.domain.batch_store import Batches
from limner.domain.batches import HeldBatch, OpenBatch
from limner.domain.errors import StorageError
from limner.domain.ports import Clock
from limner.domain.telling import WorkerLocks

LOOK_ROUND = 5.0
"""Seconds between two looks for batches, where nothing is said sooner."""
TRY_AGAIN = 5.0
"""Seconds for which a batch rests that the disk or the database would not let be carried on."""
AT_ONCE = 8
"""Batches that one process carries at once; the others wait, oldest first."""

Carry = Callable[[HeldBatch], Awaitable[None]]

log = logging.getLogger("limner.dispatch")


class Porter:
    """Takes batches for one worker, whose lock somebody else holds, and has them carried out."""

    def __init__(self, *, worker: str, batches: Batches, locks: WorkerLocks, clock: Clock) -> None:
        self._worker = worker
        self._batches = batches
        self._locks = locks
        self._clock = clock
        self._carry: Carry | None = None
        self._nudged = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._broken: set[str] = set()
        self._rounds: asyncio.Task[None] | None = None

    def nudge(self) -> None:
        """Says that there is a batch to carry."""
        self._nudged.set()

    def start(self, carry: Carry) -> None:
        """Begins to carry batches with `carry`, first those that dead processes left."""
        self._carry = carry
        self._rounds = asyncio.create_task(self._go_round(), name="limner batches")

    async def stop(self) -> None:
        """Lets go of everything at once: begun rows have jobs of their own, and the next process does the rest."""
        tasks = [*self._tasks.values(), *([] if self._rounds is None else [self._rounds])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _go_round(self) -> None:
        while True:
            await self._look()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_ROUND):
                    await self._nudged.wait()

    async def _look(self) -> None:
        """Begins to carry what is free, as far as there is room."""
        self._nudged.clear()
        try:
            for batch in await self._free():
                if len(self._tasks) >= AT_ONCE:
                    return
                self._spawn(batch)
        except StorageError as error:
            log.warning("could not look for batches: %s", error.message)

    async def _free(self) -> list[OpenBatch]:
        """Batches in nobody's hands, or in those of a process that is provably gone."""
        found: list[OpenBatch] = []
        for batch in await self._batches.open():
            if batch.id in self._tasks or batch.id in self._broken:
                continue
            if batch.worker in (None, self._worker) or await self._locks.is_free(batch.worker):
                found.append(batch)
        return found

    def _spawn(self, batch: OpenBatch) -> None:
        task = asyncio.create_task(self._take(batch), name=f"limner batch {batch.id}")
        self._tasks[batch.id] = task
        task.add_done_callback(lambda _: self._done(batch.id))

    def _done(self, batch_id: str) -> None:
        """There is room for another one."""
        del self._tasks[batch_id]
        self.nudge()

    async def _take(self, batch: OpenBatch) -> None:
        try:
            held = await self._batches.take(batch, self._worker)
            if held is not None and self._carry is not None:
                await self._carry(held)
        except* StorageError as group:
            log.warning("batch %s could not be carried on: %s", batch.id, group.exceptions[0])
            await self._clock.sleep(TRY_AGAIN)
        except* Exception:
            # It stays open, and the next process tries it: this one would only fail again and again.
            log.exception("batch %s met an error that nobody foresaw", batch.id)
            self._broken.add(batch.id)
