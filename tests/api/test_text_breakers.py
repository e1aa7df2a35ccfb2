"""Services of text models that keep failing, over HTTP: refused, shown on every surface, reset, and switched off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import orjson
import pytest

from limner.domain.vault import Opener
from limner.runtime import open_runtime
from limner.testing.anthropic_stand_in import AnthropicStandIn
from limner.testing.faults import Fault
from limner.testing.text_stand_in import Say
from tests.api.served import Site, serving, settings_for
from tests.api.test_models import provider
from tests.cli.conftest import in_a_thread

AT = "/api/v1/providers"
KEY = "sk-ant-of-the-tests-0123"
CLAUDE = "anthropic/claude-sonnet-5-5"
WORDS = {"prompt": "a lake at dawn", "model": CLAUDE}
RICHER = {"prompt": "a lake at dawn, soft mist", "suggestions": ["a lake at noon"], "tags": ["lake"]}


@pytest.fixture(scope="module")
def claude() -> Iterator[AnthropicStandIn]:
    with in_a_thread(AnthropicStandIn(key=KEY)) as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def site(claude: AnthropicStandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    variables = {"ANTHROPIC_BASE_URL": claude.root, "ANTHROPIC_API_KEY": KEY}
    folder = tmp_path_factory.mktemp("breakers")
    with serving(folder, variables=variables, circuit_breaker_failure_threshold=2) as found:
        yield found


def enhance(site: Site, **fields: object) -> httpx2.Response:
    return site.client.post("/api/v1/prompts/enhance", json={**WORDS, **fields})


def row_of(site: Site, service: str) -> str:
    page = site.client.get("/settings/providers", headers={"Accept": "text/html"}).text
    return page.partition(f'id="provider-{service}"')[2].partition("</tr>")[0]


def test_a_service_that_refuses_its_key_is_left_alone_shown_everywhere_and_reset(
    site: Site, claude: AnthropicStandIn
) -> None:
    claude.faults.add(*[Fault(status=401)] * 2)
    for _ in range(2):
        assert "key" in enhance(site).json()["why"]
    bought = claude.purchases
    refused = enhance(site)
    assert (refused.status_code, refused.json()["code"]) == (503, "provider_unavailable")
    assert refused.json()["detail"].startswith("Circuit breaker OPEN: provider unavailable. anthropic failed 2 times")
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert claude.purchases == bought
    held = [call["held_usd"] for call in site.client.get("/api/v1/texts/calls").json()["items"]]
    assert held == ["0.00", "0.00"]

    shown = provider(site, "anthropic")
    assert (shown["ready"], shown["available"], shown["models"]) == (True, False, [])
    assert (shown["default_model"], CLAUDE in shown["text_models"]) == (CLAUDE, True)
    assert (shown["health"]["state"], shown["health"]["cause"]) == ("OPEN", "configuration")
    models = site.client.get("/api/v1/texts/models").json()["items"]
    assert "Circuit breaker OPEN" in next(one["reason"] for one in models if one["id"] == CLAUDE)
    assert 'limner_breaker_state{provider="anthropic"} 2' in site.client.get("/metrics").text
    assert "Resting after 2 failures. Tries again in " in row_of(site, "anthropic")
    assert "/analytics/breakers/anthropic/reset" in site.client.get("/analytics", headers={"Accept": "text/html"}).text
    one = site.client.get("/settings/providers/anthropic", headers={"Accept": "text/html"}).text
    assert ("Claude Sonnet 5.5" in one, "$2.00 / $10.00 for a million tokens" in one) == (True, True)
    assert ('name="pace"' in one, 'name="weight"' in one) == (True, False)

    assert site.client.post(f"{AT}/anthropic/reset", params={"model": "openai/gpt-6-luna"}).status_code == 404
    assert site.client.post(f"{AT}/anthropic/reset").json()["available"] is True
    claude.says.append(Say(text=orjson.dumps(RICHER).decode(), tokens=(1000, 100)))
    assert enhance(site).json()["by"] == CLAUDE
    assert "Healthy" in row_of(site, "anthropic")


def test_a_service_that_only_writes_is_switched_off_on_and_paced_over_http(
    site: Site, claude: AnthropicStandIn
) -> None:
    off = site.client.patch(f"{AT}/Anthropic", json={"enabled": False, "requests_per_second": 5})
    assert (off.status_code, off.json()["id"], off.json()["ready"]) == (200, "anthropic", False)
    assert off.json()["reason"] == "Switched off: an administrator has done it."
    assert off.json()["pace"] == {"requests_per_second": 5, "concurrency": None}
    assert "switched off by an administrator" in enhance(site).json()["detail"]
    assert "Switched off" in row_of(site, "anthropic")
    on = site.client.post("/settings/providers/anthropic/use", data={"enabled": "on"})
    assert on.headers["location"] == "/settings/providers?done=on"
    usual = site.client.patch(f"{AT}/anthropic", json={"requests_per_second": None}).json()
    assert (usual["ready"], usual["config"]["requests_per_second"]) == (True, None)
    assert site.client.patch(f"{AT}/anthropic", json={"weight": -1}).status_code == 422
    assert site.client.post(f"{AT}/anthropic/check").json()["state"] == "unknown"
    deeds = site.client.get("/api/v1/audit", params={"act": "service_changed"}).json()["items"]
    assert {deed["subject"] for deed in deeds} == {"anthropic"}
    claude.says.append(Say(text=orjson.dumps(RICHER).decode(), tokens=(1000, 100)))
    assert enhance(site).json()["by"] == CLAUDE


def test_a_key_that_is_refused_for_pictures_is_refused_for_texts(tmp_path: Path) -> None:
    variables = {"LIMNER_TEXT_PRICES": "openai/gpt-6-luna=1/2"}
    picture = {"prompt": "a cat", "model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}
    with serving(tmp_path, variables=variables, circuit_breaker_failure_threshold=2) as site:
        site.stand_in.faults.add(*[Fault(status=401)] * 2)
        for _ in range(2):
            site.client.post("/api/v1/jobs", json=picture, headers={"Prefer": "wait=30"})
        refused = enhance(site, model="openai/gpt-6-luna")
        assert (refused.status_code, refused.json()["code"]) == (503, "provider_unavailable")
        assert site.client.get("/api/v1/texts/calls").json()["items"] == []


@pytest.mark.parametrize("opener", [None, Opener(secret="sk-own")])
async def test_pictures_and_texts_mean_the_same_key(tmp_path: Path, opener: Opener | None) -> None:
    variables = {
        "OPENAI_API_KEY": "sk-a",
        "OPENAI_ORG_ID": "org-1",
        "OPENAI_HEADERS": "X-Proxy: 1",
        "GEMINI_API_KEY": "g-1",
        "GEMINI_BASE_URL": "http://127.0.0.1:9/",
    }
    async with open_runtime(settings_for(tmp_path, variables), work=False) as runtime:
        for service in ("openai", "gemini"):
            there = runtime.services if opener is None else runtime.services.opened({service: opener})
            assert there.credential(service) == runtime.texts.sends.credential(service, opener)
