"""Document 2's image profiles: each route, each field, each refusal in its words."""

import json
from pathlib import Path
from typing import Any

import pytest

from limner.api.dialects import SURFACES
from limner.api.dialects.document2.words import SERVICES, models_of
from limner.api.errors import Teller
from limner.api.surfaces import Target
from limner.domain.errors import Problem
from tests.api.dialects.document2 import NOBODY, faults, made, said
from tests.api.served import Site, serving
from tests.shipped import shipped

FIELDS = {
    "id",
    "userId",
    "name",
    "provider",
    "apiKeyId",
    "baseUrl",
    "modelName",
    "parameters",
    "isDefault",
    "createdAt",
    "updatedAt",
    "apiKey",
    "tags",
}


@pytest.fixture
def own(tmp_path: Path) -> Any:
    """A server without anybody else's profiles."""
    with serving(tmp_path) as site:
        yield site


@pytest.mark.req("S2-035", "S2-036", "S2-037", "S2-038", "S2-040", "S2-041", "S2-042", "S2-043", "S2-053")
@pytest.mark.parametrize("word", ["OPENAI", "GROK", "GOOGLE_IMAGEN"])
def test_a_profile_is_made_and_shown(site: Site, word: str) -> None:
    body = {
        "name": f"My {word}",
        "provider": word,
        "modelName": "some-model",
        "baseUrl": "https://example.com/v1",
        "parameters": {"style": "vivid"},
        "isDefault": False,
    }
    answer = site.client.post("/api/image-profiles", json=body)
    assert answer.status_code == 201
    profile = answer.json()
    assert set(profile) == FIELDS
    assert {name: profile[name] for name in body} == body
    assert (profile["apiKeyId"], profile["apiKey"], profile["tags"], profile["userId"]) == (None, None, [], "local")
    assert profile["createdAt"] == profile["updatedAt"]
    assert said(site.client.get(f"/api/image-profiles/{profile['id']}")) == (200, profile)


@pytest.mark.req("S2-001", "S2-002", "S2-003")
def test_the_documents_models_are_taken_and_their_services_known() -> None:
    catalog = shipped()
    for word, names in (
        ("OPENAI", ("gpt-image-1", "dall-e-3", "dall-e-2")),
        ("GOOGLE_IMAGEN", ("imagen-4.0-generate-001", "imagen-3.0-generate-002", "imagen-3.0-fast-generate-001")),
        ("GROK", ("grok-2-image",)),
    ):
        assert set(names) <= set(models_of(SERVICES[word], catalog))


@pytest.mark.req("S2-054")
def test_what_is_left_out_has_the_documents_defaults(site: Site) -> None:
    profile = made(site, "Bare")
    assert (profile["parameters"], profile["isDefault"], profile["baseUrl"], profile["apiKeyId"]) == (
        {},
        False,
        None,
        None,
    )
    nothing = made(site, "Nothing", apiKeyId=None, baseUrl="", parameters=None)
    assert (nothing["parameters"], nothing["baseUrl"], nothing["apiKeyId"]) == ({}, None, None)


@pytest.mark.req("S2-032")
def test_the_list_is_a_bare_array_with_the_default_first(own: Site) -> None:
    assert said(own.client.get("/api/image-profiles")) == (200, [])
    names = [made(own, name, isDefault=name == "b")["name"] for name in ("a", "b", "c")]
    assert names == ["a", "b", "c"]
    assert [each["name"] for each in own.client.get("/api/image-profiles").json()] == ["b", "c", "a"]


@pytest.mark.req("S2-033", "S2-034", "S2-057")
def test_the_list_may_be_sorted_by_what_profiles_go_with(own: Site) -> None:
    character, persona = NOBODY, NOBODY.replace("9a11", "9a12")
    first, second, third = (made(own, name, isDefault=name == "a") for name in ("a", "b", "c"))
    for profile, tag in ((second, character), (third, character), (third, persona)):
        answer = own.client.post(f"/api/image-profiles/{profile['id']}/tags", json={"tagId": tag})
        assert answer.status_code == 201
        assert {"imageProfileId": profile["id"], "tagId": tag}.items() <= answer.json().items()
    query = {"sortByCharacter": character, "sortByPersona": persona}
    found = own.client.get("/api/image-profiles", params=query).json()
    assert [(each["name"], each["matchingTagCount"]) for each in found] == [("c", 2), ("b", 1), ("a", 0)]
    assert found[0]["matchingTags"] == [character, persona]
    by_one = own.client.get("/api/image-profiles", params={"sortByCharacter": NOBODY.replace("9a11", "ffff")}).json()
    assert [each["name"] for each in by_one] == ["a", "c", "b"]

    tags = f"/api/image-profiles/{third['id']}/tags"
    assert [each["tagId"] for each in own.client.get(tags).json()] == [character, persona]
    assert own.client.delete(tags, params={"tagId": persona}).status_code == 200
    assert said(own.client.delete(tags, params={"tagId": persona})) == (404, {"error": "Tag not found"})
    assert faults(own.client.delete(tags)) == [("invalid_type", "Required", ["tagId"])]
    assert faults(own.client.post(tags, json={"tagId": "x"})) == [("invalid_string", "Invalid uuid", ["tagId"])]
    assert len(own.client.get(f"/api/image-profiles/{first['id']}").json()["tags"]) == 0


@pytest.mark.req("S2-044")
def test_a_profile_is_changed_in_what_is_given_alone(site: Site) -> None:
    profile = made(site, "Before", baseUrl="https://example.com/v1", parameters={"size": "64x64"})
    place = f"/api/image-profiles/{profile['id']}"
    changed = site.client.put(place, json={"name": "After"})
    assert changed.status_code == 200
    body = changed.json()
    assert body == {**profile, "name": "After", "updatedAt": body["updatedAt"]}
    assert body["updatedAt"] > profile["updatedAt"]
    other = {"provider": "GROK", "modelName": "grok-2-image", "parameters": {}, "isDefault": True, "baseUrl": None}
    assert other.items() <= site.client.put(place, json=other).json().items()
    assert said(site.client.put(place, json={}))[0] == 200
    assert said(site.client.put(place, json={"apiKeyId": NOBODY})) == (404, {"error": "API key not found"})


@pytest.mark.req("S2-042")
def test_a_new_default_takes_the_place_of_the_old_one(own: Site) -> None:
    first, second = made(own, "a", isDefault=True), made(own, "b", isDefault=True)
    found = {each["id"]: each["isDefault"] for each in own.client.get("/api/image-profiles").json()}
    assert found == {first["id"]: False, second["id"]: True}
    own.client.put(f"/api/image-profiles/{first['id']}", json={"isDefault": True})
    found = {each["id"]: each["isDefault"] for each in own.client.get("/api/image-profiles").json()}
    assert found == {first["id"]: True, second["id"]: False}


@pytest.mark.req("S2-045")
def test_a_profile_is_deleted_once(site: Site) -> None:
    place = f"/api/image-profiles/{made(site, 'Gone')['id']}"
    assert said(site.client.delete(place)) == (200, {"message": "Image profile deleted successfully"})
    for answer in (site.client.delete(place), site.client.get(place), site.client.put(place, json={"name": "x"})):
        assert said(answer) == (404, {"error": "Image profile not found"})


@pytest.mark.parametrize("which", [NOBODY, "abc123", "Named"])
def test_what_is_no_id_of_a_profile_is_not_there(site: Site, which: str) -> None:
    if which == "Named":
        made(site, "Named")
    assert said(site.client.get(f"/api/image-profiles/{which}")) == (404, {"error": "Image profile not found"})


@pytest.mark.req("S2-036", "S2-056")
def test_a_name_is_taken_once(site: Site) -> None:
    made(site, "Twice")
    taken = {"error": "An image profile with this name already exists"}
    body = {"name": "Twice", "provider": "OPENAI", "modelName": "dall-e-3"}
    assert said(site.client.post("/api/image-profiles", json=body)) == (409, taken)
    other = made(site, "Other")
    assert said(site.client.put(f"/api/image-profiles/{other['id']}", json={"name": "Twice"})) == (409, taken)


ENUM = "Invalid enum value. Expected 'OPENAI' | 'GROK' | 'GOOGLE_IMAGEN', received 'MIDJOURNEY'"
FTP = "ftp://example.com does not begin with http:// or https://. Give an http or https address of a public server"
GOOD = {"name": "Good", "provider": "OPENAI", "modelName": "dall-e-3"}


@pytest.mark.req("S2-026", "S2-085", "S2-004", "S2-005", "S2-036", "S2-037", "S2-038")
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": None}, ("invalid_type", "Expected string, received null", ["name"])),
        ({"name": ""}, ("too_small", "String must contain at least 1 character(s)", ["name"])),
        ({"name": "x" * 201}, ("too_big", "String must contain at most 200 character(s)", ["name"])),
        ({"name": 7}, ("invalid_type", "Expected string, received number", ["name"])),
        ({"name": "  "}, ("too_small", "A name has at least 1 character", ["name"])),
        ({"provider": "MIDJOURNEY"}, ("invalid_enum_value", ENUM, ["provider"])),
        ({"provider": True}, ("invalid_type", "Expected string, received boolean", ["provider"])),
        ({"modelName": ""}, ("too_small", "String must contain at least 1 character(s)", ["modelName"])),
        ({"isDefault": "yes"}, ("invalid_type", "Expected boolean, received string", ["isDefault"])),
        ({"parameters": []}, ("invalid_type", "Expected object, received array", ["parameters"])),
        (
            {"parameters": {"quality": "ultra"}},
            (
                "invalid_enum_value",
                "Invalid enum value. Expected 'standard' | 'hd', received 'ultra'",
                ["parameters", "quality"],
            ),
        ),
        (
            {"parameters": {"style": "cubist"}},
            (
                "invalid_enum_value",
                "Invalid enum value. Expected 'vivid' | 'natural', received 'cubist'",
                ["parameters", "style"],
            ),
        ),
        (
            {"parameters": {"steps": "many"}},
            ("invalid_type", "Expected number, received string", ["parameters", "steps"]),
        ),
        (
            {"parameters": {"steps": 1.5}},
            ("invalid_type", "Expected integer, received float", ["parameters", "steps"]),
        ),
        (
            {"parameters": {"size": "huge"}},
            ("custom", "'huge' is not a size; write it like 1024x1024", ["parameters", "size"]),
        ),
        (
            {"baseUrl": "ftp://example.com"},
            (
                "custom",
                FTP,
                ["baseUrl"],
            ),
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_path(site: Site, change: dict[str, object], fault: object) -> None:
    assert faults(site.client.post("/api/image-profiles", json={**GOOD, **change})) == [fault]


@pytest.mark.req("S2-026")
def test_everything_that_is_missing_is_told_at_once(site: Site) -> None:
    assert faults(site.client.post("/api/image-profiles", json={})) == [
        ("invalid_type", "Required", ["name"]),
        ("invalid_type", "Required", ["provider"]),
        ("invalid_type", "Required", ["modelName"]),
    ]
    assert faults(site.client.post("/api/image-profiles", content=b"{"))[0][2] == []


@pytest.mark.req("S2-027")
def test_a_provider_that_does_not_paint_is_named(site: Site) -> None:
    refusal = {"error": "ANTHROPIC provider does not support image generation"}
    assert said(site.client.post("/api/image-profiles", json={**GOOD, "provider": "ANTHROPIC"})) == (400, refusal)
    profile = made(site, "Painter")
    changed = site.client.put(f"/api/image-profiles/{profile['id']}", json={"provider": "ANTHROPIC"})
    assert said(changed) == (400, refusal)
    assert said(site.client.get("/api/image-profiles/models", params={"provider": "ANTHROPIC"})) == (400, refusal)
    key = {"provider": "ANTHROPIC", "apiKey": "sk-ant"}
    assert said(site.client.post("/api/image-profiles/validate-key", json=key)) == (400, refusal)


@pytest.mark.req("S2-040")
def test_in_local_mode_an_address_may_be_private(site: Site) -> None:
    assert made(site, "Private", baseUrl="http://127.0.0.1:9000/v1")["baseUrl"] == "http://127.0.0.1:9000/v1"


def test_everything_is_found_below_compat_too(site: Site) -> None:
    profile = made(site, "Compat")
    place = f"/compat/document2/api/image-profiles/{profile['id']}"
    assert said(site.client.get(place)) == (200, profile)
    assert site.client.get("/compat/document2/api/tools").json() == site.client.get("/api/tools").json()


def test_what_no_route_answers_has_the_documents_shape(site: Site) -> None:
    for answer, status in (
        (site.client.get("/api/image-profiles/a/b/c"), 404),
        (site.client.patch("/api/image-profiles"), 405),
        (site.client.post("/api/image-profiles", headers={"Origin": "https://elsewhere.example"}), 403),
        (site.client.get("/api/tools", headers={"Host": "elsewhere.example"}), 421),
        (site.client.get("/api/tools", headers={"Accept": "text/html", "Host": "elsewhere.example"}), 421),
    ):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/json"
        assert set(answer.json()) == {"error"}


@pytest.mark.req("S2-025")
@pytest.mark.parametrize("path", ["/api/images/generate", "/api/image-profiles", "/uploads/generated/ann/a.png"])
def test_whoever_has_not_signed_in_is_told_so_in_one_word(path: str) -> None:
    problem = Problem(code="sign_in_required", message="Sign in first.")
    told = Teller(SURFACES).told(Target(path, "GET"), 401, problem, "request-1")
    assert (told.status, told.media_type) == (401, "application/json")
    assert json.loads(told.body) in ({"error": "Unauthorized"}, {"success": False, "error": "Unauthorized"})


@pytest.mark.req("S2-092", "S2-093")
def test_the_guide_has_an_example_of_every_route(site: Site) -> None:
    guide = Path("docs/profiles.md").read_text()
    routes = [
        (path, method.upper())
        for path, methods in site.client.get("/openapi.json").json()["paths"].items()
        for method, operation in methods.items()
        if operation["tags"][0] in {"document 2", "documents 1 and 2"}
    ]
    assert len(routes) == 17
    examples = [line for line in guide.splitlines() if "curl" in line]
    for path, method in routes:
        shown = path.replace("{user_id}", "USER").replace("{filename}", "FILE")
        shown = shown.replace("{profile_id}", "ID").replace("{key_id}", "ID")
        fitting = [line for line in examples if f"$L{shown}" in line and (method == "GET" or f"-X {method}" in line)]
        assert fitting, (path, method)
    for part in ("In five minutes", "Asking well", "Pictures are private", "When it does not work", "async function"):
        assert part in guide


@pytest.mark.req("S2-061", "S2-062", "S2-063", "S2-064", "S2-065", "S2-066")
def test_the_tool_is_that_of_the_document(site: Site) -> None:
    (tool,) = site.client.get("/api/tools").json()["tools"]
    assert (tool["name"], tool["description"]) == (
        "generate_image",
        "Generate an image based on a text description.",
    )
    parameters = tool["parameters"]
    assert parameters["required"] == ["prompt"]
    properties = parameters["properties"]
    assert set(properties) == {"prompt", "size", "style", "quality", "count"}
    assert properties["prompt"]["type"] == "string"
    assert properties["size"]["enum"] == ["1024x1024", "1792x1024", "1024x1792"]
    assert properties["style"]["enum"] == ["vivid", "natural"]
    assert properties["quality"]["enum"] == ["standard", "hd"]
    count = properties["count"]
    assert (count["type"], count["minimum"], count["maximum"]) == ("integer", 1, 4)
