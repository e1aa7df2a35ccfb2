"""Comparing over HTTP: priced, begun, blind, voted on, told."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from limner.domain.people import Role
from limner.testing.faults import Fault
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site, serving

PAID = "openai/gpt-image-2"
FOX = {"prompt": "a fox by the sea", "contenders": [{"model": "sketch"}, {"model": PAID}], "aspect": "1:1"}
WORDS = {
    "prompt": "a fox",
    "contenders": [{"model": "sketch"}, {"model": "sketch", "prompt": "an owl"}],
    "size": "64x64",
}
TELLING = ("sketch", "openai", "gpt", "limner", "model", "cost", "c2pa", "exif", "xmp")
"""What nothing of a blind round may hold, in small letters."""
PATIENCE = 60.0


def begun(site: Site, body: object = FOX, **headers: str) -> dict[str, Any]:
    answer = site.client.post("/api/v1/comparisons", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == found["links"]["self"] == f"/api/v1/comparisons/{found['id']}"
    return found


def painted(site: Site, found: dict[str, Any]) -> dict[str, Any]:
    """The round when all of its pictures have come."""
    pause, until = threading.Event(), time.monotonic() + PATIENCE
    while True:
        shown: dict[str, Any] = site.client.get(found["links"]["self"]).json()
        if not shown["waiting"]:
            return shown
        assert time.monotonic() < until, shown
        pause.wait(0.05)


def voted(site: Site, found: dict[str, Any], vote: str) -> dict[str, Any]:
    answer = site.client.post(found["links"]["vote"], json={"vote": vote})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.req("S3-112")
def test_a_round_is_priced_begun_voted_on_and_told(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        quote = site.client.post("/api/v1/comparisons/quote", json=FOX).json()
        assert [each["model"] for each in quote["contenders"]] == ["sketch/sketch", PAID]
        singles = [each["estimate"]["likely"]["micro_usd"] for each in quote["contenders"]]
        assert quote["estimate"]["likely"]["micro_usd"] == sum(singles) > 0
        assert site.stand_in.purchases == 0
        found = painted(site, begun(site, {"quote": quote["token"]}))
        assert (found["number"], found["state"], found["size"], found["aspect"]) == (1, "voting", 2, "1:1")
        assert (found["prompts"], found["estimate"]) == (["a fox by the sea"], quote["estimate"])
        assert [each["letter"] for each in found["pictures"]] == ["A", "B"]
        assert found["contenders"] is None
        told = voted(site, found, "B")
        assert (told["state"], told["outcome"], told["best"]) == ("decided", "best", "B")
        assert {each["model"] for each in told["contenders"]} == {"sketch/sketch", PAID}
        assert [each["best"] for each in told["contenders"]] == [False, True]
        for each in told["contenders"]:
            job = site.client.get(f"/api/v1/jobs/{each['job_id']}").json()
            assert (each["image_id"], each["cost"]) == (job["images"][0]["id"], job["cost"])
            assert each["receipt"] == job["receipt"]
            assert each["seconds"] >= 0
        assert site.client.get(found["links"]["self"]).json() == told
        board = site.client.get("/api/v1/comparisons/leaderboard").json()
        winner = told["contenders"][1]
        assert (board["votes"], board["items"][0]["name"], board["items"][0]["won"]) == (1, winner["model"], 1.0)
        assert 0.2 < board["items"][0]["low"] < 0.21
        assert board["items"][0]["cost"] == winner["cost"]
        assert site.stand_in.purchases == 1


def test_before_the_vote_nothing_tells_who_painted_what(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        found = painted(site, begun(site))
        listed = site.client.get("/api/v1/comparisons").json()["items"]
        assert listed == [found]
        said = repr({name: value for name, value in found.items() if name != "estimate"}).lower()
        assert [word for word in TELLING if word in said] == []
        jobs = site.client.get("/api/v1/jobs").json()["items"]
        for job in jobs:
            assert job["id"] not in said
            assert job["images"][0]["id"] not in said
            assert job["images"][0]["sha256"] not in said
        for picture in found["pictures"]:
            for url in (picture["url"], picture["thumbnail_url"]):
                answer = site.client.get(url)
                assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
                assert answer.headers["content-disposition"] == f'inline; filename="{picture["letter"]}.webp"'
                heads = {name: value for name, value in answer.headers.items() if name != "server"}
                assert [word for word in TELLING if word in repr(heads).lower()] == []
                # WebP is a row of chunks, each with a name of four letters: these are for what is beside the pixels.
                assert [
                    each for each in (b"EXIF", b"XMP ", b"C2PA", b"jumb", b"limner") if each in answer.content
                ] == []
                with Image.open(io.BytesIO(answer.content)) as opened:
                    assert not opened.getexif()
        with Image.open(io.BytesIO(site.client.get(found["pictures"][0]["url"]).content)) as opened:
            assert opened.width == opened.height


def test_what_is_not_there_yet_is_not_shown_and_not_voted_on(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.stand_in.faults.add(Fault(delay=20))
        found = begun(site)
        shown = site.client.get(found["links"]["self"]).json()
        assert (shown["state"], shown["pictures"], shown["contenders"]) == ("painting", [], None)
        assert site.client.get(f"{found['links']['self']}/pictures/A").status_code == 404
        refused = site.client.post(found["links"]["vote"], json={"vote": "A"})
        assert (refused.status_code, refused.json()["code"]) == (409, "round_painting")
        told = site.client.post(found["links"]["skip"])
        assert (told.status_code, told.json()["outcome"]) == (200, "skipped")
        assert len(told.json()["contenders"]) == 2


@pytest.mark.req("S1-128")
def test_two_prompts_on_one_model(site: Site) -> None:
    found = painted(site, begun(site, WORDS))
    assert found["prompts"] == ["a fox", "an owl"]
    told = voted(site, found, "A")
    prompts = {each["letter"]: each["prompt"] for each in told["contenders"]}
    board = site.client.get("/api/v1/comparisons/leaderboard", params={"by": "prompt"}).json()
    assert board["items"][0]["name"] == prompts["A"]


def test_a_vote_is_given_once(site: Site) -> None:
    found = painted(site, begun(site, WORDS))
    told = voted(site, found, "equal")
    assert (told["outcome"], told["best"]) == ("equal", None)
    assert voted(site, found, "equal") == told
    other = site.client.post(found["links"]["vote"], json={"vote": "none"})
    assert (other.status_code, other.json()["code"]) == (409, "already_voted")
    assert site.client.post(found["links"]["skip"]).status_code == 409


def test_the_same_key_is_the_same_round(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        key = {"Idempotency-Key": "a"}
        first = begun(site, **key)
        assert begun(site, **key)["id"] == first["id"]
        other = site.client.post("/api/v1/comparisons", json=WORDS, headers=key)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
        painted(site, first)
        assert site.stand_in.purchases == 1


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({**FOX, "contenders": []}, 422, "contenders"),
        ({**FOX, "contenders": FOX["contenders"] * 3}, 422, "contenders"),  # type: ignore[operator]  # a list
        ({**FOX, "contenders": [{"model": "sketch"}] * 2}, 422, "contenders"),
        ({**FOX, "contenders": [{"model": "sketch"}, {"model": "nobody"}]}, 404, "model"),
        ({**FOX, "prompt": ""}, 422, "prompt"),
        ({**FOX, "aspect": "wide"}, 422, "aspect"),
        ({**FOX, "max_cost": "0.0001"}, 409, "max_cost"),
        ({**FOX, "quote": "x"}, 422, "quote"),
        ({"quote": "x"}, 409, "quote"),
        ({**FOX, "count": 2}, 422, "count"),
    ],
)
def test_what_is_no_round_is_refused_by_field(site: Site, body: dict[str, object], status: int, field: str) -> None:
    answer = site.client.post("/api/v1/comparisons", json=body)
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text


def test_what_is_no_vote_is_refused(site: Site) -> None:
    found = painted(site, begun(site, WORDS))
    for vote, status in (("E", 422), ("D", 422), ("", 422)):
        assert site.client.post(found["links"]["vote"], json={"vote": vote}).status_code == status
    for letter in ("E", "D", "AB", "a", "%00"):
        assert site.client.get(f"{found['links']['self']}/pictures/{letter}").status_code == 404
    missing = "/api/v1/comparisons/0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11"
    assert site.client.get(missing).status_code == 404
    assert site.client.get("/api/v1/comparisons/nonsense").status_code == 404
    assert site.client.post(f"{missing}/skip").status_code == 404


def test_people_vote_for_themselves_and_administrators_see_all_votes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_hashes(monkeypatch)
    with accounts_site(tmp_path) as site:
        people = {}
        for name, role in (("ann", Role.MEMBER), ("ada", Role.ADMIN), ("vic", Role.VIEWER)):
            user = add_user(tmp_path, f"{name}@compare.example", role)
            people[name] = client_of(site, user.email)
        with people["ann"] as ann, people["ada"] as ada, people["vic"] as vic:
            found = painted(
                Site(url=site.url, client=ann, stand_in=site.stand_in),
                ann.post("/api/v1/comparisons", json=WORDS).json(),
            )
            for other in (ada, vic):
                assert other.get(found["links"]["self"]).status_code == 404
                assert other.get(found["pictures"][0]["url"]).status_code == 404
            assert ann.post(found["links"]["vote"], json={"vote": "A"}).status_code == 200
            board = "/api/v1/comparisons/leaderboard?by=prompt&everybody=true"
            assert [each.get(board).status_code for each in (ann, ada, vic)] == [403, 200, 403]
            assert ada.get(board).json()["votes"] == 1
            assert ada.get("/api/v1/comparisons/leaderboard?by=prompt").json()["votes"] == 0
            assert vic.post("/api/v1/comparisons/quote", json=WORDS).status_code == 200
            assert vic.post("/api/v1/comparisons", json=WORDS).status_code == 403
