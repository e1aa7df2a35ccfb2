"""What other processes have written down, read again a moment later: once for all who ask at the same time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from limner.domain.errors import StorageError
from limner.domain.ports import Clock

TRIES = 3
"""Times that it is read in a row where something is changed here meanwhile."""

Found = TypeVar("Found")

log = logging.getLogger("limner.engine")


class Look(Generic[Found]):
    """Keeps what this process knows of some rows no older than a moment.

    Whoever asks while they are being read waits for that: what is known may be as old as the last request.
    """

    def __init__(
        self,
        *,
        read: Callable[[], Awaitable[Found]],
        take: Callable[[Found], None],
        clock: Clock,
        fresh: float,
        away: str,
    ) -> None:
        """What was read is good for `fresh` seconds. `away` is said where the database is: what was known holds on."""
        self._read = read
        self._take = take
        self._clock = clock
        self._fresh = fresh
        self._away = away
        self._at = float("-inf")
        self._changes = 0
        self._reading: asyncio.Task[None] | None = None

    def changed(self) -> None:
        """Something was changed here: what is being read may be from before that."""
        self._changes += 1

    async def renew(self) -> None:
        """Reads, where that was last done a moment ago."""
        if self._reading is None:
            if self._clock.monotonic() - self._at < self._fresh:
                return
            self._reading = asyncio.create_task(self._renewed(), name="limner look")
        await asyncio.shield(self._reading)  # whoever leaves takes it from nobody else

    async def _renewed(self) -> None:
        self._at = self._clock.monotonic()
        try:
            await self._look()
        except StorageError as error:
            log.warning("%s %s", self._away, error.message)
        except BaseException:
            self._at = float("-inf")  # nothing was learned: whoever is next looks again
            raise
        finally:
            self._reading = None

    async def _look(self) -> None:
        for _ in range(TRIES):
            changes = self._changes
            found = await self._read()
            if changes == self._changes:
                self._take(found)
                return
        self._at = float("-inf")  # whoever is next looks again
