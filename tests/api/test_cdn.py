"""Pictures through a CDN: every whole address of one begins with IMAGE_CDN_URL, and leads to the same signed copy."""

from pathlib import Path

import httpx2
import pytest

from limner.domain.errors import NotConfigured
from limner.server import check_reach
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site, serving, settings_for
from tests.cli.conftest import in_a_thread
from tests.receiver import Receiver

CDN = "https://cdn.example/pictures"
NAMED = {"IMAGE_CDN_URL": f"{CDN}/"}
SMALL = {"prompt": "a lake at dawn", "provider": "sketch", "size": "64x64"}


def behind(site: Site, address: object) -> httpx2.Response:
    """What a CDN gets from the server for an address of its own."""
    assert isinstance(address, str)
    assert address.startswith(f"{CDN}/")
    return site.client.get(address.removeprefix(CDN))


@pytest.mark.req("S1-097", "S1-077", "S4-081")
def test_every_surface_names_the_cdn_and_its_addresses_lead_to_signed_copies(tmp_path: Path) -> None:
    with serving(tmp_path, variables=NAMED) as site:
        post = site.client.post
        (first,) = post("/api/images/generate", json=SMALL).json()["images"]
        by_document_3 = post("/generate-image", json={**SMALL, "modelKey": "sketch"}).json()["imageUrl"]
        wish = {"prompt": "a lake", "model": "sketch", "size": "64x64", "response_format": "url"}
        by_openai = post("/v1/images/generations", json=wish).json()["data"][0]["url"]
        by_document_4 = post("/unified/generate/quick", json={"prompt": "a lake", "provider": "sketch"}).json()
        found = [first["url"], by_document_3, by_openai, by_document_4["images"][0]["url"]]
        for address in found:
            file = behind(site, address)
            assert (file.status_code, file.headers["content-type"]) == (200, "image/png")
            assert b"c2pa" in file.content
            assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert behind(site, first["thumbnailUrl"]).headers["content-type"] == "image/webp"
        again = post("/api/images/variations", json={"imageUrl": first["url"], "count": 1, "provider": "sketch"})
        assert again.status_code == 200, again.text


@pytest.mark.req("S1-097")
def test_messages_to_webhooks_name_it_too(tmp_path: Path) -> None:
    with (
        in_a_thread(Receiver()) as receiver,
        serving(tmp_path, variables=NAMED, fetch_allowlist=receiver.place) as site,
    ):
        site.client.post("/api/v1/webhooks", json={"url": receiver.url})
        site.paint()
        (message,) = receiver.wait(1)
    (image,) = message.said["data"]["images"]
    assert image["url"] == f"{CDN}/api/v1/images/{image['id']}/file"


def test_where_people_sign_in_no_cdn_keeps_what_one_of_them_may_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_hashes(monkeypatch)
    with accounts_site(tmp_path, variables=NAMED) as site:
        add_user(tmp_path, "cdn@ids.example")
        with client_of(site, "cdn@ids.example") as client:
            (image,) = client.post("/api/images/generate", json=SMALL).json()["images"]
            path = image["url"].removeprefix(CDN)
            assert client.get(path).headers["cache-control"].startswith("private")
        assert site.client.get(path).status_code == 401


def test_what_is_no_address_is_said_before_anything_is_served(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="IMAGE_CDN_URL"):
        check_reach(settings_for(tmp_path, {"IMAGE_CDN_URL": "cdn.example"}))
    check_reach(settings_for(tmp_path, NAMED))
