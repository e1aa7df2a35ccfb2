"""Pages and scripts go out compressed to whoever takes them so, and plain to all others."""

import gzip

import pytest

from tests.api.served import Site


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
