"""How a running job learns that it should stop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from limner.domain.ports import Clock


class Control:
    """Two wishes a running job obeys: to be cancelled, and to make way for the end of the process."""

    def __init__(self) -> None:
        self._cancelled = False
        self._stopping = False
        self._waits: set[asyncio.Task[None]] = set()
        """What is given up when a wish is spoken."""

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

    def cancel(self) -> None:
        """The person wants it stopped."""
        self._cancelled = True
        self._give_up()

    def stop(self) -> None:
        """The process is about to end."""
        self._stopping = True
        self._give_up()

    async def pause(self, seconds: float, clock: Clock) -> bool:
        """Waits, unless a wish is spoken first; True when the whole time has passed."""
        return await self.unless_wished(clock.sleep(seconds))

    async def unless_wished(self, waiting: Coroutine[None, None, None]) -> bool:
        """Waits for something, unless a wish is spoken first: then it is given up, and the answer is False."""
        going = asyncio.create_task(waiting)
        self._waits.add(going)
        if self.interrupted:
            going.cancel()
        try:
            await asyncio.wait((going,))
        finally:
            self._waits.discard(going)
            going.cancel()
        if going.cancelled():
            return False
        going.result()
        return True

    def _give_up(self) -> None:
        for going in self._waits:
            going.cancel()
