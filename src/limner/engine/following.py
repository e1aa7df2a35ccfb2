"""Following a job: its events from any point on, and its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from limner.domain.events import Event, EventKind
from limner.domain.job import Job
from limner.domain.ports import Clock
from limner.domain.stores import Events, Jobs
from limner.domain.telling import Bulletin, Listener

LOOK_AGAIN = 1.0
"""Seconds after which the rows are read anyway: another process may be painting the job."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Follower:
    """Reads a job's events from the rows; the bulletin only says when to look."""

    jobs: Jobs
    events: Events
    bulletin: Bulletin
    clock: Clock

    async def follow(self, job_id: str, owner: str, *, after: int = 0) -> AsyncGenerator[Event | None, None]:
        """Events with numbers above `after`, in order, as they come, up to the last one; None is "still nothing".

        Raises NotFound before the first event for a job that this person may not see.
        """
        job = await self.jobs.visible(job_id, owner)
        with_nothing_left = job.ended
        async with self.bulletin.listen(job_id) as listener:
            while True:
                batch = await self.events.after(job_id, after)
                for event in batch:
                    after = event.number
                    yield event
                    if event.kind is EventKind.FINISHED:
                        return
                if batch:
                    continue
                if with_nothing_left:
                    return
                if not await listener.wait(LOOK_AGAIN):
                    yield None

    async def wait(self, job: Job, timeout: float | None) -> Job:
        """A job when it has ended, or as it is after `timeout` seconds.

        Its end is either still to come or remembered by the bulletin, so the rows are not read before there is news,
        and not at all where the bulletin hands over the job itself.
        """
        deadline = None if timeout is None else self.clock.monotonic() + timeout
        async with self.bulletin.listen(job.id) as listener:
            while not job.ended and (deadline is None or self.clock.monotonic() < deadline):
                await self._doze(listener, deadline)
                job = listener.job or await self.jobs.get(job.id, job.owner)
        return job

    async def _doze(self, listener: Listener, deadline: float | None) -> None:
        """Until the job has ended, it is time to look at the rows again, or the deadline is there."""
        look_again = self.clock.monotonic() + LOOK_AGAIN
        until = look_again if deadline is None else min(look_again, deadline)
        while not listener.ended and (rest := until - self.clock.monotonic()) > 0:
            await listener.wait(rest)
