"""Somebody who pauses their queue and lets it go on, and what is sent in spite of that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field

from limner.domain.people import LOCAL
from limner.domain.queue import QueuePaused
from limner.engine.queueing import Queue


@dataclass(kw_only=True, slots=True)
class Pauses:
    """One person's pauses, and what is sent in spite of them."""

    may_be: bool = False
    """Whether it may be paused: from before the wish for a pause to after the answer that it goes on."""
    surely: bool = False
    """Whether it is paused for certain: from the answer to a pause to before the wish to go on."""
    wishes: int = 0
    """How often somebody began to wish for one thing or the other."""
    number: int = 0
    held_up: int = 0
    """Calls that were not sent because of a pause."""
    faults: list[str] = field(default_factory=list)
    _marked: set[str] = field(default_factory=set)
    """Calls that may be sent, once each."""
    _one_wish: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def change(self, queue: Queue) -> None:
        """Pauses it, or lets it go on."""
        async with self._one_wish:
            await (self._resume(queue) if self.may_be else self._pause(queue))

    async def go_on(self, queue: Queue) -> None:
        """Lets it go on, whoever else may wish so."""
        async with self._one_wish:
            await self._resume(queue)

    async def mark(self, marking: Awaitable[object], call_id: str) -> None:
        """Marks a call as being sent; that it could be is a fault where the queue was paused all the while."""
        wishes, surely = self.wishes, self.surely
        try:
            await marking
        except QueuePaused:
            self.held_up += 1
            raise
        self._marked.add(call_id)
        if surely and wishes == self.wishes:
            self.faults.append(f"the call {call_id} was let be sent while the queue was paused")

    def send(self, call_id: str) -> None:
        """A service has a call: one that was not marked for it, or was sent already, is a fault."""
        if call_id not in self._marked:
            self.faults.append(f"the call {call_id} was sent and not marked")
        self._marked.discard(call_id)

    async def _pause(self, queue: Queue) -> None:
        self.may_be, self.wishes = True, self.wishes + 1
        await queue.pause(LOCAL)
        self.surely, self.number = True, self.number + 1

    async def _resume(self, queue: Queue) -> None:
        self.surely, self.wishes = False, self.wishes + 1
        await queue.resume(LOCAL)
        self.may_be = False
