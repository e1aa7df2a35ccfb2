"""The real clock and the real ids."""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import UTC, datetime
from uuid import UUID


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

    def new(self) -> str:
        """A new one, later than all before it in this process."""
        # 48 bits of milliseconds and 12 bits of their fraction; counted up where two fall together.
        stamp = max(time.time_ns() * 4096 // 1_000_000, self._last + 1)
        self._last = stamp
        high = (stamp >> 12) << 16 | 0x7000 | stamp & 0xFFF
        return str(UUID(int=high << 64 | 0b10 << 62 | secrets.randbits(62)))
