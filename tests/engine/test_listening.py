"""Services that tell of a call by themselves, and services at which nothing is ever charged."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from limner.domain.call import Finished, Partial, Pending
from limner.domain.errors import FailureCode, Problem, ProviderError, Spent
from limner.domain.events import EventKind
from limner.domain.job import JobState
from limner.domain.money import Money
from limner.domain.request import Size
from limner.testing.fakes import FakeCancellableProvider, FakeFindingProvider, FakeProvider
from limner.testing.pictures import PictureMaker
from tests.engine.house import facts, house

HOME = facts("home", usd=None, local=True)
ZEN = facts("zen", usd=None, rank=2)
WAITING = Pending(ticket={"id": "t1"}, poll_after=1.0)


def lost(code: FailureCode, *, retryable: bool = False) -> ProviderError:
    return ProviderError(Problem(code=code, message="Lost.", retryable=retryable, spent=Spent.NO))


class Watched(FakeProvider):
    """Tells what it is told to and then that it has ended, and only then answers; or it falls silent for ever."""

    def __init__(self, *news: Partial, ends: bool = True) -> None:
        super().__init__(WAITING)
        self.news, self.ends, self.left = news, ends, 0
        self.told = asyncio.Event()

    async def poll(self, pending: Pending) -> Finished | Pending:
        if self.ends:
            await self.told.wait()
        return await super().poll(pending)

    async def watch(self, pending: Pending) -> AsyncIterator[Partial]:
        try:
            for item in self.news:
                yield item
            if not self.ends:
                await asyncio.Event().wait()
        finally:
            self.told.set()
            self.left += 1


async def test_news_of_a_call_reaches_whoever_follows_it(tmp_path: Path) -> None:
    picture = PictureMaker().picture("jpeg", Size(64, 64), 1)
    provider = Watched(Partial(progress=0.25, stage="painting"), Partial(progress=0.5, preview=picture))
    async with house(tmp_path, {"acme": provider}, facts("acme", usd="0.04")) as here:
        job = await here.paint(model="acme")
        assert (job.state, len(provider.polls), provider.left) == (JobState.SUCCEEDED, 1, 1)
        told = {event.kind: event.data for event in await here.story(job)}
        assert told[EventKind.PROGRESS]["stage"] == "painting"
        assert str(told[EventKind.PREVIEW]["image"]).startswith("data:image/webp;base64,")
        await here.books_are_right()


async def test_a_service_that_falls_silent_is_asked_all_the_same(tmp_path: Path) -> None:
    provider = Watched(ends=False)
    async with house(tmp_path, {"acme": provider}, facts("acme", usd="0.04")) as here:
        job = await here.paint(model="acme")
        assert (job.state, provider.left) == (JobState.SUCCEEDED, 1)


async def test_news_that_breaks_takes_no_picture_with_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Breaks(Watched):
        async def watch(self, pending: Pending) -> AsyncIterator[Partial]:
            try:
                for item in self.news:
                    yield item
                raise KeyError("prompt_id")
            finally:
                self.told.set()

    provider = Breaks(Partial(progress=0.5))
    async with house(tmp_path, {"acme": provider}, facts("acme", usd="0.04")) as here:
        job = await here.paint(model="acme")
        assert (job.state, len(provider.submits)) == (JobState.SUCCEEDED, 1)
        assert "news" in caplog.text
        await here.books_are_right()


@pytest.mark.parametrize("code", [FailureCode.LINE_DROPPED, FailureCode.TIMED_OUT])
async def test_at_home_a_lost_call_is_found_or_failed_and_never_a_question_of_money(
    tmp_path: Path, code: FailureCode
) -> None:
    for number, found in enumerate([[None, WAITING], []]):
        folder = tmp_path / str(number)
        folder.mkdir()
        provider = FakeFindingProvider(lost(code), found=found)
        async with house(folder, {"home": provider}, HOME) as here:
            job = await here.paint(model="home")
            assert job.state is (JobState.SUCCEEDED if found else JobState.FAILED)
            assert (len(provider.submits), job.held) == (1, Money())


@pytest.mark.parametrize("code", [FailureCode.UNREACHABLE, FailureCode.EXPIRED])
async def test_at_home_a_call_that_cannot_be_asked_after_gives_way_to_the_next(
    tmp_path: Path, code: FailureCode
) -> None:
    provider = FakeProvider(WAITING, polled=[lost(code, retryable=code is FailureCode.UNREACHABLE)] * 8)
    async with house(tmp_path, {"home": provider, "zen": FakeProvider()}, HOME, ZEN) as here:
        job = await here.paint(tier="high")
        assert (job.state, job.calls[-1].model) == (JobState.SUCCEEDED, "zen/one")


async def test_at_home_a_call_that_takes_too_long_is_stopped_there(tmp_path: Path) -> None:
    slow = Pending(ticket={"id": "t1"}, poll_after=10.0)
    provider = FakeCancellableProvider(slow, polled=[slow] * 50)
    async with house(tmp_path, {"home": provider}, HOME) as here:
        job = await here.paint(model="home")
        assert (job.state, len(provider.cancelled)) == (JobState.FAILED, 1)
        assert job.problem is not None
        assert (job.problem.code, job.problem.spent) == (FailureCode.TIMED_OUT, Spent.NO)
        assert "charged" not in job.problem.message
