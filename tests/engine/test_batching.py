"""Carrying a batch: so many at a time, what is wrong with one row stays with it, and what is full is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from limner.db.batches import SqlBatches
from limner.db.database import Database
from limner.domain.batches import Batch, HeldBatch
from limner.domain.errors import (
    ConfirmationRequired,
    FailureCode,
    IdempotencyConflict,
    InvalidRequest,
    Problem,
    ProviderError,
    Spent,
    StorageError,
    TooManyRequests,
)
from limner.domain.health import BreakerRules
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.request import ImageRequest
from limner.engine.batching import A_WHILE, Batching, BatchWish, Wanted
from limner.engine.engine import Engine
from limner.testing.fakes import FakeClock, FakeProvider
from tests.engine.house import House, facts, house

ANN = Principal(id="ann", name="Ann", token="t1", address="203.0.113.9")
ACME = facts("acme", usd="0.04")
PATIENT = BreakerRules(failures=10**6)
"""No breaker: so many failures would leave the service alone."""
BAD = Problem(code="invalid_request", message="There is no size 0x0.")


class Door:
    """The engine, but what happens on submission is scripted by prompt; what is not goes through."""

    def __init__(self, engine: Engine, script: Mapping[str, list[Exception]]) -> None:
        self._engine = engine
        self._script = script
        self.asked: list[tuple[str, str | None, Principal]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    async def submit(self, request: ImageRequest, principal: Principal, *, key: str | None = None) -> Job:
        self.asked.append((request.prompt, key, principal))
        if self._script.get(request.prompt):
            raise self._script[request.prompt].pop(0)
        return await self._engine.submit(request, principal, key=key)

    async def retry(self, job_id: str, principal: Principal, *, max_cost: Money | None = None) -> Job:
        if self._script.get(job_id):
            raise self._script[job_id].pop(0)
        return await self._engine.retry(job_id, principal, max_cost=max_cost)


@dataclass(frozen=True)
class Desk:
    """Batches over a small installation."""

    here: House
    acme: FakeProvider
    batching: Batching
    door: Door
    clock: FakeClock
    script: dict[str, list[Exception]]

    async def held(self) -> HeldBatch:
        [batch] = await self.batching.batches.open()
        held = await self.batching.batches.take(batch, "w1")
        assert held is not None
        return held

    async def carried(self, *prompts: str, **options: object) -> Batch:
        batch = await self.batching.submit(wish(*prompts, **options), ANN)
        await self.batching.carry(await self.held())
        return await self.batching.batches.get(batch.id, ANN.id)


def wish(*prompts: str, **options: object) -> BatchWish:
    rows = [Wanted(line=place, prompt=text, request=ImageRequest(prompt=text)) for place, text in enumerate(prompts, 1)]
    found = BatchWish(rows=rows, name="foxes", concurrency=2)
    return replace(found, **options)  # type: ignore[arg-type]  # fields of a wish


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    acme = FakeProvider()
    async with house(tmp_path, {"acme": acme}, ACME, rules=PATIENT) as here:
        database = await Database.open(f"sqlite:///{tmp_path / 'limner.db'}")
        script: dict[str, list[Exception]] = {}
        door, clock = Door(here.engine, script), FakeClock()
        batching = Batching(
            engine=cast(Engine, door),
            batches=SqlBatches(database),
            jobs=here.jobs,
            clock=clock,
            ids=here.engine.ids,
            nudge=lambda: None,
        )
        yield Desk(here, acme, batching, door, clock, script)
        await database.close()


async def test_every_row_is_submitted_once_under_a_key_of_its_own(desk: Desk) -> None:
    batch = await desk.carried("one", "two", "three")
    assert batch.ended is not None
    assert sorted(desk.door.asked) == [
        (prompt, f"batch:{batch.id}:{number}", replace(ANN, name=""))
        for prompt, number in (("one", 1), ("three", 3), ("two", 2))
    ]


async def test_what_is_wrong_with_a_row_stays_with_it(desk: Desk) -> None:
    desk.script.update(one=[InvalidRequest("No.", field="size")], two=[ZeroDivisionError()])
    batch = await desk.carried("one", "two", "three")
    assert batch.counts["failed"] == 2
    rows = await desk.batching.batches.rows(batch.id)
    assert [row.problem.code if row.problem else None for row in rows] == ["invalid_request", "internal", None]
    assert "its log says why" in (rows[1].problem or BAD).message


async def test_where_there_are_too_many_a_row_waits_as_long_as_it_is_told(desk: Desk) -> None:
    desk.script.update(one=[TooManyRequests("Wait.", retry_after=42.0), TooManyRequests("Wait.")])
    batch = await desk.carried("one", "two")
    assert "failed" not in batch.counts
    assert [each for each in desk.clock.slept if each in (42.0, A_WHILE)] == [42.0, A_WHILE]
    assert [prompt for prompt, _, _ in desk.door.asked].count("one") == 3


async def test_what_the_disk_did_not_take_is_carried_on_later(desk: Desk) -> None:
    desk.script.update(one=[StorageError("The disk is full.")])
    with pytest.raises(ExceptionGroup) as caught:
        await desk.carried("one", "two")
    assert caught.group_contains(StorageError)
    await desk.batching.carry(await desk.held())
    [batch] = (await desk.batching.batches.page(ANN.id, limit=9, cursor=None)).items
    assert batch.ended is not None
    assert "failed" not in batch.counts
    assert len({key for _, key, _ in desk.door.asked}) == 2


async def test_nothing_is_written_that_costs_more_than_is_allowed_or_cannot_be_painted(desk: Desk) -> None:
    with pytest.raises(ConfirmationRequired, match=r"may cost up to \$0.08, more than the \$0.05"):
        await desk.batching.submit(wish("one", "two", max_cost=Money.usd("0.05")), ANN)
    rows = [Wanted(line=1, prompt="", problem=BAD)]
    with pytest.raises(InvalidRequest, match=r"No row can be painted\. The first one: There is no size 0x0"):
        await desk.batching.submit(BatchWish(rows=rows, name="", concurrency=1), ANN)
    assert await desk.batching.batches.open() == []


async def test_within_a_limit_no_row_costs_more_than_it_was_priced_at(desk: Desk) -> None:
    await desk.batching.submit(wish("one", "two", max_cost=Money.usd("0.08")), ANN)
    rows = await desk.batching.batches.open_rows(await desk.held())
    assert [row.request.max_cost for row in rows] == [Money.usd("0.04")] * 2


async def test_the_same_key_asks_once(desk: Desk) -> None:
    first = await desk.batching.submit(wish("one", "two"), ANN, key="k")
    assert (await desk.batching.submit(wish("one", "two"), ANN, key="k")).id == first.id
    assert len(await desk.batching.batches.open()) == 1


async def test_a_batch_that_is_known_is_given_again_even_if_nobody_can_paint_it_now(desk: Desk) -> None:
    first = await desk.batching.submit(wish("one", "two"), ANN, key="k")
    desk.here.services.unready["acme"] = "The key is gone."
    assert (await desk.batching.submit(wish("one", "two"), ANN, key="k")).id == first.id
    with pytest.raises(IdempotencyConflict):
        await desk.batching.submit(wish("two", "one"), ANN, key="k")
    with pytest.raises(InvalidRequest):
        await desk.batching.submit(wish("one", "two"), ANN, key="another")


@pytest.mark.req("S1-079")
async def test_rows_begin_so_far_apart_as_was_asked_for(desk: Desk) -> None:
    begun: list[float] = []
    submit = desk.door.submit

    async def noted(request: ImageRequest, principal: Principal, *, key: str | None = None) -> Job:
        begun.append(desk.clock.monotonic())
        return await submit(request, principal, key=key)

    desk.door.submit = noted  # type: ignore[method-assign]  # notes when
    batch = await desk.carried("one", "two", "three", delay_ms=2000, concurrency=1)
    assert batch.state == "finished"
    assert [later - sooner >= 2.0 for sooner, later in pairwise(begun)] == [True, True]


async def test_the_delay_holds_for_all_services_together(desk: Desk) -> None:
    await desk.carried("one", "two", "three", delay_ms=2000, concurrency=3)
    assert sum(desk.clock.slept) >= 4.0


async def test_a_batch_that_is_paused_begins_no_further_row_and_goes_on_where_it_stopped(desk: Desk) -> None:
    batch = await desk.batching.submit(wish("one", "two", "three", concurrency=1), ANN)
    submit = desk.door.submit

    async def paused(request: ImageRequest, principal: Principal, *, key: str | None = None) -> Job:
        job = await submit(request, principal, key=key)
        await desk.batching.pause(batch.id, ANN)
        return job

    desk.door.submit = paused  # type: ignore[method-assign]  # somebody pauses it while its first row is begun
    await desk.batching.carry(await desk.held())
    stopped = await desk.batching.batches.get(batch.id, ANN.id)
    assert (stopped.state, stopped.counts["waiting"], stopped.ended) == ("paused", 2, None)
    assert [prompt for prompt, _, _ in desk.door.asked] == ["one"]
    desk.door.submit = submit  # type: ignore[method-assign]  # from now on nobody does
    assert (await desk.batching.resume(batch.id, ANN)).state == "running"
    await desk.batching.carry(await desk.held())
    assert (await desk.batching.batches.get(batch.id, ANN.id)).state == "finished"
    assert [prompt for prompt, _, _ in desk.door.asked] == ["one", "two", "three"]


async def test_a_row_that_never_became_a_job_waits_again_once_for_what_it_costs_now(desk: Desk) -> None:
    desk.script.update(one=[InvalidRequest("No.", field="size")])
    batch = await desk.carried("one", "two")
    quote = await desk.batching.failed(batch.id, ANN)
    assert ([priced.row.number for priced in quote.rows], quote.ceiling) == ([1], Money.usd("0.04"))
    with pytest.raises(ConfirmationRequired):
        await desk.batching.retry(batch.id, ANN, max_cost=Money.usd("0.03"))
    again = await desk.batching.retry(batch.id, ANN, max_cost=Money.usd("0.04"))
    assert (again.state, again.counts) == ("running", {"waiting": 1, "succeeded": 1})
    await desk.batching.retry(batch.id, ANN)
    [row] = await desk.batching.batches.open_rows(await desk.held())
    assert (row.number, row.request.max_cost) == (1, Money.usd("0.04"))
    await desk.batching.carry(await desk.held())
    found = await desk.batching.batches.get(batch.id, ANN.id)
    assert (found.state, found.counts) == ("finished", {"succeeded": 2})
    assert [prompt for prompt, _, _ in desk.door.asked].count("two") == 1


async def test_a_batch_that_is_opened_again_is_not_ended_by_who_had_it(desk: Desk) -> None:
    desk.script.update(one=[InvalidRequest("No.", field="size")])
    batch = await desk.batching.submit(wish("one"), ANN)
    held = await desk.held()
    end = desk.batching.batches.end

    async def too_late(held: HeldBatch, at: datetime) -> None:
        await desk.batching.retry(batch.id, ANN)
        await end(held, at)

    desk.batching.batches.end = too_late  # type: ignore[method-assign]  # somebody comes before it
    await desk.batching.carry(held)
    assert (await desk.batching.batches.get(batch.id, ANN.id)).state == "running"
    desk.batching.batches.end = end  # type: ignore[method-assign]  # nobody does any more
    await desk.batching.carry(await desk.held())
    assert (await desk.batching.batches.get(batch.id, ANN.id)).state == "finished"


class Death(BaseException):
    """The process dies: nobody catches it, as after SIGKILL."""


MANY = 60
STEPS = ("begin", "note_job", "note_bought")
REFUSED_UNPAID = ProviderError(Problem(code=FailureCode.FAILED, message="It failed.", spent=Spent.NO))


async def failed_rows(desk: Desk, count: int) -> Batch:
    """A batch whose rows have all become jobs, and those failed."""
    desk.acme.script(*[REFUSED_UNPAID] * count)
    batch = await desk.carried(*(f"fox {number}" for number in range(count)), concurrency=8)
    assert batch.counts == {"failed": count}
    return batch


async def test_a_retry_takes_all_failed_rows_however_many_and_buys_each_once(desk: Desk) -> None:
    desk.script.update({"fox 3": [InvalidRequest("No.", field="size")]})
    desk.acme.script(*[REFUSED_UNPAID] * (MANY - 1))
    batch = await desk.carried(*(f"fox {number}" for number in range(MANY)), concurrency=8)
    assert (batch.state, batch.counts) == ("finished", {"failed": MANY})
    quote = await desk.batching.failed(batch.id, ANN)
    assert [priced.row.number for priced in quote.paintable] == list(range(1, MANY + 1))
    assert quote.ceiling == Money.usd("0.04") * MANY
    with pytest.raises(ConfirmationRequired):
        await desk.batching.retry(batch.id, ANN, max_cost=Money.usd("0.04") * (MANY - 1))
    again, twice = await asyncio.gather(*(desk.batching.retry(batch.id, ANN) for _ in range(2)))
    assert again.counts == twice.counts == {"waiting": MANY}
    await desk.batching.carry(await desk.held())
    assert await desk.batching.batches.open() == []
    done = await desk.batching.retry(batch.id, ANN)
    assert (done.state, done.counts, desk.acme.purchases) == ("finished", {"succeeded": MANY}, MANY)
    assert list(await desk.here.ledger.check()) == []


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS)
async def test_a_retry_goes_on_where_its_process_died_and_buys_nothing_twice(
    desk: Desk, step: str, after: bool
) -> None:
    batch = await failed_rows(desk, 4)
    await desk.batching.retry(batch.id, ANN)
    held, real = await desk.held(), getattr(desk.batching.batches, step)

    async def deadly(held: HeldBatch, number: int, *rest: object) -> object:
        if number == 2 and not after:
            raise Death
        found = await real(held, number, *rest)
        if number == 2:
            raise Death
        return found

    setattr(desk.batching.batches, step, deadly)
    with pytest.raises(BaseExceptionGroup) as caught:
        await desk.batching.carry(held)
    assert caught.group_contains(Death)
    setattr(desk.batching.batches, step, real)
    asked_again = await desk.batching.retry(batch.id, ANN)
    assert asked_again.state == "running"
    await desk.batching.carry(await desk.held())
    done = await desk.batching.batches.get(batch.id, ANN.id)
    assert (done.state, done.counts, desk.acme.purchases) == ("finished", {"succeeded": 4}, 4)
    page = await desk.here.jobs.page(ANN.id, limit=100, cursor=None, states=frozenset())
    assert len(page.items) == 8


async def test_what_a_partial_row_brought_is_not_bought_again(desk: Desk) -> None:
    desk.acme.script(desk.acme.finished(1))
    rows = [Wanted(line=1, prompt="foxes", request=ImageRequest(prompt="foxes", count=3))]
    batch = await desk.batching.submit(BatchWish(rows=rows, name="", concurrency=1), ANN)
    await desk.batching.carry(await desk.held())
    [row] = await desk.batching.batches.rows(batch.id)
    assert (row.state, row.short) == (JobState.PARTIAL, True)
    await desk.batching.retry(batch.id, ANN)
    await desk.batching.carry(await desk.held())
    assert [call.count for call in desk.acme.bought] == [3, 2]


async def test_a_retry_that_nobody_can_pay_says_so_and_can_be_asked_for_again(desk: Desk) -> None:
    batch = await failed_rows(desk, 2)
    [first, _] = [row.job_id for row in await desk.batching.batches.rows(batch.id)]
    desk.script.update({str(first): [InvalidRequest("Too dear.", code="budget_exceeded")]})
    await desk.batching.retry(batch.id, ANN)
    await desk.batching.carry(await desk.held())
    [row, other] = await desk.batching.batches.rows(batch.id)
    assert (row.state, row.trouble and row.trouble.code, row.short) == (JobState.FAILED, "budget_exceeded", True)
    assert (other.state, other.trouble) == (JobState.SUCCEEDED, None)
    await desk.batching.retry(batch.id, ANN)
    await desk.batching.carry(await desk.held())
    done = await desk.batching.batches.get(batch.id, ANN.id)
    assert (done.counts, desk.acme.purchases) == ({"succeeded": 2}, 2)


async def test_what_waits_to_be_bought_again_is_taken_out_with_its_batch(desk: Desk) -> None:
    batch = await failed_rows(desk, 2)
    await desk.batching.retry(batch.id, ANN)
    stopped = await desk.batching.cancel(batch.id, ANN)
    assert stopped.counts == {"failed": 2}
    await desk.batching.carry(await desk.held())
    done = await desk.batching.batches.get(batch.id, ANN.id)
    assert (done.state, done.counts, desk.acme.purchases) == ("cancelled", {"failed": 2}, 0)
