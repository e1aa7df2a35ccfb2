"""Numbers, names and sentences of the documents that stand on no other page: each at its own surface."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from limner.domain.errors import StorageError
from limner.runtime import Runtime
from limner.storage.library import Library
from limner.testing.faults import At, Fault
from limner.testing.replicate_stand_in import ReplicateStandIn
from limner.testing.stability_stand_in import StabilityStandIn
from limner.testing.together_stand_in import TogetherStandIn
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site, serving, settings_for
from tests.cli.conftest import in_a_thread

KEY = "r8_of_the_tests_0123456789"


def replicate_at(server: ReplicateStandIn, **more: str) -> dict[str, str]:
    """What the environment of an installation with Replicate holds."""
    place = {"REPLICATE_API_TOKEN": KEY, "REPLICATE_BASE_URL": server.base_url, "REPLICATE_REQUESTS_PER_SECOND": "0"}
    return {**place, **more}


def ended(site: Site, job_id: str) -> Any:
    """A job when it has ended: its events are read to the last one."""
    with site.client.stream("GET", f"/api/v1/jobs/{job_id}/events") as stream:
        assert "finished" in "".join(stream.iter_text())
    return site.client.get(f"/api/v1/jobs/{job_id}").json()


# --- document 0 ---------------------------------------------------------------------------------


@pytest.mark.req("S0-001", "S0-020", "S0-021", "S0-054", "S0-055")
def test_replicate_is_document_0s_default_and_paints_with_the_model_that_is_set(tmp_path: Path) -> None:
    with in_a_thread(ReplicateStandIn(key=KEY)) as server:
        named = replicate_at(server, REPLICATE_MODEL_ID="black-forest-labs/flux-schnell")
        with serving(tmp_path, variables=named) as site:
            session = site.client.post("/api/generation", json={"prompt": "a lake"}).json()["id"]
            job = ended(site, session)
        assert (job["state"], job["model"]) == ("succeeded", "replicate/black-forest-labs/flux-schnell")
        assert server.orders[0]["version"] == "black-forest-labs/flux-schnell"
        assert server.log[0].headers["Authorization"] == f"Bearer {KEY}"


# --- document 1 ---------------------------------------------------------------------------------


@pytest.mark.req("S1-012")
def test_ten_images_may_be_asked_for_whatever_a_service_makes_in_one_call(tmp_path: Path) -> None:
    with in_a_thread(StabilityStandIn(key=KEY)) as server:
        named = {"STABILITY_API_KEY": KEY, "STABILITY_BASE_URL": server.base_url}
        with serving(tmp_path, variables=named) as site:
            shown = {one["id"]: one for one in site.client.get("/api/images/providers").json()["providers"]}
            assert [shown[name]["maxImages"] for name in ("stability", "replicate")] == [10, 10]
            made = site.client.post(
                "/api/images/generate", json={"prompt": "a pier", "provider": "stability", "count": 10}
            )
            assert (made.status_code, made.json()["count"]) == (200, 10)
            body = {"prompt": "a pier", "provider": "stability", "count": 11}
            assert site.client.post("/api/images/generate", json=body).status_code == 400
            assert site.client.get("/api/v1/models/openai/dall-e-3").json()["max_count"] == 1
        assert server.purchases == 10


@pytest.mark.req("S1-013", "S1-014", "S2-090")
def test_costs_quality_and_speed_are_shown_as_the_catalog_has_them_today(site: Site) -> None:
    shown = {one["id"]: one for one in site.client.get("/api/images/providers").json()["providers"]}
    assert {one["quality"] for one in shown.values()} == {"Excellent"}
    assert [shown[name]["speed"] for name in ("dalle3", "stability", "diffusers")] == ["Medium", "Fast", "Varies"]
    assert shown["stability"]["cost"] == "about $0.03"
    assert shown["replicate"]["cost"].endswith(", others per second")
    assert shown["sketch"]["cost"] == "free"

    def price(model: str) -> object:
        found = site.client.get(f"/api/v1/models/{model}").json()["price"]
        return None if found is None else found["usd"]

    assert (price("openai/dall-e-3"), price("gemini/imagen-4.0-fast-generate-001")) == ("0.04", "0.02")
    assert price("xai/grok-2-image") is None
    card, choose = "openai/dall-e-3", {"prompt": "a pier", "model": "openai/dall-e-3", "quality": "hd"}
    assert site.client.get(f"/api/v1/models/{card}").json()["status"] == "retired"
    assert site.client.post("/api/v1/quotes", json=choose).json()["plan"]["candidates"][0]["model"] != card


@pytest.mark.req("S1-101")
@pytest.mark.parametrize("code", ["database_locked", "database_unreachable", "storage_failed"])
def test_a_database_that_fails_is_said_in_the_documents_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    async def failing(*_: object, **__: object) -> None:
        raise StorageError("The database is locked. Try again.", code=code)

    with serving(tmp_path) as site:
        monkeypatch.setattr("limner.db.pictures.SqlPictures.page", failing)
        answer = site.client.get("/api/images/history")
        assert answer.status_code == 503
        assert answer.json() == {"success": False, "error": "Database error: The database is locked. Try again."}
        native = site.client.get("/api/v1/images").json()
        assert (native["code"], native["detail"]) == (code, "The database is locked. Try again.")


@pytest.mark.req("S1-102")
def test_too_little_memory_is_said_in_the_documents_words_and_the_server_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: object, **__: object) -> None:
        raise MemoryError

    with serving(tmp_path) as site:
        made = site.paint()
        with monkeypatch.context() as patched:
            patched.setattr(Library, "file", failing)
            answer = site.client.get(f"/api/v1/images/{made['images'][0]['id']}/file")  # type: ignore[index]  # JSON
            assert (answer.status_code, answer.json()["code"]) == (503, "out_of_memory")
            patched.setattr(Runtime, "renew", failing)
            told = site.client.get("/api/images/providers").json()
            assert (told["success"], told["error"].partition(":")[0]) == (False, "Out of memory")
        assert site.client.get("/api/images/providers").json()["success"] is True


@pytest.mark.req("S1-104", "S2-014")
def test_how_long_prompts_may_be_is_a_setting(tmp_path: Path) -> None:
    with serving(tmp_path, images_prompt_limit=20) as site:
        sketch = {"provider": "sketch", "size": "64x64"}
        for path, fine in (("generate", sketch), ("enhance-prompt", {})):
            kept = site.client.post(f"/api/images/{path}", json={"prompt": "x" * 20, **fine})
            assert kept.status_code == 200, kept.text
            refused = site.client.post(f"/api/images/{path}", json={"prompt": "x" * 21, **fine})
            assert (refused.status_code, refused.json()["error"]) == (400, "Prompt too long (max 20 characters)")
        profile = {"prompt": "x" * 21, "profileId": "0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11"}
        said = site.client.post("/api/images/generate", json=profile)
        assert (said.status_code, said.json()["details"]) == (
            400,
            [{"code": "too_big", "message": "String must contain at most 20 character(s)", "path": ["prompt"]}],
        )
    assert settings_for(tmp_path).images_prompt_limit == 4000


# --- document 2 ---------------------------------------------------------------------------------


@pytest.mark.req("S2-013", "S2-025")
def test_pictures_of_a_profile_need_somebody_who_has_signed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick_hashes(monkeypatch)
    body = {"prompt": "a lake", "profileId": "0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11"}
    with accounts_site(tmp_path) as site:
        refused = site.client.post("/compat/document2/api/images/generate", json=body)
        assert (refused.status_code, refused.json()) == (401, {"error": "Unauthorized"})
        add_user(tmp_path, "signed-in@ids.example")
        with client_of(site, "signed-in@ids.example") as client:
            found = client.post("/compat/document2/api/images/generate", json=body)
            assert (found.status_code, found.json()["error"]) == (404, "Connection profile not found")


@pytest.mark.req("S2-071")
def test_the_time_line_is_told_with_the_tool(site: Site) -> None:
    told = site.client.get("/api/tools").json()
    assert [tool["name"] for tool in told["tools"]] == list(told["timeLine"])
    assert told["timeLine"]["generate_image"] == {
        "toolCall": "about 1 s",
        "apiCall": "2-5 s",
        "generation": "5-60 s",
        "typical": "10-60 s",
    }


# --- document 3 ---------------------------------------------------------------------------------


def post(site: Site, path: str, body: Mapping[str, object], status: int = 200) -> Any:
    answer = site.client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.req("S3-011", "S3-012", "S3-013", "S3-014")
def test_each_tier_leads_to_the_documents_service_or_the_heir_of_its_model(tmp_path: Path) -> None:
    keys = {"TOGETHER_API_KEY": KEY, "REPLICATE_API_TOKEN": KEY}
    with serving(tmp_path, variables=keys) as site:
        asked = {"ultra": "photorealistic", "high": "artistic", "standard": "quick", "fast": "instant"}
        found = {
            tier: post(site, "/generate-image/estimate", {"prompt": f"a {word} fox", "size": "1024x1024"})
            for tier, word in asked.items()
        }
        assert {tier: told["quality"] for tier, told in found.items()} == {tier: tier for tier in asked}
        heir = site.client.get("/api/v1/models/openai/dall-e-3").json()["successor"]
        assert [found[tier]["modelKey"] for tier in ("ultra", "high")] == [heir, heir]
        assert [found[tier]["provider"] for tier in ("standard", "fast")] == ["together", "together"]
        costs = [found[tier]["cost"] for tier in asked]
        assert costs == sorted(costs, reverse=True)
        assert found["ultra"]["cost"] > 2 * found["high"]["cost"]
        assert 0 < found["standard"]["cost"] <= 0.003
        assert 0 < found["fast"]["cost"] <= 0.003
        others = {each["provider"] for each in found["standard"]["alternatives"] if each["quality"] == "standard"}
        assert "replicate" in others


@pytest.mark.req("S3-017")
def test_a_model_key_alone_names_a_model_of_the_catalog(site: Site) -> None:
    told = post(site, "/generate-image/estimate", {"prompt": "a lake", "modelKey": "openai-dall-e-3-hd-1024"})
    assert (told["provider"], told["model"], told["modelKey"]) == ("openai", "gpt-image-2", "openai/gpt-image-2")
    sketch = post(site, "/generate-image/estimate", {"prompt": "a lake", "modelKey": "sketch/sketch"})
    assert (sketch["modelKey"], sketch["cost"]) == ("sketch/sketch", 0)
    wrong = post(site, "/generate-image/estimate", {"prompt": "a lake", "modelKey": "openai-dall-e-9"}, 404)
    assert "no model called 'openai-dall-e-9'" in wrong["error"]


@pytest.mark.req("S3-039", "S3-005")
def test_whoever_stands_in_is_warned_of_and_an_alternative_can_be_chosen(site: Site) -> None:
    body = {"prompt": "an artistic landscape", "provider": "replicate", "size": "1024x1024"}
    told = post(site, "/generate-image/estimate", body)
    assert told["warning"].startswith("Primary provider unavailable, fallback provider used")
    assert "cost may differ" in told["warning"]
    made = post(site, "/generate-image", body)
    assert made["warning"] == told["warning"]
    chosen = post(site, "/generate-image/estimate", {**body, "provider": None, "modelKey": "sketch/sketch"})
    assert (chosen["modelKey"], "warning" in chosen) == ("sketch/sketch", False)
    job = site.client.get(f"/api/v1/images/{made['imageId']}").json()["job_id"]
    page = site.client.get(f"/jobs/{job}", headers={"accept": "text/html"}).text
    assert "Primary provider unavailable, fallback provider used" in page


@pytest.mark.req("S3-072", "S3-073")
@pytest.mark.parametrize(("flag", "reason"), [(None, "Switched off"), ("false", "Switched off"), ("true", None)])
def test_gemini_is_off_at_this_surface_unless_its_flag_is_set(
    tmp_path: Path, flag: str | None, reason: str | None
) -> None:
    named = {"GEMINI_API_KEY": KEY, **({} if flag is None else {"ENABLE_IMAGE_GENERATION_GEMINI": flag})}
    with serving(tmp_path, variables=named) as site:
        gemini = site.client.get("/health-check/image-providers").json()["providers"]["gemini"]
        assert (gemini["available"], gemini["reason"]) == (reason is None, reason or "Provider operational")
        body = {"prompt": "an artistic landscape", "provider": "gemini"}
        told = post(site, "/generate-image/estimate", body)
        assert told["provider"] == ("gemini" if reason is None else "openai")


@pytest.mark.req("S3-018", "S1-100")
def test_polling_is_given_up_and_what_it_would_have_brought_is_kept(tmp_path: Path) -> None:
    with in_a_thread(ReplicateStandIn(key=KEY)) as server:
        server.faults.add(Fault(at=At.POLL, delay=2.0))
        assert settings_for(tmp_path).generate_image_polling_seconds == 60
        with serving(tmp_path, variables=replicate_at(server), generate_image_polling_seconds=0.2) as site:
            body = {"prompt": "a lake", "modelKey": "replicate/black-forest-labs/flux-schnell"}
            told = post(site, "/generate-image", body, 504)
            assert told["success"] is False
            assert told["error"].startswith("Image generation timeout")
            (job,) = site.client.get("/api/v1/jobs").json()["items"]
            assert (job["state"], job["id"] in told["error"]) == ("running", True)
            done = ended(site, job["id"])
            assert (done["state"], len(done["images"])) == ("succeeded", 1)
        assert server.purchases == 1


# --- whole scenarios ----------------------------------------------------------------------------


@pytest.mark.req("S3-105")
def test_scenario_1_all_is_there_and_the_prompt_says_ultra(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        body = {"prompt": "A photorealistic sunset over mountains", "size": "1024x1024"}
        told = post(site, "/generate-image/estimate", body)
        assert (told["provider"], told["quality"], told["fallbackUsed"]) == ("openai", "ultra", False)
        made = post(site, "/generate-image", {**body, "confirmedCost": told["cost"]})
        assert (made["provider"], made["fallbackUsed"], made["llmApiCall"]["success"]) == ("openai", False, True)
        assert 0 < made["llmApiCall"]["cost"] <= told["cost"]
        assert site.stand_in.orders[-1]["quality"] == "high"


@pytest.mark.req("S3-106")
def test_scenario_2_openai_is_switched_off_and_together_stands_in(tmp_path: Path) -> None:
    with in_a_thread(TogetherStandIn(key=KEY)) as server:
        place = {"TOGETHER_API_KEY": KEY, "TOGETHER_BASE_URL": server.base_url}
        with serving(tmp_path, variables={**place, "ENABLE_IMAGE_GENERATION_OPENAI": "false"}) as site:
            body = {"prompt": "a detailed, professional portrait of a fox", "size": "1024x1024"}
            told = post(site, "/generate-image/estimate", body)
            assert (told["provider"], told["quality"], told["originalProvider"]) == ("together", "ultra", "openai")
            made = post(site, "/generate-image", {**body, "confirmedCost": told["cost"]})
            assert (made["provider"], made["fallbackUsed"], made["originalProvider"]) == ("together", True, "openai")
            assert made["warning"].startswith("Primary provider unavailable")
            assert made["llmApiCall"]["cost"] == made["cost"] <= told["cost"]
            assert site.stand_in.orders == []
        assert server.purchases == 1


@pytest.mark.req("S4-041", "S4-045")
def test_document_4s_seven_steps_lead_to_a_picture_that_is_kept_here(tmp_path: Path) -> None:
    with in_a_thread(ReplicateStandIn(key=KEY)) as server, serving(tmp_path, variables=replicate_at(server)) as site:
        too_long = site.client.post("/unified/generate", json={"prompt": "x" * 10_001})
        assert too_long.status_code == 400
        long = "a lighthouse in a storm, oil painting, highly detailed. " * 70
        wish = {"prompt": long, "provider": "together", "project_id": "steps"}
        made = post(site, "/unified/generate", wish)
        checked = made["metadata"]["prompt_validation"]
        assert checked["original_length"] == len(long) > 3000 >= checked["optimized_length"]
        assert made["metadata"]["fallback"]["original_provider"] == "together"
        post(site, "/unified/generate", {"prompt": "a pier", "provider": "replicate", "project_id": "steps"})
        jobs = site.client.get("/unified/jobs").json()["jobs"]
        assert (jobs[0]["provider"], jobs[0]["status"], jobs[0]["project_id"]) == ("replicate", "completed", "steps")
        assert len(list((tmp_path / "data" / "storage" / "images" / "steps" / "replicate").iterdir())) == 1
        assert server.purchases == 1
