"""What makes the studio an application of its own: manifest, icons, the worker, the page for when the line is down."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image

from limner.web.languages import LANGUAGES, Language, gettext, speaking
from tests.api.people import accounts_site
from tests.api.served import Site

PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site where nobody is let in who has not signed in."""
    with accounts_site(tmp_path_factory.mktemp("closed")) as site:
        yield site


@pytest.mark.req("S1-130")
def test_the_manifest_names_icons_of_their_sizes_and_pages_that_are_there(site: Site) -> None:
    answer = site.client.get("/manifest.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    told = answer.json()
    assert (told["display"], told["start_url"]) == ("standalone", "/")
    for icon in told["icons"]:
        image = Image.open(io.BytesIO(site.client.get(icon["src"]).content))
        assert f"{image.width}x{image.height}" == icon["sizes"]
    assert {(icon["sizes"], icon["purpose"]) for icon in told["icons"]} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for place in [told["start_url"], *(shortcut["url"] for shortcut in told["shortcuts"])]:
        assert site.client.get(place, headers=PAGE).status_code == 200
    assert told["shortcuts"][1]["name"] == "Gallery"


def test_a_page_names_its_manifest_and_may_fetch_it(site: Site) -> None:
    page = site.client.get("/gallery", headers=PAGE)
    assert 'rel="manifest" href="/manifest.webmanifest"' in page.text
    assert "manifest-src 'self'" in page.headers["content-security-policy"]


def test_the_worker_stands_above_all_pages_and_is_asked_for_afresh(site: Site) -> None:
    answer = site.client.get("/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert "connect-src 'self'" in answer.headers["content-security-policy"]
    assert "cache.put" not in answer.text


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_the_page_that_is_kept_speaks_the_language_it_is_kept_for(site: Site, language: Language) -> None:
    page = site.client.get("/offline", params={"language": language.code, "theme": "vellum"}, headers=PAGE).text
    assert f'lang="{language.tag}" dir="{language.direction}" data-theme="vellum"' in page
    with speaking(language):
        assert gettext("The server cannot be reached. Trying again in %(seconds)s s.", seconds=4) in page
    strange = site.client.get("/offline", params={"language": "xx", "theme": "pink"}, headers=PAGE).text
    assert 'lang="en-GB" dir="ltr" data-theme="ink"' in strange


@pytest.mark.parametrize("path", ["/manifest.webmanifest", "/sw.js", "/offline"])
def test_what_is_kept_is_there_before_anybody_has_signed_in(closed: Site, path: str) -> None:
    assert closed.client.get(path, headers=PAGE).status_code == 200
