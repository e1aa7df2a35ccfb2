"""Document 0: started, followed, cancelled; and the same after a restart."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from limner.testing.faults import Drop, Fault
from tests.api.served import Site, serving

HERE = "/api/generation"
PAID = {"prompt": "A beautiful sunset", "width": 1024, "height": 1024, "provider": "openai"}
SMALL = {"prompt": "A beautiful sunset", "width": 64, "height": 64, "provider": "sketch"}


def start(site: Site, body: Mapping[str, object], status: int = 202) -> Any:
    answer = site.client.post(HERE, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def followed(site: Site, session: str, last: str | None = None) -> list[tuple[int, dict[str, Any]]]:
    """Numbers and results of the whole stream."""
    headers = {} if last is None else {"Last-Event-ID": last}
    query = {"sessionId": session, "providerId": "replicate"}
    with site.client.stream("GET", HERE, params=query, headers=headers) as stream:
        assert stream.status_code == 200, stream.read()
        assert stream.headers["content-type"].startswith("text/event-stream")
        text = "".join(stream.iter_text())
    found = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((int(lines["id"]), json.loads(lines["data"])))
    return found


@pytest.mark.req("S0-030", "S0-031", "S0-032", "S0-034", "S0-035", "S0-037", "S0-038", "S0-039", "S0-040", "S0-041")
def test_a_generation_is_started_and_followed_to_its_one_end(site: Site) -> None:
    result = start(site, SMALL)
    told = followed(site, result["id"])
    assert all(each["id"] == result["id"] for _, each in told)
    assert [number for number, _ in told] == sorted(number for number, _ in told)
    assert [each["status"] for _, each in told].count("succeeded") == 1
    last = told[-1][1]
    assert (last["status"], last["progress"]) == ("succeeded", 100.0)
    assert last["metadata"]["provider"] == "sketch"
    picture = site.client.get(last["output"][0])
    assert picture.headers["content-type"] == "image/png"
    assert followed(site, result["id"]) == [told[-1]]
    assert followed(site, result["id"], str(told[-1][0])) == [told[-1]]


@pytest.mark.req("S0-022", "S0-023", "S0-024", "S0-025", "S0-026", "S0-027", "S0-028", "S0-029")
def test_every_option_reaches_the_job(site: Site) -> None:
    options = {**SMALL, "numOutputs": 2, "negativePrompt": "people", "seed": 7, "steps": 50}
    result = start(site, options)
    assert len(followed(site, result["id"])[-1][1]["output"]) == 2
    request = site.client.get(f"/api/v1/jobs/{result['id']}").json()["request"]
    assert request == {
        "prompt": "A beautiful sunset",
        "negative_prompt": "people",
        "provider": "sketch",
        "count": 2,
        "size": "64x64",
        "seed": 7,
        "steps": 50,
    }


def test_an_edge_left_out_is_as_long_as_the_other(site: Site) -> None:
    result = start(site, {"prompt": "a lake", "width": 96, "provider": "sketch"})
    assert site.client.get(f"/api/v1/jobs/{result['id']}").json()["request"]["size"] == "96x96"


@pytest.mark.req("S0-020")
def test_where_nobody_is_named_whoever_is_ready_paints(site: Site) -> None:
    result = start(site, {"prompt": "a lake"})
    assert followed(site, result["id"])[-1][1]["metadata"]["provider"] == "openai"


@pytest.mark.req("S0-042")
def test_a_running_generation_is_cancelled_while_somebody_follows(site: Site) -> None:
    site.stand_in.faults.add(Fault(delay=30))
    session = start(site, PAID)["id"]
    with site.client.stream("GET", HERE, params={"sessionId": session}) as stream:
        pieces = stream.iter_text()
        assert '"status":"' in next(pieces)
        cancelled = site.client.delete(HERE, params={"sessionId": session, "providerId": "openai"})
        assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
        rest = "".join(pieces)
    assert rest.strip().split("data: ")[-1].count('"status":"') == 1
    again = site.client.delete(HERE, params={"sessionId": session})
    assert again.json()["status"] in {"cancelled", "failed"}


@pytest.mark.req("S0-033", "S0-036", "S0-043", "S0-044", "S0-045", "S0-046")
def test_four_kinds_of_errors_have_four_codes(site: Site) -> None:
    validation = start(site, {"prompt": "a lake", "width": -1}, 400)
    assert (validation["code"], validation["details"]["field"]) == ("VALIDATION_ERROR", "width")
    configuration = start(site, {"prompt": "a lake", "provider": "replicate"}, 503)
    assert configuration["code"] == "CONFIGURATION_ERROR"
    site.stand_in.faults.add(Fault(status=400, body={"error": {"message": "not today", "code": "bad"}}))
    failed = followed(site, start(site, PAID)["id"])[-1][1]
    assert (failed["status"], failed["code"]) == ("failed", "PROVIDER_ERROR")
    site.stand_in.faults.add(Fault(drop=Drop.AFTER_READING))
    lost = followed(site, start(site, {**PAID, "prompt": "lost"})["id"])[-1][1]
    assert (lost["status"], lost["code"]) == ("failed", "NETWORK_ERROR")
    assert len({each["code"] for each in (validation, configuration, failed, lost)}) == 4
    for each in (validation, configuration):
        assert set(each) == {"error", "code", "provider", "details"}


@pytest.mark.req("S0-047")
def test_a_missing_key_is_said_in_the_documents_words(site: Site) -> None:
    told = start(site, {"prompt": "a lake", "provider": "replicate"}, 503)
    assert told["error"].startswith("Replicate API key is required")


@pytest.mark.req("S0-048", "S0-049")
def test_failures_are_said_in_the_documents_words(site: Site) -> None:
    site.stand_in.faults.add(Fault(status=400, body={"error": {"message": "not today", "code": "bad"}}))
    assert followed(site, start(site, {**PAID, "prompt": "one"})["id"])[-1][1]["error"].startswith("Generation failed")
    site.stand_in.faults.add(Fault(drop=Drop.AFTER_READING))
    lost = followed(site, start(site, {**PAID, "prompt": "two"})["id"])[-1][1]["error"]
    assert lost.startswith("Connection lost: ")
    assert lost.count("Connection lost") == 1


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("session", ["nothing", "0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11"])
def test_sessions_that_are_not_there_are_not_found(site: Site, method: str, session: str) -> None:
    answer = site.client.request(method, HERE, params={"sessionId": session})
    assert answer.status_code == 404
    assert answer.json()["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "method,path,status",
    [("GET", HERE, 400), ("PUT", HERE, 405), ("GET", f"{HERE}/x", 404), ("GET", "/compat/document0/x", 404)],
)
def test_what_cannot_be_is_said_in_the_documents_shape(site: Site, method: str, path: str, status: int) -> None:
    answer = site.client.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "code", "provider", "details"}


def test_a_key_makes_one_session_of_two_requests(site: Site) -> None:
    headers = {"Idempotency-Key": "document-0"}
    first, second = (site.client.post(HERE, json=SMALL, headers=headers).json() for _ in range(2))
    assert first["id"] == second["id"]


def test_a_session_outlives_the_server(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        session = start(site, SMALL)["id"]
        told = followed(site, session)[-1][1]
        address = told["output"][0].removeprefix(site.url)
    with serving(tmp_path) as site:
        again = followed(site, session)
        assert len(again) == 1
        assert again[0][1]["status"] == "succeeded"
        assert again[0][1]["output"] == [site.url + address]
