"""Stored keys over HTTP: sealed, used, checked, and never seen again anywhere."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from limner.testing.anthropic_stand_in import AnthropicStandIn
from limner.testing.faults import At, Fault
from limner.testing.text_stand_in import Say
from tests.api.served import Site, serving
from tests.cli.conftest import in_a_thread

CANARY = "sk-canary-0123456789-abcdefghij-wxyz"
PAID = {"prompt": "a harbour", "model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}
WRONG = {"error": {"message": f"Incorrect API key provided: {CANARY}", "code": "invalid_api_key"}}


def stored(site: Site, secret: str = CANARY, **fields: object) -> dict[str, Any]:
    answer = site.client.post("/api/v1/keys", json={"service": "openai", "api_key": secret, **fields})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/keys/{body['id']}"
    return body


@pytest.mark.req("S2-059")
def test_a_key_is_stored_listed_changed_and_removed(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        key = stored(site, label="Mine", weight=2)
        assert (key["last_four"], key["mine"], key["shared"], key["weight"]) == ("wxyz", True, False, 2)
        here = f"/api/v1/keys/{key['id']}"
        assert site.client.get("/api/v1/keys").json() == {"items": [key]}
        assert site.client.get(here).json() == key
        changed = site.client.patch(here, json={"label": "Ours", "api_key": CANARY[:-4] + "9999"}).json()
        assert (changed["label"], changed["last_four"], changed["weight"]) == ("Ours", "9999", 2)
        assert site.client.delete(here).status_code == 204
        for method in ("get", "delete"):
            assert getattr(site.client, method)(here).status_code == 404
        assert site.client.patch(here, json={"label": "x"}).status_code == 404
        assert site.client.post(f"{here}/check").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"service": "openai"}, 422, "api_key"),
        ({"service": "openai", "api_key": ""}, 422, "api_key"),
        ({"service": "openai", "api_key": "with blanks in it"}, 422, "api_key"),
        ({"service": "nobody", "api_key": CANARY}, 404, None),
        ({"service": "sketch", "api_key": CANARY}, 422, "service"),
        ({"service": "openai", "api_key": CANARY, "weight": 0}, 422, "weight"),
        ({"service": "openai", "api_key": CANARY, "label": "x" * 300}, 422, "label"),
        ({"service": "openai", "api_key": [CANARY]}, 422, "api_key"),
        ({"service": "openai", "api_key": CANARY, "owner": "bob"}, 422, "owner"),
    ],
)
def test_bad_input_is_refused_without_showing_the_key(
    site: Site, body: dict[str, object], status: int, field: str | None
) -> None:
    answer = site.client.post("/api/v1/keys", json=body)
    assert answer.status_code == status, answer.text
    assert field is None or answer.json()["field"] == field
    assert CANARY not in answer.text


def test_a_stored_key_paints_where_the_environment_has_none(tmp_path: Path) -> None:
    with serving(tmp_path, key="") as site:
        key, place = stored(site), site.stand_in.base_url
        wanted = {**PAID, "access": {"key": key["id"], "base_url": place}}
        job = site.client.post("/api/v1/jobs", json=wanted, headers={"Prefer": "wait=30"})
        assert (job.status_code, job.json()["state"]) == (201, "succeeded"), job.text
        assert job.json()["request"]["access"] == {"key": key["id"], "base_url": place}
        recipe = site.client.get(job.json()["images"][0]["recipe_url"]).text
        assert "base_url" not in recipe


def test_models_are_ready_for_whoever_has_a_key(tmp_path: Path) -> None:
    with serving(tmp_path, key="") as site:
        before = {one["id"]: one for one in site.client.get("/api/v1/providers").json()["items"]}
        assert not before["openai"]["ready"]
        stored(site)
        after = {one["id"]: one for one in site.client.get("/api/v1/providers").json()["items"]}
        assert after["openai"]["ready"]
        assert not after["fal"]["ready"]


def test_a_key_is_checked_and_one_that_is_refused_need_not_be_stored(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        key = stored(site)
        here = f"/api/v1/keys/{key['id']}"
        assert key["checked"] is None
        assert site.client.post(f"{here}/check").json()["state"] == "accepted"
        kept = site.client.get(here).json()["checked"]
        assert (kept["state"], kept["code"]) == ("accepted", None)
        assert kept["at"] >= key["created"]
        site.stand_in.faults.add(Fault(at=At.ACCOUNT, status=401, body=WRONG))
        refused = site.client.post(f"/api/v1/keys/{key['id']}/check").json()
        assert refused["state"] == "refused"
        assert "the stored key" in refused["message"]
        assert site.client.get("/api/v1/keys").json()["items"][0]["checked"]["code"] == "authentication_failed"
        assert site.client.patch(here, json={"api_key": f"{CANARY}0"}).json()["checked"] is None
        site.stand_in.faults.add(Fault(at=At.ACCOUNT, status=401, body=WRONG))
        body = {"service": "openai", "api_key": CANARY, "check": True}
        answer = site.client.post("/api/v1/keys", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "key_refused")
        assert len(site.client.get("/api/v1/keys").json()["items"]) == 1
        taken = site.client.post("/api/v1/keys", json=body).json()
        assert taken["checked"]["state"] == "accepted"


@pytest.mark.req("S0-059", "S3-080")
def test_the_key_is_in_no_answer_event_log_or_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    with serving(tmp_path) as site, caplog.at_level(logging.DEBUG):
        key = stored(site, label="Mine")
        site.stand_in.faults.add(Fault(status=401, body=WRONG))
        for _ in range(2):
            job = site.client.post("/api/v1/jobs", json=PAID, headers={"Prefer": "wait=30"})
            told.append(job.text)
            told.append(site.client.get(f"/api/v1/jobs/{job.json()['id']}/events?follow=false").text)
        told += [
            site.client.get(path).text
            for path in ("/api/v1/keys", "/api/keys", f"/api/v1/keys/{key['id']}", "/api/v1/jobs", "/api/v1/images")
        ]
        told += [site.client.get(path).text for path in ("/", "/api/v1/providers", "/api/v1/models", "/openapi.json")]
        told.append(site.client.post(f"/api/v1/keys/{key['id']}/check").text)
    assert "invalid_api_key" in "".join(told) or "authentication_failed" in "".join(told)
    assert CANARY not in "".join(told) + caplog.text
    secret = CANARY.encode()
    kept = [path for path in (tmp_path / "data").rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert kept == []


# --- document 2 -----------------------------------------------------------------------------------


@pytest.mark.req("S2-059")
def test_document_2_has_the_same_keys_in_its_own_words(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        answer = site.client.post("/api/keys", json={"provider": "OPENAI", "label": "Mine", "apiKey": CANARY})
        assert answer.status_code == 201
        key = answer.json()
        assert key == {"id": key["id"], "provider": "OPENAI", "label": "Mine"}
        grok = site.client.post("/api/keys", json={"provider": "GROK", "label": "X", "apiKey": CANARY}).json()
        google = site.client.post(
            "/api/keys", json={"provider": "GOOGLE_IMAGEN", "label": "G", "apiKey": CANARY}
        ).json()
        assert site.client.get("/api/keys").json() == [key, grok, google]
        assert [one["service"] for one in site.client.get("/api/v1/keys").json()["items"]] == [
            "openai",
            "xai",
            "gemini",
        ]
        here = f"/api/keys/{key['id']}"
        assert site.client.put(here, json={"label": "Ours"}).json() == {**key, "label": "Ours"}
        assert site.client.put(here, json={"provider": "GROK"}).status_code == 400
        assert site.client.delete(here).status_code == 204
        gone = site.client.put(here, json={"label": "x"})
        assert (gone.status_code, gone.json()) == (404, {"error": "API key not found"})


def test_a_key_of_a_service_that_only_writes_is_stored_and_used(tmp_path: Path) -> None:
    with in_a_thread(AnthropicStandIn(key=CANARY)) as claude:
        variables = {"ANTHROPIC_BASE_URL": claude.root, "ANTHROPIC_API_KEY": "sk-of-the-environment"}
        with serving(tmp_path, variables=variables) as site:
            told = site.client.post("/api/v1/prompts/negative", json={"prompt": "a lake"}).json()
            assert "Check ANTHROPIC_API_KEY" in told["why"]
            key = site.client.post("/api/v1/keys", json={"service": "anthropic", "api_key": CANARY}).json()
            assert (key["service"], key["label"]) == ("anthropic", "Anthropic")
            assert site.client.post(f"/api/v1/keys/{key['id']}/check").json()["state"] == "unknown"
            claude.says.append(Say(text='{"terms": ["fog"]}'))
            told = site.client.post("/api/v1/prompts/negative", json={"prompt": "a lake"}).json()
            assert (told["negative_prompt"], told["by"]) == ("fog", "anthropic/claude-sonnet-5-5")
