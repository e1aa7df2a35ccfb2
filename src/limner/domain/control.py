"""How a running job learns that it should stop."""

from __future__ import annotations

import asyncio


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

    async def pause(self, seconds: float) -> bool:
        """Waits, unless a wish is spoken first; True when the whole time has passed."""
        try:
            async with asyncio.timeout(seconds):
                await self._either.wait()
        except TimeoutError:
            return True
        return False

    async def wished(self) -> None:
        """Returns when a wish is spoken."""
        await self._either.wait()
