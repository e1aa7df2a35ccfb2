"""How hard a service may be pressed: purchases a second, and how many at once."""

from __future__ import annotations

import asyncio

from aiolimiter import AsyncLimiter

PATIENCE = 900.0
"""Seconds that a purchase waits for its turn."""


class Pace:
    """Lets purchases through one by one; requests that buy nothing do not wait, so that no poll holds up a purchase."""

    def __init__(self, *, requests_per_second: float, concurrency: int) -> None:
        self._places = asyncio.Semaphore(concurrency) if concurrency else None
        self._rate = requests_per_second
        self._limiter = _limiter(requests_per_second) if requests_per_second else None
        self.load = 0
        """Purchases that are under way or wait."""

    async def enter(self) -> None:
        """Waits for a place and for the moment; `leave` gives the place back. Raises TimeoutError after too long."""
        self.load += 1
        try:
            async with asyncio.timeout(PATIENCE):
                await self._wait()
        except BaseException:
            self.load -= 1
            raise

    def leave(self) -> None:
        """Gives the place to the next one."""
        self.load -= 1
        self._give_back()

    def hold(self, requests_per_second: float) -> None:
        """From now on so many a second are begun at most, 0 for no limit; who waits already keeps their turn."""
        if requests_per_second != self._rate:
            self._rate = requests_per_second
            self._limiter = _limiter(requests_per_second) if requests_per_second else None

    async def _wait(self) -> None:
        if self._places is not None:
            await self._places.acquire()
        try:
            if self._limiter is not None:
                await self._limiter.acquire()
        except BaseException:
            self._give_back()
            raise

    def _give_back(self) -> None:
        if self._places is not None:
            self._places.release()


class InTurn:
    """Two paces, one after the other: a purchase that waits for the first takes no place at the second."""

    def __init__(self, first: Pace, then: Pace) -> None:
        self._first, self._then = first, then

    async def enter(self) -> None:
        """Waits for both; `leave` gives both places back. Raises TimeoutError after too long at either."""
        await self._first.enter()
        try:
            await self._then.enter()
        except BaseException:
            self._first.leave()
            raise

    def leave(self) -> None:
        """Gives both places to the next ones."""
        self._then.leave()
        self._first.leave()


def _limiter(rate: float) -> AsyncLimiter:
    """Below one a second the burst would be less than one request: stretch the period instead."""
    return AsyncLimiter(rate, 1.0) if rate >= 1 else AsyncLimiter(1, 1.0 / rate)
