"""Jobs run here, so many at once; what dead processes left is taken up; the end is clean."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from limner.dispatch.dispatcher import Dispatcher
from limner.dispatch.file_locks import FileWorkerLocks
from limner.domain.call import Pending
from limner.domain.control import Control
from limner.domain.job import Job, JobState
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest
from limner.testing.fakes import FakeFindingProvider, FakeProvider
from tests.engine.house import RealWaits, facts, house

ACME = facts("acme", usd="0.04")
WANTED = ImageRequest(prompt="a fox", model="acme")


async def test_jobs_without_a_worker_are_taken_up_at_the_start(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME, work=False) as idle:
        left = [await idle.engine.submit(WANTED, LOCAL) for _ in range(3)]
        assert {job.state for job in left} == {JobState.QUEUED}
    async with house(tmp_path, {"acme": provider}, ACME, ids_from=1000) as here:
        ended = [await here.engine.wait(job.id, LOCAL, timeout=10) for job in left]
        assert {job.state for job in ended} == {JobState.SUCCEEDED}
        assert [job.attempt for job in ended] == [1, 1, 1]
    assert provider.purchases == 3


@pytest.mark.req("S0-074", "S4-082", "S4-042")
async def test_no_more_than_so_many_at_once(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, work=False) as here:
        at_once, most, done = 0, 0, 0
        full, go_on, all_done = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def run(job: Job, control: Control) -> None:
            nonlocal at_once, most, done
            at_once += 1
            most = max(most, at_once)
            if at_once == 2:
                full.set()
            await go_on.wait()
            at_once -= 1
            done += 1
            if done == 6:
                all_done.set()

        dispatcher = Dispatcher(
            worker="w",
            jobs=here.jobs,
            locks=FileWorkerLocks(tmp_path / "others"),
            clock=RealWaits(here.clock),
            concurrency=2,
        )
        for _ in range(6):
            await here.engine.submit(WANTED, LOCAL)
        await dispatcher.start(run, watch=False)
        await asyncio.wait_for(full.wait(), 10)
        await asyncio.sleep(0.01)
        assert at_once == 2
        go_on.set()
        await asyncio.wait_for(all_done.wait(), 10)
        await dispatcher.stop(1.0)
        assert most == 2


async def test_a_job_whose_end_goes_wrong_is_taken_up_again(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, work=False) as here:
        attempts: list[int] = []
        done = asyncio.Event()

        async def run(job: Job, control: Control) -> None:
            del control
            attempts.append(job.attempt)
            if len(attempts) < 3:
                raise RuntimeError("a mistake of ours")
            done.set()

        locks = FileWorkerLocks(tmp_path / "others")
        dispatcher = Dispatcher(worker="w", jobs=here.jobs, locks=locks, clock=here.clock, concurrency=2)
        await here.engine.submit(WANTED, LOCAL)
        await dispatcher.start(run, watch=False)
        await asyncio.wait_for(done.wait(), 10)
        await dispatcher.stop(1.0)
        assert attempts == [1, 2, 3]


async def test_stopping_puts_unsent_jobs_back_and_the_next_start_takes_them(tmp_path: Path) -> None:
    provider = FakeProvider()
    stuck = asyncio.Event()

    async def never(call: object) -> object:
        stuck.set()
        await asyncio.Event().wait()
        raise AssertionError

    provider.script(never)  # type: ignore[arg-type]  # it never gives a result
    async with house(tmp_path, {"acme": provider}, ACME, grace=0.05) as here:
        job = await here.engine.submit(WANTED, LOCAL)
        await asyncio.wait_for(stuck.wait(), 5)
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, ids_from=1000) as again:
        ended = await again.engine.wait(job.id, LOCAL, timeout=10)
        assert ended.state is JobState.AMBIGUOUS
    assert provider.purchases == 1


async def test_what_was_being_sent_when_the_process_ended_is_found_by_the_next_where_the_service_can(
    tmp_path: Path,
) -> None:
    provider = FakeProvider()
    stuck = asyncio.Event()

    async def never(call: object) -> object:
        stuck.set()
        await asyncio.Event().wait()
        raise AssertionError

    provider.script(never)  # type: ignore[arg-type]  # it never gives a result
    async with house(tmp_path, {"acme": provider}, ACME, grace=0.05) as here:
        job = await here.engine.submit(WANTED, LOCAL)
        await asyncio.wait_for(stuck.wait(), 5)
    second = FakeFindingProvider(found=[provider.finished(1)])
    async with house(tmp_path, {"acme": second}, ACME, ids_from=1000) as again:
        ended = await again.engine.wait(job.id, LOCAL, timeout=10)
        assert (ended.state, len(ended.pictures)) == (JobState.SUCCEEDED, 1)
        assert [call.id for call in second.searches] == [ended.calls[0].id]
        await again.books_are_right()
    assert (provider.purchases, second.submits) == (1, [])


async def test_a_ticket_survives_the_end_of_the_process_and_is_asked_after_by_the_next(tmp_path: Path) -> None:
    waiting = Pending(ticket={"id": "t1"}, poll_after=0.001)
    first = FakeProvider(waiting, polled=[waiting] * 50_000)
    async with house(tmp_path, {"acme": first}, ACME) as here:
        job = await here.engine.submit(WANTED, LOCAL)
        for _ in range(1000):
            if first.polls:
                break
            await asyncio.sleep(0.002)
        assert first.polls
    second = FakeProvider()
    async with house(tmp_path, {"acme": second}, ACME, ids_from=1000) as again:
        ended = await again.engine.wait(job.id, LOCAL, timeout=10)
        assert (ended.state, len(ended.pictures), ended.attempt) == (JobState.SUCCEEDED, 1, 2)
        assert second.polls[0].ticket == {"id": "t1"}
        await again.books_are_right()
    assert (first.purchases, second.submits) == (1, [])
