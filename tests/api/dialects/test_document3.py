"""Document 3: an estimate that spends nothing, then the picture that was confirmed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from limner.api.dialects.document3 import error_body
from limner.domain.errors import ConfirmationRequired
from limner.testing.faults import Drop, Fault
from tests.api.served import Site, serving

HERE = "/generate-image"
CALL = {"id", "type", "provider", "model", "timestamp", "durationMs", "cost", "success", "metadata"}
SUNSET = {"prompt": "A photorealistic sunset over mountains", "provider": "openai", "size": "1024x1024"}


def post(site: Site, path: str, body: Mapping[str, object], status: int = 200) -> Any:
    answer = site.client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.req("S3-001", "S3-003", "S3-081")
def test_an_estimate_is_button_data_and_sends_nothing(site: Site) -> None:
    asked = len(site.stand_in.log)
    told = post(site, f"{HERE}/estimate", SUNSET)
    assert len(site.stand_in.log) == asked
    assert (told["success"], told["provider"], told["quality"], told["fallbackUsed"]) == (
        True,
        "openai",
        "ultra",
        False,
    )
    assert told["cost"] > 0
    assert "1024x1024" in told["constraints"]["supportedSizes"]
    assert told["constraints"]["supportsStyle"] is False
    assert told["modelKey"] == f"openai/{told['model']}"
    assert all(
        set(each) == {"provider", "model", "modelKey", "quality", "cost", "available"} for each in told["alternatives"]
    )
    assert {each["available"] for each in told["alternatives"]} == {True, False}


@pytest.mark.req("S3-002", "S3-006", "S3-042", "S3-043", "S3-044", "S3-045")
def test_what_was_confirmed_is_painted_and_told_as_a_call(site: Site) -> None:
    body = {**SUNSET, "model": "dall-e-3", "modelKey": "openai-dall-e-3-hd-1024", "quality": "ultra", "style": "vivid"}
    cost = post(site, f"{HERE}/estimate", body)["cost"]
    told = post(site, HERE, {**body, "confirmedCost": cost, "accessToken": "ya29.ignored"})
    assert (told["success"], told["provider"], told["model"]) == (True, "openai", "gpt-image-2")
    assert 0 < told["cost"] <= cost
    assert told["fallbackUsed"] is False
    assert "originalProvider" not in told
    call = told["llmApiCall"]
    assert set(call) == CALL
    assert (call["provider"], call["model"]) == ("openai", "gpt-image-2")
    assert call["id"].startswith("img_gen_")
    assert call["id"].removeprefix("img_gen_").isdigit()
    assert (call["type"], call["success"], call["cost"]) == ("image_generation", True, told["cost"])
    assert call["durationMs"] >= 0
    assert call["timestamp"].endswith("Z")
    assert call["metadata"] == {"size": "1024x1024", "quality": "high", "style": "vivid"}
    assert site.client.get(told["imageUrl"]).headers["content-type"] == "image/png"


def test_more_than_was_confirmed_is_asked_again_and_nothing_is_bought(site: Site) -> None:
    bought = site.stand_in.purchases
    told = post(site, HERE, {**SUNSET, "confirmedCost": 0.000001}, 409)
    assert (told["success"], told["confirmationRequired"]) == (False, True)
    assert told["cost"] == post(site, f"{HERE}/estimate", SUNSET)["cost"]
    assert site.stand_in.purchases == bought
    late = error_body(409, ConfirmationRequired("Dearer now.").problem())
    assert late == {"success": False, "confirmationRequired": True, "error": "Dearer now."}


@pytest.mark.req("S3-035", "S3-038", "S3-046")
def test_another_service_stands_in_for_one_without_a_key_and_is_told(site: Site) -> None:
    body = {"prompt": "an artistic landscape", "provider": "replicate", "size": "1024x1024"}
    assert post(site, f"{HERE}/estimate", body)["originalProvider"] == "replicate"
    told = post(site, HERE, body)
    assert (told["provider"], told["fallbackUsed"], told["originalProvider"]) == ("openai", True, "replicate")
    assert set(told["llmApiCall"]) == CALL


@pytest.mark.req("S3-015")
@pytest.mark.parametrize(
    "prompt,tier",
    [("A PHOTOREALISTIC fox", "ultra"), ("concept art", "high"), ("a fox", "standard"), ("instant fox", "fast")],
)
def test_the_prompts_words_decide_the_tier(site: Site, prompt: str, tier: str) -> None:
    assert post(site, f"{HERE}/estimate", {"prompt": prompt})["quality"] == tier


@pytest.mark.req("S3-090", "S3-091", "S3-092", "S3-093", "S3-047")
@pytest.mark.parametrize("path", [HERE, f"{HERE}/estimate"])
@pytest.mark.parametrize(
    "prompt,message",
    [
        ("  ", "Prompt cannot be empty"),
        ("x" * 1001, "Prompt too long (max 1000 characters)"),
        ("a cat eval(1)", "Invalid prompt content"),
        ("a cat exec (1)", "Invalid prompt content"),
        ("<SCRIPT>", "Invalid prompt content"),
    ],
)
def test_prompts_that_cannot_be_are_refused_in_the_documents_words(
    site: Site, path: str, prompt: str, message: str
) -> None:
    assert post(site, path, {"prompt": prompt}, 400) == {"success": False, "error": message}


def test_the_builtin_artist_paints_where_it_is_named_and_never_instead(site: Site, tmp_path: Path) -> None:
    told = post(site, HERE, {"prompt": "a lake", "provider": "sketch", "size": "64x64"})
    assert (told["provider"], told["cost"]) == ("sketch", 0.0)
    with serving(tmp_path, key="") as alone:
        refused = alone.client.post(HERE, json={"prompt": "a lake"})
        assert refused.status_code == 503
        assert refused.json()["error"].startswith("All providers unavailable: ")
        assert "openai (API key not configured)" in refused.json()["error"]


@pytest.mark.req("S3-048", "S3-049")
def test_the_services_say_how_they_fare(site: Site) -> None:
    told = site.client.get("/health-check/image-providers").json()
    assert told["providers"]["openai"] == {
        "available": True,
        "reason": "Provider operational",
        "lastCheck": told["timestamp"],
        "circuitBreakerState": "CLOSED",
    }
    assert told["providers"]["together"]["reason"] == "API key not configured"
    assert told["providers"]["gemini"]["available"] is False
    summary = told["summary"]
    assert summary["total"] == len(told["providers"]) == summary["available"] + summary["unavailable"]


@pytest.mark.req("S3-028", "S3-050")
def test_five_refused_keys_open_the_breaker_and_the_sixth_request_sends_nothing(tmp_path: Path) -> None:
    wrong = Fault(status=401, body={"error": {"message": "Incorrect API key", "code": "invalid_api_key"}})
    with serving(tmp_path) as site:
        site.stand_in.faults.add(*[wrong] * 5)
        for number in range(5):
            told = post(site, HERE, {**SUNSET, "model": "gpt-image-2", "prompt": f"artistic {number}"}, 502)
            assert told["success"] is False
        asked = len(site.stand_in.log)
        blocked = post(site, HERE, {**SUNSET, "model": "gpt-image-2"}, 503)
        assert "Circuit breaker OPEN" in blocked["error"]
        assert len(site.stand_in.log) == asked
        fares = site.client.get("/health-check/image-providers").json()["providers"]["openai"]
        assert fares["available"] is False
        assert fares["circuitBreakerState"] == "OPEN"
        assert fares["reason"].startswith("Circuit breaker OPEN (5 failures")


def test_a_dropped_line_is_told_and_nothing_is_sent_again(site: Site) -> None:
    prompt = f"a photorealistic lake {uuid4()}"
    site.stand_in.faults.add(Fault(drop=Drop.AFTER_READING))
    answer = site.client.post(HERE, json={**SUNSET, "prompt": prompt})
    assert answer.status_code >= 500
    assert answer.headers["x-should-retry"] == "false"
    assert len([entry for entry in site.stand_in.log if entry.body.get("prompt") == prompt]) == 1


def test_without_sign_in_an_access_token_is_not_looked_at(site: Site) -> None:
    told = post(site, HERE, {"prompt": "a lake at dawn", "provider": "sketch", "accessToken": "ya29"})
    assert told["success"] is True


@pytest.mark.parametrize("body", [{"quality": "splendid"}, {"size": "large"}, {"confirmedCost": -1}, {"prompt": 7}])
def test_bad_fields_are_refused(site: Site, body: dict[str, object]) -> None:
    told = post(site, HERE, {"prompt": "a lake", **body}, 400)
    assert set(told) == {"success", "error"}


@pytest.mark.parametrize("path", ["/generate-image/x", "/health-check/x", "/compat/document3/x"])
def test_what_is_not_there_is_told_in_the_documents_shape(site: Site, path: str) -> None:
    answer = site.client.get(path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"success", "error"}


def test_gemini_is_left_alone_unless_its_flag_is_set(site: Site) -> None:
    told = post(site, f"{HERE}/estimate", {"prompt": "a lake", "provider": "gemini"})
    assert told["fallbackUsed"] is True
    assert told["originalProvider"] == "gemini"
    assert "gemini" not in {each["provider"] for each in told["alternatives"] if each["available"]}
