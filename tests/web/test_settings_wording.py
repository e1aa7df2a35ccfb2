"""The settings' presets, templates and appearance, without a script."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from limner.catalog.presets import load_presets
from limner.domain.people import Role
from limner.web import styles
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site, serving

PRESETS, TEMPLATES, APPEARANCE = "/settings/presets", "/settings/templates", "/settings/appearance"
STYLE = {"id": "neon-city", "name": "Neon city", "value": "neon lights, rain", "description": "At night"}
PROMPT = {"name": "Harbours", "template": "A {subject} by the sea, {light=at dusk}", "description": ""}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("wording")) as site:
        yield site


def test_styles_are_saved_changed_and_deleted(site: Site) -> None:
    client = site.client
    page = client.get(PRESETS)
    assert ("No styles of your own yet." in page.text, "watercolor" in page.text) == (True, True)
    assert client.post(PRESETS, data=STYLE).headers["location"] == f"{PRESETS}?done=added"
    assert "neon lights, rain" in client.get(PRESETS).text
    one = f"{PRESETS}/neon-city"
    assert 'value="Neon city"' in client.get(one).text
    for wrong in ({"id": "Neon City"}, {"value": " "}, {}):
        refused = client.post(PRESETS, data={**STYLE, **wrong})
        assert (refused.status_code, 'role="alert"' in refused.text) == (422, True), wrong
    assert client.post(one, data={**STYLE, "value": ""}).status_code == 422
    assert client.post(one, data={**STYLE, "value": "rain alone"}).headers["location"] == f"{PRESETS}?done=changed"
    assert "rain alone" in client.get(PRESETS).text
    # A built-in style is changed by one of one's own in its place.
    own = client.get(f"{PRESETS}/watercolor")
    assert (f'action="{PRESETS}"' in own.text, 'value="watercolor"' in own.text) == (True, True)
    for verb in (client.get, client.post):
        assert verb(f"{PRESETS}/watercolor/delete").status_code == 404
    assert "Delete the style “Neon city”?" in client.get(f"{one}/delete").text
    assert client.post(f"{one}/delete").headers["location"] == f"{PRESETS}?done=deleted"
    assert client.get(one).status_code == 404


def test_templates_show_their_blanks_and_are_changed_and_deleted(site: Site) -> None:
    client = site.client
    assert client.post(TEMPLATES, data=PROMPT).headers["location"] == f"{TEMPLATES}?done=added"
    page = client.get(TEMPLATES)
    assert (">subject<" in page.text, ">light = at dusk<" in page.text, "not used yet" in page.text) == (True,) * 3
    (one,) = re.findall(rf'href="({TEMPLATES}/[0-9a-f-]+)#template"', page.text)
    for wrong in ({"name": ""}, {"template": "a lone { brace", "name": "Other"}, {}):
        refused = client.post(TEMPLATES, data={**PROMPT, **wrong})
        assert (refused.status_code, 'role="alert"' in refused.text) == (422, True), wrong
    assert "a lone { brace" in client.post(one, data={**PROMPT, "template": "a lone { brace"}).text
    changed = client.post(one, data={**PROMPT, "template": "Nothing but {what}"})
    assert changed.headers["location"] == f"{TEMPLATES}?done=changed"
    assert ">what<" in client.get(TEMPLATES).text
    assert "Delete the template “Harbours”?" in client.get(f"{one}/delete").text
    assert client.post(f"{one}/delete").headers["location"] == f"{TEMPLATES}?done=deleted"
    assert "No templates yet." in client.get(TEMPLATES).text


def test_the_appearance_is_kept_in_this_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick_hashes(monkeypatch)
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "eve@example.com", Role.VIEWER)
        with client_of(site, "eve@example.com") as eve:  # whoever only looks chooses how
            page = eve.get(APPEARANCE)
            assert (
                'data-theme="ink"' in page.text,
                'name="keys" aria-describedby="keys-hint" checked' in page.text,
            ) == (
                True,
                True,
            )
            saved = eve.post(APPEARANCE, data={"theme": "vellum", "confirm": "on"})
            assert saved.headers["location"] == f"{APPEARANCE}?done=saved"
            told = {cookie.partition(";")[0] for cookie in saved.headers.get_list("set-cookie")}
            assert told == {"theme=vellum", "keys=off", "confirm=on"}
            page = eve.get(APPEARANCE)
            assert 'data-theme="vellum"' in page.text
            assert 'name="keys" aria-describedby="keys-hint">' in page.text
            assert 'name="confirm" aria-describedby="confirm-hint" checked>' in page.text
            assert '<option value="en" selected>English</option>' in page.text
            spoken = eve.post(APPEARANCE, data={"theme": "ink", "language": "de"})
            assert "language=de" in {cookie.partition(";")[0] for cookie in spoken.headers.get_list("set-cookie")}
            assert '<html lang="de"' in eve.get(APPEARANCE).text
            odd = eve.post(APPEARANCE, data={"theme": "neon", "language": "xx"})
            assert not [each for each in odd.headers.get_list("set-cookie") if "neon" in each or "xx" in each]
            assert not [each for each in odd.headers.get_list("set-cookie") if each.startswith("theme=")]


def test_built_in_styles_are_named_in_the_language_of_the_page(site: Site) -> None:
    built_in = {preset.id: (preset.name, preset.description) for preset in load_presets().values()}
    assert built_in == {each: (styles.NAMES[each], styles.DESCRIPTIONS[each]) for each in styles.NAMES}
    site.client.post(PRESETS, data={**STYLE, "id": "poster", "name": "Posters of mine"})
    german = {"Cookie": "language=de"}
    for path in (PRESETS, "/"):
        page = site.client.get(path, headers=german).text
        assert [word in page for word in ("Aquarell", "Posters of mine", "Watercolour", "Plakat")] == [
            True,
            True,
            False,
            False,
        ]
    painted = site.client.post(
        "/api/v1/jobs",
        json={"prompt": "a quay", "model": "sketch", "size": "64x64", "presets": ["watercolor"]},
        headers={"Prefer": "wait=30"},
    ).json()
    assert "Aquarell" in site.client.get(painted["images"][0]["page_url"], headers=german).text
