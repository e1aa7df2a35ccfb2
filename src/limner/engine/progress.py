"""News of a running job, not more often than somebody can read it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from limner.domain.call import Landed, Partial, Pending
from limner.domain.errors import BadPicture, Problem, StorageError
from limner.domain.events import EventKind, News
from limner.domain.job import CallRecord, Job
from limner.domain.ports import Blobs, Clock, Imaging
from limner.domain.records import Lease
from limner.domain.stores import Jobs

SPACING = 0.25
"""Seconds between two progress events of one job."""
PREVIEW_WIDTH = 256


@dataclass(kw_only=True, slots=True)
class Progress:
    """Tells of one job. Previews are small enough to travel inside their event."""

    job: Job
    lease: Lease
    jobs: Jobs
    blobs: Blobs
    imaging: Imaging
    clock: Clock
    _last: float = field(default=float("-inf"), init=False)

    async def partial(self, record: CallRecord, partial: Partial) -> None:
        """A share, a stage or a preview from a service that shows its work."""
        if partial.preview is not None:
            await self._preview(record, partial)
        elif partial.progress is not None or partial.stage:
            await self._spaced({"call": record.number, "progress": partial.progress, "stage": partial.stage})

    async def pending(self, record: CallRecord, pending: Pending) -> None:
        """What a service says of a call that goes on there."""
        if pending.progress is not None or pending.stage:
            await self._spaced({"call": record.number, "progress": pending.progress, "stage": pending.stage})

    async def problem(self, problem: Problem, tries: int) -> None:
        """A call that is about to be sent again, and why that is safe."""
        data = {"code": problem.code, "message": problem.message, "try": tries, "again": True}
        await self.jobs.tell(self.lease, [News(kind=EventKind.PROBLEM, data=data)], self.clock.now())

    async def health(self, news: Sequence[News]) -> None:
        """A circuit breaker that this call has moved; news that cannot be written down takes no picture with it."""
        if news:
            with suppress(StorageError):
                await self.jobs.tell(self.lease, news, self.clock.now())

    async def _preview(self, record: CallRecord, partial: Partial) -> None:
        content = partial.preview
        data = await self.blobs.get(content.digest) if isinstance(content, Landed) else content or b""
        if isinstance(content, Landed):
            await self.blobs.delete(content.digest)
        try:
            small = await self.imaging.convert(data, "webp", PREVIEW_WIDTH)
        except BadPicture:
            return  # A preview that cannot be read is not worth an error: the picture itself is still to come.
        address = f"data:image/webp;base64,{base64.b64encode(small).decode()}"
        news = News(
            kind=EventKind.PREVIEW,
            data={"call": record.number, "index": partial.index, "progress": partial.progress, "image": address},
        )
        await self.jobs.tell(self.lease, [news], self.clock.now())

    async def _spaced(self, data: Mapping[str, object]) -> None:
        now = self.clock.monotonic()
        if now - self._last < SPACING:
            return
        self._last = now
        await self.jobs.tell(self.lease, [News(kind=EventKind.PROGRESS, data=data)], self.clock.now())
