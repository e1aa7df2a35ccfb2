"""Batches: many requests under one name, carried out a few at a time until all of them have ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from limner.domain.errors import Problem
from limner.domain.job import OPEN_STATES, JobState
from limner.domain.money import Money
from limner.domain.request import ImageRequest

MOST_ROWS = 1_000
"""Rows of one batch: all of them are priced before it is taken, a millisecond each."""
MOST_AT_ONCE = 64
"""Rows of one batch at one service at a time."""
LONGEST_DELAY = 3_600_000
"""Milliseconds between two rows, at most."""


class RowState(StrEnum):
    """Where a row is, as long as its job does not say it better."""

    WAITING = "waiting"
    BEGUN = "begun"
    """A worker has it in hand: its job is there, or will be in a moment."""
    FAILED = "failed"
    """It never became a job, or no job could be begun for what its job did not bring."""
    CANCELLED = "cancelled"
    """The batch was cancelled before it was begun."""


OPEN_ROWS = frozenset({RowState.WAITING.value, RowState.BEGUN.value, *(state.value for state in OPEN_STATES)})
"""States of rows that have not ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRow:
    """A row about to be written down: what it asks for, or why it asks for nothing that can be painted."""

    number: int
    """Its place, from 1."""
    line: int
    """Where it stood in what was sent, from 1."""
    prompt: str
    request: ImageRequest | None = None
    service: str = ""
    """The one that is first in its plan."""
    problem: Problem | None = None
    again: str | None = None
    """The job that came short, where the request is for what it did not bring."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewBatch:
    """Everything that taking a batch writes, or nothing of it."""

    id: str
    owner: str
    token: str | None
    """Id of the API token it came with."""
    address: str | None
    """The network address it came from; forgotten when it has ended."""
    name: str
    concurrency: int
    ceiling: Money | None
    """What all rows together may cost; None where nobody knows."""
    at: datetime
    rows: tuple[NewRow, ...]
    delay_ms: int = 0
    """Milliseconds between the beginnings of two rows, at least."""
    key: str | None = None
    """Idempotency-Key of the caller."""
    fingerprint: str = ""
    """Of the body that came with the key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """A batch and how far it is."""

    id: str
    owner: str
    name: str
    concurrency: int
    ceiling: Money | None
    created: datetime
    cancelled: datetime | None
    ended: datetime | None
    """When the last of its jobs had ended."""
    delay_ms: int = 0
    paused: datetime | None = None
    """Since when no row of it is begun; None while it goes on."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Rows by the state of their jobs, or their own where they have none."""
    cost: Money | None = field(default_factory=Money)
    """Booked so far; None where a part of it is unknown."""
    first: str = ""
    """The prompt of its first row, as far as it is shown."""

    @property
    def state(self) -> str:
        """running, paused, finished or cancelled; what was begun before a batch was stopped is carried out."""
        if self.ended is None:
            return "running" if self.paused is None else "paused"
        return "finished" if self.cancelled is None else "cancelled"

    @property
    def total(self) -> int:
        """All its rows."""
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        """Rows that have not ended."""
        return sum(number for state, number in self.counts.items() if state in OPEN_ROWS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """One row and what became of it."""

    number: int
    line: int
    prompt: str
    state: RowState | JobState
    job_id: str | None
    """Its job; where that came short and was bought again, the job that did."""
    cost: Money | None
    """Booked so far, for all its jobs; None where it is unknown."""
    problem: Problem | None
    not_again: Problem | None = None
    """Why what its job did not bring could not be bought when that was tried last."""
    jobs: tuple[str, ...] = ()
    """All its jobs that are there, the first one first."""

    @property
    def short(self) -> bool:
        """Whether its last job failed or brought a part of its pictures, and nothing is under way for the rest.

        What was refused would only be refused again.
        """
        return isinstance(self.state, JobState) and self.state in (JobState.FAILED, JobState.PARTIAL)

    @property
    def trouble(self) -> Problem | None:
        """What went wrong with it last."""
        return self.not_again or self.problem


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch that is not over, and the process that has it in hand."""

    id: str
    worker: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldBatch:
    """A batch that a process has taken: every write about its rows names the attempt."""

    id: str
    owner: str
    token: str | None
    address: str | None
    concurrency: int
    attempt: int
    """How often it was taken up; who took it earlier writes nothing any more."""
    delay_ms: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenRow:
    """A row that is not over."""

    number: int
    service: str
    request: ImageRequest
    job_id: str | None
    again: str | None = None
    """The job that came short, where what it did not bring is to be bought."""
    most: Money | None = None
    """What that may cost; None where nobody knows a price."""
