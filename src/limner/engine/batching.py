"""Batches: priced as a whole, written down, and carried out a few rows at a time; one bad row never stops the rest."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from limner.domain.batch_store import Batches
from limner.domain.batches import Batch, HeldBatch, NewBatch, NewRow, OpenRow, Standing
from limner.domain.errors import (
    ConfirmationRequired,
    InvalidRequest,
    LimnerError,
    Problem,
    StorageError,
    TooManyRequests,
)
from limner.domain.job import Job
from limner.domain.money import Estimate, Money
from limner.domain.people import Principal
from limner.domain.ports import Clock, Ids
from limner.domain.request import ImageRequest
from limner.domain.stores import Jobs
from limner.engine.engine import Engine

A_WHILE = 5.0
"""Seconds after which a row asks again that came when there were too many, where nothing says how long that lasts."""

log = logging.getLogger("limner.engine")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A row as it was sent: what it asks for, or what is wrong with it."""

    line: int
    prompt: str
    request: ImageRequest | None = None
    problem: Problem | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchWish:
    """Many requests that are wanted under one name."""

    rows: Sequence[Wanted]
    name: str
    concurrency: int
    """Rows at one service at a time."""
    max_cost: Money | None = None
    """For all rows together."""
    delay_ms: int = 0
    """Milliseconds between the beginnings of two rows, at least."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PricedRow:
    """A row with what it may cost, or why it cannot be painted."""

    row: NewRow
    estimate: Estimate | None = None
    """That of the model which is first in its plan; None where nobody knows it."""
    ceiling: Money | None = None
    """The dearest model of its plan; None where nobody knows it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchQuote:
    """What a batch would cost. Nothing is held for it, and nothing is bought."""

    rows: Sequence[PricedRow]

    @property
    def paintable(self) -> Sequence[PricedRow]:
        """The rows that can be painted."""
        return [priced for priced in self.rows if priced.row.request is not None]

    @property
    def estimate(self) -> Estimate | None:
        """What all of them cost together, fallbacks too at most; None where a price is unknown."""
        total = Estimate(floor=Money(), likely=Money(), ceiling=Money())
        for priced in self.paintable:
            if priced.estimate is None or priced.ceiling is None:
                return None
            total += replace(priced.estimate, ceiling=priced.ceiling)
        return total

    @property
    def ceiling(self) -> Money | None:
        """What all of them cost together at most; None where nobody knows."""
        return None if self.estimate is None else self.estimate.ceiling


@dataclass(frozen=True, kw_only=True, slots=True)
class Batching:
    """Takes batches and carries them out."""

    engine: Engine
    batches: Batches
    jobs: Jobs
    clock: Clock
    ids: Ids
    nudge: Callable[[], None]
    """Says that there is a batch to carry out."""

    async def quote(self, wish: BatchWish, principal: Principal) -> BatchQuote:
        """What every row may cost, and all of them. Spends nothing, writes nothing, sends nothing."""
        await self.engine.router.health.renew()
        rows = []
        for number, row in enumerate(wish.rows, start=1):
            rows.append(await self._priced(number, row, principal))
            await asyncio.sleep(0)  # a thousand plans are a second: others have their turn between them
        return BatchQuote(rows=rows)

    async def submit(self, wish: BatchWish, principal: Principal, *, key: str | None = None) -> Batch:
        """Writes a batch down; it is carried out after that, whatever becomes of this process.

        Each row sets its money aside when its turn comes. The same `key` with the same wish gives the same batch again.
        Raises ConfirmationRequired where all rows together may cost more than is allowed, and InvalidRequest where none
        can be painted; nothing is written or bought then.
        """
        fingerprint = self._fingerprint(wish) if key else ""
        known = await self.batches.remembered(principal.id, key, fingerprint) if key else None
        if known is not None:
            return await self.batches.get(known, principal.id)
        quote = await self.quote(wish, principal)
        if not quote.paintable:
            problem = next(priced.row.problem for priced in quote.rows if priced.row.problem is not None)
            said = f"No row can be painted. The first one: {problem.message}"
            raise InvalidRequest(said, field=problem.field, code=str(problem.code))
        _check_allowed(wish.max_cost, quote)
        batch_id = await self.batches.add(
            NewBatch(
                id=self.ids.new(),
                owner=principal.id,
                token=principal.token,
                address=principal.address,
                name=wish.name,
                concurrency=wish.concurrency,
                ceiling=quote.ceiling,
                at=self.clock.now(),
                rows=tuple(_bounded(priced, wish.max_cost) for priced in quote.rows),
                delay_ms=wish.delay_ms,
                key=key,
                fingerprint=fingerprint,
            )
        )
        self.nudge()
        return await self.batches.get(batch_id, principal.id)

    async def cancel(self, batch_id: str, principal: Principal) -> Batch:
        """Takes out what was not begun; what was begun is carried out and paid for. Raises NotFound."""
        await self.batches.cancel(batch_id, principal.id, self.clock.now())
        return await self.batches.get(batch_id, principal.id)

    async def pause(self, batch_id: str, principal: Principal) -> Batch:
        """Begins no further row until it is resumed, whatever becomes of this process; what was begun is carried out.

        Raises NotFound.
        """
        await self.batches.pause(batch_id, principal.id, self.clock.now())
        return await self.batches.get(batch_id, principal.id)

    async def resume(self, batch_id: str, principal: Principal) -> Batch:
        """Lets a paused batch go on. Raises NotFound."""
        await self.batches.resume(batch_id, principal.id)
        self.nudge()
        return await self.batches.get(batch_id, principal.id)

    async def failed(self, batch_id: str, principal: Principal) -> BatchQuote:
        """What the failed rows would cost now: all of those that never became jobs, for want of money or of a service,
        and of the others what their jobs did not bring.

        Spends nothing. Raises NotFound.
        """
        rows = [*await self.batches.unpainted(batch_id, principal.id)]
        for row in await self.batches.rows(batch_id):
            missing = await self._missing(row, principal) if row.short else None
            rows += [] if missing is None else [missing]
        await self.engine.router.health.renew()
        priced = [await self._priced_again(row, principal) for row in sorted(rows, key=lambda row: row.number)]
        return BatchQuote(rows=priced)

    async def retry(self, batch_id: str, principal: Principal, *, max_cost: Money | None = None) -> Batch:
        """Lets those of them wait again that can be painted, each for no more than it costs now.

        They are carried out as the others were, whatever becomes of this process. Asked for again it changes nothing: a
        row waits once, and what a job did not bring is bought once. Raises ConfirmationRequired where all of them
        together may cost more than is allowed, and NotFound.
        """
        principal.check_may_change()
        quote = await self.failed(batch_id, principal)
        _check_allowed(max_cost, quote)
        rows = [_bounded(priced, priced.ceiling) for priced in quote.paintable]
        await self.batches.reopen(batch_id, principal.id, rows)
        self.nudge()
        return await self.batches.get(batch_id, principal.id)

    async def carry(self, held: HeldBatch) -> None:
        """Carries a batch to its end or its pause, from wherever it was left; so many rows at each service at a time.

        Raises StorageError, within a group, where the rows cannot be read or written: the rest is taken up again.
        """
        waiting: dict[str, list[OpenRow]] = defaultdict(list)
        for row in await self.batches.open_rows(held):
            waiting[row.service].append(row)
        principal = Principal(id=held.owner, name="", token=held.token, address=held.address)
        spacing = Spacing(self.clock, held.delay_ms / 1000)
        async with asyncio.TaskGroup() as lanes:
            for rows in waiting.values():
                turn = iter(rows)
                for _ in range(min(held.concurrency, len(rows))):
                    lanes.create_task(self._carry_each(held, turn, principal, spacing))
        if not await self.batches.open_rows(held):  # a pause may have come, and gone again
            await self.batches.end(held, self.clock.now())

    async def _carry_each(
        self, held: HeldBatch, rows: Iterator[OpenRow], principal: Principal, spacing: Spacing
    ) -> None:
        for row in rows:
            if row.job_id is None or row.again is not None:
                await spacing.wait()
            job = await self._job_of(held, row, principal)
            if job is not None:
                await self.engine.follower.wait(job, None)
                if row.again is not None:
                    await self.batches.note_bought(held, row.number)
            elif await self.batches.is_paused(held):
                return

    async def _job_of(self, held: HeldBatch, row: OpenRow, principal: Principal) -> Job | None:
        """The job that a row has, or becomes when there is room for it; None where it becomes none."""
        if row.job_id is not None and row.again is None:
            return await self.jobs.get(row.job_id, held.owner)
        while await self.batches.begin(held, row.number):
            try:
                job = await self._submitted(held, row, principal)
            except TooManyRequests as error:
                await self.batches.put_back(held, row.number)
                await self.clock.sleep(error.retry_after or A_WHILE)
            except StorageError:
                raise
            except LimnerError as error:
                await self.batches.note_failed(held, row.number, error.problem())
                return None
            except Exception:
                log.exception("row %d of batch %s met an error that nobody foresaw", row.number, held.id)
                await self.batches.note_failed(held, row.number, _UNFORESEEN)
                return None
            else:
                await self.batches.note_job(held, row.number, job.id)
                return job
        return None

    def _submitted(self, held: HeldBatch, row: OpenRow, principal: Principal) -> Awaitable[Job]:
        """A row as a job, the same however often it is asked for: it has a key of its own, and what a job did not bring
        is bought by one job.
        """
        if row.again is not None:
            return self.engine.retry(row.again, principal, max_cost=row.most)
        return self.engine.submit(row.request, principal, key=f"batch:{held.id}:{row.number}")

    async def _priced(self, number: int, row: Wanted, principal: Principal) -> PricedRow:
        new = NewRow(number=number, line=row.line, prompt=row.prompt, problem=row.problem)
        if row.request is None:
            return PricedRow(row=new)
        try:
            request, plan = await self.engine.affordable(row.request, principal)
        except LimnerError as error:
            return PricedRow(row=replace(new, problem=error.problem()))
        first = plan.candidates[0]
        return PricedRow(
            row=replace(new, request=request, service=first.model.partition("/")[0]),
            estimate=plan.estimate,
            ceiling=plan.ceiling(request.count),
        )

    async def _missing(self, row: Standing, principal: Principal) -> NewRow | None:
        """What a row's job did not bring, to be priced; None where that is being bought already."""
        new = NewRow(number=row.number, line=row.line, prompt=row.prompt, again=row.job_id)
        try:
            request = await self.engine.missing(row.job_id or "", principal)
        except LimnerError as error:
            return replace(new, problem=error.problem())
        return None if request is None else replace(new, request=request)

    async def _priced_again(self, row: NewRow, principal: Principal) -> PricedRow:
        wanted = Wanted(line=row.line, prompt=row.prompt, request=row.request, problem=row.problem)
        priced = await self._priced(row.number, wanted, principal)
        return replace(priced, row=replace(priced.row, again=row.again))

    def _fingerprint(self, wish: BatchWish) -> str:
        """The same for equal wishes, another for others."""
        codec = self.engine.codec
        said = [
            wish.name,
            wish.concurrency,
            wish.delay_ms,
            None if wish.max_cost is None else wish.max_cost.micro,
            *([row.line, codec.fingerprint(row.request) if row.request else row.prompt] for row in wish.rows),
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


class Spacing:
    """Keeps the beginnings of rows apart, whichever service they are for."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._next = float("-inf")
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        """Waits until the next row may begin."""
        if not self._seconds:
            return
        async with self._turn:
            rest = self._next - self._clock.monotonic()
            if rest > 0:
                await self._clock.sleep(rest)
            self._next = self._clock.monotonic() + self._seconds


_UNFORESEEN = Problem(code="internal", message="Limner failed at this row; its log says why.")


def _check_allowed(most: Money | None, quote: BatchQuote) -> None:
    """Raises ConfirmationRequired where all rows together may cost more than is allowed."""
    if most is None or (quote.ceiling is not None and quote.ceiling <= most):
        return
    amount = "an amount that nobody knows beforehand" if quote.ceiling is None else f"up to {quote.ceiling}"
    raise ConfirmationRequired(
        f"The batch may cost {amount}, more than the {most} that you allow. Raise max_cost or take rows out.",
        field="max_cost",
    )


def _bounded(priced: PricedRow, max_cost: Money | None) -> NewRow:
    """A row that costs no more than it was priced at, where the whole batch has a limit."""
    request = priced.row.request
    if max_cost is None or request is None or priced.ceiling is None:
        return priced.row
    return replace(priced.row, request=replace(request, max_cost=priced.ceiling))
