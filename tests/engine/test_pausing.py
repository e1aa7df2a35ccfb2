"""A paused queue as a person sees it: nothing is bought, what was sent is delivered, and the rest goes on in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from limner.db.jobs import SqlJobs
from limner.domain.call import Call, Finished
from limner.domain.errors import FailureCode, Forbidden, NotFound, Problem, ProviderError
from limner.domain.job import CallState, Job, JobState
from limner.domain.money import Money
from limner.domain.people import LOCAL, Principal, Role
from limner.domain.queue import QueuePaused, QueueWishes
from limner.domain.request import ImageRequest
from limner.testing.fakes import FakeProvider
from limner.wire.pace import Pace
from tests.engine.house import House, facts, house

ACME = facts("acme", usd="0.04")
SINGLE = facts("acme", usd="0.04", count=1)
MANY = 24
PATIENCE = 60
"""Seconds that a busy machine may take for what takes none."""


def wish(number: int = 0, count: int = 1) -> ImageRequest:
    return ImageRequest(prompt=f"fox {number}", model="acme", count=count)


class Slow:
    """Lets the first purchase wait until it is told to go on."""

    def __init__(self) -> None:
        self.provider = FakeProvider()
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.provider.script(self._wait)

    async def _wait(self, call: Call) -> Finished:
        self.begun.set()
        await self.go_on.wait()
        return self.provider.paint(call)


async def until(looks: Callable[[], Awaitable[bool]]) -> None:
    """Until it looks so; the rounds of a worker are a second apart."""
    for _ in range(50 * PATIENCE):
        if await looks():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it does not come to that")


async def states(here: House, jobs: list[Job]) -> list[JobState]:
    return [(await here.jobs.get(job.id)).state for job in jobs]


async def test_many_jobs_and_a_pause_in_the_middle(tmp_path: Path) -> None:
    slow = Slow()
    async with house(tmp_path, {"acme": slow.provider}, ACME, daily=Money.usd("100")) as here:
        here.services.turns["acme"] = Pace(requests_per_second=0, concurrency=1)
        jobs = [await here.engine.submit(wish(number), LOCAL) for number in range(MANY)]
        await asyncio.wait_for(slow.begun.wait(), PATIENCE)
        standing = await here.queue.pause(LOCAL)
        assert standing.paused is not None
        slow.go_on.set()
        first = await here.engine.wait(jobs[0].id, LOCAL, timeout=PATIENCE)
        assert (first.state, len(first.pictures)) == (JobState.SUCCEEDED, 1)  # what was sent is delivered

        async def all_wait() -> bool:
            return await states(here, jobs[1:]) == [JobState.QUEUED] * (MANY - 1)

        await until(all_wait)
        later = await here.engine.submit(wish(MANY), LOCAL)
        assert later.state is JobState.QUEUED
        waiting = [await here.jobs.get(job.id) for job in [*jobs[1:], later]]
        assert {job.held for job in waiting} == {Money.usd("0.04")}
        assert (slow.provider.purchases, here.services.load("acme")) == (1, 0)
        await here.books_are_right()

        await here.queue.resume(LOCAL)
        ended = [await here.engine.wait(job.id, LOCAL, timeout=PATIENCE) for job in [*jobs, later]]
        assert {job.state for job in ended} == {JobState.SUCCEEDED}
        assert [call.prompt for call in slow.provider.bought] == [f"fox {number}" for number in range(MANY + 1)]
        await here.books_are_right()


async def test_of_several_calls_those_that_were_sent_are_delivered_and_the_others_wait(tmp_path: Path) -> None:
    slow = Slow()
    async with house(tmp_path, {"acme": slow.provider}, SINGLE) as here:
        here.services.turns["acme"] = Pace(requests_per_second=0, concurrency=1)
        job = await here.engine.submit(wish(count=3), LOCAL)
        await asyncio.wait_for(slow.begun.wait(), PATIENCE)
        await here.queue.pause(LOCAL)
        slow.go_on.set()

        async def put_back() -> bool:
            return (await here.jobs.get(job.id)).state is JobState.QUEUED

        await until(put_back)
        found = await here.jobs.get(job.id)
        assert [call.state for call in found.calls].count(CallState.QUEUED) == 2
        assert (len(found.pictures), slow.provider.purchases, found.started) == (1, 1, None)
        await here.queue.resume(LOCAL)
        ended = await here.engine.wait(job.id, LOCAL, timeout=PATIENCE)
        assert (ended.state, len(ended.pictures), slow.provider.purchases) == (JobState.SUCCEEDED, 3, 3)


async def test_a_part_that_waits_is_cancelled_at_once_and_what_came_is_kept(tmp_path: Path) -> None:
    slow = Slow()
    async with house(tmp_path, {"acme": slow.provider}, SINGLE) as here:
        here.services.turns["acme"] = Pace(requests_per_second=0, concurrency=1)
        job = await here.engine.submit(wish(count=2), LOCAL)
        await asyncio.wait_for(slow.begun.wait(), PATIENCE)
        await here.queue.pause(LOCAL)
        slow.go_on.set()

        async def put_back() -> bool:
            return (await here.jobs.get(job.id)).state is JobState.QUEUED

        await until(put_back)
        ended = await here.engine.cancel(job.id, LOCAL)
        assert (ended.state, len(ended.pictures), ended.held) == (JobState.CANCELLED, 1, Money())
        await here.queue.resume(LOCAL)
        await here.books_are_right()
        assert slow.provider.purchases == 1


async def test_what_the_service_did_not_accept_is_not_sent_again_past_a_pause(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:

        async def busy(_: Call) -> Finished:
            await here.queue.pause(LOCAL)
            problem = Problem(code=FailureCode.RATE_LIMITED, message="Too fast.", retryable=True)
            raise ProviderError(problem)

        provider.script(busy)
        job = await here.engine.submit(wish(), LOCAL)

        async def put_back() -> bool:
            return (await here.jobs.get(job.id)).state is JobState.QUEUED

        await until(put_back)
        assert len(provider.submits) == 1
        await here.queue.resume(LOCAL)
        ended = await here.engine.wait(job.id, LOCAL, timeout=PATIENCE)
        assert (ended.state, len(ended.pictures), len(provider.submits)) == (JobState.SUCCEEDED, 1, 2)


async def test_nothing_is_bought_above_what_was_confirmed_before_the_pause(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME, daily=Money.usd("1"), work=False) as before:
        await before.queue.pause(LOCAL)
        quote = await before.engine.estimate(wish(), LOCAL)
        job = await before.engine.confirm(quote.token, LOCAL)
        assert (job.state, job.held) == (JobState.QUEUED, Money.usd("0.04"))
    dearer = facts("acme", usd="0.05")
    async with house(tmp_path, {"acme": provider}, dearer, daily=Money.usd("1"), ids_from=1000) as here:
        assert (await here.jobs.get(job.id)).state is JobState.QUEUED
        await here.queue.resume(LOCAL)
        ended = await here.engine.wait(job.id, LOCAL, timeout=PATIENCE)
        assert ended.problem is not None
        assert (ended.state, ended.problem.code) == (JobState.FAILED, "price_risen")
        assert "0.05" in ended.problem.message
        assert (provider.purchases, ended.held, ended.cost) == (0, Money(), Money())
        again = await here.engine.wait((await here.engine.retry(job.id, LOCAL)).id, LOCAL, timeout=PATIENCE)
        assert (again.state, provider.purchases) == (JobState.SUCCEEDED, 1)
        await here.books_are_right()


async def test_a_quote_confirmed_before_the_pause_stays_confirmed_over_a_restart(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME, daily=Money.usd("1"), work=False) as before:
        job = await before.engine.confirm((await before.engine.estimate(wish(), LOCAL)).token, LOCAL)
        await before.queue.pause(LOCAL)
    cheaper = facts("acme", usd="0.03")
    async with house(tmp_path, {"acme": provider}, cheaper, daily=Money.usd("1"), ids_from=1000) as here:
        assert (await here.jobs.get(job.id)).state is JobState.QUEUED
        assert (await here.queue.standing(LOCAL)).queued == 1
        await here.queue.resume(LOCAL)
        ended = await here.engine.wait(job.id, LOCAL, timeout=PATIENCE)
        assert (ended.state, provider.purchases) == (JobState.SUCCEEDED, 1)


async def test_others_go_on_and_whoever_would_wait_in_vain_is_told_at_once(tmp_path: Path) -> None:
    provider, ben = FakeProvider(), Principal(id="ben", name="Ben")
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        await here.queue.pause(LOCAL)
        job = await here.engine.submit(wish(), ben)
        assert (await here.engine.wait(job.id, ben, timeout=PATIENCE)).state is JobState.SUCCEEDED
        await here.queue.check_going(ben)
        with pytest.raises(QueuePaused, match="limner queue resume"):
            await here.queue.check_going(LOCAL)


async def test_a_viewer_pauses_nothing(tmp_path: Path) -> None:
    viewer = Principal(id="vic", name="Vic", role=Role.VIEWER)
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, work=False) as here:
        for change in (here.queue.pause, here.queue.resume):
            with pytest.raises(Forbidden):
                await change(viewer)
        assert (await here.queue.standing(viewer)).paused is None


async def test_a_job_at_the_front_is_sent_before_ones_own_others_and_not_before_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, wishes = asyncio.Event(), SqlJobs.queue_wishes

    async def listened(jobs: SqlJobs, worker: str) -> QueueWishes:
        found = await wishes(jobs, worker)
        if len(found.fronts) == 2:
            heard.set()
        return found

    monkeypatch.setattr(SqlJobs, "queue_wishes", listened)
    slow, ben = Slow(), Principal(id="ben", name="Ben")
    async with house(tmp_path, {"acme": slow.provider}, ACME) as here:
        here.services.turns["acme"] = Pace(requests_per_second=0, concurrency=1)
        mine = [await here.engine.submit(wish(number), LOCAL) for number in range(3)]
        await asyncio.wait_for(slow.begun.wait(), PATIENCE)
        his = await here.engine.submit(wish(10), ben)
        mine += [await here.engine.submit(wish(number), LOCAL) for number in (3, 4)]
        with pytest.raises(NotFound):
            await here.queue.to_front(mine[4].id, ben)
        assert (await here.queue.to_front(mine[4].id, LOCAL)).front == 1
        assert (await here.queue.to_front(mine[3].id, LOCAL)).front == 2
        await asyncio.wait_for(heard.wait(), PATIENCE)
        slow.go_on.set()
        for job in (*mine, his):
            await here.engine.wait(job.id, LOCAL if job is not his else ben, timeout=PATIENCE)
        order = [call.prompt.removeprefix("fox ") for call in slow.provider.bought]
        assert order == ["0", "3", "4", "10", "1", "2"]
        assert (await here.queue.to_front(mine[0].id, LOCAL)).state is JobState.SUCCEEDED
