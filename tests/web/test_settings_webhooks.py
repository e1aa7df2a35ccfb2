"""The settings' webhooks, without a script, against a real program that takes messages in."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from limner.testing.faults import Fault
from tests.api.served import Site, serving
from tests.cli.conftest import in_a_thread
from tests.receiver import Receiver

HERE = "/settings/webhooks"
EVENTS = ["job.succeeded", "job.failed"]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with in_a_thread(Receiver()) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def site(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("webhooks"), fetch_allowlist=receiver.place) as site:
        yield site


def test_a_webhook_is_added_tested_told_replayed_and_removed(site: Site, receiver: Receiver) -> None:
    client = site.client
    made = client.post(HERE, data={"url": receiver.url, "event": EVENTS})
    found = re.search(r">(whsec_[^<]+)<", made.text)
    assert (made.status_code, found is not None) == (200, True)
    secret = unescape(found[1]) if found else ""
    page = client.get(HERE)
    assert (receiver.url in page.text, "Done, Failed" in page.text, secret in page.text) == (True, True, False)
    (one,) = re.findall(rf'href="({HERE}/[0-9a-f-]+)"', page.text)
    assert "Nothing was sent here yet." in client.get(one).text
    tested = client.post(f"{one}/test")
    assert "The message came through: answered 204." in tested.text
    assert receiver.messages[-1].verified(secret)["type"] == "webhook.test"
    receiver.faults.add(Fault(status=500))
    assert "The message did not come through: The target answered 500." in client.post(f"{one}/test").text
    before = len(receiver.messages)
    site.paint()
    receiver.wait(before + 1)
    told = client.get(one)
    assert ("Delivered" in told.text or "Waiting" in told.text, 'href="/jobs/' in told.text) == (True, True)
    (replay,) = re.findall(rf'action="({one}/deliveries/[^"]+/replay)"', told.text)
    again = client.post(replay)
    assert again.headers["location"] == f"{one}?done=replayed"
    receiver.wait(before + 2)
    assert receiver.messages[-1].id == receiver.messages[-2].id
    assert f"Remove the webhook to “{receiver.url}”?" in client.get(f"{one}/remove").text
    assert client.post(f"{one}/remove").headers["location"] == f"{HERE}?done=removed"
    assert client.get(one).status_code == 404


def test_what_is_wrong_with_a_webhook_stands_beside_its_form(site: Site, receiver: Receiver) -> None:
    wrongs: tuple[dict[str, str | list[str]], ...] = (
        {"url": "http://127.0.0.1:9/private"},
        {"url": "nonsense"},
        {"event": []},
        {"event": ["job.eaten"]},
    )
    for wrong in wrongs:
        refused = site.client.post(HERE, data={"url": receiver.url, "event": EVENTS, **wrong})
        assert (refused.status_code, 'role="alert"' in refused.text, "whsec_" in refused.text) == (422, True, False)
    assert "No webhooks yet." in site.client.get(HERE).text
