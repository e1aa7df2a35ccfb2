"""News within one process: who listens to a job is woken when something happens to it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from limner.domain.events import Event, EventKind
from limner.domain.job import Job

REMEMBERED = 4096
"""Jobs whose end is remembered, for those who begin to listen a moment too late."""


class Place:
    """One listener's place at a job's events."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._ended = False
        self._job: Job | None = None

    @property
    def ended(self) -> bool:
        """Whether the job's last event has been published here."""
        return self._ended

    @property
    def job(self) -> Job | None:
        """The job as it ended, where that was told here after listening began."""
        return self._job

    def wake(self, *, ended: bool, job: Job | None = None) -> None:
        """Something happened; `job` is how the job has ended."""
        self._ended = self._ended or ended
        self._job = job or self._job
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
    """Wakes the listeners of this process. What happened stands in the rows, so nothing can be missed.

    The end of a job is handed to those who wait for it: reading it back took a trip to a thread and a tenth of the
    processor time of a picture (measured 2026-11-27).
    """

    def __init__(self) -> None:
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._places: defaultdict[str, set[Place]] = defaultdict(set)

    def publish(self, events: Sequence[Event], ended: Job | None = None) -> None:
        """Wakes whoever listens to these jobs; `ended` is the one that has ended, as it now stands."""
        for event in events:
            last = event.kind is EventKind.FINISHED
            if last:
                self._ended[event.job_id] = None
            for place in self._places.get(event.job_id, ()):
                place.wake(ended=last, job=ended if last else None)
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
