"""A person's own queue: whether it is paused, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from limner.domain.errors import PolicyError
from limner.domain.job import CallState, Job, JobState

ON_THE_WAY = frozenset({CallState.SUBMITTING, CallState.SUBMITTED, CallState.FETCHED})
"""Calls that may have been bought and are not closed: a pause does not stop them."""


class QueuePaused(PolicyError):
    """A person's queue is paused: what was not sent to a service waits, and nothing was bought."""

    code = "queue_paused"
    retryable = True


def held_by_a_pause(job: Job) -> bool:
    """Whether a pause of its person's queue has a job wait: what is to be cancelled, or has been sent, does not."""
    sent = any(call.state in ON_THE_WAY for call in job.calls)
    return job.state is JobState.QUEUED and not job.cancel_requested and not sent


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a person's queue stands."""

    paused: datetime | None
    """Since when; None while it goes on."""
    queued: int
    running: int


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueWishes:
    """What people wish of their queues, for one worker."""

    jobs: frozenset[str]
    """Those of its open jobs whose people have paused: what was not sent of them is to wait."""
    people: frozenset[str]
    """All whose queues are paused."""
    fronts: Mapping[str, int]
    """Those of its open jobs that are to come before others of their people's; the highest number first."""


class Queues(Protocol):
    """Whose queues are paused."""

    async def pause(self, owner: str, at: datetime) -> datetime:
        """Pauses a person's queue; since when it is paused. Once this answers, no call of theirs that was not being
        sent is marked as such any more, in no process.
        """
        ...

    async def resume(self, owner: str) -> None:
        """Lets it go on."""
        ...

    async def to_front(self, job_id: str, owner: str) -> Job:
        """Has a person's job come before their others that wait; one that has ended stays as it is. Raises NotFound."""
        ...

    async def paused(self, owner: str) -> datetime | None:
        """Since when it is paused; None while it goes on."""
        ...
