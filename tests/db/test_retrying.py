"""Jobs that buy what an earlier one did not bring: one for each, whoever comes at the same moment."""

import asyncio
from dataclasses import replace

import pytest

from limner.domain.errors import BudgetExceeded, NotFound
from limner.domain.job import JobState
from limner.domain.records import Ending, Lease, NewJob
from tests.db.conftest import Stores
from tests.db.values import NOON, a_job, a_scope, settled


async def ended(stores: Stores) -> NewJob:
    """A job that has brought one of its two pictures."""
    new = replace(a_job(holds=(700, 700), worker="w1"), begin=True)
    await stores.jobs.submit(new)
    lease = Lease(new.id, 1)
    await stores.jobs.mark_submitting(lease, new.calls[0].call.id, NOON)
    await stores.jobs.close_call(lease, settled(new), [])
    await stores.jobs.finish(lease, Ending(state=JobState.PARTIAL, at=NOON), [])
    return new


async def test_of_many_retries_at_once_one_is_written_down(stores: Stores, other: Stores) -> None:
    first = await ended(stores)
    wanted = [replace(a_job(), retry_of=first.id, key=f"key {number}") for number in range(8)]
    outcomes = await asyncio.gather(
        *(place.jobs.submit(new) for new, place in zip(wanted, [stores, other] * 4, strict=True))
    )
    assert len({job.id for job, _ in outcomes}) == 1
    assert [fresh for _, fresh in outcomes].count(True) == 1
    left = await stores.jobs.leftover(first.id, "ann")
    assert left.retry is not None
    assert (left.retry.id, left.retry.retry_of) == (outcomes[0][0].id, first.id)
    assert await stores.ledger.check() == []


async def test_a_key_of_a_retry_that_came_too_late_is_free(stores: Stores) -> None:
    first = await ended(stores)
    await stores.jobs.submit(replace(a_job(), retry_of=first.id))
    await stores.jobs.submit(replace(a_job(), retry_of=first.id, key="late", fingerprint="f"))
    assert await stores.jobs.remembered("ann", "late", "f") is None


async def test_a_retry_that_no_budget_covers_is_not_there(stores: Stores) -> None:
    first = await ended(stores)
    with pytest.raises(BudgetExceeded):
        await stores.jobs.submit(replace(a_job(a_scope(10)), retry_of=first.id))
    assert (await stores.jobs.leftover(first.id, "ann")).retry is None


async def test_what_was_delivered_is_what_the_ledger_says(stores: Stores) -> None:
    first = await ended(stores)
    left = await stores.jobs.leftover(first.id, "ann")
    assert (left.job.id, left.delivered, left.retry) == (first.id, 1, None)
    with pytest.raises(NotFound):
        await stores.jobs.leftover(first.id, "bob")
