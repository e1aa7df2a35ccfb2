"""Pages and scripts go out compressed to whoever takes them so, and plain to all others."""

import gzip
import re

import pytest

from tests.api.served import Site

PAGE = {"Accept": "text/html"}
DOCUMENTS_BUNDLE = 245_120
"""Bytes, compressed, of the page that document 3 calls too large."""


@pytest.mark.parametrize("path", ["/gallery", "/static/old/site.css", "/static/old/gallery.js"])
def test_what_is_compressed_is_the_same(site: Site, path: str) -> None:
    plain = site.client.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["vary"]
    with site.client.stream("GET", path, headers={"Accept-Encoding": "br;q=1, gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(raw) < len(plain.content)
    assert len(gzip.decompress(raw)) == pytest.approx(len(plain.content), abs=20)  # the nonce is another one


@pytest.mark.parametrize("accepted", ["gzip;q=0", "identity", "br"])
def test_whoever_does_not_take_it_gets_it_plain(site: Site, accepted: str) -> None:
    answer = site.client.get("/static/old/site.css", headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in answer.headers
    assert b"@layer" in answer.content


def test_what_is_compressed_already_goes_as_it_is(site: Site) -> None:
    answer = site.client.get("/static/old/lighthouse.webp", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers


def scripts_of(site: Site, page: str) -> dict[str, int]:
    """The script modules that a page loads, with all that they import, and their sizes as they cross the line."""
    waiting = re.findall(r'<script type="module" src="([^"]+)"', site.client.get(page, headers=PAGE).text)
    found: dict[str, int] = {}
    while waiting:
        path = waiting.pop()
        if path.rpartition("/")[2] in found:
            continue
        text = site.client.get(path).text
        found[path.rpartition("/")[2]] = len(gzip.compress(text.encode()))
        folder = path.rpartition("/")[0]
        waiting += [f"{folder}/{name}" for name in re.findall(r'(?:from|import) "\./([^"]+)"', text)]
    return found


@pytest.mark.req("S3-116")
def test_each_page_loads_its_own_scripts_and_a_fraction_of_the_documents_bundle(site: Site) -> None:
    loaded = {page: scripts_of(site, page) for page in ("/", "/gallery", "/chat", "/compare", "/settings/keys")}
    for page, own in (("/chat", "chat.js"), ("/compare", "compare.js"), ("/settings/keys", "settings.js")):
        assert [other for other, scripts in loaded.items() if own in scripts] == [page]
    for fetched in ("create.js", "gallery.js", "lightbox.js", "palette.js"):  # when a page has something for them
        assert not [page for page, scripts in loaded.items() if fetched in scripts]
        assert site.client.get(f"/static/now/{fetched}").status_code == 200
    assert all(0 < sum(scripts.values()) < DOCUMENTS_BUNDLE / 5 for scripts in loaded.values()), loaded
