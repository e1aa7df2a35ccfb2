"""How a job ends: by itself, on request, by somebody's decision."""

import asyncio

import pytest

from limner.domain.errors import InvalidRequest, NotFound, Problem
from limner.domain.events import EventKind
from limner.domain.job import ENDED_STATES, CallState, JobState
from limner.domain.money import Money
from limner.domain.records import Ending, Lease, OpenJob
from tests.db.conftest import Stores
from tests.db.test_leases import taken
from tests.db.values import NOON, a_job, a_scope, closed, later, news, settled

PROBLEM = Problem(code="provider_failed", message="It failed.")


@pytest.mark.parametrize("state", sorted(ENDED_STATES))
async def test_a_finished_job_frees_what_it_had_set_aside(stores: Stores, state: JobState) -> None:
    scope = a_scope(5000)
    new = a_job(scope, holds=(1000, 500, 200), worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.close_call(lease, settled(new, 0), [])
    await stores.jobs.close_call(lease, closed(new, 1, CallState.FAILED), [])
    await stores.jobs.finish(lease, Ending(state=state, at=later(9), problem=PROBLEM), [news(EventKind.FINISHED)])
    job = await stores.jobs.get(new.id)
    assert (job.state, job.finished, job.problem, job.held) == (state, later(9), PROBLEM, Money(0))
    assert job.calls[2].state is CallState.CANCELLED
    assert await stores.held(scope) == (Money(0), Money(600))
    assert stores.listener.heard[-1].kind is EventKind.FINISHED
    assert stores.listener.ended == [job]
    assert await stores.ledger.check() == []


async def test_a_job_does_not_end_while_a_call_is_on_its_way(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.mark_submitting(lease, new.calls[0].call.id, NOON)
    with pytest.raises(ValueError, match="submitting"):
        await stores.jobs.finish(lease, Ending(state=JobState.FAILED, at=NOON), [])
    assert (await stores.jobs.get(new.id)).state is JobState.RUNNING


@pytest.mark.parametrize("state", sorted(set(JobState) - ENDED_STATES))
async def test_a_job_ends_only_in_a_final_state(stores: Stores, state: JobState) -> None:
    lease = await taken(stores, a_job(worker="w1"))
    with pytest.raises(ValueError, match="does not end as"):
        await stores.jobs.finish(lease, Ending(state=state, at=NOON), [])


async def test_a_job_that_nobody_has_begun_is_cancelled_at_once(stores: Stores) -> None:
    scope = a_scope(5000)
    new = a_job(scope, worker="w1")
    await stores.jobs.submit(new)
    job = await stores.jobs.request_cancel(new.id, "ann", later(4))
    assert (job.state, job.finished, job.held, job.calls[0].state) == (
        JobState.CANCELLED,
        later(4),
        Money(0),
        CallState.CANCELLED,
    )
    assert [(event.number, event.kind) for event in stores.listener.heard] == [
        (1, EventKind.QUEUED),
        (2, EventKind.FINISHED),
    ]
    assert await stores.held(scope) == (Money(0), Money(0))
    assert await stores.ledger.check() == []


async def test_a_running_job_is_asked_to_stop(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    job = await stores.jobs.request_cancel(new.id, "ann", NOON)
    assert (job.state, job.cancel_requested) == (JobState.RUNNING, True)
    await stores.jobs.finish(lease, Ending(state=JobState.CANCELLED, at=NOON), [])
    assert (await stores.jobs.get(new.id)).state is JobState.CANCELLED


async def test_a_job_that_was_begun_and_put_back_is_only_asked_to_stop(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.mark_submitting(lease, new.calls[0].call.id, NOON)
    await stores.jobs.release(lease, NOON)
    job = await stores.jobs.request_cancel(new.id, "ann", NOON)
    assert (job.state, job.cancel_requested) == (JobState.QUEUED, True)


async def test_an_ended_job_stays_as_it_is(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.finish(lease, Ending(state=JobState.FAILED, at=NOON), [])
    before = await stores.jobs.get(new.id)
    assert await stores.jobs.request_cancel(new.id, "ann", NOON) == before


async def test_nobody_stops_somebody_elses_job(stores: Stores) -> None:
    new = a_job(owner="ann")
    await stores.jobs.submit(new)
    with pytest.raises(NotFound):
        await stores.jobs.request_cancel(new.id, "bob", NOON)
    assert (await stores.jobs.get(new.id)).cancel_requested is False


async def test_a_job_is_either_begun_or_cancelled(stores: Stores, other: Stores) -> None:
    for _ in range(5):
        new = a_job(worker="w1")
        await stores.jobs.submit(new)
        job, cancelled = await asyncio.gather(
            other.jobs.take(OpenJob(new.id, "w1"), "w1", NOON), stores.jobs.request_cancel(new.id, "ann", NOON)
        )
        if job is None:
            assert cancelled.state is JobState.CANCELLED
        else:
            assert (await stores.jobs.get(new.id)).cancel_requested
    assert await stores.ledger.check() == []


async def ambiguous(stores: Stores, *, good: int, lost: int, scope_limit: int = 9000) -> tuple[list[str], str, Lease]:
    """A job that ended ambiguous: the ids of its lost calls, its own, and its lease."""
    new = a_job(a_scope(scope_limit), holds=(1000,) * (good + lost), worker="w1")
    lease = await taken(stores, new)
    for number in range(good):
        await stores.jobs.close_call(lease, settled(new, number), [])
    for number in range(good, good + lost):
        await stores.jobs.close_call(lease, closed(new, number, CallState.AMBIGUOUS), [])
    await stores.jobs.finish(lease, Ending(state=JobState.AMBIGUOUS, at=later(1), problem=PROBLEM), [])
    return [call.call.id for call in new.calls[good:]], new.id, lease


@pytest.mark.parametrize("charged", [True, False])
@pytest.mark.parametrize("good, state", [(0, JobState.FAILED), (1, JobState.PARTIAL)])
async def test_a_person_decides_about_an_ambiguous_call(
    stores: Stores, good: int, state: JobState, *, charged: bool
) -> None:
    (call_id,), job_id, _ = await ambiguous(stores, good=good, lost=1)
    heard = len(stores.listener.heard)

    job = await stores.jobs.resolve(call_id, "ann", charged=charged, at=later(5))

    spent = 600 * good + (1000 if charged else 0)
    assert (job.id, job.state, job.held, job.cost) == (job_id, state, Money(0), Money(spent))
    assert job.calls[-1].state is (CallState.SETTLED if charged else CallState.FAILED)
    assert job.problem == PROBLEM
    assert [event.kind for event in stores.listener.heard[heard:]] == [EventKind.FINISHED]
    assert sum(spend.cost.micro for spend in await stores.ledger.spent("ann", NOON)) == spent
    assert await stores.ledger.check() == []


async def test_a_job_moves_on_after_its_last_ambiguous_call(stores: Stores) -> None:
    (first, second), _, _ = await ambiguous(stores, good=0, lost=2)
    assert (await stores.jobs.resolve(first, "ann", charged=True, at=NOON)).state is JobState.AMBIGUOUS
    assert (await stores.jobs.resolve(second, "ann", charged=False, at=NOON)).state is JobState.FAILED
    assert await stores.ledger.check() == []


async def test_a_decision_is_taken_once(stores: Stores, other: Stores) -> None:
    (call_id,), job_id, _ = await ambiguous(stores, good=0, lost=1)
    await asyncio.gather(
        *(side.jobs.resolve(call_id, "ann", charged=True, at=NOON) for side in (stores, other) for _ in range(3))
    )
    assert (await stores.jobs.get(job_id)).cost == Money(1000)
    with pytest.raises(InvalidRequest) as refused:
        await stores.jobs.resolve(call_id, "ann", charged=False, at=NOON)
    assert refused.value.code == "not_ambiguous"
    assert await stores.ledger.check() == []


async def test_nobody_decides_about_somebody_elses_call(stores: Stores) -> None:
    (call_id,), _, _ = await ambiguous(stores, good=0, lost=1)
    with pytest.raises(NotFound):
        await stores.jobs.resolve(call_id, "bob", charged=False, at=NOON)


async def test_nothing_is_decided_while_the_job_runs(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.close_call(lease, closed(new, 0, CallState.AMBIGUOUS), [])
    with pytest.raises(InvalidRequest):
        await stores.jobs.resolve(new.calls[0].call.id, "ann", charged=True, at=NOON)
