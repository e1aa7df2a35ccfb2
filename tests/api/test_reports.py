"""Reports over HTTP, and pictures that are withheld."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from limner.testing.faults import At, Fault
from tests.api.served import Site, serving

FLAGGED = {"results": [{"flagged": True, "categories": {"violence": True, "hate": False}}]}


def reported(site: Site, image_id: str, **fields: object) -> Any:
    return site.client.post(f"/api/v1/images/{image_id}/report", json={"reason": "spam", **fields})


def decided(site: Site, report_id: str, decision: str) -> Any:
    return site.client.post(f"/api/v1/reports/{report_id}/decision", json={"decision": decision, "note": "seen"})


@pytest.mark.req("S1-107")
def test_a_picture_is_reported_withheld_released_and_deleted(site: Site) -> None:
    job: Any = site.paint()
    image = job["images"][0]
    made = reported(site, image["id"], details="in the corner")
    assert made.status_code == 201, made.text
    report = made.json()
    again = reported(site, image["id"], reason="other")
    assert (again.status_code, again.json()) == (200, report)

    items = site.client.get("/api/v1/reports").json()["items"]
    (listed,) = [item for item in items if item["id"] == report["id"]]
    assert (listed["reporter"], listed["owner"], listed["state"]) == ("local", "local", "open")
    assert site.client.get(listed["file_url"]).status_code == 200

    assert decided(site, report["id"], "withhold").json()["withheld"] is True
    for address in (image["url"], f"{image['url']}?original=true", image["thumbnail_url"]):
        refused = site.client.get(address)
        assert (refused.status_code, refused.json()["code"]) == (403, "picture_withheld")
    edit = {"operation": "edit", "prompt": "snow", "model": "sketch"}
    for part in ({"image_id": image["id"]}, {"image_id": image["id"], "role": "mask"}):
        inputs = [{"role": "source", "image_id": image["id"]}, part]
        assert site.client.post("/api/v1/jobs", json={**edit, "inputs": inputs}).status_code == 403
    assert "administrator" in site.client.get(f"/api/v1/images/{image['id']}").json()["withheld"]
    assert site.client.get(listed["file_url"]).content[:4] == b"\x89PNG"
    assert site.client.get(f"/images/{image['id']}").status_code == 200
    assert site.client.get("/").status_code == 200

    assert decided(site, report["id"], "dismiss").json()["state"] == "dismissed"
    assert site.client.get(image["url"]).status_code == 200
    assert decided(site, report["id"], "delete").json()["state"] == "deleted"
    assert site.client.get(image["url"]).status_code == 404
    assert site.client.get(listed["file_url"]).status_code == 404
    assert decided(site, report["id"], "dismiss").status_code == 409
    states = {"state": ["deleted"]}
    assert report["id"] in [item["id"] for item in site.client.get("/api/v1/reports", params=states).json()["items"]]


def test_what_cannot_be_reported_or_decided_is_told_apart(site: Site) -> None:
    assert reported(site, str(uuid4())).status_code == 404
    assert reported(site, "no-id").status_code == 404
    job: Any = site.paint()
    image_id = job["images"][0]["id"]
    for wrong in ({"reason": ""}, {"reason": None}, {"reason": "x" * 201}, {"reason": "a", "more": 1}):
        assert reported(site, image_id, **wrong).status_code == 422
    assert decided(site, str(uuid4()), "dismiss").status_code == 404
    report = reported(site, image_id).json()
    assert decided(site, report["id"], "burn").status_code == 422
    assert site.client.get("/api/v1/reports", params={"state": "new"}).status_code == 422


@pytest.mark.req("S3-086", "S3-087")
def test_a_finished_picture_that_is_flagged_is_charged_and_not_handed_out(tmp_path: Path) -> None:
    with serving(tmp_path, moderation="openai") as site:
        site.stand_in.faults.add(Fault(at=At.MODERATION), Fault(at=At.MODERATION, status=200, body=FLAGGED))
        job: Any = site.paint(model="openai/gpt-image-2", quality="low", size="1024x1024")
        assert (job["state"], job["problem"]["code"]) == ("refused", "picture_withheld")
        assert (job["problem"]["field"], job["problem"]["spent"]) == ("output", "yes")
        assert "OpenAI's moderation flags it for violence" in job["problem"]["message"]
        assert job["cost"]["micro_usd"] > 0
        (image,) = job["images"]
        assert site.client.get(image["url"]).status_code == 403
        (report,) = site.client.get("/api/v1/reports").json()["items"]
        assert (report["reporter"], report["image_id"]) == (None, image["id"])
        assert decided(site, report["id"], "dismiss").status_code == 200
        assert site.client.get(image["url"]).status_code == 200
        assert site.stand_in.purchases == 1
