"""Messages are sent as they become due: a few at once, one process for each, and none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from limner.db.database import Database
from limner.db.jobs import SqlJobs
from limner.db.webhooks import SqlWebhooks
from limner.dispatch.courier import AT_ONCE, EACH, Courier, Deliver
from limner.dispatch.file_locks import FileWorkerLocks
from limner.domain.errors import StorageError
from limner.domain.webhooks import Answered, Delivery, DeliveryState, Errand, Verdict, Webhook, WebhookEvent
from limner.sealing import AesSeals
from limner.testing.fakes import FakeClock
from tests.db.values import NOON, a_job
from tests.engine.house import RealWaits

DELIVERED = Verdict(state=DeliveryState.DELIVERED, answered=Answered(status=204))


class Office:
    """Rows with messages in them, and couriers that carry them."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.clock = FakeClock(NOON)
        self.webhooks = SqlWebhooks(database, AesSeals(lambda: (b"a secret of the tests",)))
        self.jobs = SqlJobs(database, self._publish)
        self.hear: list[Courier] = []

    def _publish(self, events: object, ended: object = None) -> None:
        for courier in self.hear:
            courier.hear(events)  # type: ignore[arg-type]  # a sequence of events

    async def webhook(self, owner: str = "ann") -> Webhook:
        webhook = Webhook(
            id=str(uuid4()),
            owner=owner,
            url="https://example.com",
            events=tuple(WebhookEvent),
            created=NOON,
        )
        await self.webhooks.add(webhook, "whsec_QUJD")
        return webhook

    async def end_a_job(self, owner: str = "ann") -> None:
        new = a_job(owner=owner)
        await self.jobs.submit(new)
        await self.jobs.request_cancel(new.id, owner, NOON)

    def courier(self, deliver: Deliver, worker: str = "w1", *, locks: FileWorkerLocks | None = None) -> Courier:
        found = Courier(
            worker=worker,
            webhooks=self.webhooks,
            locks=locks or FileWorkerLocks(self.folder / "workers"),
            clock=RealWaits(self.clock),
            deliver=deliver,
        )
        self.hear.append(found)
        return found

    async def sent(self, webhook: Webhook) -> list[Delivery]:
        return list((await self.webhooks.deliveries(webhook.id, limit=100, cursor=None)).items)

    async def until(self, fits: Callable[[list[Delivery]], bool], webhook: Webhook) -> list[Delivery]:
        """The messages of a webhook once they are so."""
        for _ in range(4000):
            found = await self.sent(webhook)
            if fits(found):
                return found
            await asyncio.sleep(0.005)
        raise AssertionError("it did not come to that")


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Office]:
    database = await Database.open(f"sqlite:///{folder / 'limner.db'}")
    try:
        yield Office(folder, database)
    finally:
        await database.close()


def all_over(found: list[Delivery]) -> bool:
    return bool(found) and all(each.state is not DeliveryState.WAITING for each in found)


async def test_what_is_due_is_sent_at_the_start_and_then_as_jobs_end(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        webhook, carried = await here.webhook(), []

        async def deliver(errand: Errand) -> None:
            carried.append(errand.id)
            await here.webhooks.note(errand, DELIVERED)

        await here.end_a_job()
        courier = here.courier(deliver)
        courier.start()
        await here.until(all_over, webhook)
        await here.end_a_job()
        found = await here.until(lambda rows: len(rows) == 2 and all_over(rows), webhook)
        await courier.stop(1.0)
        assert sorted(carried) == sorted(each.id for each in found)


async def test_news_without_an_end_sends_nobody(tmp_path: Path) -> None:
    async with office(tmp_path) as here:

        async def deliver(errand: Errand) -> None:
            raise AssertionError

        courier = here.courier(deliver)
        await here.jobs.submit(a_job())
        assert not courier._nudged.is_set()
        await here.end_a_job()
        assert courier._nudged.is_set()


async def test_a_few_at_once_and_fewer_to_one_target(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        slow, full, go_on = 0, asyncio.Event(), asyncio.Event()
        at_work: dict[str, int] = {}
        most: dict[str, int] = {}

        async def deliver(errand: Errand) -> None:
            nonlocal slow
            at_work[errand.webhook_id] = at_work.get(errand.webhook_id, 0) + 1
            most[errand.webhook_id] = max(most.get(errand.webhook_id, 0), at_work[errand.webhook_id])
            slow = max(slow, sum(at_work.values()))
            if slow == AT_ONCE:
                full.set()
            await go_on.wait()
            at_work[errand.webhook_id] -= 1
            await here.webhooks.note(errand, DELIVERED)

        owners = [f"owner-{number}" for number in range(6)]
        webhooks = [await here.webhook(owner) for owner in owners]
        for owner in owners:
            for _ in range(EACH + 2):
                await here.end_a_job(owner)
        courier = here.courier(deliver)
        courier.start()
        await asyncio.wait_for(full.wait(), 20)
        go_on.set()
        for webhook in webhooks:
            await here.until(all_over, webhook)
        await courier.stop(1.0)
        assert slow == AT_ONCE
        assert set(most) == {webhook.id for webhook in webhooks}
        assert max(most.values()) <= EACH


async def test_two_processes_send_each_message_once(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        webhook, carried = await here.webhook(), []

        async def deliver(errand: Errand) -> None:
            carried.append(errand.id)
            await asyncio.sleep(0.01)
            await here.webhooks.note(errand, DELIVERED)

        locks = [FileWorkerLocks(tmp_path / "workers") for _ in range(2)]
        couriers = []
        for number, own in enumerate(locks):
            await own.acquire(f"w{number}")
            couriers.append(here.courier(deliver, f"w{number}", locks=own))
        for _ in range(20):
            await here.end_a_job()
        for courier in couriers:
            courier.start()
        found = await here.until(lambda rows: len(rows) == 20 and all_over(rows), webhook)
        for courier in couriers:
            await courier.stop(1.0)
        assert sorted(carried) == sorted(each.id for each in found)
        for own in locks:
            await own.release()


async def test_what_a_living_process_has_in_hand_is_left_alone_and_what_a_dead_one_had_is_sent(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        webhook = await here.webhook()

        async def deliver(errand: Errand) -> None:
            await here.webhooks.note(errand, DELIVERED)

        other = FileWorkerLocks(tmp_path / "workers")
        await other.acquire("other")
        await here.end_a_job()
        (due,) = await here.webhooks.due(NOON, each=1)
        assert await here.webhooks.take(due, "other", NOON) is not None
        courier = here.courier(deliver)
        await courier._look()
        assert courier._tasks == {}
        await other.release()
        courier.start()
        (found,) = await here.until(all_over, webhook)
        await courier.stop(1.0)
        assert (found.state, found.tries) == (DeliveryState.DELIVERED, 2)


async def test_stopping_sends_what_has_just_become_due_and_leaves_the_rest_to_the_next(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        webhook, stuck = await here.webhook(), asyncio.Event()

        async def deliver(errand: Errand) -> None:
            await here.webhooks.note(errand, DELIVERED)

        async def never(errand: Errand) -> None:
            stuck.set()
            await asyncio.Event().wait()

        quick = here.courier(deliver)
        await here.end_a_job()
        await quick.stop(5.0)
        assert all_over(await here.sent(webhook))
        await here.end_a_job()
        slow = here.courier(never)
        slow.start()
        await asyncio.wait_for(stuck.wait(), 10)
        await slow.stop(0.05)
        assert [each.state for each in await here.sent(webhook)].count(DeliveryState.WAITING) == 1
        again = here.courier(deliver, "w2")
        again.start()
        await here.until(all_over, webhook)
        await again.stop(1.0)


async def test_a_message_that_cannot_be_noted_rests_and_is_sent_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("limner.dispatch.courier.TRY_AGAIN", 0.01)
    async with office(tmp_path) as here:
        webhook, tries = await here.webhook(), []

        async def deliver(errand: Errand) -> None:
            tries.append(errand.tries)
            if len(tries) == 1:
                raise StorageError("The disk is full.")
            await here.webhooks.note(errand, DELIVERED)

        await here.end_a_job()
        courier = here.courier(deliver)
        courier.start()
        await here.until(all_over, webhook)
        await courier.stop(1.0)
        assert tries == [1, 2]


async def test_a_mistake_of_ours_takes_only_its_own_message_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with office(tmp_path) as here:
        webhook = await here.webhook()
        broken: list[str] = []

        async def deliver(errand: Errand) -> None:
            if not broken:
                broken.append(errand.id)
            if errand.id in broken:
                raise RuntimeError("a mistake of ours")
            await here.webhooks.note(errand, DELIVERED)

        for _ in range(3):
            await here.end_a_job()
        courier = here.courier(deliver)
        courier.start()
        found = await here.until(lambda rows: sum(each.state is DeliveryState.DELIVERED for each in rows) == 2, webhook)
        await courier.stop(1.0)
        assert [(each.id, each.tries) for each in found if each.state is DeliveryState.WAITING] == [(broken[0], 1)]
        assert "a mistake of ours" in caplog.text
