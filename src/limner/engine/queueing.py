"""A person's own queue: pausing it, letting it go on, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from limner.domain.job import OPEN_STATES, Job, JobState
from limner.domain.people import Principal
from limner.domain.ports import Clock
from limner.domain.queue import QueuePaused, Queues, Standing, held_by_a_pause
from limner.domain.stores import Jobs

HOW_TO_GO_ON = "`limner queue resume`, the page Queue, or PATCH /api/v1/queue"
"""How a person lets their queue go on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """Pauses people's queues. Nothing is bought by it, and nothing that was bought is stopped.

    It is about pictures: what a person asks a text model for is answered all the same.
    While a queue is paused, jobs that were not sent to a service wait, with their money set aside and their quotes
    used; new ones are written down and wait, too. What was sent goes on and is delivered.
    """

    queues: Queues
    jobs: Jobs
    clock: Clock

    async def pause(self, principal: Principal) -> Standing:
        """Once this answers, no picture of this person's is asked for any more; what was being sent is.

        Raises Forbidden.
        """
        principal.check_may_change()
        await self.queues.pause(principal.id, self.clock.now())
        return await self.standing(principal)

    async def resume(self, principal: Principal) -> Standing:
        """What waited goes on, in order, within a second or so. Raises Forbidden."""
        principal.check_may_change()
        await self.queues.resume(principal.id)
        return await self.standing(principal)

    async def to_front(self, job_id: str, principal: Principal) -> Job:
        """Has a job come before this person's others that wait, wherever they wait, within a second or so; never before
        somebody else's turn. One that was sent or has ended stays as it is. Raises NotFound and Forbidden.
        """
        principal.check_may_change()
        return await self.queues.to_front(job_id, principal.id)

    async def standing(self, principal: Principal) -> Standing:
        """Whether it is paused, and how many jobs wait and run."""
        counts = await self.jobs.count(principal.id, OPEN_STATES)
        return Standing(
            paused=await self.paused(principal),
            queued=counts.get(JobState.QUEUED, 0),
            running=counts.get(JobState.RUNNING, 0),
        )

    async def paused(self, principal: Principal) -> datetime | None:
        """Since when it is paused; None while it goes on."""
        return await self.queues.paused(principal.id)

    async def check_going(self, principal: Principal) -> None:
        """For who would wait for pictures: raises QueuePaused where they would wait for nothing."""
        if await self.paused(principal) is not None:
            raise QueuePaused(
                "Your queue is paused: no picture would be made before it goes on. Nothing was written down or bought. "
                f"Let it go on first: {HOW_TO_GO_ON}."
            )

    async def check_not_held(self, job: Job) -> None:
        """The same for who would wait for a job that is written down."""
        if await self.holds(job):
            raise QueuePaused(
                f"Job {job.id} waits because your queue is paused; nothing more of it is bought before it goes on. "
                f"Let it go on first: {HOW_TO_GO_ON}."
            )

    async def is_paused(self, owner: str) -> bool:
        """Whether a person's queue is paused."""
        return await self.queues.paused(owner) is not None

    async def holds(self, job: Job) -> bool:
        """Whether a job waits because its person's queue is paused."""
        return held_by_a_pause(job) and await self.is_paused(job.owner)
