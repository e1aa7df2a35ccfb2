"""Webhooks over HTTP: word of a job's end, sent by a real server and taken in by a real program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from limner.testing.faults import Fault
from tests.api.served import Site, serving
from tests.cli.conftest import in_a_thread
from tests.receiver import Receiver

HOOKS = "/api/v1/webhooks"
BUSY = Fault(status=503, body="busy")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with in_a_thread(Receiver()) as found:
        yield found


@pytest.fixture
def site(tmp_path: Path, receiver: Receiver) -> Iterator[Site]:
    with serving(tmp_path, fetch_allowlist=receiver.place, public_url="http://limner.test") as found:
        yield found


def added(site: Site, receiver: Receiver, *events: str) -> Any:
    """A new webhook, with its secret."""
    answer = site.client.post(HOOKS, json={"url": receiver.url, "events": list(events)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def deliveries(site: Site, webhook: Any, **query: object) -> Any:
    return site.client.get(f"{HOOKS}/{webhook['id']}/deliveries", params=query).json()  # type: ignore[arg-type]  # plain


def over(site: Site, webhook: Any) -> Any:
    """The one delivery of a webhook, once its outcome is written down: the receiver hears of it first."""
    for _ in range(2000):
        (found,) = deliveries(site, webhook)["items"]
        if found["state"] != "waiting" or found["problem"]:
            return found
    raise AssertionError("nothing became of it")


@pytest.mark.req("S4-078")
def test_the_end_of_a_job_is_told_signed_and_listed(site: Site, receiver: Receiver) -> None:
    webhook = added(site, receiver)
    assert webhook["secret"].startswith("whsec_")
    assert "job.ambiguous" in webhook["events"]
    job: Any = site.paint(count=2)
    (message,) = receiver.wait(1)
    said = message.verified(webhook["secret"])
    assert (said["type"], said["data"]["id"], said["data"]["state"]) == ("job.succeeded", job["id"], "succeeded")
    assert said["timestamp"] == job["finished"].replace("Z", "+00:00")
    assert said["data"]["cost"] == job["cost"]
    assert [image["id"] for image in said["data"]["images"]] == [image["id"] for image in job["images"]]
    assert [image["url"] for image in said["data"]["images"]] == [
        f"http://limner.test{image['url']}" for image in job["images"]
    ]
    delivery = over(site, webhook)
    assert (delivery["id"], delivery["job_id"], delivery["event"]) == (message.id, job["id"], "job.succeeded")
    assert (delivery["state"], delivery["status"], delivery["tries"]) == ("delivered", 204, 1)


def test_the_secret_is_shown_once(site: Site, receiver: Receiver) -> None:
    webhook = added(site, receiver, "job.failed")
    listed = site.client.get(HOOKS)
    assert webhook["secret"] not in listed.text
    (found,) = listed.json()["items"]
    assert found == {name: value for name, value in webhook.items() if name != "secret"}
    assert found["events"] == ["job.failed"]
    assert (found["disabled"], found["reason"]) == (None, "")


def test_a_job_that_nobody_asked_about_is_not_told(site: Site, receiver: Receiver) -> None:
    webhook = added(site, receiver, "job.failed")
    site.paint()
    assert deliveries(site, webhook) == {"items": [], "next": None}


def test_what_failed_is_sent_again_under_the_same_id(
    site: Site, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("limner.engine.delivering.PAUSES", (0.2,))
    monkeypatch.setattr("limner.dispatch.courier.LOOK_ROUND", 0.05)
    webhook = added(site, receiver)
    receiver.faults.add(BUSY)
    site.paint()
    receiver.wait(1)
    delivery = over(site, webhook)
    assert (delivery["state"], delivery["status"], delivery["problem"]) == ("waiting", 503, "The target answered 503.")
    first, second = receiver.wait(2)
    assert (first.id, first.body) == (second.id, second.body) == (delivery["id"], first.body)
    second.verified(webhook["secret"])


def test_a_message_is_sent_once_more_when_asked(site: Site, receiver: Receiver) -> None:
    webhook = added(site, receiver)
    site.paint()
    receiver.wait(1)
    delivery = over(site, webhook)
    answer = site.client.post(f"{HOOKS}/{webhook['id']}/deliveries/{delivery['id']}/replay")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    first, second = receiver.wait(2)
    assert (first.id, first.body) == (second.id, second.body)


def test_a_target_that_is_gone_is_told_nothing_more(site: Site, receiver: Receiver) -> None:
    webhook = added(site, receiver)
    receiver.faults.add(Fault(status=410))
    site.paint()
    receiver.wait(1)
    delivery = over(site, webhook)
    assert delivery["state"] == "given_up"
    (found,) = site.client.get(HOOKS).json()["items"]
    assert found["disabled"]
    assert found["reason"] == "The target answered 410."
    refused = site.client.post(f"{HOOKS}/{webhook['id']}/deliveries/{delivery['id']}/replay")
    assert (refused.status_code, refused.json()["code"]) == (403, "webhook_disabled")


def test_a_removed_webhook_hears_nothing_more(site: Site, receiver: Receiver) -> None:
    webhook = added(site, receiver)
    assert site.client.delete(f"{HOOKS}/{webhook['id']}").status_code == 204
    assert site.client.delete(f"{HOOKS}/{webhook['id']}").status_code == 404
    assert site.client.get(f"{HOOKS}/{webhook['id']}/deliveries").status_code == 404
    site.paint()
    assert site.client.get(HOOKS).json() == {"items": []}


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "http://10.0.0.1/", "file:///etc/passwd", "nonsense", "https://a:b@example.com/"]
)
def test_an_address_that_may_not_be_reached_is_refused(site: Site, url: str) -> None:
    answer = site.client.post(HOOKS, json={"url": url})
    assert (answer.status_code, answer.json()["field"]) == (422, "url")


@pytest.mark.parametrize(
    "body", [{}, {"url": ""}, {"url": "https://example.com", "events": ["job.done"]}, {"url": "x" * 3000}]
)
def test_what_makes_no_sense_is_refused(site: Site, body: dict[str, object]) -> None:
    assert site.client.post(HOOKS, json=body).status_code == 422


def test_there_are_only_so_many(site: Site, receiver: Receiver) -> None:
    for _ in range(20):
        added(site, receiver)
    answer = site.client.post(HOOKS, json={"url": receiver.url})
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_webhooks")


def test_what_is_not_there_is_not_found(site: Site, receiver: Receiver) -> None:
    webhook = added(site, receiver)
    for path in (
        f"{HOOKS}/{webhook['id']}/deliveries/{uuid4()}/replay",
        f"{HOOKS}/{uuid4()}/deliveries/{uuid4()}/replay",
        f"{HOOKS}/nothing/deliveries/nothing/replay",
    ):
        assert site.client.post(path).status_code == 404
    assert site.client.get(f"{HOOKS}/{webhook['id']}/deliveries", params={"cursor": "x"}).status_code == 422


def test_a_request_may_ask_for_kept_pictures(site: Site, receiver: Receiver) -> None:
    webhook = added(site, receiver)
    first: Any = site.paint()
    job: Any = site.paint(reuse=True)
    assert [image["sha256"] for image in job["images"]] == [image["sha256"] for image in first["images"]]
    assert job["receipt"][-1]["treatment"] == "reused"
    assert job["receipt"][-1]["sent"] == first["id"]
    assert (job["cost"]["micro_usd"], job["held"]["micro_usd"], job["calls"]) == (0, 0, [])
    page = site.client.get(f"/api/v1/jobs/{job['id']}/events", headers={"Accept": "application/json"}).json()
    assert [event["kind"] for event in page["items"]] == ["reused", "picture", "finished"]
    with site.client.stream("GET", f"/api/v1/jobs/{job['id']}/events") as stream:
        assert "event: finished" in "".join(stream.iter_text())
    assert {message.said["data"]["id"] for message in receiver.wait(2)} == {first["id"], job["id"]}
    assert site.client.get(f"/api/v1/images/{job['images'][0]['id']}/file").status_code == 200
    card = site.client.get(f"/jobs/{job['id']}", headers={"Accept": "text/html"}).text
    assert "reused" in card
    assert first["id"] in card
    assert len(deliveries(site, webhook)["items"]) == 2
