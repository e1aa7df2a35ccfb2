"""Document 1's surface: what it says is answered as it says, with the built-in artist and with a stand-in."""

import base64
import io
import logging
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from limner.testing.faults import At, Fault
from tests.api.served import Site, serving

# Document 1, "Generate Images", word for word.
GENERATE = {
    "prompt": "A serene landscape with mountains and a lake at sunset",
    "provider": "dalle3",
    "size": "1024x1024",
    "quality": "hd",
    "style": "vivid",
    "count": 1,
    "negativePrompt": "blurry, low quality",
    "steps": 30,
    "cfgScale": 7,
    "seed": 42,
}
FIELDS = {"id", "url", "prompt", "revisedPrompt", "provider", "model", "size", "createdAt", "thumbnailUrl"}


def png(size: tuple[int, int] = (64, 64), colour: str = "navy") -> str:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def tones() -> str:
    """A picture with every tone: bent by chance it never comes out twice the same, as one of a single colour may."""
    out = io.BytesIO()
    Image.radial_gradient("L").resize((64, 64)).convert("RGB").save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def sent(site: Site, route: str, body: dict[str, Any], **headers: str) -> Any:
    return site.client.post(f"/api/images/{route}", json=body, headers=headers)


def painted(site: Site, route: str = "generate", **body: object) -> list[dict[str, Any]]:
    answer = sent(site, route, {"provider": "sketch", **body})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["success"], found["count"]) == (True, len(found["images"]))
    images: list[dict[str, Any]] = found["images"]
    return images


def opened(site: Site, image: dict[str, Any]) -> Image.Image:
    answer = site.client.get(image["url"])
    assert answer.status_code == 200
    return Image.open(io.BytesIO(answer.content))


def wanted(site: Site, image: dict[str, Any]) -> Any:
    """The request that a picture was made of, as the native interface tells it."""
    assert str(UUID(image["id"])) == image["id"]
    job = site.client.get(f"/api/v1/images/{image['id']}").json()["job_id"]
    return site.client.get(f"/api/v1/jobs/{job}").json()["request"]


@pytest.mark.req("S0-070", *[f"S1-0{number}" for number in range(28, 42)])
def test_the_documents_own_request_is_painted_and_answered_as_it_says(site: Site) -> None:
    body = {**GENERATE, "prompt": f"{GENERATE['prompt']} {uuid4()}"}
    answer = sent(site, "generate", body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["success"], found["count"]) == (True, 1)
    (image,) = found["images"]
    assert set(image) == FIELDS
    assert (image["provider"], image["size"], image["prompt"]) == ("dalle3", "1024x1024", body["prompt"])
    assert image["model"].startswith("gpt-image")
    assert datetime.fromisoformat(image["createdAt"]).tzinfo is not None
    assert opened(site, image).size == (1024, 1024)
    assert max(Image.open(io.BytesIO(site.client.get(image["thumbnailUrl"]).content)).size) <= 512
    (bought,) = [entry.body for entry in site.stand_in.log if str(body["prompt"]) in str(entry.body.get("prompt"))]
    assert bought["quality"] == "high"
    assert bought["size"] == "1024x1024"
    for words in ("blurry, low quality", "vivid"):  # the heir has no option for them: they join the prompt
        assert words in str(bought["prompt"])
    asked = wanted(site, image)
    assert {name: asked[name] for name in ("negative_prompt", "style", "steps", "guidance", "seed")} == {
        "negative_prompt": "blurry, low quality",
        "style": "vivid",
        "steps": 30,
        "guidance": 7.0,
        "seed": 42,
    }


@pytest.mark.req("S1-005")
def test_the_engine_is_built_from_settings_a_database_and_a_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(tmp_path) as site:
        caplog.set_level(logging.INFO, "limner")
        (image,) = painted(site, prompt="a mill", size="64x64")
        paths = site.client.get("/openapi.json").json()["paths"]
    with closing(sqlite3.connect(tmp_path / "data" / "limner.db")) as database:
        assert database.execute("SELECT id, prompt FROM generated_images").fetchall() == [(image["id"], "a mill")]
    (line,) = [record for record in caplog.records if record.name == "limner.generations"]
    assert line.getMessage() == "Image generated successfully"
    ours = {path for path, methods in paths.items() for each in methods.values() if each["tags"] == ["document 1"]}
    assert {path for path in ours if not path.startswith("/api/images/")} == {"/webhooks/{service}"}
    assert len(ours) > 20


@pytest.mark.req("S1-073", "S1-074")
def test_the_same_request_within_seven_days_costs_nothing(site: Site) -> None:
    body = {"prompt": f"a harbour {uuid4()}", "provider": "dalle3", "quality": "low"}
    first = sent(site, "generate", body).json()["images"]
    before = site.stand_in.purchases
    second = sent(site, "generate", body).json()["images"]
    assert site.stand_in.purchases == before
    assert site.client.get(first[0]["url"]).content[:8] == site.client.get(second[0]["url"]).content[:8]
    assert first[0]["createdAt"] == second[0]["createdAt"]


def test_the_same_key_gives_the_same_images(site: Site) -> None:
    body = {"prompt": f"once {uuid4()}", "provider": "sketch", "size": "64x64"}
    key = str(uuid4())
    first, second = (sent(site, "generate", body, **{"Idempotency-Key": key}).json() for _ in range(2))
    assert first["images"] == second["images"]
    assert sent(site, "generate", {**body, "count": 2}, **{"Idempotency-Key": key}).status_code == 400


def test_several_images_with_a_seed_are_different(site: Site) -> None:
    images = painted(site, prompt="boats", size="64x64", count=3, seed=7)
    assert len({site.client.get(image["url"], params={"original": "true"}).content for image in images}) == 3


@pytest.mark.req("S1-042", "S1-043", "S1-017", "S1-018")
def test_an_image_is_edited_within_its_mask_and_beyond_its_edges(site: Site) -> None:
    mask = Image.new("L", (64, 64), 0)
    mask.paste(255, (0, 0, 32, 64))
    out = io.BytesIO()
    mask.save(out, "PNG")
    body = {
        "imageUrl": png(),
        "prompt": "Add a rainbow in the sky",
        "editType": "inpaint",
        "mask": base64.b64encode(out.getvalue()).decode(),
        "strength": 0.8,
    }
    (inpainted,) = painted(site, "edit", **body)
    asked = wanted(site, inpainted)
    assert (asked["operation"], asked["strength"], asked["prompt"]) == ("inpaint", 0.8, body["prompt"])
    assert [each["role"] for each in asked["inputs"]] == ["source", "mask"]
    assert inpainted["size"] == "64x64"
    right = opened(site, inpainted).convert("RGB").getpixel((60, 32))
    assert right == (0, 0, 128)
    (grown,) = painted(site, "edit", imageUrl=inpainted["url"], prompt="more sky", editType="outpaint")
    assert grown["size"] == "96x96"
    address = inpainted["url"].removeprefix(site.url)
    assert address.startswith("/api/v1/images/")
    (edited,) = painted(site, "edit", imageUrl=address, prompt="at night")
    assert edited["size"] == "64x64"


@pytest.mark.req("S1-044", "S1-045", "S1-046", "S1-047", "S1-053", "S1-019", "S1-021")
def test_variations_upscales_and_styles(site: Site) -> None:
    varied = painted(site, "variations", imageUrl=tones(), count=4)
    assert [image["provider"] for image in varied] == ["sketch"] * 4
    assert len({site.client.get(image["url"], params={"original": "true"}).content for image in varied}) == 4
    assert wanted(site, varied[0])["operation"] == "variations"
    for scale in (2, 4):
        (larger,) = painted(site, "upscale", imageUrl=png((40, 24)), scale=scale)
        assert larger["size"] == f"{40 * scale}x{24 * scale}"
    for style in ("watercolor", "as a woodcut"):
        (styled,) = painted(site, "style-transfer", imageUrl=png(), style=style)
        assert wanted(site, styled)["operation"] == "style_transfer"


def test_a_failing_part_of_the_count_keeps_the_rest(site: Site) -> None:
    site.stand_in.faults.add(Fault(pictures=1))
    answer = sent(site, "generate", {"prompt": f"three {uuid4()}", "provider": "dalle3", "count": 3, "quality": "low"})
    assert answer.status_code == 200
    assert answer.json()["count"] == len(answer.json()["images"]) < 3


@pytest.mark.req("S1-099")
def test_a_provider_that_cannot_be_used_is_told_in_the_documents_words(site: Site) -> None:
    for provider in ("stability", "replicate", "nobody"):
        answer = sent(site, "generate", {"prompt": "a boat", "provider": provider})
        assert 400 <= answer.status_code < 600
        assert answer.json() == {"success": False, "error": "Provider not available"}


@pytest.mark.req("S1-104")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prompt": ""},
        {"prompt": "x" * 4001},
        {"prompt": "x", "count": 0},
        {"prompt": "x", "count": 11},
        {"prompt": "x", "size": "large"},
        {"prompt": "x", "seed": -1},
        {"prompt": "a\x00b"},
    ],
)
def test_wrong_requests_are_refused_in_the_documents_shape(site: Site, body: dict[str, object]) -> None:
    answer = sent(site, "generate", body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"success", "error"}
    assert answer.json()["success"] is False


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("nonsense", 400),
        ("ftp://example.com/a.png", 400),
        ("data:image/png;base64,AAAA", 400),
        ("data:image/png,AAAA", 400),
        ("http://127.0.0.1:9/a.png", 400),
        ("http://169.254.169.254/latest/meta-data", 400),
        ("/api/v1/images/0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11/file", 404),
    ],
)
def test_addresses_that_lead_to_no_image_are_refused(site: Site, address: str, status: int) -> None:
    answer = sent(site, "upscale", {"imageUrl": address, "scale": 2, "provider": "sketch"})
    assert (answer.status_code, answer.json()["success"]) == (status, False)
    assert sent(site, "upscale", {"imageUrl": png(), "scale": 3}).status_code == 400


def test_an_address_that_is_allowed_is_fetched(tmp_path: Path, site: Site) -> None:
    (image,) = painted(site, prompt="a lake", size="64x64")
    host = site.url.removeprefix("http://")
    with serving(tmp_path, fetch_allowlist=host) as other:
        (larger,) = painted(other, "upscale", imageUrl=image["url"], scale=2)
        assert larger["size"] == "128x128"


@pytest.mark.req("S1-054", "S1-084")
def test_history_is_newest_first_with_limit_and_offset(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        made = [painted(site, prompt=f"boat {number}", size="64x64")[0]["id"] for number in range(4)]
        listed = site.client.get("/api/images/history", params={"userId": "local", "limit": 2, "offset": 1}).json()
        assert [image["id"] for image in listed["images"]] == [made[2], made[1]]
        assert set(listed["images"][0]) == FIELDS
        native = site.client.get("/api/v1/images").json()["items"]
        whole = site.client.get("/api/images/history").json()["images"]
        assert [image["id"] for image in whole] == [image["id"] for image in native]
        assert site.client.get("/api/images/history", params={"userId": "ann"}).json()["images"] == []
        for wrong in ({"limit": 0}, {"limit": "x"}, {"offset": -1}):
            assert site.client.get("/api/images/history", params=wrong).status_code == 400


@pytest.mark.req("S1-055", "S1-056", "S1-002", *[f"S1-00{number}" for number in (6, 7, 8, 9)], "S1-010", "S1-011")
def test_providers_say_what_they_can_and_whether_they_are_there(site: Site) -> None:
    providers = {one["id"]: one for one in site.client.get("/api/images/providers").json()["providers"]}
    assert {"dalle3", "stability", "replicate", "sketch"} <= set(providers)
    assert set(providers["dalle3"]) == {
        "id",
        "name",
        "description",
        "available",
        "capabilities",
        "maxImages",
        "quality",
        "speed",
        "cost",
    }
    assert [providers[name]["available"] for name in ("dalle3", "stability")] == [True, False]
    for name in ("stability", "replicate"):
        assert all(providers[name]["capabilities"].values()), providers[name]
    capabilities = providers["dalle3"]["capabilities"]
    assert all(capabilities[name] for name in ("textToImage", "imageToImage", "inpainting", "variations"))
    assert not capabilities["upscaling"]
    health = site.client.get("/api/images/health").json()
    assert (health["status"], health["providers"]["dalle3"]["available"]) == ("healthy", True)
    assert "STABILITY_API_KEY" in health["providers"]["stability"]["error"]


@pytest.mark.req("S1-027")
def test_templates_are_saved_listed_and_removed(site: Site) -> None:
    body = {"name": f"t-{uuid4()}", "template": "a {subject} at {time=dusk}"}
    made = sent(site, "templates", body)
    assert made.status_code == 201
    template = made.json()["template"]
    assert template["variables"] == ["subject", "time"]
    assert template in site.client.get("/api/images/templates").json()["templates"]
    assert sent(site, "templates", body).status_code == 409
    assert sent(site, "templates", {"name": "x", "template": "{"}).status_code == 400
    assert site.client.delete(f"/api/images/templates/{template['id']}").json() == {"success": True}
    gone = site.client.delete(f"/api/images/templates/{template['id']}")
    assert (gone.status_code, gone.json()["success"]) == (404, False)


@pytest.mark.req("S1-081")
def test_the_documents_own_style_is_saved_and_used(site: Site) -> None:
    style = {
        "id": "cyberpunk",
        "name": "Cyberpunk",
        "description": "Neon lights and futuristic",
        "value": "cyberpunk, neon lights, futuristic city, high tech",
    }
    assert sent(site, "styles", style).json() == {"success": True, "style": style}
    assert style in site.client.get("/api/images/styles").json()["styles"]
    (image,) = painted(site, "style-transfer", imageUrl=png(), style="cyberpunk")
    assert image["prompt"] == style["value"]
    assert site.client.delete("/api/v1/presets/cyberpunk").status_code == 204


@pytest.mark.req("S1-057", "S1-026")
def test_favourites_collections_and_removal(site: Site) -> None:
    first, second = (painted(site, prompt=f"boat {number}", size="64x64")[0] for number in range(2))
    for image in (first, second):
        assert sent(site, f"{image['id']}/favorite", {}).json() == {"success": True}
    favourites = [image["id"] for image in site.client.get("/api/images/favorites").json()["images"]]
    assert favourites[:2] == [second["id"], first["id"]]
    assert site.client.delete(f"/api/images/{first['id']}/favorite").json() == {"success": True}
    assert first["id"] not in [image["id"] for image in site.client.get("/api/images/favorites").json()["images"]]

    made = sent(site, "collections", {"name": "Boats"})
    assert made.status_code == 201
    collection = made.json()["collection"]
    assert (collection["name"], collection["images"]) == ("Boats", [])
    address = f"collections/{collection['id']}"
    for image in (second, first):
        assert sent(site, f"{address}/images", {"imageId": image["id"]}).status_code == 200
    shown = site.client.get(f"/api/images/{address}").json()["collection"]
    assert [image["id"] for image in shown["images"]] == [second["id"], first["id"]]
    assert set(shown["images"][0]) == FIELDS
    assert site.client.delete(f"/api/images/{address}/images/{second['id']}").status_code == 200
    listed = site.client.get("/api/images/collections").json()["collections"]
    assert {"id": collection["id"], "name": "Boats", "count": 1} in listed
    assert site.client.delete(f"/api/images/{address}").json() == {"success": True}

    assert site.client.delete(f"/api/images/{first['id']}").json() == {"success": True}
    assert first["id"] not in [image["id"] for image in site.client.get("/api/images/history").json()["images"]]
    for gone in (
        site.client.get(f"/api/images/{address}"),
        site.client.delete(f"/api/images/{uuid4()}"),
        sent(site, f"{uuid4()}/favorite", {}),
        sent(site, f"{address}/images", {"imageId": second["id"]}),
    ):
        assert (gone.status_code, gone.json()["success"]) == (404, False)


@pytest.mark.req("S1-024", "S1-111", "S1-112", "S0-081", "S1-114", "S4-063", "S4-064")
def test_statistics_say_how_services_do(site: Site) -> None:
    painted(site, prompt="a lake", size="64x64")
    stats = site.client.get("/api/images/stats").json()["stats"]["providers"]
    (sketch,) = [one for one in stats if one["provider"] == "sketch"]
    assert set(sketch) == {"provider", "images", "cost", "successRate", "averageTime"}
    assert sketch["images"] > 0
    assert sketch["cost"] == 0.0
    assert 0 < sketch["successRate"] <= 1


@pytest.mark.req("S1-107")
def test_an_image_is_reported_once_and_withheld_ones_are_shown_nowhere(site: Site) -> None:
    (image,) = painted(site, prompt="a lake", size="64x64")
    made = sent(site, f"{image['id']}/report", {"reason": "spam"})
    assert (made.status_code, made.json()["report"]["status"]) == (201, "open")
    assert sent(site, f"{image['id']}/report", {"reason": "again"}).status_code == 200
    assert sent(site, f"{uuid4()}/report", {"reason": "spam"}).json()["success"] is False
    site.client.post(f"/api/v1/reports/{made.json()['report']['id']}/decision", json={"decision": "withhold"})
    listed = site.client.get("/api/images/history").json()["images"]
    assert image["id"] not in [one["id"] for one in listed]
    assert sent(site, "upscale", {"imageUrl": image["url"], "scale": 2}).status_code == 403


@pytest.mark.req("S1-105", "S3-087")
def test_what_may_not_be_painted_is_refused_and_says_so(tmp_path: Path) -> None:
    with serving(tmp_path, blocked_words="zeppelin", moderation="openai") as site:
        refused = sent(site, "generate", {"prompt": "a zeppelin"})
        assert refused.status_code == 403
        assert "Content policy violation detected" in refused.json()["error"]
        flagged = {"results": [{"flagged": True, "categories": {"violence": True}}]}
        site.stand_in.faults.add(Fault(at=At.MODERATION), Fault(at=At.MODERATION, status=200, body=flagged))
        withheld = sent(site, "generate", {"prompt": "a boat", "provider": "dalle3", "quality": "low"})
        assert 400 <= withheld.status_code < 500, withheld.text
        assert "withheld" in withheld.json()["error"]
        assert site.stand_in.purchases == 1


@pytest.mark.req("S1-072")
def test_limits_hold_here_too(tmp_path: Path) -> None:
    with serving(tmp_path, daily_budget_usd="0.002") as site:
        refused = sent(site, "generate", {"prompt": "a boat", "provider": "dalle3"})
        assert refused.status_code == 402
        assert refused.json()["error"].startswith("Daily budget exceeded")


@pytest.mark.parametrize("home", ["", "/compat/document1"])
def test_every_error_keeps_the_documents_shape(site: Site, home: str) -> None:
    start = f"{home}/api/images"
    answers = [
        site.client.get(f"{start}/nothing/at/all"),
        site.client.get(f"{start}/generate"),
        site.client.post(f"{start}/generate", content=b"{", headers={"Content-Type": "application/json"}),
        site.client.post(f"{start}/generate", content=b"x", headers={"Content-Type": "text/plain"}),
        site.client.post(f"{start}/generate", json={"prompt": "x"}, headers={"Host": "evil.example"}),
        site.client.post(f"{start}/generate", json={"prompt": "x"}, headers={"Origin": "https://evil.example"}),
        site.client.post(f"{start}/generate", json={"prompt": "x"}, headers={"Idempotency-Key": "k" * 256}),
    ]
    assert [answer.status_code for answer in answers] == [404, 405, 400, 415, 421, 403, 400]
    for answer in answers:
        assert answer.headers["content-type"] == "application/json"
        assert set(answer.json()) == {"success", "error"}
