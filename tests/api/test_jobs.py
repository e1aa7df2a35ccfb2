"""Jobs over HTTP: carried out once, waited for, listed, cancelled, settled."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from limner.testing.faults import Drop, Fault
from tests.api.served import Site, serving

SMALL = {"prompt": "a lake at dawn", "model": "sketch", "size": "64x64"}
PAID = {"prompt": "a harbour", "model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}


def post(site: Site, body: Mapping[str, object], **headers: str) -> Any:
    return site.client.post("/api/v1/jobs", json=body, headers=headers)


def until(site: Site, job_id: str, *states: str) -> dict[str, Any]:
    """The job as soon as it is in one of these states."""
    job: dict[str, Any] = {}
    for _ in range(400):
        job = site.client.get(f"/api/v1/jobs/{job_id}").json()
        if job["state"] in states:
            return job
        time.sleep(0.02)
    raise AssertionError(job)


def test_a_job_is_taken_and_found_again(site: Site) -> None:
    answer = post(site, SMALL)
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert job["request"] == {"prompt": "a lake at dawn", "model": "sketch", "size": "64x64"}
    found = until(site, job["id"], "succeeded")
    assert [image["width"] for image in found["images"]] == [64]
    assert found["cost"] == {"micro_usd": 0, "usd": "0.00"}
    assert found["calls"][0]["state"] == "settled"
    assert found["plan"]["candidates"][0]["model"] == "sketch/sketch"


def test_waiting_gives_the_finished_job(site: Site) -> None:
    answer = post(site, {**SMALL, "count": 2, "seed": 7}, Prefer="respond-async, wait=30")
    assert answer.status_code == 201
    assert answer.headers["preference-applied"] == "wait=30"
    job = answer.json()
    assert job["state"] == "succeeded"
    assert [image["seed"] for image in job["images"]] == [7, 8]
    assert site.client.get(job["links"]["self"]).json() == job


def test_waiting_ends_in_time_and_the_job_goes_on(site: Site) -> None:
    site.stand_in.faults.add(Fault(delay=1.0))
    answer = post(site, PAID, Prefer="wait=0")
    assert answer.status_code == 202
    job = answer.json()
    assert job["state"] in {"queued", "running"}
    assert job["held"]["micro_usd"] > 0
    done = until(site, job["id"], "succeeded")
    assert done["cost"]["micro_usd"] > 0
    assert done["held"]["micro_usd"] >= 0


def test_the_same_key_and_body_are_one_job(site: Site) -> None:
    key = str(uuid4())
    first = post(site, SMALL, **{"Idempotency-Key": key}).json()
    assert post(site, SMALL, **{"Idempotency-Key": key}).json()["id"] == first["id"]
    other = post(site, {**SMALL, "prompt": "another"}, **{"Idempotency-Key": key})
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_conflict"


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_keys_that_cannot_be_are_refused(site: Site, key: str) -> None:
    answer = post(site, SMALL, **{"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["field"] == "Idempotency-Key"


def test_a_quote_costs_nothing_and_is_carried_out_once(site: Site) -> None:
    bought = site.stand_in.purchases
    quote = site.client.post("/api/v1/quotes", json={**PAID, "count": 2}).json()
    assert site.stand_in.purchases == bought
    assert quote["model"] == "openai/gpt-image-2"
    assert quote["count"] == 2
    assert quote["estimate"]["floor"]["micro_usd"] <= quote["ceiling"]["micro_usd"]
    answer = post(site, {"quote": quote["token"]}, Prefer="wait=30")
    assert answer.status_code == 201, answer.text
    assert len(answer.json()["images"]) == 2
    again = post(site, {"quote": quote["token"]})
    assert again.status_code == 409
    assert again.json()["code"] == "quote_used"


def test_a_quote_that_is_forged_or_not_alone_is_refused(site: Site) -> None:
    forged = post(site, {"quote": "e30.AAAA"})
    assert forged.status_code == 409
    assert forged.json()["spent"] == "no"
    assert post(site, {"quote": "e30.AAAA", "prompt": "x"}).status_code == 422


def test_more_than_was_allowed_is_never_bought(site: Site) -> None:
    bought = site.stand_in.purchases
    answer = post(site, {**PAID, "max_cost": "0.000001"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "confirmation_required"
    assert site.stand_in.purchases == bought


def test_pages_follow_each_other_without_gap_or_repeat(site: Site) -> None:
    made = [site.paint(prompt=f"page {number}")["id"] for number in range(3)]
    seen: list[str] = []
    cursor: str | None = None
    while not set(made) <= set(seen):
        parameters = {"limit": "2", "state": "succeeded", **({"cursor": cursor} if cursor else {})}
        page = site.client.get("/api/v1/jobs", params=parameters).json()
        assert len(page["items"]) <= 2
        assert {job["state"] for job in page["items"]} == {"succeeded"}
        seen += [job["id"] for job in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen))
    assert [job for job in seen if job in made] == made[::-1]
    assert site.client.get("/api/v1/jobs", params={"cursor": "nonsense"}).status_code == 422


@pytest.mark.parametrize("way", ["cancel", "delete"])
def test_a_job_is_cancelled(site: Site, way: str) -> None:
    site.stand_in.faults.add(Fault(delay=3.0))
    bought = site.stand_in.purchases
    job = post(site, PAID).json()
    for _ in range(400):
        if site.stand_in.purchases > bought:
            break
        time.sleep(0.02)
    here = f"/api/v1/jobs/{job['id']}"
    answer = site.client.post(f"{here}/cancel") if way == "cancel" else site.client.delete(here)
    assert answer.status_code == 200
    assert answer.json()["cancel_requested"] is True
    ended = until(site, job["id"], "cancelled", "succeeded", "ambiguous")
    assert ended["cancel_requested"] is True


def test_cancelling_what_has_ended_changes_nothing(site: Site) -> None:
    job = site.paint()
    answer = site.client.post(f"/api/v1/jobs/{job['id']}/cancel")
    assert answer.status_code == 200
    assert answer.json()["state"] == "succeeded"


def test_a_lost_purchase_waits_for_a_person(site: Site) -> None:
    site.stand_in.faults.add(Fault(drop=Drop.AFTER_READING))
    answer = post(site, PAID, Prefer="wait=30")
    assert answer.status_code == 201
    job = answer.json()
    assert job["state"] == "ambiguous"
    call = next(call for call in job["calls"] if call["state"] == "ambiguous")
    assert call["problem"]["spent"] == "unknown"
    here = f"/api/v1/jobs/{job['id']}/calls"
    assert site.client.post(f"{here}/{uuid4()}/resolve", json={"charged": False}).status_code == 404
    assert site.client.post(f"{here}/{call['id']}/resolve", json={"charged": "no"}).status_code == 422
    settled = site.client.post(f"{here}/{call['id']}/resolve", json={"charged": False})
    assert settled.status_code == 200
    assert settled.json()["state"] == "failed"
    assert settled.json()["cost"]["micro_usd"] == 0


@pytest.mark.req("S0-050")
def test_only_what_is_known_to_be_unpaid_is_sent_again(tmp_path: Path) -> None:
    busy, slow = {"error": {"message": "overloaded"}}, {"error": {"message": "slow down"}}
    cases = (
        (Fault(drop=Drop.AFTER_READING), "ambiguous", 1),
        (Fault(status=503, body=busy), "ambiguous", 1),
        (Fault(status=429, body=slow, headers={"Retry-After": "0.2"}), "succeeded", 2),
        (Fault(drop=Drop.IN_ANSWER), "ambiguous", 1),
        (Fault(status=503, body=busy, headers={"Retry-After": "0.2"}), "ambiguous", 1),
    )
    with serving(tmp_path) as alone:
        for number, (fault, state, sent) in enumerate(cases):
            alone.stand_in.faults.add(fault)
            job = post(alone, {**PAID, "prompt": f"once {number}"}, Prefer="wait=30").json()
            assert job["state"] == state
            assert [entry.body.get("prompt") for entry in alone.stand_in.log].count(f"once {number}") == sent


def test_what_a_service_refuses_is_said_in_the_job(site: Site) -> None:
    body = {"error": {"message": "Rejected by the safety system.", "type": "user_error", "code": "moderation_blocked"}}
    site.stand_in.faults.add(Fault(status=400, body=body))
    job = post(site, PAID, Prefer="wait=30").json()
    assert job["state"] == "refused"
    assert job["problem"]["code"] == "content_refused"
    assert job["problem"]["spent"] == "no"
    assert job["cost"]["micro_usd"] == 0


def test_unknown_jobs_are_not_there(site: Site) -> None:
    for name in (str(uuid4()), "nonsense", "%00"):
        assert site.client.get(f"/api/v1/jobs/{name}").status_code == 404
        assert site.client.post(f"/api/v1/jobs/{name}/cancel").status_code == 404
        assert site.client.get(f"/api/v1/jobs/{name}/events").status_code == 404


def test_a_retry_buys_only_what_is_missing(site: Site) -> None:
    bought = site.stand_in.purchases
    site.stand_in.faults.add(Fault(pictures=1))
    job = post(site, {**PAID, "count": 3}, Prefer="wait=30").json()
    assert (job["state"], len(job["images"]), job["retry_of"]) == ("partial", 1, None)
    refused = site.client.post(f"/api/v1/jobs/{job['id']}/retry", json={"max_cost": "0.000001"})
    assert (refused.status_code, refused.json()["code"]) == (409, "confirmation_required")
    answer = site.client.post(f"/api/v1/jobs/{job['id']}/retry", headers={"Prefer": "wait=30"})
    again = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/v1/jobs/{again['id']}")
    assert (again["state"], len(again["images"]), again["retry_of"]) == ("succeeded", 2, job["id"])
    assert site.client.post(f"/api/v1/jobs/{job['id']}/retry", json={}).json()["id"] == again["id"]
    assert site.stand_in.purchases - bought == 2


def test_what_cannot_be_retried_says_why(site: Site) -> None:
    job = post(site, SMALL, Prefer="wait=30").json()
    answer = site.client.post(f"/api/v1/jobs/{job['id']}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_retry")
    assert site.client.post(f"/api/v1/jobs/{uuid4()}/retry").status_code == 404
    assert site.client.post(f"/api/v1/jobs/{job['id']}/retry", json={"max_cost": "much"}).status_code == 422
    assert site.client.post(f"/api/v1/jobs/{job['id']}/retry", json={"count": 9}).status_code == 422
