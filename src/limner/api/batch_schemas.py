"""The shapes of answers about batches, for the documentation."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from limner.api.schemas import Amount, Answer, EstimateAnswer, Trouble
from limner.domain.batches import RowState
from limner.domain.job import JobState


class BatchLinks(Answer):
    """Where to go on."""

    self: str


class BatchSummary(Answer):
    """A batch and how far it is."""

    id: str
    name: str
    state: Literal["running", "paused", "finished", "cancelled"]
    concurrency: int
    delay_ms: int = Field(description="Milliseconds between the beginnings of two rows, at least.")
    total: int = Field(description="All its rows.")
    counts: dict[str, int] = Field(description="Rows by state.")
    left: int = Field(description="Rows that have not ended.")
    cost: Amount | None = Field(description="Booked so far; null where a part of it is unknown.")
    ceiling: Amount | None = Field(description="What all rows together may cost; null where nobody knows.")
    created: datetime
    paused: datetime | None = Field(description="Since when no row is begun; null while it goes on.")
    cancelled: datetime | None
    ended: datetime | None
    links: BatchLinks


class RowLinks(Answer):
    """Where the row's job is."""

    job: str | None


class RowAnswer(Answer):
    """One row and what became of it."""

    number: int = Field(description="Its place, from 1.")
    line: int = Field(description="Where it stood in what was sent, from 1.")
    prompt: str
    state: RowState | JobState
    job_id: str | None
    cost: Amount | None
    problem: Trouble | None
    links: RowLinks


class BatchAnswer(BatchSummary):
    """A batch with its rows."""

    rows: list[RowAnswer] | None = Field(description="In order; null where they were not asked for.")


class BatchPage(Answer):
    """One page of batches, newest first."""

    items: list[BatchSummary]
    next: str | None


class PricedRowAnswer(Answer):
    """A row with what it may cost, or why it cannot be painted."""

    number: int
    line: int
    prompt: str
    service: str | None
    estimate: EstimateAnswer | None
    ceiling: Amount | None
    problem: Trouble | None


class BatchQuoteAnswer(Answer):
    """What a batch would cost."""

    total: int = Field(description="All its rows.")
    paintable: int = Field(description="Rows that can be painted.")
    estimate: EstimateAnswer | None = Field(description="Of all of them together; null where a price is unknown.")
    rows: list[PricedRowAnswer]
