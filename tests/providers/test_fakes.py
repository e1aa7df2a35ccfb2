"""The fakes behave as the ports say."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

import pytest

from limner.domain.accounts import ListsModels
from limner.domain.call import Finished, Landed, Partial, Pending
from limner.domain.errors import NotConfigured, NotFound, Problem, ProviderError, Spent, StorageError
from limner.domain.ports import Blobs, Cancels, Clock, Ids, Intake, Provider, Services, Streams
from limner.testing.examples import CALL
from limner.testing.fakes import (
    NOON,
    CountingIds,
    FakeCancellableProvider,
    FakeClock,
    FakeProvider,
    FakeServices,
    FakeStreamingProvider,
    MemoryBlobs,
    MemoryIntake,
)

pytest_plugins = ["limner.testing.plugin"]
PENDING = Pending(ticket={"id": "1"}, poll_after=1.0)


def refused(spent: Spent) -> ProviderError:
    return ProviderError(Problem(code="x", message="No.", spent=spent))


async def test_sleeping_moves_the_clock(fake_clock: FakeClock) -> None:
    clock: Clock = fake_clock
    await clock.sleep(90)
    assert clock.now() - NOON == timedelta(seconds=90)
    assert (clock.monotonic(), fake_clock.slept) == (90.0, [90])


async def test_a_clock_that_is_wound_by_hand() -> None:
    clock = FakeClock(automatic=False)
    sleepers = [asyncio.ensure_future(clock.sleep(seconds)) for seconds in (5, 10)]
    await asyncio.sleep(0)
    clock.advance(5)
    await asyncio.wait(sleepers, return_when=asyncio.FIRST_COMPLETED)
    assert [sleeper.done() for sleeper in sleepers] == [True, False]
    clock.advance(5)
    await asyncio.gather(*sleepers)


def test_ids_count_up(counting_ids: CountingIds) -> None:
    ids: Ids = counting_ids
    made = [ids.new() for _ in range(300)]
    assert made == sorted(made)
    assert {UUID(each).version for each in made} == {7}
    assert CountingIds(start=500).new() not in made


async def test_files_in_memory(memory_blobs: MemoryBlobs) -> None:
    blobs: Blobs = memory_blobs
    intake: Intake = MemoryIntake()
    kept = await blobs.put(b"abc")
    receiver = await blobs.receive()
    receiver.write(b"a")
    receiver.write(b"bc")
    assert await receiver.finish() == kept == Landed(digest=kept.digest, size=3)
    assert await blobs.get(kept.digest) == b"abc"
    await blobs.delete(kept.digest)
    await blobs.delete(kept.digest)
    with pytest.raises(NotFound):
        await blobs.get(kept.digest)
    await (await intake.receive()).discard()
    await blobs.check_room()
    memory_blobs.full = True
    with pytest.raises(StorageError):
        await blobs.check_room()


async def test_a_provider_follows_its_script_and_then_paints(fake_provider: FakeProvider) -> None:
    async def late(_: object) -> Pending:
        return PENDING

    provider: Provider = fake_provider
    fake_provider.script(refused(Spent.NO), refused(Spent.UNKNOWN), late)
    for _ in range(2):
        with pytest.raises(ProviderError):
            await provider.submit(CALL)
    assert await provider.submit(CALL) is PENDING
    finished = await provider.submit(CALL)
    assert isinstance(finished, Finished)
    assert (len(fake_provider.submits), fake_provider.purchases) == (4, 3)
    assert isinstance(fake_provider, ListsModels)
    assert not isinstance(fake_provider, Streams | Cancels)


async def test_polls_follow_their_own_script() -> None:
    provider = FakeCancellableProvider(PENDING, polled=[PENDING, refused(Spent.NO)], stops=False)
    assert await provider.poll(PENDING) is PENDING
    with pytest.raises(ProviderError):
        await provider.poll(PENDING)
    assert isinstance(await provider.poll(PENDING), Finished)
    assert isinstance(provider, Cancels)
    assert not await provider.cancel(PENDING)
    assert (provider.polls, provider.cancelled) == ([PENDING] * 3, [PENDING])


async def test_a_streaming_provider_shows_its_work_and_notices_who_leaves() -> None:
    provider = FakeStreamingProvider(previews=2)
    assert isinstance(provider, Streams)
    news = [item async for item in provider.stream(CALL)]
    assert [type(item) for item in news] == [Partial, Partial, Finished]
    async with aclosing(provider.stream(CALL)) as items:  # type: ignore[type-var]  # an async generator
        async for _ in items:
            break
    assert (provider.closed, provider.purchases) == (1, 2)


def test_services_by_name() -> None:
    provider = FakeProvider()
    services: Services = FakeServices({"sketch": provider, "openai": provider}, {"openai": "Needs a key."})
    assert services.provider("sketch") is provider
    for name, reason in (("openai", "Needs a key."), ("other", "no service other")):
        assert reason in services.readiness(name).reason
        with pytest.raises(NotConfigured, match=reason):
            services.provider(name)
