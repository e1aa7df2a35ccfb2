"""Document 2's way to pictures: made with a profile, answered in its shape, served from its place."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from limner.api.dialects.document2.words import service_of, word_for
from limner.testing.faults import Drop, Fault
from tests.api.dialects.document2 import NOBODY, faults, made, said
from tests.api.served import Site, serving
from tests.shipped import shipped

SMALL = {"parameters": {"size": "64x64"}}
TAG = {"tagType": "CHARACTER", "tagId": NOBODY}


def painted(site: Site, profile: dict[str, Any], **fields: object) -> Any:
    body = {"prompt": "a moor at dawn", "profileId": profile["id"], **fields}
    return site.client.post("/api/images/generate", json=body)


def paid(site: Site, name: str, **fields: object) -> dict[str, Any]:
    """A profile whose pictures the stand-in paints."""
    return made(site, name, provider="OPENAI", modelName="gpt-image-2", **fields)


@pytest.mark.req("S2-012", "S2-014", "S2-015", "S2-016", "S2-017", "S2-018", "S2-022", "S2-023", "S2-024", "S2-060")
def test_pictures_are_made_with_a_profile(site: Site) -> None:
    tags = [TAG, {"tagType": "THEME", "tagId": NOBODY.replace("9a11", "9a12")}]
    profile = made(site, "Moors", **SMALL)
    answer = painted(site, profile, tags=tags, options={"n": 2, "size": "64x96"})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {"data", "metadata"}
    assert body["metadata"] == {"prompt": "a moor at dawn", "provider": "SKETCH", "model": "sketch", "count": 2}
    assert answer.headers["x-limner-model"] == "sketch/sketch"
    assert len(body["data"]) == 2
    for picture in body["data"]:
        assert set(picture) == {"id", "filename", "filepath", "url", "mimeType", "size", "tags"}
        assert picture["filename"] == f"{picture['id']}.png"
        assert picture["filepath"] == f"uploads/generated/local/{picture['filename']}"
        assert (picture["url"], picture["mimeType"]) == (f"/{picture['filepath']}", "image/png")
        assert [{"tagType": tag["tagType"], "tagId": tag["tagId"]} for tag in picture["tags"]] == tags
        for tag in picture["tags"]:
            assert set(tag) == {"id", "imageId", "tagType", "tagId", "createdAt"}
            assert tag["imageId"] == picture["id"]
            assert datetime.fromisoformat(tag["createdAt"]).tzinfo is not None
        native = site.client.get(f"/api/v1/images/{picture['id']}").json()
        assert (native["width"], native["height"]) == (64, 96)
        assert native["tags"] == [f"{tag['tagType']}:{tag['tagId']}" for tag in tags]
    assert len({tag["id"] for picture in body["data"] for tag in picture["tags"]}) == 4


@pytest.mark.req("S2-081", "S2-022")
def test_files_lie_and_are_served_where_the_document_has_them(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        (picture,) = painted(site, made(site, "Moors", **SMALL)).json()["data"]
        served = site.client.get(picture["url"])
        assert served.status_code == 200
        assert served.headers["content-type"] == "image/png"
        assert served.headers["x-content-type-options"] == "nosniff"
        assert len(served.content) == picture["size"]
        path = tmp_path / "data" / "public" / picture["filepath"]
        assert path.read_bytes() == served.content
        assert site.client.get(picture["url"], headers={"Range": "bytes=0-7"}).content == served.content[:8]
        path.unlink()
        assert site.client.get(picture["url"]).content == served.content


@pytest.mark.req("S2-082", "S2-084", "S2-086")
@pytest.mark.parametrize(
    "path",
    [
        "somebody/{id}.png",
        "local/{id}.jpg",
        "local/{id}",
        f"local/{NOBODY}.png",
        "local/moor.png",
        "local/..%2f..%2fsecret.key",
    ],
)
def test_other_peoples_files_and_other_names_are_not_there(site: Site, path: str) -> None:
    (picture,) = painted(site, made(site, f"Of {path}", **SMALL)).json()["data"]
    answer = site.client.get(f"/uploads/generated/{path.format(id=picture['id'])}")
    assert answer.status_code == 404
    assert set(answer.json()) == {"error"}


@pytest.mark.req("S2-019", "S2-020", "S2-021", "S2-004", "S2-006")
def test_options_of_the_request_count_more_than_the_profiles(site: Site) -> None:
    profile = paid(site, "HD", parameters={"quality": "hd", "size": "1024x1536", "style": "vivid"})
    assert painted(site, profile).status_code == 200
    options = {"quality": "standard", "style": "natural", "size": "1024x1024"}
    assert painted(site, profile, options=options).status_code == 200
    assert painted(site, profile, options={"aspectRatio": "3:2"}).status_code == 200
    assert painted(site, profile, options={"size": "2:3"}).status_code == 200
    first, second, third, fourth = site.stand_in.orders[-4:]
    assert (first["quality"], first["size"]) == ("high", "1024x1536")
    assert (second["quality"], second["size"]) == ("medium", "1024x1024")
    assert "vivid" in str(first["prompt"])
    assert "natural" in str(second["prompt"])
    assert [ratio(order["size"]) for order in (third, fourth)] == [1.5, 0.67]


def ratio(size: object) -> float:
    width, _, height = str(size).partition("x")
    return round(int(width) / int(height), 2)


@pytest.mark.req("S2-024", "S2-001")
def test_a_model_that_was_shut_down_gives_way_and_the_answer_says_so(site: Site) -> None:
    answer = painted(site, made(site, "Old", provider="OPENAI", modelName="dall-e-3", parameters={"quality": "hd"}))
    assert answer.status_code == 200
    assert answer.json()["metadata"] == {
        "prompt": "a moor at dawn",
        "provider": "OPENAI",
        "model": "gpt-image-2",
        "count": 1,
    }
    assert answer.headers["x-limner-model"] == "openai/gpt-image-2"


def test_the_words_for_services() -> None:
    catalog = shipped()
    pairs = (("OPENAI", "openai"), ("GROK", "xai"), ("GOOGLE_IMAGEN", "gemini"), ("REPLICATE", "replicate"))
    for word, service in pairs:
        assert (service_of(word, catalog), word_for(service)) == (service, word)
    assert service_of("XAI", catalog) == "xai"
    assert [service_of(word, catalog) for word in ("openai", "ANTHROPIC", "", "NOBODY")] == [None] * 4


TOO_LONG = "String must contain at most 4000 character(s)"
KINDS = "Invalid enum value. Expected 'CHARACTER' | 'PERSONA' | 'CHAT' | 'THEME', received 'PLACE'"


@pytest.mark.req("S2-014", "S2-015", "S2-016", "S2-017", "S2-018", "S2-019", "S2-020", "S2-021", "S2-026", "S2-085")
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"prompt": ""}, ("too_small", "String must contain at least 1 character(s)", ["prompt"])),
        ({"prompt": "x" * 4001}, ("too_big", TOO_LONG, ["prompt"])),
        ({"prompt": None}, ("invalid_type", "Expected string, received null", ["prompt"])),
        ({"prompt": 5}, ("invalid_type", "Expected string, received number", ["prompt"])),
        ({"prompt": "   "}, ("custom", "Prompt cannot be empty. Describe the picture", ["prompt"])),
        ({"profileId": "abc"}, ("invalid_string", "Invalid uuid", ["profileId"])),
        ({"profileId": None}, ("invalid_type", "Expected string, received null", ["profileId"])),
        ({"tags": {}}, ("invalid_type", "Expected array, received object", ["tags"])),
        ({"tags": [{**TAG, "tagId": "x"}]}, ("invalid_string", "Invalid uuid", ["tags", 0, "tagId"])),
        ({"tags": [TAG, {"tagId": NOBODY}]}, ("invalid_type", "Required", ["tags", 1, "tagType"])),
        ({"tags": [{**TAG, "tagType": "PLACE"}]}, ("invalid_enum_value", KINDS, ["tags", 0, "tagType"])),
        ({"tags": [TAG] * 51}, ("too_big", "Array must contain at most 50 element(s)", ["tags"])),
        ({"options": []}, ("invalid_type", "Expected object, received array", ["options"])),
        ({"options": {"n": 0}}, ("too_small", "Number must be greater than or equal to 1", ["options", "n"])),
        ({"options": {"n": 11}}, ("too_big", "Number must be less than or equal to 10", ["options", "n"])),
        ({"options": {"n": 1.5}}, ("invalid_type", "Expected integer, received float", ["options", "n"])),
        ({"options": {"n": "2"}}, ("invalid_type", "Expected number, received string", ["options", "n"])),
        (
            {"options": {"quality": "ultra"}},
            (
                "invalid_enum_value",
                "Invalid enum value. Expected 'standard' | 'hd', received 'ultra'",
                ["options", "quality"],
            ),
        ),
        (
            {"options": {"style": 7}},
            ("invalid_type", "Expected 'vivid' | 'natural', received number", ["options", "style"]),
        ),
        (
            {"options": {"size": "huge"}},
            ("custom", "'huge' is not a size; write it like 1024x1024", ["options", "size"]),
        ),
        (
            {"options": {"aspectRatio": "wide"}},
            ("custom", "'wide' is not a shape; write it like 16:9", ["options", "aspectRatio"]),
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_path(site: Site, change: dict[str, object], fault: object) -> None:
    before = site.stand_in.purchases
    answer = site.client.post("/api/images/generate", json={"prompt": "a moor", "profileId": NOBODY, **change})
    if change == {"prompt": "   "}:
        answer = painted(site, made(site, "Wordless"), **change)
    assert faults(answer) == [fault]
    assert site.stand_in.purchases == before


@pytest.mark.req("S2-017")
def test_two_is_two_however_it_is_written(site: Site) -> None:
    assert painted(site, made(site, "Floats", **SMALL), options={"n": 2.0}).json()["metadata"]["count"] == 2


@pytest.mark.req("S2-028")
def test_a_profile_that_is_not_there_buys_nothing(site: Site) -> None:
    answer = site.client.post("/api/images/generate", json={"prompt": "a moor", "profileId": NOBODY})
    assert said(answer) == (404, {"error": "Connection profile not found"})


@pytest.mark.req("S2-029", "S2-030", "S2-031", "S2-089")
@pytest.mark.parametrize(
    ("fault", "details"),
    [
        (Fault(status=401, body={"error": {"message": "Incorrect API key provided."}}), "Invalid API key"),
        (Fault(status=500, body={"error": {"message": "The engine is on fire."}}), "on fire"),
        (Fault(drop=Drop.AFTER_READING), ""),
    ],
)
def test_what_a_service_says_is_passed_on(site: Site, fault: Fault, details: str) -> None:
    site.stand_in.faults.add(fault)
    answer = painted(site, paid(site, f"Failing {details}"))
    assert answer.status_code == 500
    body = answer.json()
    assert set(body) == {"error", "details"}
    assert body["error"] == "Failed to generate images"
    assert details in body["details"]
    assert body["details"].count("Invalid API key") == (details == "Invalid API key")
    assert ("x-should-retry" in answer.headers) is (fault.status != 401)
    site.client.post("/api/v1/providers/openai/reset")


@pytest.mark.req("S2-029", "S2-031")
def test_too_many_requests_at_the_service_are_a_500_that_says_so(tmp_path: Path) -> None:
    slow = Fault(status=429, body={"error": {"message": "Slow down."}}, headers={"Retry-After": "0.01"})
    with serving(tmp_path) as site:
        site.stand_in.faults.add(*[slow] * 20)
        status, body = said(painted(site, paid(site, "Busy")))
        assert (status, body["error"]) == (500, "Failed to generate images")
        assert body["details"].startswith("Rate limit exceeded: ")
        assert body["details"].count("Rate limit exceeded") == 1


@pytest.mark.req("S2-088")
def test_without_a_key_it_says_what_to_do(tmp_path: Path) -> None:
    with serving(tmp_path, key="") as site:
        status, body = said(painted(site, paid(site, "Keyless")))
        assert (status, body["error"]) == (500, "Failed to generate images")
        assert body["details"].startswith("API key not found. ")
        assert "OPENAI_API_KEY" in body["details"]


@pytest.mark.req("S2-091")
def test_what_is_refused_by_a_rule_says_so(tmp_path: Path) -> None:
    with serving(tmp_path, blocked_words="forbidden", images_per_hour=1, daily_cost_limit_usd="0.5") as site:
        profile = paid(site, "Ruled", parameters={"quality": "standard"})
        status, body = said(painted(site, profile, prompt="a forbidden thing"))
        assert (status, set(body)) == (403, {"error"})
        assert painted(site, profile).status_code == 200
        limited = painted(site, profile)
        assert limited.status_code == 429
        assert limited.json()["error"].startswith("Hourly limit exceeded (1 images/hour)")
        assert int(limited.headers["retry-after"]) > 0
        refusal = {"error": {"message": "Rejected by the safety system.", "code": "moderation_blocked"}}
    with serving(tmp_path / "other") as site:
        site.stand_in.faults.add(Fault(status=400, body=refusal))
        status, body = said(painted(site, paid(site, "Moderated")))
        assert (status, set(body)) == (403, {"error"})


def test_fewer_pictures_than_asked_for_are_delivered(site: Site) -> None:
    site.stand_in.faults.add(Fault(pictures=1))
    answer = painted(site, paid(site, "Few"), options={"n": 2})
    assert answer.status_code == 200
    assert (answer.json()["metadata"]["count"], len(answer.json()["data"])) == (1, 1)


def test_the_same_key_buys_once(site: Site) -> None:
    profile, before = paid(site, "Once"), site.stand_in.purchases
    body = {"prompt": "a moor at dawn", "profileId": profile["id"], "tags": [TAG]}
    headers = {"Idempotency-Key": "document 2's key"}
    first, second = (site.client.post("/api/images/generate", json=body, headers=headers) for _ in range(2))
    assert first.status_code == 200
    assert first.json() == second.json()
    assert site.stand_in.purchases == before + 1
    other = site.client.post("/api/images/generate", json={**body, "prompt": "a bog"}, headers=headers)
    assert (other.status_code, set(other.json())) == (400, {"error"})


def test_below_compat_a_missing_profile_is_a_fault(site: Site) -> None:
    answer = site.client.post("/compat/document2/api/images/generate", json={"prompt": "a moor"})
    assert faults(answer) == [("invalid_type", "Required", ["profileId"])]


def test_without_a_profile_the_shared_route_is_document_1s(site: Site) -> None:
    told = site.client.post("/api/images/generate", json={"prompt": "a moor", "provider": "sketch", "size": "64x64"})
    assert (told.status_code, told.json()["success"]) == (200, True)
    refused = site.client.post("/api/images/generate", json={"prompt": ""})
    assert (refused.status_code, refused.json()["success"]) == (400, False)
