"""Batches as they are written down: whole or not at all, for one person, in one process's hands at a time."""

import asyncio
from dataclasses import replace

import pytest

from limner.db.batches import SqlBatches
from limner.domain.batches import HeldBatch, NewBatch, NewRow, OpenBatch, RowState
from limner.domain.errors import IdempotencyConflict, InvalidRequest, NotFound, Problem
from limner.domain.job import JobState
from limner.domain.money import Money
from limner.domain.records import Ending, Lease
from limner.domain.request import ImageRequest
from tests.db.conftest import Stores
from tests.db.values import a_job, later, settled

BAD = Problem(code="invalid_request", message="There is no size 0x0.", field="size")


def a_row(number: int, **changes: object) -> NewRow:
    row = NewRow(number=number, line=number + 1, prompt="a fox", request=ImageRequest(prompt="a fox"), service="acme")
    return replace(row, **changes)  # type: ignore[arg-type]  # fields of a row


def a_batch(name: str = "b1", **changes: object) -> NewBatch:
    batch = NewBatch(
        id=name,
        owner="ann",
        token="t1",
        address="203.0.113.9",
        name="foxes",
        concurrency=2,
        ceiling=Money.usd("0.10"),
        at=later(0),
        rows=(a_row(1), a_row(2, request=None, problem=BAD), a_row(3)),
    )
    return replace(batch, **changes)  # type: ignore[arg-type]  # fields of a batch


async def taken(batches: SqlBatches, worker: str = "w1") -> HeldBatch:
    [open_batch] = await batches.open()
    held = await batches.take(open_batch, worker)
    assert held is not None
    return held


@pytest.fixture
def batches(stores: Stores) -> SqlBatches:
    return SqlBatches(stores.database)


async def test_a_batch_is_kept_with_its_rows(batches: SqlBatches) -> None:
    assert await batches.add(a_batch()) == "b1"
    found = await batches.get("b1", "ann")
    assert (found.state, found.total, found.counts, found.cost) == (
        "running",
        3,
        {"waiting": 2, "failed": 1},
        Money(),
    )
    assert (found.name, found.concurrency, found.ceiling, found.created) == ("foxes", 2, Money.usd("0.10"), later(0))
    rows = await batches.rows("b1")
    assert [(row.number, row.line, row.state, row.problem) for row in rows] == [
        (1, 2, RowState.WAITING, None),
        (2, 3, RowState.FAILED, BAD),
        (3, 4, RowState.WAITING, None),
    ]


async def test_a_batch_is_its_owners_alone(batches: SqlBatches) -> None:
    await batches.add(a_batch())
    with pytest.raises(NotFound):
        await batches.get("b1", "bob")
    with pytest.raises(NotFound):
        await batches.cancel("b1", "bob", later(1))
    assert (await batches.page("bob", limit=9, cursor=None)).items == ()
    assert (await batches.get("b1", "ann")).cancelled is None


async def test_the_same_key_is_the_same_batch(batches: SqlBatches) -> None:
    first = a_batch(key="k", fingerprint="f")
    assert [await batches.add(first), await batches.add(replace(first, id="b2"))] == ["b1", "b1"]
    with pytest.raises(IdempotencyConflict):
        await batches.add(replace(first, id="b3", fingerprint="g"))
    assert await batches.add(replace(first, id="b4", owner="bob")) == "b4"
    assert [await batches.add(a_batch("b5")), await batches.add(a_batch("b6"))] == ["b5", "b6"]
    assert len(await batches.rows("b1")) == 3


async def test_of_two_at_the_same_moment_one_writes_the_batch(stores: Stores, other: Stores) -> None:
    both = [SqlBatches(stores.database), SqlBatches(other.database)]
    new = [a_batch(f"b{number}", key="k", fingerprint="f") for number in range(6)]
    ids = await asyncio.gather(*(both[place % 2].add(each) for place, each in enumerate(new)))
    assert len(set(ids)) == 1
    assert len((await both[0].page("ann", limit=9, cursor=None)).items) == 1


async def test_pages_go_from_new_to_old(batches: SqlBatches) -> None:
    for number in range(5):
        await batches.add(a_batch(f"b{number}", at=later(number)))
    seen, cursor = list[str](), None
    while True:
        page = await batches.page("ann", limit=2, cursor=cursor)
        seen += [batch.id for batch in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["b4", "b3", "b2", "b1", "b0"]
    with pytest.raises(InvalidRequest):
        await batches.page("ann", limit=2, cursor="nonsense")


async def test_a_batch_is_in_one_process_s_hands(batches: SqlBatches) -> None:
    await batches.add(a_batch())
    first = await taken(batches)
    assert (first.owner, first.token, first.address, first.concurrency) == ("ann", "t1", "203.0.113.9", 2)
    assert await batches.take(OpenBatch("b1", None), "w2") is None
    second = await batches.take(OpenBatch("b1", "w1"), "w2")
    assert second is not None
    assert not await batches.begin(first, 1)
    assert await batches.begin(second, 1)
    await batches.note_failed(first, 3, BAD)
    await batches.end(first, later(9))
    assert (await batches.get("b1", "ann")).counts == {"begun": 1, "waiting": 1, "failed": 1}
    assert (await batches.get("b1", "ann")).state == "running"


async def test_a_row_becomes_a_job_and_the_job_says_how_far_it_is(stores: Stores, batches: SqlBatches) -> None:
    await batches.add(a_batch())
    held = await taken(batches)
    job, _ = await stores.jobs.submit(replace(a_job(), owner="ann"))
    assert await batches.begin(held, 1)
    assert [(row.number, row.job_id) for row in await batches.open_rows(held)] == [(1, None), (3, None)]
    await batches.note_job(held, 1, job.id)
    assert [(row.number, row.job_id) for row in await batches.open_rows(held)] == [(1, job.id), (3, None)]
    assert (await batches.get("b1", "ann")).counts == {job.state.value: 1, "waiting": 1, "failed": 1}
    standing = (await batches.rows("b1"))[0]
    assert (standing.state, standing.job_id) == (JobState(job.state), job.id)


async def test_cancelling_takes_out_what_was_not_begun(batches: SqlBatches) -> None:
    await batches.add(a_batch())
    held = await taken(batches)
    assert await batches.begin(held, 1)
    await batches.cancel("b1", "ann", later(5))
    await batches.cancel("b1", "ann", later(6))
    assert not await batches.begin(held, 3)
    assert [row.number for row in await batches.open_rows(held)] == [1]
    await batches.put_back(held, 1)
    assert (await batches.get("b1", "ann")).counts == {"cancelled": 2, "failed": 1}
    await batches.end(held, later(7))
    found = await batches.get("b1", "ann")
    assert (found.state, found.cancelled, found.ended) == ("cancelled", later(5), later(7))
    assert await batches.open() == []


async def test_who_is_put_back_waits_again(batches: SqlBatches) -> None:
    await batches.add(a_batch())
    held = await taken(batches)
    assert await batches.begin(held, 1)
    await batches.put_back(held, 1)
    assert (await batches.rows("b1"))[0].state is RowState.WAITING
    assert await batches.begin(held, 1)


async def test_what_is_over_stays_as_it_is(batches: SqlBatches) -> None:
    await batches.add(a_batch(rows=(a_row(1, request=None, problem=BAD),)))
    held = await taken(batches)
    await batches.end(held, later(3))
    await batches.cancel("b1", "ann", later(4))
    assert (await batches.get("b1", "ann")).state == "finished"
    assert await batches.take(OpenBatch("b1", None), "w2") is None


async def test_a_paused_batch_is_in_nobodys_hands_until_it_is_resumed(batches: SqlBatches) -> None:
    await batches.add(a_batch(delay_ms=2000))
    held = await taken(batches)
    assert held.delay_ms == 2000
    assert await batches.begin(held, 1)
    for person in ("bob", "nobody"):
        with pytest.raises(NotFound):
            await batches.pause("b1", person, later(1))
        with pytest.raises(NotFound):
            await batches.resume("b1", person)
    await batches.pause("b1", "ann", later(1))
    await batches.pause("b1", "ann", later(2))
    found = await batches.get("b1", "ann")
    assert (found.state, found.paused, found.delay_ms) == ("paused", later(1), 2000)
    assert await batches.is_paused(held)
    assert not await batches.begin(held, 3)
    assert await batches.open() == []
    assert await batches.take(OpenBatch("b1", "w1"), "w2") is None
    await batches.end(held, later(3))
    assert (await batches.get("b1", "ann")).ended is None
    await batches.resume("b1", "ann")
    assert not await batches.is_paused(held)
    again = await taken(batches, "w2")
    assert [row.number for row in await batches.open_rows(again)] == [1, 3]


async def test_a_paused_batch_can_be_cancelled_and_comes_to_its_end(batches: SqlBatches) -> None:
    await batches.add(a_batch())
    await batches.pause("b1", "ann", later(1))
    await batches.cancel("b1", "ann", later(2))
    held = await taken(batches)
    await batches.end(held, later(3))
    await batches.pause("b1", "ann", later(4))
    found = await batches.get("b1", "ann")
    assert (found.state, found.paused) == ("cancelled", None)


async def test_what_was_bought_again_belongs_to_its_row(stores: Stores, batches: SqlBatches) -> None:
    await batches.add(a_batch())
    held = await taken(batches)
    first = replace(a_job(holds=(700, 700), worker="w1"), begin=True)
    again = replace(a_job(holds=(700, 700), worker="w1"), begin=True, retry_of=first.id)
    last = replace(a_job(worker="w1"), retry_of=again.id)
    for new in (first, again):
        await stores.jobs.submit(new)
        await stores.jobs.mark_submitting(Lease(new.id, 1), new.calls[0].call.id, later(1))
        await stores.jobs.close_call(Lease(new.id, 1), settled(new), [])
        await stores.jobs.finish(Lease(new.id, 1), Ending(state=JobState.PARTIAL, at=later(2)), [])
    assert await batches.begin(held, 1)
    await batches.note_job(held, 1, first.id)
    found = await batches.get("b1", "ann")
    assert (found.counts, found.cost, found.left) == ({"partial": 1, "failed": 1, "waiting": 1}, Money(1200), 1)
    await stores.jobs.submit(last)
    found = await batches.get("b1", "ann")
    assert (found.counts, found.left, found.first) == ({"queued": 1, "failed": 1, "waiting": 1}, 2, "a fox")
    row, *others = await batches.rows("b1")
    assert (row.state, row.job_id, row.cost) == (JobState.QUEUED, last.id, Money(1200))
    assert (row.jobs, [each.jobs for each in others]) == ((first.id, again.id, last.id), [(), ()])
    chosen = await stores.jobs.chosen("ann", [*row.jobs, "gone"])
    assert {name: len(job.pictures) for name, job in chosen.items()} == {first.id: 1, again.id: 1, last.id: 0}
    assert await stores.jobs.chosen("bob", row.jobs) == {}


async def test_what_a_row_did_not_bring_waits_once_and_says_why_it_could_not_be_bought(
    stores: Stores, batches: SqlBatches
) -> None:
    await batches.add(a_batch(rows=(a_row(1), a_row(2))))
    held = await taken(batches)
    short = replace(a_job(holds=(700, 700), worker="w1"), begin=True)
    await stores.jobs.submit(short)
    await stores.jobs.finish(Lease(short.id, 1), Ending(state=JobState.FAILED, at=later(2)), [])
    assert await batches.begin(held, 1)
    await batches.note_job(held, 1, short.id)
    again = a_row(1, again=short.id, request=ImageRequest(prompt="a fox", max_cost=Money(900)))
    await asyncio.gather(*(batches.reopen("b1", "ann", [again]) for _ in range(2)))
    assert (await batches.get("b1", "ann")).counts == {"waiting": 2}
    assert await batches.begin(held, 1) is False
    held = await taken(batches, "w2")
    waiting = {row.number: row for row in await batches.open_rows(held)}
    assert (waiting[1].job_id, waiting[1].again, waiting[1].most) == (short.id, short.id, Money(900))
    assert await batches.begin(held, 1)
    await batches.note_failed(held, 1, BAD)
    row, _ = await batches.rows("b1")
    assert (row.state, row.trouble, row.short) == (JobState.FAILED, BAD, True)
    await batches.reopen("b1", "ann", [again])
    held = await taken(batches, "w3")
    assert await batches.begin(held, 1)
    await stores.jobs.submit(replace(a_job(worker="w3"), retry_of=short.id))
    row, _ = await batches.rows("b1")
    assert (row.state, row.trouble) == (JobState.QUEUED, None)
    await batches.note_bought(held, 1)
    await batches.reopen("b1", "ann", [again])
    assert [row.number for row in await batches.open_rows(held)] == [2]
