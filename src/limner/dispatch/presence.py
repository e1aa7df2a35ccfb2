"""How other processes know that this one is alive while it buys texts, and how it finds out that another one died."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta

from limner.domain.ports import Clock
from limner.domain.telling import WorkerLocks
from limner.domain.text_calls import TextCalls
from limner.domain.text_models import LONGEST_WAIT

OLDEST = timedelta(seconds=2 * LONGEST_WAIT)
"""How old a call that is under way may be."""

log = logging.getLogger("limner.dispatch")


@dataclass(slots=True)
class LockedPresence:
    """The `Presence` of `domain.text_calls`: a lock that the system releases when this process dies.

    It is taken when the first text is bought: a command that buys none touches nothing.
    """

    worker: str
    locks: WorkerLocks
    calls: TextCalls
    clock: Clock
    _held: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def name(self) -> str:
        """What this process is called. Raises StorageError."""
        async with self._turn:
            if not self._held:
                await self.locks.acquire(self.worker)
                self._held = True
        return self.worker

    async def look_round(self) -> int:
        """Makes calls of processes that died ambiguous: they may have been bought. Says how many there were.

        So too its own calls that are older than any can be: their end could not be written down when they came to it.
        """
        found, now = 0, self.clock.now()
        for worker in await self.calls.workers():
            if worker == self.worker:
                found += await self.calls.abandon(worker, now, begun_before=now - OLDEST)
            elif await self.locks.is_free(worker):
                found += await self.calls.abandon(worker, now)
        if found:
            log.warning("%d text calls whose end nobody wrote down may have been bought", found)
        return found

    async def leave(self) -> None:
        """Gives the lock back."""
        if self._held:
            self._held = False
            await self.locks.release()
