"""Profiles over HTTP: set up, changed, painted with, and told apart by status."""

from typing import Any

import pytest

from tests.api.served import Site

SKETCH = {"model": "sketch/sketch", "parameters": {"size": "64x64", "seed": 7}}
NOBODY = "0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11"


def added(site: Site, name: str, **fields: object) -> dict[str, Any]:
    answer = site.client.post("/api/v1/profiles", json={"name": name, **SKETCH, **fields})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/profiles/{body['id']}"
    return body


def test_a_profile_is_set_up_shown_changed_used_and_removed(site: Site) -> None:
    made = added(site, "Moor", default=True)
    assert {name: made[name] for name in ("name", "service", "model", "key", "base_url", "default", "tags")} == {
        "name": "Moor",
        "service": "sketch",
        "model": "sketch",
        "key": None,
        "base_url": None,
        "default": True,
        "tags": [],
    }
    place = f"/api/v1/profiles/{made['id']}"
    assert site.client.get(place).json() == made
    job = site.client.post(
        "/api/v1/jobs", json={"prompt": "a moor", "profile": "Moor"}, headers={"Prefer": "wait=30"}
    ).json()
    assert (job["model"], [image["width"] for image in job["images"]]) == ("sketch/sketch", [64])

    changed = site.client.patch(place, json={"model": "dall-e-3", "parameters": {"quality": "hd"}, "default": False})
    assert changed.status_code == 200, changed.text
    body = changed.json()
    assert (body["service"], body["model"], body["parameters"], body["default"]) == (
        "openai",
        "dall-e-3",
        {"quality": "hd"},
        False,
    )
    assert (body["name"], body["created"]) == ("Moor", made["created"])
    assert body["updated"] > made["updated"]
    assert site.client.delete(place).status_code == 204
    assert [answer.status_code for answer in (site.client.get(place), site.client.delete(place))] == [404, 404]


def test_the_default_is_one_and_comes_first(site: Site) -> None:
    first, second = added(site, "B first", default=True), added(site, "A second")
    assert site.client.patch(f"/api/v1/profiles/{second['id']}", json={"default": True}).json()["default"]
    items = site.client.get("/api/v1/profiles").json()["items"]
    assert [item["id"] for item in items if item["default"]] == [second["id"]] == [items[0]["id"]]
    for each in (first, second):
        site.client.delete(f"/api/v1/profiles/{each['id']}")


def test_tags_come_and_go(site: Site) -> None:
    place = f"/api/v1/profiles/{added(site, 'Tagged')['id']}"
    assert site.client.put(f"{place}/tags/sea").json()["tags"] == ["sea"]
    assert site.client.put(f"{place}/tags/sea").json()["tags"] == ["sea"]
    assert site.client.delete(f"{place}/tags/sea").json()["tags"] == []
    assert site.client.delete(f"{place}/tags/sea").status_code == 404
    assert site.client.put(f"/api/v1/profiles/{NOBODY}/tags/sea").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": "", **SKETCH}, 422, "name"),
        ({"name": "x", "model": "nobody/none"}, 404, "model"),
        ({"name": "x", "model": "sketch", "key": NOBODY}, 404, "key"),
        ({"name": "x", "model": "sketch", "base_url": "ftp://x"}, 422, "base_url"),
        ({"name": "x", "model": "sketch", "parameters": {"size": "big"}}, 422, "parameters.size"),
        ({"name": "x", "model": "dall-e-3", "parameters": {"quality": "ultra"}}, 422, "parameters.quality"),
        ({"name": "x", "model": "sketch", "more": 1}, 422, "more"),
        ({"name": NOBODY, "model": "sketch"}, 422, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(site: Site, body: dict[str, object], status: int, field: str) -> None:
    refused = site.client.post("/api/v1/profiles", json=body)
    assert (refused.status_code, refused.json()["field"]) == (status, field), refused.text


def test_a_name_is_taken_once(site: Site) -> None:
    made = added(site, "Taken once")
    again = site.client.post("/api/v1/profiles", json={"name": "Taken once", **SKETCH})
    assert (again.status_code, again.json()["code"]) == (409, "profile_exists")
    site.client.delete(f"/api/v1/profiles/{made['id']}")


def test_a_request_with_a_profile_that_is_not_there_buys_nothing(site: Site) -> None:
    refused = site.client.post("/api/v1/jobs", json={"prompt": "a moor", "profile": "Nowhere"})
    assert (refused.status_code, refused.json()["field"]) == (404, "profile")
    assert site.client.post("/api/v1/quotes", json={"prompt": "a moor", "profile": "Nowhere"}).status_code == 404
