"""The steps of a call, each of them once: what was sent, what came back, what it cost."""

from decimal import Decimal

import pytest

from limner.domain.call import Finished, Landed, Painted
from limner.domain.errors import Problem, Spent
from limner.domain.events import EventKind
from limner.domain.job import CallState, JobState
from limner.domain.money import Money
from limner.domain.prices import Meter
from limner.domain.records import Closing, Ending, NewCall, OpenJob
from tests.db.conftest import Stores, count_rows
from tests.db.test_leases import taken
from tests.db.values import NOON, a_call, a_job, a_picture, a_scope, closed, later, news, settled

FETCHED = Finished(
    pictures=(Painted(content=Landed(digest="c" * 64, size=12), seed=5, notes={"index": 0}),),
    usage={Meter.OUTPUT_IMAGE_TOKEN: Decimal("1056.50")},
    cost=Money(4200),
    request_id="req-1",
)


async def test_each_step_is_written_down(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease, call_id = await taken(stores, new), new.calls[0].call.id

    await stores.jobs.mark_submitting(lease, call_id, later(3))
    record = (await stores.jobs.get(new.id)).calls[0]
    assert (record.state, record.submitted) == (CallState.SUBMITTING, later(3))

    for ticket in ({"id": "t1", "poll": {"every": 1.5}}, {"id": "t2"}):
        await stores.jobs.mark_submitted(lease, call_id, ticket)
        record = (await stores.jobs.get(new.id)).calls[0]
        assert (record.state, record.ticket) == (CallState.SUBMITTED, ticket)

    await stores.jobs.mark_fetched(lease, call_id, FETCHED)
    record = (await stores.jobs.get(new.id)).calls[0]
    assert (record.state, record.fetched) == (CallState.FETCHED, FETCHED)
    assert record.fetched is not None
    assert record.fetched.pictures[0].content == Landed(digest="c" * 64, size=12)


async def test_pictures_that_are_not_in_the_object_store_are_not_written_down(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    loose = Finished(pictures=(Painted(content=b"\x89PNG"),))
    with pytest.raises(ValueError, match="object store"):
        await stores.jobs.mark_fetched(lease, new.calls[0].call.id, loose)


@pytest.mark.parametrize("with_ticket", [False, True])
async def test_a_call_that_was_not_accepted_may_be_sent_again(stores: Stores, *, with_ticket: bool) -> None:
    new = a_job(worker="w1")
    lease, call_id = await taken(stores, new), new.calls[0].call.id
    await stores.jobs.mark_submitting(lease, call_id, NOON)
    if with_ticket:
        await stores.jobs.mark_submitted(lease, call_id, {"id": "t1"})
    await stores.jobs.requeue_call(lease, call_id)
    record = (await stores.jobs.get(new.id)).calls[0]
    assert (record.state, record.ticket, record.submitted) == (CallState.QUEUED, None, None)


async def test_a_call_never_goes_back_behind_what_was_fetched(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease, call_id = await taken(stores, new), new.calls[0].call.id
    await stores.jobs.mark_submitting(lease, call_id, NOON)
    await stores.jobs.mark_fetched(lease, call_id, FETCHED)
    for write in (
        stores.jobs.mark_submitting(lease, call_id, NOON),
        stores.jobs.mark_submitted(lease, call_id, {"id": "t1"}),
        stores.jobs.requeue_call(lease, call_id),
    ):
        with pytest.raises(ValueError, match="is fetched"):
            await write


async def test_a_settled_call_keeps_its_picture_and_books_its_charge(stores: Stores) -> None:
    scopes = (a_scope(5000), a_scope(9000))
    new = a_job(*scopes, holds=(1000, 1000), worker="w1")
    lease = await taken(stores, new)

    closing = settled(new, charge=600)
    await stores.jobs.close_call(lease, closing, [news(EventKind.PICTURE, number=0)])

    job = await stores.jobs.get(new.id)
    assert job.pictures == closing.pictures
    assert (job.cost, job.held, job.calls[0].state, job.calls[0].cost) == (
        Money(600),
        Money(1000),
        CallState.SETTLED,
        Money(600),
    )
    for scope in scopes:
        assert await stores.held(scope) == (Money(1000), Money(600))
    assert await stores.ledger.check() == []


async def test_closing_a_call_again_changes_nothing(stores: Stores) -> None:
    scope = a_scope(5000)
    new = a_job(scope, worker="w1")
    lease = await taken(stores, new)
    closing = settled(new)
    await stores.jobs.close_call(lease, closing, [news(EventKind.PICTURE)])
    job, rows = await stores.jobs.get(new.id), await stores.database.read(count_rows)
    heard = len(stores.listener.heard)

    await stores.jobs.close_call(lease, closing, [news(EventKind.PICTURE)])
    await stores.jobs.close_call(lease, closed(new, 0, CallState.AMBIGUOUS), [news(EventKind.PROBLEM)])

    assert (await stores.jobs.get(new.id), await stores.database.read(count_rows)) == (job, rows)
    assert len(stores.listener.heard) == heard
    assert await stores.held(scope) == (Money(0), Money(600))


async def test_an_unknown_charge_is_never_nothing(stores: Stores) -> None:
    scope = a_scope(5000)
    new = a_job(scope, holds=(1000, 1000), worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.close_call(lease, settled(new, 0, charge=None), [])
    await stores.jobs.close_call(lease, settled(new, 1, charge=300), [])
    job = await stores.jobs.get(new.id)
    assert (job.cost, job.pictures[0].cost, job.calls[0].cost) == (None, None, None)
    spends = await stores.ledger.spent("ann", NOON)
    assert [(spend.pictures, spend.cost, spend.unknown) for spend in spends] == [(2, Money(300), 1)]
    # The budget counts what was set aside for it.
    assert await stores.held(scope) == (Money(0), Money(1300))
    assert await stores.ledger.check() == []


async def test_a_charge_above_its_hold_is_booked_in_full(stores: Stores) -> None:
    scope = a_scope(1000)
    new = a_job(scope, worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.close_call(lease, settled(new, charge=1700), [])
    assert await stores.held(scope) == (Money(0), Money(1700))


async def test_a_free_call_may_still_turn_out_to_cost_something(stores: Stores) -> None:
    scope = a_scope(1000)
    new = a_job(scope, holds=(0,), worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.close_call(lease, settled(new, charge=5), [])
    assert await stores.held(scope) == (Money(0), Money(5))
    assert await stores.ledger.check() == []


async def test_a_failed_call_that_was_charged_is_booked(stores: Stores) -> None:
    scope = a_scope(5000)
    new = a_job(scope, worker="w1")
    lease = await taken(stores, new)
    problem = Problem(code="provider_failed", message="It failed.", spent=Spent.YES, retry_after=1.5)
    closing = Closing(call_id=new.calls[0].call.id, state=CallState.FAILED, at=NOON, charge=Money(400), problem=problem)
    await stores.jobs.close_call(lease, closing, [])
    job = await stores.jobs.get(new.id)
    assert (job.cost, job.calls[0].problem) == (Money(400), problem)
    assert await stores.held(scope) == (Money(0), Money(400))


async def test_the_next_candidate_runs_under_the_hold_of_the_failed_one(stores: Stores) -> None:
    scope = a_scope(2000)
    new = a_job(scope, holds=(1000, 1000), worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.close_call(lease, settled(new, 0), [])
    await stores.jobs.close_call(lease, closed(new, 1, CallState.FAILED), [])
    assert await stores.held(scope) == (Money(1000), Money(600))

    call = a_call()
    await stores.jobs.add_calls(
        lease, 1, [NewCall(call=call, number=2, hold=Money(1000))], [news(EventKind.FALLBACK, to="stability/painter-2")]
    )
    job = await stores.jobs.get(new.id)
    assert (job.candidate, job.model, job.held) == (1, "stability/painter-2", Money(1000))
    assert (job.calls[-1].call, job.calls[-1].model, job.calls[-1].state) == (
        call,
        "stability/painter-2",
        CallState.QUEUED,
    )
    assert stores.listener.heard[-1].kind is EventKind.FALLBACK
    assert await stores.ledger.check() == []


@pytest.mark.parametrize("first", [CallState.AMBIGUOUS, CallState.SETTLED])
async def test_a_hold_that_is_used_is_not_used_again(stores: Stores, first: CallState) -> None:
    new = a_job(holds=(1000, 500), worker="w1")
    lease = await taken(stores, new)
    closing = settled(new, 0) if first is CallState.SETTLED else closed(new, 0, first)
    await stores.jobs.close_call(lease, closing, [])
    await stores.jobs.close_call(lease, closed(new, 1, CallState.FAILED), [])
    with pytest.raises(ValueError, match="has 500 left"):
        await stores.jobs.add_calls(lease, 1, [NewCall(call=a_call(), number=2, hold=Money(501))], [])
    await stores.jobs.add_calls(lease, 1, [NewCall(call=a_call(), number=2, hold=Money(500))], [])


async def test_an_ambiguous_call_books_nothing_and_keeps_its_hold(stores: Stores) -> None:
    scope = a_scope(5000)
    new = a_job(scope, worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.close_call(lease, closed(new, 0, CallState.AMBIGUOUS), [])
    await stores.jobs.finish(lease, Ending(state=JobState.AMBIGUOUS, at=NOON), [])
    job = await stores.jobs.get(new.id)
    assert (job.held, job.cost, job.calls[0].cost) == (Money(1000), Money(0), None)
    assert await stores.held(scope) == (Money(1000), Money(0))
    assert await stores.ledger.spent("ann", NOON) == []
    assert await stores.ledger.check() == []


async def test_a_transaction_that_breaks_halfway_leaves_nothing(stores: Stores) -> None:
    scope = a_scope(5000)
    first, second = a_job(scope, worker="w1"), a_job(scope, worker="w1")
    await stores.jobs.close_call(await taken(stores, first), settled(first), [])
    lease, kept = await taken(stores, second), (await stores.jobs.get(first.id)).pictures[0]
    job, rows = await stores.jobs.get(second.id), await stores.database.read(count_rows)
    # The second picture has the id of a kept one: the transaction breaks after call, job and picture were written.
    good = a_picture(second, second.calls[0].call.id)
    closing = Closing(
        call_id=second.calls[0].call.id, state=CallState.SETTLED, at=NOON, pictures=(good, kept), charge=Money(1)
    )
    heard = len(stores.listener.heard)
    with pytest.raises(Exception, match=r"UNIQUE|unique"):
        await stores.jobs.close_call(lease, closing, [news()])
    assert (await stores.jobs.get(second.id), await stores.database.read(count_rows)) == (job, rows)
    assert len(stores.listener.heard) == heard
    await stores.jobs.close_call(lease, settled(second), [])
    assert await stores.ledger.check() == []


async def test_a_call_only_ends_in_a_final_state(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    with pytest.raises(ValueError, match="does not end as queued"):
        await stores.jobs.close_call(lease, closed(new, 0, CallState.QUEUED), [])


async def test_the_second_worker_finds_what_the_first_one_left(stores: Stores) -> None:
    new = a_job(holds=(500, 500), worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.mark_submitting(lease, new.calls[0].call.id, NOON)
    await stores.jobs.mark_submitted(lease, new.calls[0].call.id, {"id": "t1"})
    await stores.jobs.close_call(lease, settled(new, 1), [])
    job = await stores.jobs.take(OpenJob(new.id, "w1"), "w2", NOON)
    assert job is not None
    assert [(call.state, call.ticket) for call in job.calls] == [
        (CallState.SUBMITTED, {"id": "t1"}),
        (CallState.SETTLED, None),
    ]
    assert [picture.call_id for picture in job.pictures] == [new.calls[1].call.id]
