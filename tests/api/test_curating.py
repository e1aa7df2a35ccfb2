"""Marks, tags, the trash and collections over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.served import Site

NOBODY = str(uuid4())


@pytest.fixture(scope="module")
def pictures(site: Site) -> list[str]:
    job: Any = site.paint(prompt="curated boats", count=3, tags=["sea"])
    return [each["id"] for each in job["images"]]


def ids(site: Site, **which: str | bool) -> list[str]:
    answer = site.client.get("/api/v1/images", params={"q": "curated boats", **which})
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


@pytest.mark.req("S1-057", "S1-026")
def test_a_picture_becomes_a_favourite_and_is_one_no_more(site: Site, pictures: list[str]) -> None:
    here = f"/api/v1/images/{pictures[0]}/favorite"
    assert site.client.put(here).json()["favorite"] is True
    assert site.client.put(here).status_code == 200
    assert ids(site, favorite=True) == [pictures[0]]
    assert site.client.delete(here).json()["favorite"] is False
    assert ids(site, favorite=True) == []


def test_tags_over_http(site: Site, pictures: list[str]) -> None:
    here = f"/api/v1/images/{pictures[0]}/tags"
    assert site.client.put(f"{here}/north/sea").json()["tags"] == ["sea", "north/sea"]
    assert ids(site, tag="north/sea") == [pictures[0]]
    renamed = site.client.patch("/api/v1/tags/north/sea", json={"name": " Baltic "})
    assert renamed.json() == {"tag": "Baltic", "changed": 1}
    assert {"tag": "Baltic", "images": 1} in site.client.get("/api/v1/tags").json()["items"]
    assert site.client.delete(f"{here}/Baltic").json()["tags"] == ["sea"]
    assert site.client.patch("/api/v1/tags/Baltic", json={"name": "other"}).status_code == 404
    assert site.client.patch("/api/v1/tags/sea", json={"name": "\u0007"}).status_code == 422
    assert site.client.put(f"{here}/%20").status_code == 422


def test_the_trash_and_back(site: Site, pictures: list[str]) -> None:
    here = f"/api/v1/images/{pictures[1]}"
    assert site.client.delete(here).status_code == 204
    assert pictures[1] not in ids(site)
    assert ids(site, trash=True) == [pictures[1]]
    assert site.client.get(here).json()["trashed"].startswith("20")
    assert site.client.post(f"{here}/restore").json()["trashed"] is None
    assert pictures[1] in ids(site)


def test_many_at_once_and_what_is_not_yours_is_told(site: Site, pictures: list[str]) -> None:
    wanted = [pictures[0], NOBODY, pictures[2].upper(), "nonsense\u0000"]
    body = {"ids": wanted, "action": "tag", "tags": ["many"]}
    answer = site.client.post("/api/v1/images/bulk", json=body).json()
    assert answer["changed"] == 2
    assert [(each["id"], each["ok"]) for each in answer["items"]] == list(
        zip(wanted, (True, False, True, False), strict=True)
    )
    assert set(ids(site, tag="many")) == {pictures[0], pictures[2]}
    moved = {"ids": pictures, "action": "project", "project": "curated"}
    assert site.client.post("/api/v1/images/bulk", json=moved).json()["changed"] == 3
    assert len(ids(site, project="curated")) == 3


@pytest.mark.parametrize(
    "body",
    [
        {"ids": [], "action": "trash"},
        {"ids": [NOBODY] * 1001, "action": "trash"},
        {"ids": [NOBODY], "action": "destroy"},
        {"ids": [NOBODY], "action": "tag"},
        {"ids": [NOBODY], "action": "tag", "tags": ["x" * 201]},
        {"ids": [NOBODY], "action": "project", "project": " "},
        {"ids": [NOBODY], "action": "collect"},
        {"ids": [NOBODY], "action": "trash", "all": True},
    ],
)
def test_changes_that_cannot_be_are_refused(site: Site, body: dict[str, object]) -> None:
    assert site.client.post("/api/v1/images/bulk", json=body).status_code == 422


def test_what_is_not_there_cannot_be_changed(site: Site) -> None:
    for name in (NOBODY, "nonsense"):
        here = f"/api/v1/images/{name}"
        for method, path in (
            ("PUT", "/favorite"),
            ("DELETE", "/favorite"),
            ("PUT", "/tags/x"),
            ("DELETE", "/tags/x"),
            ("DELETE", ""),
            ("POST", "/restore"),
        ):
            assert site.client.request(method, here + path).status_code == 404
        album = f"/api/v1/collections/{name}"
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"name": "x"}),
            ("DELETE", "", None),
            ("GET", "/images", None),
            ("POST", "/images", {"ids": [NOBODY]}),
            ("PUT", "/order", {"ids": [NOBODY]}),
            ("DELETE", f"/images/{NOBODY}", None),
        ):
            assert site.client.request(method, album + path, json=body).status_code == 404


@pytest.mark.req("S1-057", "S1-026")
def test_a_collection_from_beginning_to_end(site: Site, pictures: list[str]) -> None:
    made = site.client.post("/api/v1/collections", json={"name": " Harbours ", "description": "Boats."})
    assert made.status_code == 201
    album, here = made.json(), made.headers["location"]
    assert (album["name"], album["images"], album["cover_url"]) == ("Harbours", 0, None)
    added = site.client.post(f"{here}/images", json={"ids": [*pictures, NOBODY]}).json()
    assert [each["ok"] for each in added["items"]] == [True, True, True, False]
    assert site.client.put(f"{here}/order", json={"ids": [pictures[2]]}).status_code == 204
    first = site.client.get(f"{here}/images", params={"limit": 2}).json()
    rest = site.client.get(f"{here}/images", params={"limit": 2, "cursor": first["next"]}).json()
    shown = [each["id"] for each in first["items"] + rest["items"]]
    assert shown == [pictures[2], pictures[0], pictures[1]]
    edited = site.client.patch(here, json={"name": "Ports", "cover_id": pictures[1]}).json()
    assert (edited["name"], edited["description"], edited["cover_id"]) == ("Ports", "Boats.", pictures[1])
    assert site.client.get(edited["cover_url"]).status_code == 200
    assert site.client.delete(f"{here}/images/{pictures[1]}").status_code == 204
    assert site.client.get(here).json()["images"] == 2
    assert here.endswith(site.client.get("/api/v1/collections").json()["items"][0]["id"])
    assert site.client.patch(here, json={"cover_id": NOBODY}).status_code == 422
    assert site.client.post("/api/v1/collections", json={"name": " "}).status_code == 422
    assert site.client.delete(here).status_code == 204
    assert site.client.get(here).status_code == 404
    assert site.client.get(f"/api/v1/images/{pictures[0]}").status_code == 200
