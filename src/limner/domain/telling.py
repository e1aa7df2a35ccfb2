"""How the parts of a running installation tell each other things, as protocols."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Protocol

from limner.domain.events import Event
from limner.domain.job import Job

Deliver = Callable[[Job], None]
"""Sees to it that a job is carried out that was just written down."""


class Dispatch(Protocol):
    """Delivers queued jobs to whoever carries them out."""

    @property
    def worker(self) -> str | None:
        """The name under which this process takes jobs; None where others take them."""
        ...

    def has_room(self) -> bool:
        """Whether a job would begin at once."""
        ...

    def deliver(self, job: Job) -> None:
        """Says that a job is waiting, or, where it is already running, that it is this process's to carry out."""
        ...

    def cancel(self, job_id: str) -> None:
        """Says that a running job should stop, if it runs here."""
        ...


class Listener(Protocol):
    """One listener's place at a job's events."""

    @property
    def ended(self) -> bool:
        """Whether the job's last event has been published here."""
        ...

    @property
    def job(self) -> Job | None:
        """The job as it ended, where that was told here after listening began."""
        ...

    async def wait(self, seconds: float) -> bool:
        """Waits for news of the job; False when the time ran out first."""
        ...


class Publish(Protocol):
    """Tells this process what has been written down."""

    def __call__(self, events: Sequence[Event], ended: Job | None = None) -> None:
        """Wakes whoever listens to these jobs; `ended` is the one that has ended, as it now stands."""
        ...


class Bulletin(Protocol):
    """News within this process."""

    def listen(self, job_id: str) -> AbstractAsyncContextManager[Listener]:
        """A place at a job's events, until the block is left."""
        ...


class Doorbells(Protocol):
    """Words from outside that a call at a service has ended."""

    def hung(self, service: str, ticket_id: str, bell: asyncio.Event) -> AbstractContextManager[None]:
        """Sets the event, as long as the block lasts, whenever there is word of this ticket."""
        ...


class WorkerLocks(Protocol):
    """Locks that the system itself releases when a process dies."""

    async def acquire(self, worker: str) -> None:
        """Takes this process's lock and keeps it until `release` or death."""
        ...

    async def is_free(self, worker: str) -> bool:
        """Whether the process of that name is provably gone."""
        ...

    async def release(self) -> None:
        """Gives this process's lock back."""
        ...


class Sealer(Protocol):
    """Signs what goes out and comes back."""

    def seal(self, payload: Mapping[str, object]) -> str:
        """A token that carries the payload and cannot be altered."""
        ...

    def open(self, token: str) -> Mapping[str, object]:
        """The payload of a token of ours. Raises QuoteRefused."""
        ...
