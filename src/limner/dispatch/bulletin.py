"""News within one process: who listens to a job is woken when something happens to it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from limner.domain.events import Event, EventKind

REMEMBERED = 4096
"""Jobs whose end is remembered, for those who begin to listen a moment too late."""


class Place:
    """One listener's place at a job's events."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the job's last event has been published here."""
        return self._ended

    def wake(self, *, ended: bool) -> None:
        """Something happened."""
        self._ended = self._ended or ended
        self._news.set()

    async def wait(self, seconds: float) -> bool:
        """Waits for news of the job; False when the time ran out first."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True


class LocalBulletin:
    """Wakes the listeners of this process. What happened is read from the rows, so nothing can be missed."""

    def __init__(self) -> None:
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._places: defaultdict[str, set[Place]] = defaultdict(set)

    def publish(self, events: Sequence[Event]) -> None:
        """Wakes whoever listens to these jobs."""
        for event in events:
            ended = event.kind is EventKind.FINISHED
            if ended:
                self._ended[event.job_id] = None
            for place in self._places.get(event.job_id, ()):
                place.wake(ended=ended)
        while len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)

    @asynccontextmanager
    async def listen(self, job_id: str) -> AsyncIterator[Place]:
        """A place at a job's events, until the block is left."""
        place = Place()
        if job_id in self._ended:
            place.wake(ended=True)
        self._places[job_id].add(place)
        try:
            yield place
        finally:
            self._places[job_id].discard(place)
            if not self._places[job_id]:
                del self._places[job_id]
