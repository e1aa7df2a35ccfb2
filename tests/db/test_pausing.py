"""A paused queue: what waits and what does not, and that no purchase is marked past a pause, on both databases."""

import asyncio
from dataclasses import replace

import pytest

from limner.db import purchases
from limner.db.queues import SqlQueues
from limner.domain.errors import LimnerError, NotFound
from limner.domain.events import EventKind
from limner.domain.job import CallState, JobState
from limner.domain.queue import QueuePaused
from limner.domain.records import Lease, NewJob, OpenJob
from tests.db.conftest import Stores, plain_connection
from tests.db.values import NOON, a_job, later

MANY = 60
FEW = 8


def queues(stores: Stores) -> SqlQueues:
    return SqlQueues(stores.database)


async def begun(stores: Stores, owner: str = "ann") -> tuple[NewJob, Lease]:
    """A job in the hands of a worker, with its call not sent yet."""
    new = a_job(owner=owner, worker="w1")
    await stores.jobs.submit(new)
    job = await stores.jobs.take(OpenJob(new.id, "w1"), "w1", NOON)
    assert job is not None
    return new, Lease(job.id, job.attempt)


async def test_a_pause_is_kept_and_ends(stores: Stores, other: Stores) -> None:
    assert await queues(stores).paused("ann") is None
    assert await queues(stores).pause("ann", NOON) == NOON
    assert await queues(other).pause("ann", later(60)) == NOON  # it is paused already
    assert (await queues(other).paused("ann"), await queues(other).paused("ben")) == (NOON, None)
    await queues(other).resume("ann")
    assert await queues(stores).paused("ann") is None


async def test_new_jobs_of_a_paused_person_wait_and_nobody_takes_them(stores: Stores) -> None:
    await queues(stores).pause("ann", NOON)
    hers, his = (replace(a_job(owner=owner, worker="w1"), begin=True) for owner in ("ann", "ben"))
    assert [(await stores.jobs.submit(new))[0].state for new in (hers, his)] == [JobState.QUEUED, JobState.RUNNING]
    assert [(each.id, each.waits) for each in await stores.jobs.open_jobs()] == [(hers.id, True), (his.id, False)]
    assert await stores.jobs.take(OpenJob(hers.id, "w1"), "w1", NOON) is None
    (told,) = [event for event in stores.listener.heard if event.job_id == hers.id]
    assert (told.kind, told.data["waits"]) == (EventKind.QUEUED, "queue_paused")
    await queues(stores).resume("ann")
    assert await stores.jobs.take(OpenJob(hers.id, "w1"), "w1", NOON) is not None


async def test_what_was_sent_is_found_again_and_what_was_not_is_put_back(stores: Stores) -> None:
    sent, going = await begun(stores)
    unsent, waiting = await begun(stores)
    await stores.jobs.mark_submitting(going, sent.calls[0].call.id, NOON)
    await queues(stores).pause("ann", NOON)
    assert (await stores.jobs.queue_wishes("w1")).jobs == {sent.id, unsent.id}
    with pytest.raises(QueuePaused):
        await stores.jobs.mark_submitting(waiting, unsent.calls[0].call.id, NOON)
    await stores.jobs.release(waiting, later(5), paused=True)
    put_back = await stores.jobs.get(unsent.id)
    assert (put_back.state, put_back.worker, put_back.started) == (JobState.QUEUED, None, None)
    assert [each.waits for each in await stores.jobs.open_jobs()] == [False, True]
    await stores.jobs.mark_submitting(going, sent.calls[0].call.id, later(6))  # what costs nothing is sent again
    assert await stores.jobs.take(OpenJob(sent.id, "w1"), "w2", later(7)) is not None


async def test_a_job_that_waits_is_cancelled_at_once_and_its_money_set_free(stores: Stores) -> None:
    new, lease = await begun(stores)
    await queues(stores).pause("ann", NOON)
    await stores.jobs.release(lease, later(1), paused=True)
    assert (await stores.jobs.get(new.id)).held == new.hold
    ended = await stores.jobs.request_cancel(new.id, "ann", later(2))
    assert (ended.state, ended.held.micro, ended.attempt) == (JobState.CANCELLED, 0, 1)
    assert [call.state for call in ended.calls] == [CallState.CANCELLED]
    assert list(await stores.ledger.check()) == []


async def all_refused(stores: Stores, late: list[tuple[NewJob, Lease]]) -> set[str]:
    """Those that are sent only once the pause was answered, however slow that was."""
    for new, lease in late:
        with pytest.raises(QueuePaused):
            await stores.jobs.mark_submitting(lease, new.calls[0].call.id, NOON)
    return {new.id for new, _ in late}


async def test_no_purchase_is_marked_once_a_pause_was_answered(stores: Stores, other: Stores) -> None:
    """Two processes send what they have while a third pauses; those of somebody else go on."""
    hers = [await begun(stores) for _ in range(MANY)]
    his, lease = await begun(stores, owner="ben")
    waiting, some = iter(hers[:-FEW]), asyncio.Event()
    marked: set[str] = set()
    refused: set[str] = set()

    async def send(place: Stores) -> None:
        """One of several who send, one job after the other."""
        for new, lease in waiting:
            try:
                await place.jobs.mark_submitting(lease, new.calls[0].call.id, NOON)
            except QueuePaused:
                refused.add(new.id)
            else:
                marked.add(new.id)
            if len(marked) == MANY // 4:
                some.set()

    async def pause() -> set[str]:
        await some.wait()
        await queues(other).pause("ann", NOON)
        return await submitting(stores)

    *_, at_the_answer = await asyncio.gather(*(send(place) for place in (stores, other) * 3), pause())
    refused |= await all_refused(stores, hers[-FEW:])
    assert await submitting(stores) == at_the_answer == marked
    assert refused == {new.id for new, _ in hers} - marked
    await stores.jobs.mark_submitting(lease, his.calls[0].call.id, NOON)


async def submitting(stores: Stores) -> set[str]:
    """The jobs of which a call is marked as being sent."""
    found = await stores.jobs.page("ann", limit=200, cursor=None, states=frozenset())
    jobs = [await stores.jobs.get(job.id) for job in found.items]
    return {job.id for job in jobs if job.calls[0].state is CallState.SUBMITTING}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_pause_waits_for_a_purchase_that_is_about_to_be_marked(stores: Stores) -> None:
    new, lease = await begun(stores)
    with plain_connection(stores.url) as connection:
        purchases.mark_submitting(connection, lease, new.calls[0].call.id, NOON)
        pausing = asyncio.ensure_future(queues(stores).pause("ann", NOON))
        for _ in range(2000):
            if await asyncio.to_thread(waits_for_a_lock, stores.url):
                break
        else:
            raise AssertionError("nobody waits")
        assert not pausing.done()
        connection.connection.commit()
        assert await pausing == NOON
    assert await submitting(stores) == {new.id}


def waits_for_a_lock(url: str) -> bool:
    with plain_connection(url) as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(found.scalar_one())


def test_a_paused_queue_is_no_fault_of_a_service() -> None:
    error: LimnerError = QueuePaused("waits")
    assert (error.code, error.retryable, error.spent.value) == ("queue_paused", True, "no")


async def test_what_is_sent_to_the_front_last_is_first_of_its_persons_own(stores: Stores, other: Stores) -> None:
    (first, lease), (second, _), (his, _) = [await begun(stores, owner) for owner in ("ann", "ann", "ben")]
    assert (await queues(other).to_front(second.id, "ann")).front == 1
    assert (await queues(other).to_front(first.id, "ann")).front == 2
    with pytest.raises(NotFound):
        await queues(other).to_front(his.id, "ann")
    assert (await stores.jobs.queue_wishes("w1")).fronts == {second.id: 1, first.id: 2}
    assert [each.front for each in await stores.jobs.open_jobs()] == [2, 1, 0]
    await stores.jobs.release(lease, NOON)
    assert (await stores.jobs.queue_wishes("w1")).fronts == {second.id: 1}
