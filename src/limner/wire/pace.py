"""How hard a service may be pressed: purchases a second, and how many at once."""

from __future__ import annotations

import asyncio

from limner.domain.places import Places
from limner.domain.turns import Rank

PATIENCE = 900.0
"""Seconds that a purchase waits for its turn."""


class Pace:
    """Lets purchases through one by one; requests that buy nothing do not wait, so that no poll holds up a purchase."""

    def __init__(self, *, requests_per_second: float, concurrency: int) -> None:
        self._places = Places(concurrency, requests_per_second)
        self.load = 0
        """Purchases that are under way or wait."""

    async def enter(self, rank: Rank | None = None) -> None:
        """Waits for a place and for the moment; `leave` gives the place back. Raises TimeoutError after too long."""
        self.load += 1
        try:
            async with asyncio.timeout(PATIENCE):
                await self._places.enter(rank)
        except BaseException:
            self.load -= 1
            raise

    def leave(self) -> None:
        """Gives the place to the next one."""
        self.load -= 1
        self._places.leave()

    def hold(self, requests_per_second: float) -> None:
        """From now on so many a second are begun at most, 0 for no limit."""
        self._places.hold(requests_per_second)


class InTurn:
    """Two paces, one after the other: a purchase that waits for the first takes no place at the second."""

    def __init__(self, first: Pace, then: Pace) -> None:
        self._first, self._then = first, then

    async def enter(self, rank: Rank | None = None) -> None:
        """Waits for both; `leave` gives both places back. Raises TimeoutError after too long at either."""
        await self._first.enter(rank)
        try:
            await self._then.enter(rank)
        except BaseException:
            self._first.leave()
            raise

    def leave(self) -> None:
        """Gives both places to the next ones."""
        self._then.leave()
        self._first.leave()
