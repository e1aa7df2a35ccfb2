"""Whoever asks may be cancelled at any moment: what is written down by then is carried out, and bought once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection

from limner.db import submission
from limner.db.batches import SqlBatches
from limner.db.comparisons import SqlComparisons
from limner.db.database import Database
from limner.domain.control import Control
from limner.domain.errors import StorageError
from limner.domain.events import Event
from limner.domain.job import Job, JobState
from limner.domain.people import LOCAL
from limner.domain.records import NewJob
from limner.domain.request import ImageRequest
from limner.engine.batching import Batching, BatchWish, Wanted
from limner.engine.comparing import Comparing, Entrant, RoundWish
from limner.engine.quotes import HmacSealer
from limner.testing.fakes import FakeClock, FakeProvider
from tests.engine.house import House, facts, house

ACME, BOLT = facts("acme", usd="0.04"), facts("bolt", usd="0.01")
WANTED = ImageRequest(prompt="a fox", model="acme")
WHOLE = submission.submit
Written = tuple[tuple[Job, bool], list[Event]]


class HangsUp:
    """Whoever asks hangs up while the job is being written down: after the transaction began, before it is over."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._loop = asyncio.get_running_loop()
        self._gone = threading.Event()
        self._asking: asyncio.Task[Any] | None = None
        monkeypatch.setattr(submission, "submit", self._submit)

    async def asks(self, asking: Coroutine[Any, Any, object]) -> None:
        self._asking = asyncio.create_task(asking)
        self._asking.add_done_callback(lambda _: self._gone.set())
        with pytest.raises(asyncio.CancelledError):
            await self._asking

    def _submit(self, connection: Connection, new: NewJob, reserve: submission.Reserve) -> Written:
        if self._asking is not None and not self._gone.is_set():
            self._loop.call_soon_threadsafe(self._asking.cancel)
            assert self._gone.wait(60)
        return WHOLE(connection, new, reserve)


async def ended(here: House, *jobs: Job) -> list[Job]:
    return [await here.engine.wait(job.id, LOCAL, timeout=60) for job in jobs]


async def test_a_job_is_carried_out_though_nobody_waited_for_it_to_be_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        await HangsUp(monkeypatch).asks(here.engine.submit(WANTED, LOCAL, key="k"))
        [job] = await ended(here, await here.engine.submit(WANTED, LOCAL, key="k"))
        assert (job.state, len(job.pictures), job.held.micro) == (JobState.SUCCEEDED, 1, 0)
        await here.books_are_right()
    assert provider.purchases == 1


async def test_a_round_is_painted_though_nobody_waited_for_it_to_be_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    providers = {"acme": FakeProvider(), "bolt": FakeProvider()}
    async with house(tmp_path, providers, ACME, BOLT) as here:
        database = await Database.open(f"sqlite:///{tmp_path / 'limner.db'}")
        comparing = Comparing(
            engine=here.engine,
            comparisons=SqlComparisons(database, lambda events, ended=None: None),
            sealer=HmacSealer(b"s" * 32, "comparison"),
            chance=Random(5),
        )
        wish = RoundWish(request=WANTED, entrants=[Entrant(model="acme/one"), Entrant(model="bolt/one")])
        quote = await comparing.quote(wish, LOCAL)
        await HangsUp(monkeypatch).asks(comparing.begin(quote.token, LOCAL, key="k"))
        found = await comparing.begin(quote.token, LOCAL, key="k")
        jobs = await ended(here, *found.jobs.values())
        assert [job.state for job in jobs] == [JobState.SUCCEEDED] * 2
        await database.close()
    assert [provider.purchases for provider in providers.values()] == [1, 1]


async def test_a_row_that_was_let_go_of_while_it_was_written_down_is_painted_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        database = await Database.open(f"sqlite:///{tmp_path / 'limner.db'}")
        batches = SqlBatches(database)
        batching = Batching(
            engine=here.engine,
            batches=batches,
            jobs=here.jobs,
            clock=FakeClock(),
            ids=here.engine.ids,
            nudge=lambda: None,
        )
        rows = [Wanted(line=1, prompt="a fox", request=WANTED)]
        batch = await batching.submit(BatchWish(rows=rows, name="foxes", concurrency=1), LOCAL)

        async def carried() -> None:
            [waiting] = await batches.open()
            held = await batches.take(waiting, "w1")
            assert held is not None
            await batching.carry(held)

        await HangsUp(monkeypatch).asks(carried())
        await asyncio.wait_for(carried(), 60)
        found = await batches.get(batch.id, LOCAL.id)
        assert (found.state, found.counts) == ("finished", {"succeeded": 1})
        await database.close()
    assert provider.purchases == 1


async def test_what_was_committed_although_the_commit_broke_off_is_found_on_the_next_look_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, work=False) as here:
        carried, done = list[Job](), asyncio.Event()

        async def run(job: Job, control: Control) -> None:
            del control
            carried.append(job)
            done.set()
            await asyncio.Event().wait()

        dispatcher, clock = here.dispatcher, FakeClock(automatic=False)
        monkeypatch.setattr(dispatcher, "_clock", clock)
        await dispatcher.start(run, watch=True)
        submit = here.jobs.submit

        async def broken(new: NewJob, **_: object) -> tuple[Job, bool]:
            await submit(new)
            raise StorageError("The connection broke off.")

        monkeypatch.setattr(here.jobs, "submit", broken)
        with pytest.raises(StorageError):
            await here.engine.submit(WANTED, LOCAL)
        while not done.is_set():
            clock.advance(5.0)
            await asyncio.sleep(0.01)
        assert [job.state for job in carried] == [JobState.RUNNING]
        await dispatcher.stop(0)
