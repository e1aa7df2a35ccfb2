"""Document 4: one request in, finished pictures out; batches, the history, the files."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from limner.testing.faults import Fault
from tests.api.served import Site, serving

SMALL = {"prompt": "a lighthouse", "provider": "sketch", "width": 64, "height": 64}


def post(site: Site, path: str, body: Mapping[str, object], status: int = 200) -> Any:
    answer = site.client.post(f"/unified{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.req("S4-021", "S4-034", "S4-035", "S4-036", "S4-037", "S4-038", "S4-039", "S4-040")
def test_a_request_gives_finished_pictures(site: Site) -> None:
    told = post(site, "/generate", {**SMALL, "project_id": "harbour", "num_images": 2, "seed": 7})
    assert str(UUID(told["generation_id"])) == told["generation_id"]
    assert (told["provider"], told["status"], told["prompt"]) == ("sketch", "completed", "a lighthouse")
    assert len(told["images"]) == 2
    first = told["images"][0]
    assert first["local_url"] == f"/storage/images/harbour/sketch/{first['id']}.png"
    assert first["url"] == site.url + first["local_url"]
    assert (first["width"], first["height"], first["format"]) == (64, 64, "png")
    length = len("a lighthouse")
    assert told["metadata"]["prompt_validation"] == {
        "original_length": length,
        "optimized_length": length,
        "optimization_time": 0.0,
    }
    assert told["metadata"]["generation_time"] >= 0
    assert told["metadata"]["provider_model"]


@pytest.mark.req("S4-029")
def test_files_are_served_as_what_they_are(site: Site) -> None:
    image = post(site, "/generate", {**SMALL, "project_id": "files"})["images"][0]
    file = site.client.get(image["local_url"])
    assert file.headers["content-type"] == "image/png"
    assert file.headers["x-content-type-options"] == "nosniff"
    assert Image.open(io.BytesIO(file.content)).size == (64, 64)
    again = site.client.get(image["local_url"], headers={"If-None-Match": file.headers["etag"]})
    assert again.status_code == 304
    for wrong in (
        image["local_url"].replace("/files/", "/other/"),
        image["local_url"].replace(".png", ".jpg"),
        f"/storage/images/files/sketch/{uuid4()}.png",
        "/storage/images/../../limner.db",
        "/storage/other",
    ):
        missing = site.client.get(wrong)
        assert missing.status_code == 404
    assert site.client.get("/storage/other").json()["status"] == "failed"


def test_projects_of_any_name_have_addresses(site: Site) -> None:
    image = post(site, "/generate", {**SMALL, "project_id": "Hafen Süd #1"})["images"][0]
    assert image["local_url"].startswith("/storage/images/Hafen%20S%C3%BCd")
    assert site.client.get(image["local_url"]).headers["content-type"] == "image/png"


@pytest.mark.req("S4-022")
def test_the_quick_way_takes_a_prompt_and_perhaps_a_provider(site: Site) -> None:
    assert post(site, "/generate/quick", {"prompt": "a pier"})["provider"] == "openai"


def test_a_provider_without_a_key_is_stood_in_for_and_that_is_told(site: Site) -> None:
    told = post(site, "/generate", {"prompt": "a pier at noon", "provider": "leonardo_ai"})
    assert told["provider"] == "openai"
    assert told["metadata"]["fallback"]["original_provider"] == "leonardo_ai"
    assert "LEONARDO_API_KEY" in told["metadata"]["fallback"]["reason"]


@pytest.mark.req("S4-023", "S4-080")
def test_a_batch_keeps_its_order_and_each_failure_says_why(site: Site) -> None:
    requests = [
        {**SMALL, "prompt": "first"},
        {**SMALL, "prompt": ""},
        {**SMALL, "prompt": "third"},
        {**SMALL, "provider": "nobody"},
        {"prompt": "fifth", "provider": "openai"},
        7,
    ]
    site.stand_in.faults.add(Fault(status=400, body={"error": {"message": "not today", "code": "bad"}}))
    refused = site.client.post("/unified/generate/batch", json={"requests": requests})
    assert refused.status_code == 400
    results = post(site, "/generate/batch", {"requests": requests[:-1]})["results"]
    assert [each["status"] for each in results] == ["completed", "failed", "completed", "failed", "failed"]
    assert [each.get("prompt") for each in results] == ["first", None, "third", None, None]
    assert results[1]["error"].startswith("prompt: ")
    assert "not today" in results[4]["error"]


@pytest.mark.parametrize("requests", [[], [SMALL] * 1001])
def test_a_batch_has_one_to_a_thousand_requests(site: Site, requests: list[dict[str, object]]) -> None:
    assert post(site, "/generate/batch", {"requests": requests}, 400)["status"] == "failed"


def test_a_key_makes_one_batch_of_two(site: Site) -> None:
    body = {"requests": [SMALL, {**SMALL, "prompt": "another"}]}
    headers = {"Idempotency-Key": str(uuid4())}
    first, second = (
        site.client.post("/unified/generate/batch", json=body, headers=headers).json()["results"] for _ in range(2)
    )
    assert [one["generation_id"] for one in first] == [one["generation_id"] for one in second]
    assert first[0]["generation_id"] != first[1]["generation_id"]


@pytest.mark.req("S4-011")
def test_prompts_above_ten_thousand_characters_are_refused(site: Site) -> None:
    told = post(site, "/generate", {**SMALL, "prompt": "x" * 10_001}, 400)
    assert told["status"] == "failed"
    assert "max 10000 characters" in told["error"]
    assert told["detail"] == told["error"]


@pytest.mark.req("S4-025")
def test_the_providers_say_whether_they_can_be_asked(site: Site) -> None:
    found = {each["id"]: each for each in site.client.get("/unified/providers").json()["providers"]}
    assert {"leonardo_ai", "runware_ai", "gemini", "comfyui", "openai", "sketch"} <= set(found)
    assert found["sketch"]["available"] is True
    assert (found["leonardo_ai"]["status"], found["leonardo_ai"]["reason"]) == ("unavailable", "API key not configured")


@pytest.mark.req("S4-026")
def test_the_history_has_the_newest_first(site: Site) -> None:
    made = [post(site, "/generate", {**SMALL, "prompt": f"history {number}"}) for number in range(2)]
    jobs = site.client.get("/unified/jobs", params={"limit": 2}).json()["jobs"]
    assert [job["generation_id"] for job in jobs] == [made[1]["generation_id"], made[0]["generation_id"]]
    assert (jobs[0]["provider"], jobs[0]["status"]) == ("sketch", "completed")


@pytest.mark.req("S4-033")
@pytest.mark.parametrize(
    "method,path,status",
    [
        ("GET", "/unified/x", 404),
        ("GET", "/unified/generate", 405),
        ("POST", "/unified/generate", 400),
        ("GET", "/compat/document4/x", 404),
    ],
)
def test_what_cannot_be_is_told_in_the_documents_shape(site: Site, method: str, path: str, status: int) -> None:
    answer = site.client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["status"] == "failed"
    assert answer.json()["detail"]


@pytest.mark.req("S4-044", "S1-096", "S1-097")
def test_pictures_lie_where_the_document_has_them_or_where_they_are_moved(tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    named = {"IMAGE_STORAGE_PATH": str(moved), "IMAGE_CDN_URL": "https://cdn.example/pictures/"}
    with serving(tmp_path, key="", variables=named) as site:
        image = post(site, "/generate", {**SMALL, "project_id": "harbour"})["images"][0]
        assert (moved / "harbour" / "sketch" / f"{image['id']}.png").exists()
        assert image["url"] == f"https://cdn.example/pictures{image['local_url']}"
    with serving(tmp_path / "other", key="") as site:
        image = post(site, "/generate", {**SMALL, "project_id": "harbour"})["images"][0]
        assert (tmp_path / "other" / "data" / image["local_url"].lstrip("/")).exists()
