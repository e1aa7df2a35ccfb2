"""How a running job learns that it should stop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from limner.domain.ports import Clock


class Control:
    """Two wishes a running job obeys: to be cancelled, and to make way for the end of the process."""

    def __init__(self) -> None:
        self._cancelled = asyncio.Event()
        self._stopping = asyncio.Event()
        self._either = asyncio.Event()

    @property
    def cancelled(self) -> bool:
        """Whether the person wants it stopped."""
        return self._cancelled.is_set()

    @property
    def stopping(self) -> bool:
        """Whether the process is about to end."""
        return self._stopping.is_set()

    @property
    def interrupted(self) -> bool:
        """Whether either wish was spoken."""
        return self._either.is_set()

    def cancel(self) -> None:
        """The person wants it stopped."""
        self._cancelled.set()
        self._either.set()

    def stop(self) -> None:
        """The process is about to end."""
        self._stopping.set()
        self._either.set()

    async def pause(self, seconds: float, clock: Clock) -> bool:
        """Waits, unless a wish is spoken first; True when the whole time has passed."""
        return await self.unless_wished(clock.sleep(seconds))

    async def unless_wished(self, waiting: Coroutine[None, None, None]) -> bool:
        """Waits for something, unless a wish is spoken first: then it is given up, and the answer is False."""
        going = asyncio.ensure_future(waiting)
        wishing = asyncio.ensure_future(self._either.wait())
        try:
            await asyncio.wait((going, wishing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            wishing.cancel()
            going.cancel()
        await asyncio.wait((going,))
        if going.cancelled():
            return False
        going.result()
        return True
