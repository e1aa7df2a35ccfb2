"""Budgets and limits over HTTP: set up, looked at, and told apart by status."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.api.served import Site, serving
from tests.db.postgres import new_database

SMALL = {"prompt": "a lake at dawn", "model": "sketch", "size": "64x64"}
PAID = {"prompt": "a harbour", "model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}


def paid(site: Site, **fields: object) -> Any:
    return site.client.post("/api/v1/jobs", json={**PAID, **fields}, headers={"Prefer": "wait=30"})


def added(site: Site, **fields: object) -> dict[str, Any]:
    answer = site.client.post("/api/v1/budgets", json=fields)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/budgets/{body['id']}"
    return body


def test_a_budget_is_set_up_used_shown_and_removed(tmp_path: Path) -> None:
    with serving(tmp_path, daily_cost_limit_usd=10, requests_per_minute=0) as site:
        pictures = added(site, kind="project", name="harbour", window="month", pictures=2)
        money = added(site, kind="everyone", window="all", usd="0.50")
        assert pictures["usd"] is None
        assert (money["usd"]["limit"], money["resets"]) == ({"micro_usd": 500_000, "usd": "0.50"}, None)

        assert paid(site, project="harbour", count=2).status_code == 201
        shown = site.client.get(f"/api/v1/budgets/{pictures['id']}").json()
        assert shown["pictures"] == {"limit": 2, "held": 0, "spent": 2, "left": 0}
        refused = paid(site, project="harbour")
        assert refused.status_code == 429
        assert refused.json()["code"] == "image_limit_exceeded"
        assert int(refused.headers["retry-after"]) > 0
        assert "project harbour has 2 images/month" in refused.json()["detail"]
        assert paid(site).status_code == 201

        items = site.client.get("/api/v1/budgets").json()["items"]
        assert [(each["kind"], each["id"]) for each in items] == [
            ("user", None),
            ("everyone", money["id"]),
            ("project", pictures["id"]),
        ]
        assert items[0]["usd"]["spent"] == items[1]["usd"]["spent"]
        assert items[0]["usd"]["spent"]["micro_usd"] > 0

        again = site.client.post(
            "/api/v1/budgets", json={"kind": "project", "name": "harbour", "window": "month", "pictures": 9}
        )
        assert (again.status_code, again.json()["code"]) == (409, "budget_exists")
        address = f"/api/v1/budgets/{pictures['id']}"
        changed = site.client.patch(address, json={"pictures": 3})
        assert (changed.status_code, changed.json()["id"]) == (200, pictures["id"])
        assert changed.json()["pictures"] == {"limit": 3, "held": 0, "spent": 2, "left": 1}
        wrong = site.client.patch(address, json={"usd": "1"})
        assert (wrong.status_code, wrong.json()["field"]) == (422, "limit")
        assert site.client.patch(address, json={}).status_code == 422
        assert site.client.delete(address).status_code == 204
        assert site.client.delete(address).status_code == site.client.get(address).status_code == 404
        assert site.client.patch(address, json={"pictures": 3}).status_code == 404
        assert paid(site, project="harbour").status_code == 201
        assert site.stand_in.purchases == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "everyone", "window": "day"}, "usd"),
        ({"kind": "everyone", "window": "day", "usd": "1", "pictures": 1}, "usd"),
        ({"kind": "everyone", "window": "day", "usd": "plenty"}, "usd"),
        ({"kind": "everyone", "window": "day", "usd": "-1"}, "usd"),
        ({"kind": "everyone", "window": "week", "usd": "1"}, "window"),
        ({"kind": "planet", "window": "day", "usd": "1"}, "kind"),
        ({"kind": "user", "window": "day", "usd": "1"}, "name"),
        ({"kind": "user", "name": "a\x00b", "window": "day", "usd": "1"}, "name"),
        ({"kind": "everyone", "window": "day", "pictures": -1}, "pictures"),
    ],
)
def test_wrong_budgets_are_refused_by_field(site: Site, body: dict[str, object], field: str) -> None:
    answer = site.client.post("/api/v1/budgets", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.req("S3-084")
def test_pictures_of_an_hour_are_limited_on_every_surface_and_over_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path, images_per_hour=4) as site:
        fields = {"prompt": "a quay", "model": "openai/gpt-image-2", "quality": "low", "count": "1", "shape": "1:1"}
        line = site.client.post("/create/price", data=fields, headers={"Origin": site.url})
        assert "4 images left this hour" in line.text
        assert paid(site, count=3).status_code == 201
        refused = paid(site, count=2)
        assert refused.status_code == 429
        assert refused.json()["detail"].startswith("Hourly limit exceeded (4 images/hour)")
        assert 1 <= int(refused.headers["retry-after"]) <= 3600
        assert paid(site).status_code == 201
    with serving(tmp_path, images_per_hour=4) as site:
        assert paid(site).status_code == 429
        form = {"prompt": "a harbour", "model": PAID["model"], "count": "1", "shape": "1:1"}
        assert "Hourly limit exceeded (4 images/hour)" in site.client.post("/", data=form).text
        assert site.client.post("/api/v1/jobs", json=SMALL).status_code == 202  # costs nothing
        assert site.stand_in.purchases == 0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_of_500_requests_at_once_a_budget_for_100_admits_exactly_100(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    database = None
    if kind == "postgresql":
        database = new_database(request.getfixturevalue("postgres_server"), f"crowd_{uuid4().hex}")
    with serving(tmp_path, database_url=database, daily_cost_limit_usd=0) as site:
        budget = added(site, kind="everyone", window="all", pictures=100)
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(base_url=site.url, limits=limits, timeout=300) as crowd:
            answers = await asyncio.gather(*(crowd.post("/api/v1/jobs", json=PAID) for _ in range(500)))
        assert Counter(answer.status_code for answer in answers) == {202: 100, 402: 400}
        taken = site.client.get(f"/api/v1/budgets/{budget['id']}").json()["pictures"]
        assert (taken["held"] + taken["spent"], taken["left"]) == (100, 0)


@pytest.mark.req("S1-072", "S3-089")
@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("daily_cost_limit_usd", "Daily cost limit exceeded ($0.002/day)"),
        ("daily_budget_usd", "Daily budget exceeded"),
    ],
)
def test_money_of_a_day_is_limited(tmp_path: Path, setting: str, said: str) -> None:
    limit: dict[str, Any] = {setting: "0.002"}
    with serving(tmp_path, **limit) as site:
        refused = paid(site)
        assert (refused.status_code, refused.json()["code"]) == (402, "budget_exceeded")
        assert refused.json()["detail"].startswith(said)
        assert site.stand_in.purchases == 0


@pytest.mark.req("S0-062")
def test_requests_of_a_minute_are_limited_on_every_surface_and_over_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path, requests_per_minute=2) as site:
        assert site.client.post("/api/v1/jobs", json=SMALL).status_code == 202
        form = {"prompt": "a harbour", "model": "sketch", "count": "1", "shape": "1:1"}
        assert site.client.post("/", data=form).status_code == 303
    with serving(tmp_path, requests_per_minute=2) as site:
        refused = site.client.post("/api/v1/jobs", json=SMALL)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.json()["retryable"] is True
        assert "you may make 2 a minute" in site.client.post("/", data=form).text
        assert site.client.post("/api/v1/quotes", json=SMALL).status_code == 200


@pytest.mark.req("S0-063")
def test_requests_of_everyone_are_limited(tmp_path: Path) -> None:
    with serving(tmp_path, global_requests_per_minute=1) as site:
        assert site.client.post("/api/v1/jobs", json=SMALL).status_code == 202
        assert site.client.post("/api/v1/jobs", json=SMALL).status_code == 429
