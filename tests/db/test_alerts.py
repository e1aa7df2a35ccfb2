"""Alerts: one an hour for each thing, with a message for whoever administers and wants one."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from limner.db.alerts import SqlAlerts
from limner.db.database import Database
from limner.db.people import SqlPeople
from limner.domain.alerts import Alert, AlertKind, Sign
from limner.domain.people import LOCAL, Role, User
from limner.domain.webhooks import Webhook, WebhookEvent
from tests.db.conftest import Stores
from tests.db.values import NOON

SLOW = Alert(kind=AlertKind.SLOW, subject="acme", message="It is slow.", raised=NOON)


@pytest.mark.req("S4-069")
async def test_of_one_thing_there_is_one_alert_an_hour_in_all_processes(stores: Stores) -> None:
    other = await Database.open(stores.url)
    shared = [SqlAlerts(database) for database in (stores.database, other)]
    assert sum(await asyncio.gather(*(shared[number % 2].raise_(SLOW) for number in range(6)))) == 1
    later = Alert(kind=AlertKind.SLOW, subject="acme", message="Still.", raised=NOON + timedelta(hours=1))
    another = Alert(kind=AlertKind.COST, subject="", message="Dear.", raised=NOON + timedelta(minutes=1))
    assert await shared[0].raise_(later)
    assert await shared[1].raise_(another)
    page = await shared[0].page(limit=2, cursor=None)
    assert page.items == (later, another)
    assert (await shared[0].page(limit=2, cursor=page.next)).items == (SLOW,)
    assert (await shared[0].page(limit=9, cursor=None, kind=AlertKind.SLOW)).items == (later, SLOW)
    await other.close()


async def test_webhooks_of_administrators_hear_of_it_and_no_others(stores: Stores) -> None:
    people, wanted = SqlPeople(stores.database), (WebhookEvent.ALERT,)
    owners = {LOCAL.id: True}
    for role, hears in ((Role.OWNER, True), (Role.ADMIN, True), (Role.MEMBER, False), (Role.VIEWER, False)):
        user = User(id=str(uuid4()), email=f"{role}@ids.example", role=role, created=NOON)
        await people.add(user)
        owners[user.id] = hears
    hooks = {}
    for owner, administers in owners.items():
        for events in (wanted, (WebhookEvent.FAILED,)):
            webhook = Webhook(id=str(uuid4()), owner=owner, url="https://x.test", events=events, created=NOON)
            await stores.webhooks.add(webhook, "whsec_QUJD")
            hooks[webhook.id] = administers and events == wanted
    await SqlAlerts(stores.database).raise_(SLOW)
    for webhook_id, hears in hooks.items():
        found = (await stores.webhooks.deliveries(webhook_id, limit=9, cursor=None)).items
        assert [delivery.event for delivery in found] == ([WebhookEvent.ALERT] if hears else [])
    assert len(await stores.webhooks.due(NOON, each=9)) == sum(hooks.values()) == 3


async def test_signs_are_counted_over_all_processes_within_their_window(stores: Stores) -> None:
    other = await Database.open(stores.url)
    shared = [SqlAlerts(database) for database in (stores.database, other)]
    window = NOON - timedelta(minutes=10)
    counted = [shared[number % 2].count("ann", Sign.REFUSED, NOON, window) for number in range(6)]
    await asyncio.gather(*counted)  # those of the same moment may not see each other
    assert await shared[0].count("ann", Sign.REFUSED, NOON, window) == 7
    assert await shared[0].count("ann", Sign.LIMITED, NOON, window) == 1
    assert await shared[0].count("ben", Sign.REFUSED, NOON, window) == 1
    later = NOON + timedelta(days=2)
    assert await shared[0].count("ann", Sign.REFUSED, later, later - timedelta(days=9)) == 1  # older ones are gone
    await other.close()
