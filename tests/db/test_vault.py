"""Stored keys and webhooks' secrets lie sealed, for one owner each, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from limner.db.sealed import reseal, seal_plain
from limner.domain.errors import NotFound
from limner.domain.vault import Access, KeyChange, KeyCheck, KeyState, StoredKey
from limner.domain.webhooks import Webhook, WebhookEvent
from limner.sealing import AesSeals
from tests.db.conftest import SECRET, Stores
from tests.db.test_leases import taken
from tests.db.values import NOON, a_job, later

SK = "sk-canary-of-the-tests-0123456789"


def a_key(owner: str = "ann", *, service: str = "openai", shared: bool = False) -> StoredKey:
    return StoredKey(
        id=str(uuid4()),
        owner=owner,
        service=service,
        label="Mine",
        last_four=SK[-4:],
        shared=shared,
        created=NOON,
        changed=NOON,
    )


def everything(connection: Connection) -> str:
    """All that lies in the tables of sealed things."""
    found = [list(connection.exec_driver_sql(f"SELECT * FROM {name}")) for name in ("provider_keys", "webhooks")]
    return repr(found)


@pytest.mark.req("S2-059", "S2-083", "S0-061")
async def test_a_key_is_kept_sealed_and_opened_for_its_owner(stores: Stores) -> None:
    key = a_key()
    await stores.keys.add(key, SK)
    assert list(await stores.keys.visible("ann")) == [key]
    (usable,) = await stores.keys.usable("ann")
    assert (usable.key, usable.secret) == (key, SK)
    assert SK not in await stores.database.read(everything)
    assert SK not in repr(usable)


async def test_a_key_of_somebody_else_is_not_there(stores: Stores) -> None:
    key, shared = a_key(), a_key(shared=True)
    await stores.keys.add(key, SK)
    await stores.keys.add(shared, SK)
    assert list(await stores.keys.visible("bob")) == [shared]
    assert await stores.keys.find(shared.id, "bob") == shared
    with pytest.raises(NotFound, match="API key not found"):
        await stores.keys.find(key.id, "bob")
    for call in (stores.keys.remove, lambda one: stores.keys.change(one, KeyChange(label="x"), NOON)):
        with pytest.raises(NotFound):
            await call(replace(key, owner="bob"))
    assert await stores.keys.find(key.id, "ann") == key


async def test_the_last_answer_about_a_key_is_kept_until_another_key_takes_its_place(stores: Stores) -> None:
    first = KeyCheck(at=later(3600), state=KeyState.ACCEPTED)
    second = KeyCheck(at=later(7200), state=KeyState.REFUSED, code="forbidden")
    key = replace(a_key(), checked=first)
    await stores.keys.add(key, SK)
    assert (await stores.keys.find(key.id, "ann")).checked == first
    await stores.keys.note(key, second)
    assert (await stores.keys.find(key.id, "ann")).checked == second
    await stores.keys.note(replace(key, owner="bob"), first)
    renamed = await stores.keys.change(key, KeyChange(label="Renamed"), later(10_000))
    assert renamed.checked == second
    replaced = await stores.keys.change(key, KeyChange(secret=f"{SK}x"), later(11_000))
    assert replaced.checked is None
    await stores.keys.note(renamed, first)  # that was said of the key that was there before
    assert (await stores.keys.find(key.id, "ann")).checked is None
    await stores.keys.remove(replaced)
    await stores.keys.note(replaced, first)
    assert list(await stores.keys.visible("ann")) == []


async def test_two_changes_at_once_are_both_kept(stores: Stores, other: Stores) -> None:
    key = a_key()
    await stores.keys.add(key, SK)
    await asyncio.gather(
        stores.keys.change(key, KeyChange(label="Of the team", shared=True), later(1)),
        other.keys.change(key, KeyChange(secret="sk-another-one-of-them-xyz9", weight=3), later(1)),
    )
    (usable,) = await other.keys.usable("bob")
    assert usable.secret == "sk-another-one-of-them-xyz9"
    assert usable.key == replace(key, label="Of the team", shared=True, last_four="xyz9", weight=3, changed=later(1))
    await stores.keys.remove(usable.key)
    with pytest.raises(NotFound):
        await other.keys.remove(usable.key)


async def a_webhook(stores: Stores) -> Webhook:
    webhook = Webhook(
        id=str(uuid4()), owner="ann", url="https://example.com/hook", events=tuple(WebhookEvent), created=NOON
    )
    await stores.webhooks.add(webhook, "whsec_Y2FuYXJ5")
    return webhook


async def test_the_secret_of_a_webhook_is_sealed_too(stores: Stores) -> None:
    await a_webhook(stores)
    assert "Y2FuYXJ5" not in await stores.database.read(everything)


async def test_what_was_written_in_clear_is_sealed_once(stores: Stores) -> None:
    webhook, seals = await a_webhook(stores), AesSeals(lambda: (SECRET,))
    plain = f"UPDATE webhooks SET secret = 'whsec_Y2FuYXJ5' WHERE id = '{webhook.id}'"
    await stores.database.write(lambda connection: connection.exec_driver_sql(plain).close())
    assert await seal_plain(stores.database, seals) == 1
    assert await seal_plain(stores.database, seals) == 0
    assert "Y2FuYXJ5" not in await stores.database.read(everything)
    await end_a_job(stores)
    (due,) = await stores.webhooks.due(later(60), each=5)
    errand = await stores.webhooks.take(due, "w1", later(60))
    assert errand is not None
    assert errand.secret == "whsec_Y2FuYXJ5"


async def end_a_job(stores: Stores) -> None:
    new = a_job(owner="ann")
    await stores.jobs.submit(new)
    await stores.jobs.request_cancel(new.id, "ann", NOON)


@pytest.mark.req("S0-060")
async def test_everything_gets_under_another_secret_at_once(stores: Stores) -> None:
    await stores.keys.add(a_key(), SK)
    await stores.keys.add(a_key("bob", service="fal"), SK)
    await a_webhook(stores)
    new = b"another secret of the tests, long enough"
    assert (await reseal(stores.database, AesSeals(lambda: (new,)))).unreadable == 3
    done = await reseal(stores.database, AesSeals(lambda: (new, SECRET)))
    assert (done.sealed, done.unreadable) == (3, 0)
    again = await reseal(stores.database, AesSeals(lambda: (new, SECRET)))
    assert (again.sealed, again.unreadable) == (0, 0)
    (usable,) = await stores.keys.usable("ann")
    assert usable.secret is None  # these stores have the old secret alone
    await end_a_job(stores)
    (due,) = await stores.webhooks.due(later(60), each=5)
    errand = await stores.webhooks.take(due, "w1", later(60))
    assert errand is not None
    assert errand.secret is None


async def test_a_sealed_value_in_another_row_does_not_open(stores: Stores) -> None:
    first, second = a_key(), a_key("bob")
    await stores.keys.add(first, SK)
    await stores.keys.add(second, "sk-of-bob-of-the-tests-00000")
    move = (
        "UPDATE provider_keys SET sealed = (SELECT sealed FROM provider_keys AS other "
        f"WHERE other.id = '{first.id}') WHERE id = '{second.id}'"
    )
    await stores.database.write(lambda connection: connection.exec_driver_sql(move).close())
    (usable,) = await stores.keys.usable("bob")
    assert usable.secret is None


async def test_a_call_remembers_the_key_it_was_sent_with(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    job = await stores.jobs.get(new.id)
    access = Access(key="k1", base_url="https://example.com/v1", may_be_private=True)
    assert job.calls[0].access is None
    await stores.jobs.mark_submitting(lease, job.calls[0].id, later(1), access)
    assert (await stores.jobs.get(job.id)).calls[0].access == access
    await stores.jobs.requeue_call(lease, job.calls[0].id)
    await stores.jobs.mark_submitting(lease, job.calls[0].id, later(2))
    assert (await stores.jobs.get(job.id)).calls[0].access is None
