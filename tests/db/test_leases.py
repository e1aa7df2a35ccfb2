"""Who may write about a job: one worker at a time, and never one that comes too late."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from limner.db.tables import OPEN_JOBS
from limner.domain.call import Finished
from limner.domain.errors import NotFound
from limner.domain.events import EventKind
from limner.domain.job import OPEN_STATES, CallState, JobState
from limner.domain.money import Money
from limner.domain.records import Ending, Lease, LeaseLost, NewCall, NewJob, OpenJob
from tests.db.conftest import Stores, count_rows
from tests.db.values import NOON, a_call, a_job, later, news, settled

Write = Callable[[Stores, Lease, NewJob], Awaitable[None]]

WRITES: dict[str, Write] = {
    "release": lambda stores, lease, new: stores.jobs.release(lease, NOON),
    "add_calls": lambda stores, lease, new: stores.jobs.add_calls(
        lease, 1, [NewCall(call=a_call(), number=1, hold=Money(0))], [news()]
    ),
    "mark_submitting": lambda stores, lease, new: stores.jobs.mark_submitting(lease, new.calls[0].call.id, NOON),
    "mark_submitted": lambda stores, lease, new: stores.jobs.mark_submitted(lease, new.calls[0].call.id, {"id": "x"}),
    "mark_fetched": lambda stores, lease, new: stores.jobs.mark_fetched(
        lease, new.calls[0].call.id, Finished(pictures=())
    ),
    "requeue_call": lambda stores, lease, new: stores.jobs.requeue_call(lease, new.calls[0].call.id),
    "close_call": lambda stores, lease, new: stores.jobs.close_call(lease, settled(new), [news()]),
    "finish": lambda stores, lease, new: stores.jobs.finish(lease, Ending(state=JobState.FAILED, at=NOON), [news()]),
    "tell": lambda stores, lease, new: stores.jobs.tell(lease, [news()], NOON),
}


async def taken(stores: Stores, new: NewJob, worker: str = "w1") -> Lease:
    await stores.jobs.submit(new)
    job = await stores.jobs.take(OpenJob(new.id, new.worker), worker, NOON)
    assert job is not None
    return Lease(job.id, job.attempt)


async def test_taking_a_job_raises_its_attempt(stores: Stores) -> None:
    new = a_job(worker="w1")
    await stores.jobs.submit(new)
    first = await stores.jobs.take(OpenJob(new.id, "w1"), "w1", later(1))
    second = await stores.jobs.take(OpenJob(new.id, "w1"), "w2", later(2))
    assert first is not None
    assert second is not None
    assert [(job.attempt, job.worker, job.state) for job in (first, second)] == [
        (1, "w1", JobState.RUNNING),
        (2, "w2", JobState.RUNNING),
    ]
    assert (first.started, second.started) == (later(1), later(1))
    assert second == await stores.jobs.get(new.id)
    assert [event.kind for event in stores.listener.heard] == [EventKind.QUEUED, EventKind.RUNNING, EventKind.RUNNING]


@pytest.mark.parametrize("named", ["w2", None])
async def test_a_job_is_taken_only_from_the_worker_that_has_it(stores: Stores, named: str | None) -> None:
    new = a_job(worker="w1")
    await stores.jobs.submit(new)
    assert await stores.jobs.take(OpenJob(new.id, named), "w3", NOON) is None


async def test_a_job_without_a_worker_can_be_taken(stores: Stores) -> None:
    new = a_job(worker=None)
    await stores.jobs.submit(new)
    assert await stores.jobs.take(OpenJob(new.id, "w1"), "w2", NOON) is None
    assert await stores.jobs.take(OpenJob(new.id, None), "w2", NOON) is not None


async def test_of_racing_workers_one_gets_the_job(stores: Stores, other: Stores) -> None:
    new = a_job(worker=None)
    await stores.jobs.submit(new)
    outcomes = await asyncio.gather(
        *(side.jobs.take(OpenJob(new.id, None), f"w{number}", NOON) for number, side in enumerate((stores, other) * 5))
    )
    assert sum(job is not None for job in outcomes) == 1


async def test_an_ended_job_is_not_taken(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.finish(lease, Ending(state=JobState.FAILED, at=NOON), [])
    assert await stores.jobs.take(OpenJob(new.id, "w1"), "w2", NOON) is None


@pytest.mark.parametrize("name", WRITES)
async def test_a_stale_worker_writes_nothing(stores: Stores, name: str) -> None:
    new = a_job(worker="w1")
    stale = await taken(stores, new)
    await stores.jobs.take(OpenJob(new.id, "w1"), "w2", NOON)
    job, rows = await stores.jobs.get(new.id), await stores.database.read(count_rows)
    with pytest.raises(LeaseLost):
        await WRITES[name](stores, stale, new)
    assert (await stores.jobs.get(new.id), await stores.database.read(count_rows)) == (job, rows)


@pytest.mark.parametrize("name", WRITES)
async def test_nothing_is_written_about_an_ended_job(stores: Stores, name: str) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.finish(lease, Ending(state=JobState.FAILED, at=NOON), [])
    with pytest.raises(LeaseLost):
        await WRITES[name](stores, lease, new)


@pytest.mark.parametrize("name", ["mark_submitting", "mark_submitted", "mark_fetched", "requeue_call", "close_call"])
async def test_a_call_of_another_job_is_not_touched(stores: Stores, name: str) -> None:
    lease, foreign = await taken(stores, a_job(worker="w1")), a_job(worker="w1")
    await stores.jobs.submit(foreign)
    with pytest.raises(ValueError, match="has no call"):
        await WRITES[name](stores, lease, foreign)
    assert (await stores.jobs.get(foreign.id)).calls[0].state is CallState.QUEUED


async def test_a_released_job_waits_for_any_worker(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.release(lease, NOON)
    job = await stores.jobs.get(new.id)
    assert (job.state, job.worker, job.attempt) == (JobState.QUEUED, None, 1)
    assert await stores.jobs.open_jobs() == [OpenJob(new.id, None)]
    again = await stores.jobs.take(OpenJob(new.id, None), "w2", NOON)
    assert again is not None
    assert again.attempt == 2


async def test_open_jobs_are_listed_oldest_first(stores: Stores) -> None:
    young, old, ended = (a_job(worker=f"w{seconds}", at=later(seconds)) for seconds in (9, 2, 5))
    for new in (young, old, ended):
        await stores.jobs.submit(new)
    await stores.jobs.request_cancel(ended.id, "ann", NOON)
    assert await stores.jobs.open_jobs() == [OpenJob(old.id, "w2"), OpenJob(young.id, "w9")]


async def test_a_worker_hears_which_of_its_jobs_should_stop(stores: Stores, other: Stores) -> None:
    mine, theirs, quiet = a_job(worker="w1"), a_job(worker="w2"), a_job(worker="w1")
    for new in (mine, theirs, quiet):
        await taken(stores, new, new.worker or "")
    for new in (mine, theirs):
        await other.jobs.request_cancel(new.id, "ann", NOON)
    assert await stores.jobs.wished_cancelled("w1") == [mine.id]


async def test_a_ticket_of_a_job_that_is_not_there_is_refused(stores: Stores) -> None:
    with pytest.raises(LeaseLost):
        await stores.jobs.tell(Lease("nothing", 1), [news()], NOON)
    with pytest.raises(NotFound):
        await stores.jobs.request_cancel("nothing", "ann", NOON)


def test_the_index_of_open_jobs_knows_the_open_states() -> None:
    assert str(OPEN_JOBS) == f"state IN ({', '.join(repr(state.value) for state in sorted(OPEN_STATES))})"
