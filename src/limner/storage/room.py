"""Remembers for a moment that there was room, so that not every purchase has to look."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

SECONDS = 1.0
"""How long a good answer holds."""


class Room:
    """Whether more can be kept: a good answer is believed for a second, a bad one not at all."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._good_until = -math.inf
        self._turn = asyncio.Lock()

    async def check(self, look: Callable[[], Awaitable[None]]) -> None:
        """Looks, unless somebody has just looked and found room; what `look` raises goes through."""
        if self._believed():
            return
        async with self._turn:
            if self._believed():
                return
            began = self._monotonic()
            await look()
            self._good_until = began + SECONDS

    def doubt(self) -> None:
        """Forgets the good answer: something could not be written. Any thread may call it."""
        self._good_until = -math.inf

    def _believed(self) -> bool:
        return self._monotonic() < self._good_until
