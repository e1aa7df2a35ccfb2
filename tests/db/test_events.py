"""What happened to a job: numbered without gaps, told once it is certain."""

import asyncio

import pytest

from limner.domain.events import Event, EventKind
from limner.domain.records import NewJob
from tests.db.conftest import Stores
from tests.db.test_leases import taken
from tests.db.values import NOON, a_job, later, news, settled


async def told(stores: Stores, new: NewJob) -> list[int]:
    return [event.number for event in await stores.events.after(new.id, 0)]


async def test_events_are_read_back_as_they_were_told(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.tell(lease, [news(progress=0.5, stage="painting", at=None)], later(2))
    found = await stores.events.after(new.id, 0)
    assert found == stores.listener.heard
    assert found[-1] == Event(
        job_id=new.id,
        number=3,
        kind=EventKind.PROGRESS,
        at=later(2),
        data={"progress": 0.5, "stage": "painting", "at": None},
    )


async def test_events_can_be_read_from_any_point(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.tell(lease, [news(number=number) for number in range(6)], NOON)
    assert [event.number for event in await stores.events.after(new.id, 3)] == [4, 5, 6, 7, 8]
    assert [event.number for event in await stores.events.after(new.id, 3, limit=2)] == [4, 5]
    assert await stores.events.after(new.id, 8) == []


async def test_numbers_have_no_gaps_whoever_writes(stores: Stores, other: Stores) -> None:
    new = a_job(holds=(1, 1), worker="w1")
    lease = await taken(stores, new)
    await asyncio.gather(
        *(side.jobs.tell(lease, [news(), news()], NOON) for side in (stores, other) * 6),
        stores.jobs.close_call(lease, settled(new, 0, charge=1), [news(EventKind.PICTURE)]),
        other.jobs.close_call(lease, settled(new, 1, charge=1), [news(EventKind.PICTURE)]),
    )
    assert await told(stores, new) == list(range(1, 2 + 24 + 2 + 1))


async def test_what_was_rolled_back_is_not_told(stores: Stores) -> None:
    new = a_job(holds=(5,), worker="w1")
    lease = await taken(stores, new)
    heard = len(stores.listener.heard)
    with pytest.raises(ValueError, match="no time zone"):
        await stores.jobs.tell(lease, [news()], NOON.replace(tzinfo=None))
    assert len(stores.listener.heard) == heard
    assert await told(stores, new) == [1, 2]


async def test_what_was_written_is_told_even_if_the_writer_was_cancelled(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    writing = asyncio.create_task(stores.jobs.tell(lease, [news(progress=1.0)], NOON))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await stores.jobs.tell(lease, [news(progress=2.0)], NOON)
    assert await told(stores, new) == [1, 2, 3, 4]
    assert sorted(event.number for event in stores.listener.heard) == [1, 2, 3, 4]
