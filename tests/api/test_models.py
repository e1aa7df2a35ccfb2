"""What there is to paint with, what was spent, and whether the server is well."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from limner.domain.version import VERSION
from limner.testing.faults import At, Fault
from tests.api.served import Site, serving


@pytest.mark.req("S0-005")
def test_models_are_listed_with_prices_and_readiness(site: Site) -> None:
    items = site.client.get("/api/v1/models").json()["items"]
    by_id = {item["id"]: item for item in items}
    sketch = by_id["sketch/sketch"]
    assert sketch["ready"] is True
    assert sketch["price"] == {"micro_usd": 0, "usd": "0.00"}
    paid = by_id["openai/gpt-image-2"]
    assert paid["price"]["micro_usd"] > 0
    assert paid["ready"] is True
    assert paid["operations"]["generate"] == "native"
    assert any(item["status"] == "retired" and item["successor"] for item in items)


def test_models_are_filtered(site: Site) -> None:
    def ids(**which: str) -> list[str]:
        return [item["id"] for item in site.client.get("/api/v1/models", params=which).json()["items"]]

    assert ids(service="sketch") == ["sketch/sketch"]
    assert "sketch/sketch" in ids(operation="upscale", status="live")
    assert all(name.startswith("openai/") for name in ids(service="openai", status="retired"))
    assert ids(service="sketch", status="retired") == []
    assert site.client.get("/api/v1/models", params={"operation": "sing"}).status_code == 422


def test_unknown_models_bring_the_nearest_names(site: Site) -> None:
    answer = site.client.get("/api/v1/models/openai/gpt-image-22")
    assert answer.status_code == 404
    assert "openai/gpt-image-2" in answer.json()["suggestions"]
    assert site.client.get("/api/v1/models", params={"service": "opnai"}).json()["suggestions"] == ["openai"]


def test_one_model(site: Site) -> None:
    assert site.client.get("/api/v1/models/sketch/sketch").json()["title"] == "Sketch artist"


@pytest.mark.req("S0-008", "S0-009", "S0-010")
def test_services_and_styles(site: Site) -> None:
    items = site.client.get("/api/v1/providers").json()["items"]
    sketch = next(item for item in items if item["id"] == "sketch")
    assert sketch["local"] is True
    assert sketch["models"] == ["sketch/sketch"]
    assert (sketch["name"], sketch["description"]) == (
        "Built in",
        "Draws on this machine: no key, no network, no cost.",
    )
    assert all(item["name"] and item["description"] for item in items)
    assert len({item["id"] for item in items}) == len(items)
    assert set(sketch["pace"]) == {"requests_per_second", "concurrency"}
    presets = site.client.get("/api/v1/presets").json()["items"]
    assert len({preset["id"] for preset in presets}) == len(presets) > 0


def test_a_key_is_checked_and_a_list_asked_for_without_buying(site: Site) -> None:
    bought = site.stand_in.purchases
    found = site.client.post("/api/v1/providers/openai/check").json()
    assert (found["state"], found["account"]) == ("accepted", {"name": None, "balance": None, "unit": "USD"})
    assert site.client.post("/api/v1/providers/sketch/check").json()["state"] == "unknown"
    assert site.client.post("/api/v1/providers/nobody/check").status_code == 404
    site.stand_in.faults.add(Fault(at=At.ACCOUNT, status=200, body={"data": [{"id": "gpt-image-77"}]}))
    listing = site.client.post("/api/v1/providers/openai/models").json()
    assert (listing["models"], listing["unlisted"]) == (["gpt-image-77"], ["openai/gpt-image-77"])
    card = site.client.get("/api/v1/models/openai/gpt-image-77").json()
    assert (card["status"], card["price"]) == ("unlisted", None)
    site.client.post("/api/v1/providers/openai/models")
    assert site.client.get("/api/v1/models/openai/gpt-image-77").status_code == 404
    assert site.client.post("/api/v1/providers/sketch/models").json()["code"] == "not_configured"
    assert site.stand_in.purchases == bought


@pytest.mark.req("S3-034", "S3-040")
def test_a_service_that_keeps_failing_is_blocked_shown_and_reset(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        wish = {"prompt": "a cat", "model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}
        quoted = site.client.post("/api/v1/quotes", json=wish).json()
        assert "1024x1024" in quoted["constraints"]["sizes"]["fixed"]
        assert {"low", "medium", "high"} <= {*quoted["constraints"]["qualities"]}
        quote = quoted["token"]
        site.stand_in.faults.add(*[Fault(status=503)] * 5)
        for _ in range(5):
            site.client.post("/api/v1/jobs", json=wish, headers={"Prefer": "wait=30"})
        sent = len(site.stand_in.orders)
        for body in (wish, {"quote": quote}):
            blocked = site.client.post("/api/v1/jobs", json=body)
            assert (blocked.status_code, blocked.json()["code"]) == (503, "provider_unavailable")
            assert blocked.json()["detail"].startswith("Circuit breaker OPEN: provider unavailable")
            assert 0 < int(blocked.headers["Retry-After"]) <= 600
        assert len(site.stand_in.orders) == sent == 5
        all_of_it = site.client.post("/api/v1/quotes", json={"prompt": "a cat", "tier": "ultra"}).json()
        assert all_of_it["plan"]["rejections"][0]["until"]
        assert all_of_it["plan"]["fallback"]["original"] == "openai/gpt-image-2"

        shown = provider(site, "openai")
        assert (shown["ready"], shown["available"]) == (True, False)
        assert (shown["health"]["state"], shown["health"]["reason"]) == ("OPEN", "Circuit breaker OPEN (5 failures)")
        assert shown["health"]["models"]["openai/gpt-image-2"]["cause"] == "outage"
        assert provider(site, "together")["health"]["reason"] == "API key not configured"
        assert provider(site, "sketch")["health"]["reason"] == "Provider operational"
        page = site.client.get("/", headers={"accept": "text/html"}).text
        assert "Breaker open" in page

        away = site.client.post("/api/v1/providers/openai/reset", params={"model": "sketch/sketch"})
        assert away.status_code == 404
        reset = site.client.post("/api/v1/providers/openai/reset").json()
        assert (reset["available"], reset["health"]["models"]) == (True, {})
        done = site.client.post("/api/v1/jobs", json=wish, headers={"Prefer": "wait=30"}).json()
        assert done["state"] == "succeeded"


def provider(site: Site, name: str) -> dict[str, Any]:
    items = site.client.get("/api/v1/providers").json()["items"]
    found: dict[str, Any] = next(item for item in items if item["id"] == name)
    return found


@pytest.mark.req("S0-059")
def test_keys_are_in_no_answer(site: Site) -> None:
    for path in ("/api/v1/providers", "/api/v1/models", "/openapi.json", "/", "/docs", "/jobs"):
        assert "sk-test-key" not in site.client.get(path).text


@pytest.mark.req("S0-080")
def test_usage_adds_up(site: Site) -> None:
    site.paint()
    usage = site.client.get("/api/v1/usage").json()
    assert usage["total"]["micro_usd"] == sum(row["cost"]["micro_usd"] for row in usage["services"])
    assert next(row for row in usage["services"] if row["service"] == "sketch")["pictures"] >= 1
    assert usage["since"] == datetime.now(UTC).strftime("%Y-%m-01T00:00:00Z")
    later = site.client.get("/api/v1/usage", params={"since": "2999-01-01"}).json()
    assert later["services"] == []


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_the_ends_of_the_calendar_are_moments_too(site: Site, since: str) -> None:
    assert site.client.get("/api/v1/usage", params={"since": since}).status_code == 200


@pytest.mark.req("S4-028")
def test_health(site: Site) -> None:
    assert site.client.get("/health").json() == {"status": "ok", "version": VERSION}
    assert site.client.get("/ready").json() == {"status": "ready", "version": VERSION}
    assert site.client.head("/health").status_code == 200
