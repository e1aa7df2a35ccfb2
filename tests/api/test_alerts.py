"""Alerts over HTTP: for administrators, who may also have them sent."""

from pathlib import Path

import pytest

from limner.domain.people import Role
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.cli.conftest import in_a_thread
from tests.receiver import Receiver

WASP = {"prompt": "a striped wasp", "model": "sketch", "size": "64x64"}


@pytest.mark.req("S0-065", "S1-109", "S4-078")
def test_administrators_are_told_of_who_is_refused_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_hashes(monkeypatch)
    given = {"alert_refusals": 2, "blocked_words": "wasp"}
    with in_a_thread(Receiver()) as receiver, accounts_site(tmp_path, fetch_allowlist=receiver.place, **given) as site:
        add_user(tmp_path, "tells@ids.example", Role.ADMIN)
        add_user(tmp_path, "tries@ids.example")
        with client_of(site, "tells@ids.example") as ada, client_of(site, "tries@ids.example") as ben:
            hook = ada.post("/api/v1/webhooks", json={"url": receiver.url, "events": ["alert.raised"]}).json()
            for _ in range(3):
                assert ben.post("/api/v1/jobs", json=WASP).status_code == 403
            assert ben.get("/api/v1/alerts").status_code == 403
            (alert,) = ada.get("/api/v1/alerts", params={"kind": "abuse"}).json()["items"]
            assert (alert["kind"], alert["subject"]) == ("abuse", "tries@ids.example")
            assert "2 requests or pictures were refused" in alert["message"]
            assert ada.get("/api/v1/alerts", params={"kind": "cost"}).json() == {"items": [], "next": None}
            acts = ada.get("/api/v1/audit", params={"act": "abuse_suspected"}).json()["items"]
            assert [act["name"] for act in acts] == ["tries@ids.example"]
            (message,) = receiver.wait(1)
            said = message.verified(hook["secret"])
            assert (said["type"], said["data"]) == ("alert.raised", alert | {"raised": said["data"]["raised"]})
