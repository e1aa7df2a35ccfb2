"""Share links: what whoever has one sees, and that it is nothing else."""

import re
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.api.served import Site


@pytest.fixture(scope="module")
def pictures(site: Site) -> list[str]:
    job: Any = site.paint(prompt="a secret garden", count=3)
    return [each["id"] for each in job["images"]]


def shared(site: Site, what: str, name: str, **body: object) -> Any:
    answer = site.client.post(f"/api/v1/{what}/{name}/shares", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return {**made, "path": urlsplit(made["url"]).path}


def test_a_link_shows_one_picture_and_nothing_else(site: Site, pictures: list[str]) -> None:
    link = shared(site, "images", pictures[0], expires_in=3600)
    page = site.client.get(link["path"])
    assert page.status_code == 200
    assert "noindex" in page.headers["x-robots-tag"]
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    assert '<meta name="robots" content="noindex' in page.text
    assert pictures[0] in page.text
    for secret in ("garden", "/gallery", "/jobs", pictures[1]):
        assert secret not in page.text
    here = f"{link['path']}/images"
    small = site.client.get(f"{here}/{pictures[0]}/thumbnail")
    assert (small.headers["content-type"], small.headers["cache-control"]) == ("image/webp", "no-store")
    file = site.client.get(f"{here}/{pictures[0]}/file")
    assert file.headers["content-disposition"] == f'attachment; filename="picture-{pictures[0][-8:]}.png"'
    assert b"secret garden" not in file.content  # the recipe is its owner's
    assert b"algorithmicMedia" in file.content  # what it is, everybody may know
    assert b"secret garden" in site.client.get(f"/api/v1/images/{pictures[0]}/file").content
    for other in (pictures[1], str(uuid4()), "nonsense"):
        assert site.client.get(f"{here}/{other}/file").status_code == 404


@pytest.mark.req("S1-129")
def test_a_link_that_is_posted_elsewhere_has_a_card_with_its_picture_and_no_words_of_its_owners(
    site: Site, pictures: list[str]
) -> None:
    link = shared(site, "images", pictures[0])
    told = dict(re.findall(r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)">', page_of(site, link)))
    assert (told["og:type"], told["og:title"], told["twitter:card"]) == ("website", "Picture", "summary_large_image")
    assert told["og:url"] == f"{site.url}{link['path']}"
    assert "garden" not in str(told)
    shown = site.client.get(told["og:image"])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    album = site.client.post("/api/v1/collections", json={"name": '"Empty"'}).json()["id"]
    empty = page_of(site, shared(site, "collections", album))
    assert 'property="og:title" content="&#34;Empty&#34;"' in empty
    assert "og:image" not in empty


def page_of(site: Site, link: Any) -> str:
    return site.client.get(link["path"]).text


def test_views_are_counted_and_links_are_listed_and_end(site: Site, pictures: list[str]) -> None:
    link = shared(site, "images", pictures[1])
    for _ in range(2):
        site.client.get(link["path"])
    (listed,) = site.client.get(f"/api/v1/images/{pictures[1]}/shares").json()["items"]
    assert (listed["id"], listed["views"], "url" in listed) == (link["id"], 2, False)
    assert link["id"] in {each["id"] for each in site.client.get("/api/v1/shares").json()["items"]}
    assert site.client.delete(f"/api/v1/shares/{link['id']}").status_code == 204
    assert site.client.delete(f"/api/v1/shares/{link['id']}").status_code == 404
    for path in ("", f"/images/{pictures[1]}/file", f"/images/{pictures[1]}/thumbnail"):
        assert site.client.get(link["path"] + path).status_code == 404
    assert site.client.get(f"/api/v1/images/{pictures[1]}/shares").json()["items"] == []


def test_a_link_to_a_collection_shows_what_is_in_it_now(site: Site, pictures: list[str]) -> None:
    album = site.client.post("/api/v1/collections", json={"name": "<Gardens>"}).json()["id"]
    site.client.post(f"/api/v1/collections/{album}/images", json={"ids": pictures[:2]})
    link = shared(site, "collections", album)
    page = site.client.get(link["path"]).text
    assert "&lt;Gardens&gt;" in page
    assert [name in page for name in pictures] == [True, True, False]
    here = f"{link['path']}/images"
    assert site.client.get(f"{here}/{pictures[1]}/file").status_code == 200
    assert site.client.get(f"{here}/{pictures[2]}/file").status_code == 404
    site.client.delete(f"/api/v1/images/{pictures[1]}")
    assert pictures[1] not in site.client.get(link["path"]).text
    assert site.client.get(f"{here}/{pictures[1]}/file").status_code == 404
    site.client.post(f"/api/v1/images/{pictures[1]}/restore")
    site.client.delete(f"/api/v1/collections/{album}")
    assert site.client.get(link["path"]).status_code == 404


def test_what_is_in_the_trash_is_not_shown(site: Site, pictures: list[str]) -> None:
    link = shared(site, "images", pictures[2])
    site.client.delete(f"/api/v1/images/{pictures[2]}")
    assert site.client.get(link["path"]).status_code == 404
    site.client.post(f"/api/v1/images/{pictures[2]}/restore")
    assert site.client.get(link["path"]).status_code == 200


def test_links_that_cannot_be(site: Site, pictures: list[str]) -> None:
    here = f"/api/v1/images/{pictures[0]}/shares"
    for seconds in (0, 59, 31_536_001, "soon"):
        assert site.client.post(here, json={"expires_in": seconds}).status_code == 422
    for what in ("images", "collections"):
        assert site.client.post(f"/api/v1/{what}/{uuid4()}/shares", json={}).status_code == 404
    assert site.client.get(f"/api/v1/images/{uuid4()}/shares").status_code == 404
    assert site.client.get("/s/none").status_code == 404
    assert "text/html" in site.client.get("/s/none", headers={"Accept": "text/html"}).headers["content-type"]
