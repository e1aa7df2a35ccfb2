"""Every way to fail answers in one shape, with the status that fits, and says whether money was spent."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from limner.api import errors
from limner.api.door import Door, Rules
from limner.domain.errors import (
    BadPicture,
    BudgetExceeded,
    ConfirmationRequired,
    FailureCode,
    IdempotencyConflict,
    Interrupted,
    InvalidRequest,
    LimnerError,
    NotConfigured,
    NotFound,
    PriceUnknown,
    Problem,
    ProviderError,
    QuoteRefused,
    Spent,
    StorageError,
    TooManyRequests,
    UnknownModel,
)
from limner.testing.fakes import CountingIds
from tests.api.served import Site

MEMBERS = {"type", "title", "status", "detail", "instance", "code", "retryable", "spent", "field", "request_id"}


def provider(code: str, **more: Any) -> ProviderError:
    return ProviderError(Problem(code=code, message="The service said no.", provider="openai", **more))


CASES = [
    (InvalidRequest("No.", field="prompt"), 422),
    (UnknownModel("No such model.", suggestions=("a/b",)), 404),
    (BadPicture("This is a PDF."), 422),
    (IdempotencyConflict("Another body."), 422),
    (NotFound("Not here."), 404),
    (BudgetExceeded("Daily cost limit exceeded."), 402),
    (BudgetExceeded("Hourly limit exceeded.", code="image_limit_exceeded", retry_after=1.5), 429),
    (TooManyRequests("Too many requests.", retry_after=59.5), 429),
    (ConfirmationRequired("Dearer."), 409),
    (PriceUnknown("No price."), 403),
    (QuoteRefused("Used."), 409),
    (NotConfigured("No key."), 503),
    (provider(FailureCode.FAILED), 502),
    (provider(FailureCode.RATE_LIMITED, retryable=True, retry_after=2.4), 429),
    (provider(FailureCode.TIMED_OUT, spent=Spent.UNKNOWN), 504),
    (provider(FailureCode.OVERLOADED, retryable=True), 503),
    (provider(FailureCode.BAD_ANSWER, spent=Spent.YES), 502),
    (StorageError("Away."), 503),
    (StorageError("Full.", code="disk_full"), 507),
    (Interrupted("Stopping."), 503),
    (LimnerError("Something."), 500),
]


def answer_to(error: Exception) -> httpx2.Response:
    """What a caller gets whose request ended in an error."""
    app = FastAPI()
    errors.install(app)
    app.add_middleware(Door, rules=Rules(public=None, max_body=1000), ids=CountingIds())

    @app.get("/fail")
    async def fail() -> None:
        raise error

    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/fail")

    return asyncio.run(ask())


@pytest.mark.parametrize("error,status", CASES, ids=lambda value: getattr(value, "code", value))
def test_every_error_has_the_one_shape(error: LimnerError, status: int) -> None:
    answer = answer_to(error)
    body = answer.json()
    assert answer.status_code == body["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(body) >= MEMBERS
    assert body["code"] == error.code
    assert body["detail"] == error.message
    assert body["instance"] == "/fail"
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["spent"] == error.spent
    assert (answer.headers.get("x-should-retry") == "false") is (error.spent is not Spent.NO)


def test_patience_is_asked_for_in_whole_seconds() -> None:
    answer = answer_to(provider(FailureCode.RATE_LIMITED, retryable=True, retry_after=2.4))
    assert answer.headers["retry-after"] == "3"
    assert answer.json()["provider"] == "openai"


def test_what_was_not_foreseen_stays_inside() -> None:
    answer = answer_to(RuntimeError("the password is hunter2"))
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert answer.json()["code"] == "internal"
    assert answer.json()["request_id"] in answer.json()["detail"]


@pytest.mark.parametrize(
    "body,field",
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x", "count": 0}, "count"),
        ({"prompt": "x", "count": "2"}, "count"),
        ({"prompt": "x", "size": "big"}, "size"),
        ({"prompt": "x", "aspect": "wide"}, "aspect"),
        ({"prompt": "x", "colour": "red"}, "colour"),
        ({"prompt": "x", "max_cost": "plenty"}, "max_cost"),
        ({"prompt": "x", "max_cost": "-1"}, "max_cost"),
        ({"prompt": "x", "seed": -1}, "seed"),
        ({"prompt": "x", "extra": {"n": 10**40}}, "extra"),
        ({"prompt": "x", "project": "a\x00b"}, "project"),
        ({"prompt": "x", "presets": ["nope"]}, "presets"),
        ({"prompt": "x", "inputs": [{"role": "hat"}]}, "inputs.0.role"),
        ({"prompt": "x", "operation": "edit"}, "inputs"),
    ],
)
def test_wrong_fields_are_named(site: Site, body: dict[str, object], field: str) -> None:
    for path in ("/api/v1/jobs", "/api/v1/quotes"):
        answer = site.client.post(path, json={"model": "sketch", **body})
        assert answer.status_code == 422, answer.text
        assert answer.json()["field"] == field
        assert set(answer.json()) >= MEMBERS


def test_all_wrong_fields_are_listed(site: Site) -> None:
    answer = site.client.post("/api/v1/jobs", json={"prompt": 1, "count": 99})
    assert {fault["field"] for fault in answer.json()["errors"]} == {"prompt", "count"}


@pytest.mark.req("S4-033")
@pytest.mark.parametrize(
    "method,path,given,status",
    [
        ("POST", "/api/v1/jobs", {"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ("POST", "/api/v1/jobs", {"content": b'{"prompt": "\\ud800"}'}, 400),
        ("POST", "/api/v1/jobs", {"content": b"<a/>", "headers": {"Content-Type": "text/xml"}}, 415),
        ("POST", "/api/v1/jobs", {"json": {"prompt": "x", "model": "nope/nope"}}, 404),
        ("GET", "/api/v1/nothing", {}, 404),
        ("PUT", "/api/v1/jobs", {}, 405),
        ("GET", "/api/v1/jobs?limit=0", {}, 422),
        ("GET", "/api/v1/jobs?colour=red", {}, 422),
    ],
)
def test_refusals_of_the_routes_have_the_same_shape(
    site: Site, method: str, path: str, given: Any, status: int
) -> None:
    answer = site.client.request(method, path, **given)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) >= MEMBERS
    assert answer.json()["spent"] == "no"


def test_a_problem_is_json_that_stands_alone(site: Site) -> None:
    body = json.loads(site.client.get("/api/v1/jobs/nonsense").content)
    assert body["type"] == f"urn:limner:problem:{body['code']}"
