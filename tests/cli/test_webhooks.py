"""Webhooks at the command line: kept, listed, sent by the very process that paints, and sent once more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from limner.testing.faults import Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.cli.conftest import Limner, in_a_thread
from tests.receiver import Receiver

PAINT = ("generate", "a lake at dawn", "--size", "64x64", "-m", "sketch", "--json")


@pytest.fixture
def receiver(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with in_a_thread(Receiver()) as found:
        monkeypatch.setenv("LIMNER_FETCH_ALLOWLIST", found.place)
        yield found


def added(limner: Limner, receiver: Receiver, *more: str) -> Any:
    ended = limner("webhooks", "add", receiver.url, "--json", *more)
    assert ended.code == 0, ended.err
    return ended.document


def test_a_webhook_is_added_listed_and_removed(limner: Limner, receiver: Receiver) -> None:
    ended = limner("webhooks", "add", receiver.url, "--event", "job.failed")
    assert ended.code == 0
    secret = ended.out.strip()
    assert secret.startswith("whsec_")
    listed = limner("webhooks", "list")
    assert receiver.url in listed.out
    assert "job.failed" in listed.out
    (found,) = limner("webhooks", "list", "--json").document["webhooks"]
    assert secret not in listed.out + str(found)
    assert limner("webhooks", "remove", found["id"][-8:]).code == 0
    assert limner("webhooks", "list").out == ""
    assert limner("webhooks", "remove", found["id"]).code == 1


def test_what_cannot_be_is_said(limner: Limner, receiver: Receiver) -> None:
    assert limner("webhooks", "add", "http://10.0.0.1/hook").code == 2
    ended = limner("webhooks", "add", receiver.url, "--event", "job.done")
    assert ended.code == 2
    assert "job.ambiguous" in ended.err


def test_the_process_that_paints_sends_the_message(limner: Limner, receiver: Receiver) -> None:
    webhook = added(limner, receiver)
    job = limner(*PAINT).document
    (message,) = receiver.wait(1)
    assert message.verified(webhook["secret"])["data"]["id"] == job["id"]
    (delivery,) = limner("webhooks", "deliveries", webhook["id"], "--json").document["deliveries"]
    assert (delivery["id"], delivery["state"]) == (message.id, "delivered")
    shown = limner("webhooks", "deliveries", webhook["id"])
    assert "delivered" in shown.out
    assert "job.succeeded" in shown.out


def test_what_one_process_could_not_deliver_is_shown_and_sent_by_another(limner: Limner, receiver: Receiver) -> None:
    webhook = added(limner, receiver)
    receiver.faults.add(Fault(status=500))
    limner(*PAINT)
    (first,) = receiver.wait(1)
    shown = limner("webhooks", "deliveries", webhook["id"][:12])
    assert "The target answered 500." in shown.out
    ended = limner("webhooks", "replay", webhook["id"], first.id[:13])
    assert ended.code == 0, ended.err
    _, second = receiver.wait(2)
    assert (second.id, second.body) == (first.id, first.body)
    (delivery,) = limner("webhooks", "deliveries", webhook["id"], "--json").document["deliveries"]
    assert delivery["state"] == "delivered"
    assert limner("webhooks", "replay", webhook["id"], "nothing").code == 1


def test_without_webhooks_it_says_how_to_make_one(limner: Limner) -> None:
    ended = limner("webhooks", "list")
    assert (ended.code, ended.out) == (0, "")
    assert "webhooks add" in ended.err


@pytest.mark.req("S1-073")
def test_pictures_that_were_bought_before_are_given_again(limner: Limner, shop: OpenAIStandIn) -> None:
    paid = ("generate", "a fox", "-m", "openai/gpt-image-2", "--size", "1024x1024", "--quality", "low", "--yes")
    first = limner(*paid, "--json").document
    again = limner(*paid, "--reuse")
    assert again.code == 0
    assert f"reuse true gave the pictures of job {first['id']}" in again.out
    assert "nothing was bought" in again.out
    assert shop.purchases == 1
    document = limner(*paid, "--reuse", "--json").document
    assert (document["cost_usd"], document["held_usd"], document["state"]) == (0.0, 0.0, "succeeded")
    assert Path(document["images"][0]["path"]).stat().st_ino == Path(first["images"][0]["path"]).stat().st_ino
    assert document["images"][0]["path"] != first["images"][0]["path"]
    # What is painted again is painted.
    assert limner("rerun", document["images"][0]["id"], "--yes").code == 0
    assert limner("rerun", document["id"], "--yes").code == 0
    assert shop.purchases == 3


def test_a_batch_may_ask_for_kept_pictures(limner: Limner, home: Path, shop: OpenAIStandIn) -> None:
    for name, reuse in (("first", "no"), ("second", "yes")):
        rows = home.parent / f"{name}.csv"
        rows.write_text(f"prompt,model,size,quality,reuse\na fox,openai/gpt-image-2,1024x1024,low,{reuse}\n")
        assert limner("batch", str(rows), "--yes").code == 0
    assert shop.purchases == 1
