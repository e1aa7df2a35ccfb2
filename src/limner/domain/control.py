"""How a running job learns that it should stop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from limner.domain.ports import Clock
from limner.domain.turns import Rank


class Control:
    """Wishes a running job obeys: to be cancelled, to make way for the end of the process, and, for what of it was
    not sent yet, to wait.
    """

    def __init__(self, rank: Rank | None = None) -> None:
        self.rank = rank or Rank()
        """Where it stands among those who wait for a turn."""
        self._cancelled = False
        self._stopping = False
        self._held_back = False
        self.was_held_back = False
        """Whether it ever was: then it may have been put back, whatever has been wished since."""
        self._waits: set[asyncio.Task[None]] = set()
        """What is given up when a wish is spoken that is for all of the job."""
        self._unsent: set[asyncio.Task[None]] = set()
        """What is given up when any wish is spoken."""

    @property
    def cancelled(self) -> bool:
        """Whether the person wants it stopped."""
        return self._cancelled

    @property
    def stopping(self) -> bool:
        """Whether the process is about to end."""
        return self._stopping

    @property
    def interrupted(self) -> bool:
        """Whether either wish was spoken."""
        return self._cancelled or self._stopping

    @property
    def held_back(self) -> bool:
        """Whether what was not sent yet is to wait, because the person's queue is paused."""
        return self._held_back

    def cancel(self) -> None:
        """The person wants it stopped."""
        self._cancelled = True
        _give_up(self._waits | self._unsent)

    def stop(self) -> None:
        """The process is about to end."""
        self._stopping = True
        _give_up(self._waits | self._unsent)

    def hold_back(self, paused: bool) -> None:
        """The person's queue is paused, or goes on."""
        self._held_back = paused
        self.was_held_back = self.was_held_back or paused
        if paused:
            _give_up(self._unsent)

    async def pause(self, seconds: float, clock: Clock) -> bool:
        """Waits, unless a wish is spoken first; True when the whole time has passed."""
        return await self.unless_wished(clock.sleep(seconds))

    async def unless_wished(self, waiting: Coroutine[None, None, None]) -> bool:
        """Waits for something, unless the job is to be cancelled or the process to end: then it is given up, and the
        answer is False.
        """
        return await _wait(waiting, self._waits, given_up=self.interrupted)

    async def before_sending(self, waiting: Coroutine[None, None, None]) -> bool:
        """The same for what comes before something is sent: it is given up where that is to wait, too."""
        return await _wait(waiting, self._unsent, given_up=self.interrupted or self.held_back)


async def _wait(waiting: Coroutine[None, None, None], among: set[asyncio.Task[None]], *, given_up: bool) -> bool:
    going = asyncio.create_task(waiting)
    among.add(going)
    if given_up:
        going.cancel()
    try:
        await asyncio.wait((going,))
    finally:
        among.discard(going)
        going.cancel()
    if going.cancelled():
        return False
    going.result()
    return True


def _give_up(waits: set[asyncio.Task[None]]) -> None:
    for going in waits:
        going.cancel()
