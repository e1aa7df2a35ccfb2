"""The real clock and the real ids."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from uuid import UUID

AT_ONCE = 256
"""Ids whose random part is asked of the system at once."""


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        await asyncio.sleep(seconds)


class TimeOrderedIds:
    """UUIDs of version 7 (RFC 9562): they begin with the time, so that later ones sort after earlier ones."""

    def __init__(self) -> None:
        self._last = 0
        self._chances: list[int] = []

    def new(self) -> str:
        """A new one, later than all before it in this process."""
        # 48 bits of milliseconds and 12 bits of their fraction; counted up where two fall together.
        stamp = max(time.time_ns() * 4096 // 1_000_000, self._last + 1)
        self._last = stamp
        high = (stamp >> 12) << 16 | 0x7000 | stamp & 0xFFF
        return str(UUID(int=high << 64 | 0b10 << 62 | self._chance()))

    def _chance(self) -> int:
        """62 bits from the system; many at a time, because each question lets another thread go first."""
        if not self._chances:
            self._chances = [bits >> 2 for bits in memoryview(os.urandom(8 * AT_ONCE)).cast("Q")]
        return self._chances.pop()
