"""Webhooks, the messages that are written down as jobs end, and who may send them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.events import EventKind
from limner.domain.job import ENDED_STATES, CallState, JobState
from limner.domain.records import Ending, Lease, NewJob, OpenJob
from limner.domain.webhooks import (
    Answered,
    Delivery,
    DeliveryState,
    DueDelivery,
    Errand,
    Verdict,
    Webhook,
    WebhookEvent,
    event_of,
)
from tests.db.conftest import Stores, explained
from tests.db.test_reusing import again, made
from tests.db.values import NOON, a_job, closed, later, news, settled

ALL = tuple(WebhookEvent)
FINE = Verdict(state=DeliveryState.DELIVERED, answered=Answered(status=204))
BUSY = Answered(status=503, problem="The target answered 503.")


async def a_webhook(
    stores: Stores, *, owner: str = "ann", events: tuple[WebhookEvent, ...] = ALL, at: datetime = NOON
) -> Webhook:
    webhook = Webhook(id=str(uuid4()), owner=owner, url="https://example.com/hook", events=events, created=at)
    await stores.webhooks.add(webhook, "whsec_QUJD")
    return webhook


async def ended(stores: Stores, state: JobState = JobState.FAILED, *, owner: str = "ann") -> NewJob:
    """A job that has come to this end."""
    new = a_job(owner=owner, worker="w1")
    await stores.jobs.submit(new)
    taken = await stores.jobs.take(OpenJob(new.id, "w1"), "w1", NOON)
    assert taken is not None
    lease = Lease(taken.id, taken.attempt)
    if state is JobState.SUCCEEDED:
        await stores.jobs.close_call(lease, settled(new), [])
    if state is JobState.AMBIGUOUS:
        await stores.jobs.close_call(lease, closed(new, 0, CallState.AMBIGUOUS), [])
    await stores.jobs.finish(lease, Ending(state=state, at=later(5)), [news(EventKind.FINISHED)])
    return new


async def sent(stores: Stores, webhook: Webhook) -> list[Delivery]:
    return list((await stores.webhooks.deliveries(webhook.id, limit=50, cursor=None)).items)


async def due(stores: Stores, *, at: datetime | None = None, each: int = 9) -> list[DueDelivery]:
    return list(await stores.webhooks.due(at or later(60), each=each))


async def taken(stores: Stores, worker: str = "w1", at: datetime | None = None) -> Errand:
    """The first message that is due, in this worker's hands."""
    (first, *_) = await due(stores, at=at)
    errand = await stores.webhooks.take(first, worker, at or later(60))
    assert errand is not None
    return errand


def test_there_is_an_event_for_every_end() -> None:
    ends = {event.value for event in WebhookEvent} - {WebhookEvent.ALERT}
    assert ends == {f"job.{state.value}" for state in ENDED_STATES}


async def test_a_webhook_is_read_back_and_nobody_elses_is_found(stores: Stores) -> None:
    first = await a_webhook(stores, events=(WebhookEvent.FAILED,))
    second = await a_webhook(stores, at=later(1))
    foreign = await a_webhook(stores, owner="bob")
    assert list(await stores.webhooks.all("ann")) == [first, second]
    assert await stores.webhooks.get(first.id, "ann") == first
    assert "QUJD" not in repr(first)
    for wrong in (foreign.id, str(uuid4())):
        with pytest.raises(NotFound):
            await stores.webhooks.get(wrong, "ann")
        with pytest.raises(NotFound):
            await stores.webhooks.remove(wrong, "ann")
    await stores.webhooks.remove(first.id, "ann")
    assert list(await stores.webhooks.all("ann")) == [second]


@pytest.mark.parametrize("state", sorted(ENDED_STATES))
async def test_each_end_is_written_down_for_who_wants_it(stores: Stores, state: JobState) -> None:
    everything, other = await a_webhook(stores), await a_webhook(stores, owner="bob")
    wanting = await a_webhook(stores, events=(WebhookEvent(f"job.{state.value}"),))
    others = await a_webhook(stores, events=tuple(event for event in ALL if event.value != f"job.{state.value}"))
    new = await ended(stores, state)
    for webhook in (everything, wanting):
        (delivery,) = await sent(stores, webhook)
        assert delivery.event == event_of(await stores.jobs.get(new.id))
        assert (delivery.job_id, delivery.state, delivery.tries) == (new.id, DeliveryState.WAITING, 0)
        assert (delivery.created, delivery.due) == (later(5), later(5))
        assert str(UUID(delivery.id)) == delivery.id
    assert await sent(stores, others) == await sent(stores, other) == []


async def test_what_is_written_down_is_the_end_as_it_was(stores: Stores) -> None:
    await a_webhook(stores)
    new = await ended(stores, JobState.SUCCEEDED)
    errand = await taken(stores)
    (picture,) = (await stores.jobs.get(new.id)).pictures
    assert errand.data == {
        "id": new.id,
        "state": "succeeded",
        "model": "openai/painter-1",
        "project": "default",
        "created": "2026-11-21T12:00:00+00:00",
        "finished": "2026-11-21T12:00:05+00:00",
        "cost": {"micro_usd": 600, "usd": "0.0006"},
        "problem": None,
        "images": [{"id": picture.id, "number": 0, "width": 64, "height": 48, "media_type": "image/png"}],
    }
    assert (errand.url, errand.secret, errand.tries) == ("https://example.com/hook", "whsec_QUJD", 1)


async def test_a_job_cancelled_in_the_queue_and_one_that_reuses_are_told_too(stores: Stores) -> None:
    webhook = await a_webhook(stores)
    waiting = a_job()
    await stores.jobs.submit(waiting)
    await stores.jobs.request_cancel(waiting.id, "ann", NOON)
    await stores.jobs.request_cancel(waiting.id, "ann", NOON)
    earlier = await made(stores)
    new = again(earlier)
    await stores.jobs.submit(new)
    assert {(each.job_id, each.event) for each in await sent(stores, webhook)} == {
        (waiting.id, WebhookEvent.CANCELLED),
        (earlier.id, WebhookEvent.SUCCEEDED),
        (new.id, WebhookEvent.SUCCEEDED),
    }


async def test_a_settled_ambiguity_is_a_second_message(stores: Stores) -> None:
    webhook = await a_webhook(stores)
    new = await ended(stores, JobState.AMBIGUOUS)
    await stores.jobs.resolve(new.calls[0].call.id, "ann", charged=False, at=later(90))
    await stores.jobs.resolve(new.calls[0].call.id, "ann", charged=False, at=later(91))
    found = await sent(stores, webhook)
    assert [each.event for each in found] == [WebhookEvent.FAILED, WebhookEvent.AMBIGUOUS]
    assert found[0].id != found[1].id


async def test_the_message_is_lost_with_the_end_and_only_with_it(stores: Stores) -> None:
    webhook = await a_webhook(stores)
    new = a_job(worker="w1")
    await stores.jobs.submit(new)
    job = await stores.jobs.take(OpenJob(new.id, "w1"), "w1", NOON)
    assert job is not None
    await stores.jobs.mark_submitting(Lease(job.id, job.attempt), new.calls[0].call.id, NOON)
    with pytest.raises(ValueError, match="cannot end"):
        await stores.jobs.finish(
            Lease(job.id, job.attempt), Ending(state=JobState.FAILED, at=NOON), [news(EventKind.FINISHED)]
        )
    assert await sent(stores, webhook) == []


async def test_a_message_is_due_from_its_moment_on_longest_due_first(stores: Stores) -> None:
    await a_webhook(stores)
    await ended(stores)
    assert await due(stores, at=later(4)) == []
    (first,) = await due(stores, at=later(5))
    assert first.worker is None
    errand = await taken(stores)
    await stores.webhooks.note(errand, Verdict(state=DeliveryState.WAITING, answered=BUSY, due=later(100)))
    await ended(stores)
    assert await due(stores, at=later(99)) != [first]
    assert [each.id for each in await due(stores, at=later(100))][-1] == first.id


async def test_one_webhook_never_keeps_others_back(stores: Stores) -> None:
    busy, quiet = await a_webhook(stores, events=(WebhookEvent.FAILED,)), await a_webhook(stores, owner="bob")
    for _ in range(6):
        await ended(stores)
    await ended(stores, owner="bob")
    found = await due(stores, each=2)
    assert sorted(each.webhook_id for each in found) == sorted([busy.id, busy.id, quiet.id])


async def test_a_message_is_taken_by_one_of_many(stores: Stores, other: Stores) -> None:
    await a_webhook(stores)
    await ended(stores)
    (first,) = await due(stores)
    outcomes = await asyncio.gather(
        *(side.webhooks.take(first, f"w{place}", later(60)) for place, side in enumerate((stores, other) * 4))
    )
    (won,) = [errand for errand in outcomes if errand is not None]
    assert await due(stores) == [replace(first, worker=won.worker)]
    assert await stores.webhooks.take(first, "late", later(60)) is None


async def test_what_a_dead_process_had_is_taken_from_it_and_counts(stores: Stores) -> None:
    webhook = await a_webhook(stores)
    await ended(stores)
    lost = await taken(stores, "dead")
    found = await taken(stores, "alive")
    assert (found.id, found.tries, found.worker) == (lost.id, 2, "alive")
    await stores.webhooks.note(lost, FINE)
    assert (await sent(stores, webhook))[0].state is DeliveryState.WAITING
    await stores.webhooks.note(found, FINE)
    (over,) = await sent(stores, webhook)
    assert (over.state, over.due, over.status, over.tries) == (DeliveryState.DELIVERED, None, 204, 2)
    assert (over.tried, over.problem) == (later(60), "")
    assert await due(stores) == []


async def test_a_target_that_is_gone_ends_its_webhook_and_all_that_waits_for_it(stores: Stores) -> None:
    webhook, kept = await a_webhook(stores), await a_webhook(stores)
    for _ in range(3):
        await ended(stores)
    (first,) = [each for each in await due(stores, each=1) if each.webhook_id == webhook.id]
    errand = await stores.webhooks.take(first, "w1", later(60))
    assert errand is not None
    gone = Answered(status=410, problem="The target answered 410.")
    await stores.webhooks.note(errand, Verdict(state=DeliveryState.GIVEN_UP, answered=gone, disabled=later(61)))
    found = await stores.webhooks.get(webhook.id, "ann")
    assert (found.disabled, found.reason) == (later(61), "The target answered 410.")
    assert {each.state for each in await sent(stores, webhook)} == {DeliveryState.GIVEN_UP}
    assert {each.problem for each in await sent(stores, webhook)} == {"The target answered 410."}
    assert (await stores.webhooks.get(kept.id, "ann")).disabled is None
    await ended(stores)
    assert (len(await sent(stores, webhook)), len(await sent(stores, kept))) == (3, 4)


async def test_a_message_can_be_sent_once_more_with_all_its_tries_before_it(stores: Stores) -> None:
    webhook = await a_webhook(stores)
    await ended(stores)
    errand = await taken(stores)
    await stores.webhooks.note(errand, FINE)
    delivery = await stores.webhooks.replay(webhook.id, errand.id, later(300))
    assert (delivery.id, delivery.state, delivery.tries, delivery.due) == (
        errand.id,
        DeliveryState.WAITING,
        0,
        later(300),
    )
    assert (await taken(stores, at=later(300))).tries == 1
    for wrong in ((webhook.id, str(uuid4())), ((await a_webhook(stores)).id, errand.id)):
        with pytest.raises(NotFound):
            await stores.webhooks.replay(*wrong, later(300))


async def test_with_a_webhook_its_messages_go(stores: Stores) -> None:
    webhook = await a_webhook(stores)
    await ended(stores)
    errand = await taken(stores)
    await stores.webhooks.remove(webhook.id, "ann")
    await stores.webhooks.note(errand, FINE)
    assert await due(stores) == []
    assert await sent(stores, webhook) == []
    new = await ended(stores, JobState.SUCCEEDED)
    assert (await stores.jobs.get(new.id)).state is JobState.SUCCEEDED


async def test_messages_are_listed_page_by_page(stores: Stores) -> None:
    webhook = await a_webhook(stores)
    jobs = [await ended(stores) for _ in range(5)]
    first = await stores.webhooks.deliveries(webhook.id, limit=3, cursor=None)
    second = await stores.webhooks.deliveries(webhook.id, limit=3, cursor=first.next)
    assert second.next is None
    assert {each.job_id for each in (*first.items, *second.items)} == {new.id for new in jobs}
    assert (len(first.items), len(second.items)) == (3, 2)
    with pytest.raises(InvalidRequest):
        await stores.webhooks.deliveries(webhook.id, limit=3, cursor="nonsense")


async def test_what_is_due_is_found_by_its_index(stores: Stores) -> None:
    query = "SELECT id FROM webhook_deliveries WHERE due_at <= '2026'"
    assert "ix_webhook_deliveries_due" in await stores.database.write(lambda connection: explained(connection, query))
