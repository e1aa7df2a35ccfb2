"""What is written down, as protocols: one call is one transaction.

Writes about a running job carry its lease. If another worker has taken the job since, nothing is
written and LeaseLost is raised: whoever gets it stops and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from limner.domain.call import Finished
from limner.domain.events import Event, News
from limner.domain.health import Breaker, BreakerKey
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.domain.queue import QueueWishes
from limner.domain.records import (
    Closing,
    Conclusion,
    Ending,
    Lease,
    Leftover,
    NewCall,
    NewJob,
    OpenJob,
    Page,
    PictureFilter,
    Try,
)
from limner.domain.telling import Deliver
from limner.domain.vault import Access


class Jobs(Protocol):
    """Jobs, their calls, holds and bookings."""

    async def submit(self, new: NewJob, *, deliver: Deliver | None = None) -> tuple[Job, bool]:
        """Writes job, calls, holds, key and first event together; False where the key, or the retry, had its job.

        A new job that is still to be painted is handed to `deliver` as soon as it is on disk, even if whoever asks has
        been cancelled meanwhile: what is written down is somebody's to carry out.

        Raises TooManyRequests, BudgetExceeded, IdempotencyConflict, QuoteRefused where the quote was used before, or
        PicturesGone where pictures that were to be reused have been deleted.
        """
        ...

    async def rehearse(self, new: NewJob, beside: Money) -> None:
        """Raises what `submit` would refuse the job for as things are, where `beside` is to be set aside as well.

        Nothing of it is written: it counts against no rate, and what it would set aside stays free for others.
        """
        ...

    async def made_before(self, owner: str, recipe: str, *, since: datetime, count: int) -> Job | None:
        """One person's newest job that succeeded by this recipe, with `count` pictures made after `since`, none of
        them in the trash or withheld.
        """
        ...

    async def tries(self, owner: str, recipe: str, *, limit: int) -> Sequence[Try]:
        """How often one person's request of this recipe was carried out of late, newest first."""
        ...

    async def remembered(self, owner: str, key: str, fingerprint: str) -> Job | None:
        """The job that an Idempotency-Key already has. Raises IdempotencyConflict for another body."""
        ...

    async def leftover(self, job_id: str, owner: str) -> Leftover:
        """How far one person's job came, and the job that buys the rest of it, if any. Raises NotFound."""
        ...

    async def get(self, job_id: str, owner: str | None = None) -> Job:
        """One job with its calls and pictures; `owner` limits it to one person's. Raises NotFound."""
        ...

    async def visible(self, job_id: str, person: str) -> Job:
        """One job of one's own, or in a project that one shares: to look at, not to change. Raises NotFound."""
        ...

    async def page(self, owner: str, *, limit: int, cursor: str | None, states: frozenset[JobState]) -> Page[Job]:
        """One person's jobs with their pictures, newest first; an empty `states` is all of them."""
        ...

    async def chosen(self, owner: str, job_ids: Sequence[str]) -> Mapping[str, Job]:
        """Some of one person's jobs by their ids, with their pictures; those that are not there are left out."""
        ...

    async def count(self, owner: str, states: frozenset[JobState]) -> Mapping[JobState, int]:
        """How many of one person's jobs are in each of some states; those without any are left out."""
        ...

    async def retried(self, owner: str, job_ids: Sequence[str]) -> frozenset[str]:
        """Those of some of one person's jobs whose missing pictures another job buys already."""
        ...

    async def open_jobs(self) -> Sequence[OpenJob]:
        """All jobs that a worker still has to finish, oldest first."""
        ...

    async def take(self, job: OpenJob, worker: str, at: datetime) -> Job | None:
        """Takes a job over from the worker it names; None where somebody was quicker, it has ended, or it waits."""
        ...

    async def release(self, lease: Lease, at: datetime, *, paused: bool = False) -> None:
        """Puts a job back into the queue, for any worker; where that is `paused`, until it goes on."""
        ...

    async def add_calls(self, lease: Lease, candidate: int, calls: Sequence[NewCall], news: Sequence[News]) -> None:
        """Writes down the calls of another candidate, under the hold that the job already has."""
        ...

    async def mark_submitting(self, lease: Lease, call_id: str, at: datetime, access: Access | None = None) -> None:
        """From here on the call may have been bought. Raises QueuePaused where it is to wait: then it may not."""
        ...

    async def mark_submitted(self, lease: Lease, call_id: str, ticket: Mapping[str, object]) -> None:
        """The service has the call; the ticket finds it."""
        ...

    async def mark_fetched(self, lease: Lease, call_id: str, fetched: Finished) -> None:
        """What came back, every picture already in the object store."""
        ...

    async def requeue_call(self, lease: Lease, call_id: str) -> None:
        """A call that the service provably did not accept may be sent again."""
        ...

    async def close_call(
        self, lease: Lease, closing: Closing, news: Sequence[News], *, conclusion: Conclusion | None = None
    ) -> None:
        """Ends a call: keeps its pictures, books its charge, frees its hold; once, whatever happens.

        With a conclusion it was the last one, and the job ends in the same transaction.
        """
        ...

    async def finish(self, lease: Lease, ending: Ending, news: Sequence[News]) -> None:
        """Ends a job and frees what is left of its hold, except for ambiguous calls."""
        ...

    async def request_cancel(self, job_id: str, owner: str, at: datetime) -> Job:
        """Notes that a job should stop; one that nobody has begun is cancelled at once."""
        ...

    async def wished_cancelled(self, worker: str) -> Sequence[str]:
        """The open jobs of a worker that somebody, perhaps in another process, wants stopped."""
        ...

    async def queue_wishes(self, worker: str) -> QueueWishes:
        """Whose queues are paused, and what that and their order means for the open jobs of a worker."""
        ...

    async def resolve(self, call_id: str, owner: str, *, charged: bool, at: datetime) -> Job:
        """A person says whether an ambiguous purchase went through; books or frees its hold."""
        ...

    async def tell(self, lease: Lease, news: Sequence[News], at: datetime) -> None:
        """Writes down what happened."""
        ...


class Events(Protocol):
    """What happened to jobs."""

    async def after(self, job_id: str, number: int, limit: int = 500) -> Sequence[Event]:
        """A job's events with higher numbers, in order."""
        ...


class Pictures(Protocol):
    """Kept pictures."""

    async def get(self, picture_id: str, owner: str | None = None) -> Picture:
        """One picture; `owner` limits it to one person's. Raises NotFound."""
        ...

    async def visible(self, picture_id: str, person: str) -> Picture:
        """One picture of one's own, or in a project that one shares: to look at, not to change. Raises NotFound."""
        ...

    async def note_tone(self, picture_id: str, tone: str) -> None:
        """Notes a picture's dominant colour, found out when it was first shown."""
        ...

    async def page(self, owner: str, which: PictureFilter, *, limit: int, cursor: str | None) -> Page[Picture]:
        """One person's pictures, newest first."""
        ...


BreakerStep = Callable[[Mapping[BreakerKey, Breaker]], Mapping[BreakerKey, Breaker]]
"""From what is remembered to what is to be; it may be asked twice."""


class Breakers(Protocol):
    """What every process remembers of services that fail."""

    async def all(self) -> Mapping[BreakerKey, Breaker]:
        """Everything that is remembered."""
        ...

    async def change(
        self, keys: Sequence[BreakerKey], step: BreakerStep, at: datetime
    ) -> tuple[Mapping[BreakerKey, Breaker], Mapping[BreakerKey, Breaker]]:
        """Takes one step with these, while nobody else can; what was and what is now."""
        ...

    async def forget(self, name: str) -> None:
        """Forgets what is remembered of a model, or of a service and all its models, under every key."""
        ...
