"""Buying what a job did not bring, and nothing else: after each way in which ten calls can end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from random import Random

import pytest

from limner.domain.call import Call, Finished, Painted, Pending
from limner.domain.errors import (
    BudgetExceeded,
    ConfirmationRequired,
    FailureCode,
    IdempotencyConflict,
    NotFound,
    Problem,
    ProviderError,
    Spent,
)
from limner.domain.health import BreakerRules
from limner.domain.job import CallState, Job, JobState
from limner.domain.money import Money
from limner.domain.people import LOCAL, Principal
from limner.domain.request import ImageRequest, Size
from limner.engine.retrying import NothingToRetry
from limner.testing.fakes import FakeProvider
from tests.engine.house import House, facts, house

PRICE = Money.usd("0.04")
SINGLE = facts("acme", usd="0.04", count=1)
SEEDED = facts("acme", usd="0.04", count=1, parameters='parameters.seed = { kind = "integer", minimum = 0 }')
BOB = Principal(id="bob", name="Bob")
CALLS = 10
PARTS = 8
AT_ONCE = 8
"""Jobs under way at the same time; their commits go to the disk together."""


PATIENT = BreakerRules(failures=10**6)
"""No breaker: so many failures at once would leave the service alone."""


def failure(code: FailureCode, spent: Spent = Spent.NO) -> ProviderError:
    return ProviderError(Problem(code=code, message=f"{code} happened.", spent=spent))


REFUSED = failure(FailureCode.REFUSED)
FAILED = failure(FailureCode.FAILED)
LOST = failure(FailureCode.LINE_DROPPED, Spent.UNKNOWN)
PAID = failure(FailureCode.BAD_ANSWER, Spent.YES)
WAYS = (REFUSED, REFUSED, REFUSED, FAILED, FAILED, LOST)
"""In which a call does not bring its picture."""


class Listed(FakeProvider):
    """A service that names no price, so that the price list is booked.

    What becomes of calls is told by their prompt, in the order in which they come; after that all bring their pictures.
    """

    def __init__(self, *mishaps: ProviderError | None, prompt: str = "a fox") -> None:
        super().__init__()
        self.mishaps = {prompt: [*mishaps]}
        self.sold: Counter[str] = Counter()
        """How many calls of each prompt may have cost something."""
        self._picture = super().finished(1).pictures[0].content

    async def submit(self, call: Call) -> Finished | Pending:
        waiting = self.mishaps.get(call.prompt)
        mishap = waiting.pop(0) if waiting else None
        self.script(self.paint(call) if mishap is None else mishap)
        self.sold[call.prompt] += mishap is None or mishap.spent is not Spent.NO
        return await super().submit(call)

    def finished(self, count: int, *, size: Size | None = None, seed: int | None = None) -> Finished:
        seeds = (None if seed is None else seed + place for place in range(count))
        return Finished(pictures=tuple(Painted(content=self._picture, seed=one) for one in seeds))


def outcomes() -> Iterable[tuple[ProviderError | None, ...]]:
    """All that ten calls can come to; of each that does not bring its picture, how it failed is drawn."""
    chance = Random(10)
    for came in product((True, False), repeat=CALLS):
        yield tuple(None if good else chance.choice(WAYS) for good in came)


async def decided(here: House, job: Job) -> Job:
    """The job when a person has said of everything ambiguous that it was not charged."""
    lost = [call.id for call in job.calls if call.state is CallState.AMBIGUOUS]
    if lost:
        with pytest.raises(NothingToRetry) as error:
            await here.engine.retry(job.id, LOCAL)
        assert error.value.code == "job_ambiguous"
    for call_id in lost:
        job = await here.engine.resolve(call_id, LOCAL, charged=False)
    return job


async def one_outcome(here: House, acme: Listed, place: int, mishaps: tuple[ProviderError | None, ...]) -> None:
    """Ten calls that end so, and a retry for what is missing."""
    prompt, good, lost = f"fox {place}", mishaps.count(None), mishaps.count(LOST)
    acme.mishaps[prompt] = [*mishaps]
    job = await here.paint(prompt, model="acme", count=CALLS)
    assert (len(job.pictures), job.cost, job.held) == (good, PRICE * good, PRICE * lost)
    assert acme.sold[prompt] == good + lost
    job = await decided(here, job)
    assert (len(job.pictures), job.cost, job.held) == (good, PRICE * good, Money())
    if good == CALLS:
        with pytest.raises(NothingToRetry, match="all its pictures"):
            await here.engine.retry(job.id, LOCAL)
        return
    again = await here.engine.wait((await here.engine.retry(job.id, LOCAL)).id, LOCAL, timeout=20)
    assert (again.state, again.retry_of, len(again.pictures)) == (JobState.SUCCEEDED, job.id, CALLS - good)
    assert (again.cost, again.held) == (PRICE * (CALLS - good), Money())
    assert acme.sold[prompt] == CALLS + lost


@pytest.mark.timeout(240)
@pytest.mark.parametrize("part", range(PARTS))
async def test_of_each_outcome_what_came_is_booked_once_and_a_retry_buys_what_is_missing(
    tmp_path: Path, part: int
) -> None:
    acme = Listed()
    async with house(tmp_path, {"acme": acme}, SINGLE, daily=Money.usd(10_000), rules=PATIENT) as here:
        waiting = iter([*enumerate(outcomes())][part::PARTS])

        async def one_after_the_other() -> None:
            for place, mishaps in waiting:
                await one_outcome(here, acme, place, mishaps)

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
        assert len(acme.sold) == 2**CALLS / PARTS
        await here.books_are_right()


async def test_two_retries_at_once_make_one_job(tmp_path: Path) -> None:
    acme = Listed(None, FAILED, FAILED)
    async with house(tmp_path, {"acme": acme}, SINGLE) as here:
        job = await here.paint(model="acme", count=3)
        again = await asyncio.gather(*(here.engine.retry(job.id, LOCAL) for _ in range(5)))
        assert len({one.id for one in again}) == 1
        await here.engine.wait(again[0].id, LOCAL, timeout=20)
        assert (await here.engine.retry(job.id, LOCAL)).id == again[0].id
        assert acme.sold.total() == 3
        await here.books_are_right()


async def test_what_a_retry_did_not_bring_is_bought_by_a_retry_of_it(tmp_path: Path) -> None:
    acme = Listed(None, FAILED, FAILED, None, FAILED)
    async with house(tmp_path, {"acme": acme}, SINGLE) as here:
        job = await here.paint(model="acme", count=3)
        second = await here.engine.wait((await here.engine.retry(job.id, LOCAL)).id, LOCAL, timeout=20)
        assert (second.state, second.request.count) == (JobState.PARTIAL, 2)
        third = await here.engine.wait((await here.engine.retry(second.id, LOCAL)).id, LOCAL, timeout=20)
        assert (third.state, third.request.count, third.retry_of) == (JobState.SUCCEEDED, 1, second.id)


async def test_an_open_job_is_not_retried(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": Listed()}, SINGLE, work=False) as here:
        job = await here.engine.submit(ImageRequest(prompt="a fox", model="acme", count=2), LOCAL)
        with pytest.raises(NothingToRetry, match="Wait for its end"):
            await here.engine.retry(job.id, LOCAL)


async def test_somebody_elses_job_is_not_there(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": Listed(FAILED)}, SINGLE) as here:
        job = await here.paint(model="acme")
        with pytest.raises(NotFound):
            await here.engine.retry(job.id, BOB)
        assert (await here.engine.retry(job.id, LOCAL)).retry_of == job.id


@pytest.mark.parametrize(
    ("mishaps", "seeds"),
    [
        ((None, None, FAILED, FAILED), [9, 10]),
        ((FAILED, None, None, None), [7]),
        ((FAILED, None, FAILED, None), [17, 18]),
    ],
)
async def test_seeds_go_on_where_they_are_missing_and_none_comes_twice(
    tmp_path: Path, mishaps: tuple[ProviderError | None, ...], seeds: list[int]
) -> None:
    acme = Listed(*mishaps)
    async with house(tmp_path, {"acme": acme}, SEEDED) as here:
        job = await here.paint(model="acme", count=4, seed=7)
        again = await here.engine.wait((await here.engine.retry(job.id, LOCAL)).id, LOCAL, timeout=20)
        assert [picture.seed for picture in again.pictures] == seeds


async def test_what_was_allowed_for_the_whole_is_allowed_for_both_together(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": Listed(PAID, None, FAILED)}, SINGLE) as here:
        job = await here.paint(model="acme", count=3, max_cost=PRICE * 3)
        assert (len(job.pictures), job.cost) == (1, PRICE * 2)
        with pytest.raises(ConfirmationRequired, match=r"up to \$0\.08, more than the \$0\.04"):
            await here.engine.retry(job.id, LOCAL)
        with pytest.raises(ConfirmationRequired):
            await here.engine.retry(job.id, LOCAL, max_cost=PRICE)


async def test_a_retry_that_no_budget_covers_leaves_nothing_behind(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": Listed(None, FAILED)}, SINGLE, daily=PRICE * 2) as here:
        job = await here.paint(model="acme", count=2)
        await here.paint(model="acme")
        with pytest.raises(BudgetExceeded):
            await here.engine.retry(job.id, LOCAL)
        here.clock.advance(86_400)
        again = await here.engine.wait((await here.engine.retry(job.id, LOCAL)).id, LOCAL, timeout=20)
        assert (again.state, again.retry_of) == (JobState.SUCCEEDED, job.id)
        await here.books_are_right()


async def test_a_key_of_a_retry_finds_its_job_again(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": Listed(FAILED, FAILED)}, SINGLE) as here:
        job, other = await here.paint(model="acme"), await here.paint(model="acme")
        again = await here.engine.retry(job.id, LOCAL, key="k")
        assert (await here.engine.retry(job.id, LOCAL, key="k")).id == again.id
        assert (await here.engine.retry(job.id, LOCAL, key="l")).id == again.id
        with pytest.raises(IdempotencyConflict):
            await here.engine.retry(other.id, LOCAL, key="k")
