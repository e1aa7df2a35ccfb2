"""Administrators switch services on and off over HTTP; every process of the installation does so."""

import asyncio
import html
from pathlib import Path
from typing import Any

import pytest

from limner.domain.people import LOCAL, Role
from limner.domain.steering import ServiceChange
from limner.runtime import open_runtime
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site, serving, settings_for
from tests.api.test_models import provider

WISH = {"prompt": "a cat", "model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}
AT = "/api/v1/providers"


@pytest.mark.req("S4-049", "S1-003")
def test_a_service_is_switched_off_on_every_surface_and_by_every_process(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        off = site.client.patch(f"{AT}/dalle3", json={"enabled": False, "weight": 2, "requests_per_second": 0.5})
        assert (off.status_code, off.json()["available"], off.json()["ready"]) == (200, False, False)
        assert off.json()["reason"] == "Switched off: an administrator has done it."
        assert off.json()["pace"]["requests_per_second"] == 0.5
        refused = site.client.post("/api/v1/jobs", json=WISH)
        assert (refused.status_code, "Switched off" in refused.json()["detail"]) == (503, True)
        health = site.client.get("/health-check/image-providers").json()["providers"]
        assert health["openai"]["reason"] == "Switched off"
        assert site.client.get("/api/images/health").json()["providers"]["dalle3"]["available"] is False
        assert all(model["owned_by"] != "openai" for model in site.client.get("/v1/models").json()["data"])

        asyncio.run(switched_on(tmp_path))
        shown = once_ready(site, "openai")
        assert (shown["ready"], shown["config"]["enabled"], shown["config"]["weight"]) == (True, True, 2)
        usual = site.client.patch(f"{AT}/openai", json={"weight": None}).json()
        assert (usual["config"]["weight"], usual["config"]["requests_per_second"]) == (None, 0.5)
        assert site.client.patch(f"{AT}/openai", json={"weight": -1}).status_code == 422
        assert site.client.patch(f"{AT}/nobody", json={"enabled": False}).status_code == 404
        done = site.client.post("/api/v1/jobs", json=WISH, headers={"Prefer": "wait=30"}).json()
        assert done["state"] == "succeeded"
        acts = site.client.get("/api/v1/audit", params={"act": "service_changed"}).json()["items"]
        assert [act["detail"] for act in acts][-1] == "off, weight 2, 0.5 requests a second"


def once_ready(site: Site, service: str) -> dict[str, Any]:
    """A service when the server has read what another process said: what it knows may be a tenth of a second old."""
    while not (shown := provider(site, service))["ready"]:
        pass
    return shown


async def switched_on(folder: Path) -> None:
    """Another process says so, as the command line does."""
    async with open_runtime(settings_for(folder), work=False) as runtime:
        await runtime.doors.steering.change("openai", ServiceChange(enabled=True), LOCAL)


def test_only_administrators_steer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick_hashes(monkeypatch)
    with accounts_site(tmp_path) as site:
        for email, role, status in (("steers@ids.example", Role.ADMIN, 200), ("asks@ids.example", Role.MEMBER, 403)):
            add_user(tmp_path, email, role)
            with client_of(site, email) as client:
                assert client.patch(f"{AT}/sketch", json={"enabled": True}).status_code == status


def test_an_engine_that_is_away_paints_for_nobody_but_those_who_name_it(tmp_path: Path) -> None:
    address = "http://127.0.0.1:9"
    away = {"COMFYUI_BASE_URL": address, "LIMNER_DEFAULT_PROVIDER": "comfyui"}
    said = f"Not reachable at {address}. Start ComfyUI, or set COMFYUI_BASE_URL."
    with serving(tmp_path, key="", variables=away) as site:
        plain = site.client.post("/api/v1/quotes", json={"prompt": "a fox"}).json()
        assert plain["model"] == "sketch/sketch"
        listed = {one["id"]: one for one in site.client.get("/api/v1/providers").json()["items"]}
        assert (listed["comfyui"]["ready"], listed["comfyui"]["reason"]) == (False, said)
        page = site.client.get("/settings/providers").text
        assert "Not reachable" in page
        assert said in html.unescape(page)
        assert said in html.unescape(site.client.get("/").text)
        named = site.client.post("/api/v1/quotes", json={"prompt": "a fox", "model": "comfyui/flux-dev"})
        assert named.json()["model"] == "comfyui/flux-dev", named.text
        job = site.client.post(
            "/api/v1/jobs", json={"prompt": "a fox", "model": "comfyui/flux-dev"}, headers={"Prefer": "wait=30"}
        ).json()
        assert (job["state"], job["problem"]["provider"]) == ("failed", "comfyui")
