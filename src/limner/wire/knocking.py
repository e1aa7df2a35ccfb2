"""Which engines of this machine or network were there a moment ago."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from limner.domain.ports import Clock
from limner.wire.connection import listens

DEADLINE = 2.0
"""Seconds for one engine, with the search for its name."""
FRESH = 5.0
"""Seconds for which an answer holds: whoever has just started an engine wants to see it."""


class Knocks:
    """Remembers who was there; whoever was never asked counts as there."""

    def __init__(self, clock: Clock, listens: Callable[[str], bool] = listens) -> None:
        """`listens` may block: it is asked in a thread."""
        self._clock = clock
        self._listens = listens
        self._asked: dict[str, float] = {}
        self._absent: set[str] = set()
        self._asking = asyncio.Lock()

    async def renew(self, addresses: Iterable[str]) -> None:
        """Asks at all of them at once, but where that was done a moment ago."""
        async with self._asking:
            now = self._clock.monotonic()
            due = [each for each in set(addresses) if now - self._asked.get(each, float("-inf")) >= FRESH]
            found = await asyncio.gather(*(self._is_there(each) for each in due))
            self._asked.update(dict.fromkeys(due, self._clock.monotonic()))
            self._absent.difference_update(due)
            self._absent.update(each for each, there in zip(due, found, strict=True) if not there)

    def is_absent(self, address: str) -> bool:
        """Whether nobody was there."""
        return address in self._absent

    async def _is_there(self, address: str) -> bool:
        try:
            async with asyncio.timeout(DEADLINE):
                return await asyncio.to_thread(self._listens, address)
        except TimeoutError:
            return False
