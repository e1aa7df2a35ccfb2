"""Where batches are kept, as those need it who take and carry them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from limner.domain.batches import Batch, HeldBatch, NewBatch, NewRow, OpenBatch, OpenRow, Standing
from limner.domain.errors import Problem
from limner.domain.records import Page


class Batches(Protocol):
    """Batches as they are written down."""

    async def add(self, new: NewBatch) -> str:
        """Writes a batch and its rows down; its id, or that of the batch which its key already has.

        Raises IdempotencyConflict for another body under the same key.
        """
        ...

    async def remembered(self, owner: str, key: str, fingerprint: str) -> str | None:
        """The batch that an Idempotency-Key already has. Raises IdempotencyConflict for another body."""
        ...

    async def get(self, batch_id: str, owner: str) -> Batch:
        """One of one person's. Raises NotFound."""
        ...

    async def rows(self, batch_id: str) -> Sequence[Standing]:
        """Its rows in order."""
        ...

    async def page(self, owner: str, *, limit: int, cursor: str | None) -> Page[Batch]:
        """One person's, newest first."""
        ...

    async def cancel(self, batch_id: str, owner: str, at: datetime) -> None:
        """Takes out what was not begun. Raises NotFound; nothing happens to a batch that is over."""
        ...

    async def pause(self, batch_id: str, owner: str, at: datetime) -> None:
        """From now on no row is begun. Raises NotFound; nothing happens to a batch that is over or was cancelled."""
        ...

    async def resume(self, batch_id: str, owner: str) -> None:
        """Lets it go on. Raises NotFound; nothing happens to a batch that is not paused."""
        ...

    async def unpainted(self, batch_id: str, owner: str) -> Sequence[NewRow]:
        """Rows that failed before they became jobs, and could be tried again. Raises NotFound."""
        ...

    async def reopen(self, batch_id: str, owner: str, rows: Sequence[NewRow]) -> None:
        """Lets failed rows wait again, those without a job with their request as it is now, the others for what their
        job did not bring; once, whoever comes too. Raises NotFound.
        """
        ...

    async def is_paused(self, held: HeldBatch) -> bool:
        """Whether no row is to be begun for now."""
        ...

    async def open(self) -> Sequence[OpenBatch]:
        """What is not over and not paused, oldest first."""
        ...

    async def take(self, batch: OpenBatch, worker: str) -> HeldBatch | None:
        """Takes a batch over from the process it names; None where somebody was quicker, or it is over."""
        ...

    async def open_rows(self, held: HeldBatch) -> Sequence[OpenRow]:
        """Rows that are not over, begun ones first."""
        ...

    async def begin(self, held: HeldBatch, number: int) -> bool:
        """Takes a waiting row in hand; False where it was taken out, or the batch paused, or by another process."""
        ...

    async def put_back(self, held: HeldBatch, number: int) -> None:
        """Lets a row wait again that could not become a job yet."""
        ...

    async def note_job(self, held: HeldBatch, number: int, job_id: str) -> None:
        """Writes down which job a row has become; one that buys the rest of an earlier job is that one's."""
        ...

    async def note_bought(self, held: HeldBatch, number: int) -> None:
        """Writes down that the job which bought the rest of an earlier one has ended."""
        ...

    async def note_failed(self, held: HeldBatch, number: int, problem: Problem) -> None:
        """Writes down why a row becomes no job, or why no job buys what its job did not bring."""
        ...

    async def end(self, held: HeldBatch, at: datetime) -> None:
        """Writes down that nothing is left to do; not of a batch that is paused."""
        ...
