"""The settings' image profiles, without a script."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from limner.testing.faults import At, Fault
from limner.web.icons import read_icons
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site, serving

HERE = "/settings/profiles"
NEW = {"do": "save", "name": "DALL-E 3 HD", "service": "openai", "model": "openai/gpt-image-2", "default": "on"}
WRONG = {"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("profiles")) as site:
        yield site


def deeds_of(page: httpx2.Response, deed: str) -> list[str]:
    return re.findall(rf'href="({HERE}/[0-9a-f-]+){deed}"', page.text)


def options_in(page: httpx2.Response, name: str) -> list[str]:
    """The values that a list of the form has."""
    found = re.search(rf'<select[^>]* name="{re.escape(name)}"[^>]*>(.*?)</select>', page.text, re.DOTALL)
    return [] if found is None else re.findall(r'value="([^"]*)"', found[1])


@pytest.mark.req("S2-074", "S2-080")
def test_the_form_offers_what_the_provider_and_the_model_have(alone: Site) -> None:
    client = alone.client
    page = client.get(HERE)
    for label in ("Name", "Provider", "API Key", "Model"):
        assert f">{label}</label>" in page.text
    for word in ("Validate", "Parameters", "Set as default profile", "Create Profile"):
        assert word in page.text
    assert {"openai", "sketch", "stability"} <= set(options_in(page, "service"))
    openai = client.post(HERE, data={"do": "show", "service": "openai", "model": "openai/dall-e-3"})
    assert all(model.startswith("openai/") for model in options_in(openai, "model"))
    assert options_in(openai, "option.quality") == ["", "standard", "hd"]
    assert options_in(openai, "option.style") == ["", "vivid", "natural"]
    assert "1024x1024" in options_in(openai, "option.size")
    # Of another provider's model nothing is left: its shapes and words take the place.
    stability = client.post(HERE, data={"do": "show", "service": "stability", "model": "openai/dall-e-3"})
    assert all(model.startswith("stability/") for model in options_in(stability, "model"))
    assert "16:9" in options_in(stability, "option.size")
    assert 'name="option.negative_prompt"' in stability.text
    assert "Limner will fold it into the prompt" in openai.text


@pytest.mark.req("S2-074")
def test_a_key_is_validated_in_the_form_and_what_stands_there_stays(alone: Site) -> None:
    client = alone.client
    stored = client.post(
        "/api/v1/keys", json={"service": "openai", "api_key": "sk-a-key-of-a-profile-1234", "label": "P"}
    )
    typed = {**NEW, "do": "validate", "name": "Half done", "key": stored.json()["id"]}
    valid = client.post(HERE, data=typed)
    assert re.search(r"Valid\. \d+ models available\.", valid.text)
    assert ('value="Half done"' in valid.text, read_icons()["ok"] in valid.text) == (True, True)
    assert f'value="{stored.json()["id"]}" selected' in valid.text
    alone.stand_in.faults.add(Fault(at=At.ACCOUNT, status=401, body=WRONG))
    assert "OpenAI does not accept this key (401)." in client.post(HERE, data=typed).text
    assert "Needs no key." in client.post(HERE, data={"do": "validate", "service": "sketch"}).text
    assert "No profiles yet" in client.get(HERE).text
    client.delete(f"/api/v1/keys/{stored.json()['id']}")


@pytest.mark.req("S2-075", "S2-077")
def test_a_profile_is_made_changed_copied_and_deleted(alone: Site) -> None:
    client = alone.client
    options = {"option.quality": "hd", "option.negative_prompt": "people, text", "option.size": "3:2"}
    made = client.post(HERE, data={**NEW, **options})
    assert made.headers["location"] == f"{HERE}?done=added"
    page = client.get(made.headers["location"])
    row = page.text.partition("<tbody")[2].partition("</tbody>")[0]
    assert 'class="prov openai">OpenAI' in row
    assert ("DALL-E 3 HD" in row, "GPT Image 2" in row, "Default" in row, "not used yet" in row) == (True,) * 4
    (profile,) = client.get("/api/v1/profiles").json()["items"]
    assert profile["parameters"] == {"quality": "hd", "negative_prompt": "people, text", "aspect": "3:2"}
    (one,) = deeds_of(page, "#profile")
    form = client.get(one)
    assert ('value="hd" selected' in form.text, 'value="3:2" selected' in form.text) == (True, True)
    # What the form does not show stays: it was said over the interface.
    client.patch(f"/api/v1/profiles/{profile['id']}", json={"parameters": {"aspectRatio": "3:2", "seed": 7}})
    changed = client.post(one, data={**NEW, "name": "Posters", "option.size": "1024x1024", "option.quality": ""})
    assert changed.headers["location"] == f"{HERE}?done=changed"
    (profile,) = client.get("/api/v1/profiles").json()["items"]
    assert (profile["name"], profile["parameters"]) == ("Posters", {"size": "1024x1024", "seed": 7})
    assert 'value="Posters copy"' in client.get(f"{one}/copy").text
    chat = client.post("/api/v1/chats", json={"image_profile": profile["id"]})
    assert chat.status_code == 201
    listed = client.get(HERE).text
    assert ("1 chat<" in listed, " · 1024 \u00d7 1024" in listed) == (True, True)
    assert "Delete the profile “Posters”?" in client.get(f"{one}/delete").text
    assert client.post(f"{one}/delete").headers["location"] == f"{HERE}?done=deleted"
    assert "No profiles yet" in client.get(HERE).text


def test_what_is_wrong_with_a_profile_stands_beside_its_form(alone: Site) -> None:
    client = alone.client
    for wrong in ({"name": " "}, {"model": ""}, {"model": "openai/none"}, {"base_url": "ftp://x"}, {"key": "x"}):
        refused = client.post(HERE, data={**NEW, **wrong})
        assert (refused.status_code in {404, 422}, 'role="alert"' in refused.text or refused.status_code == 404) == (
            True,
            True,
        ), wrong
    steps = client.post(HERE, data={**NEW, "service": "sketch", "model": "sketch/landscape", "option.steps": "many"})
    assert steps.status_code == 422
    assert client.get("/api/v1/profiles").json()["items"] == []


def test_profiles_are_their_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick_hashes(monkeypatch)
    with accounts_site(tmp_path) as site:
        for name in ("ann", "ben"):
            add_user(tmp_path, f"{name}@example.com")
        with client_of(site, "ann@example.com") as ann, client_of(site, "ben@example.com") as ben:
            assert ann.post(HERE, data=NEW).status_code == 303
            (one,) = deeds_of(ann.get(HERE), "#profile")
            assert "DALL-E 3 HD" not in ben.get(HERE).text
            for path in (one, f"{one}/copy", f"{one}/delete"):
                assert ben.get(path).status_code == 404
            for path in (one, f"{one}/delete"):
                assert ben.post(path, data=NEW).status_code == 404
