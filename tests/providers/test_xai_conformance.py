from dataclasses import replace

import pytest

from limner.domain.call import Call
from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Operation, Role
from limner.providers.xai import TAKES
from limner.testing.conformance import Case, Row
from limner.testing.examples import input_picture
from limner.testing.faults import At, Drop, Fault
from limner.testing.ticket_conformance import DownloadConformance, TicketConformance
from limner.testing.xai_stand_in import XAIStandIn
from tests.shipped import shipped

CATALOG = shipped()
CARD = replace(CATALOG.service("xai"), requests_per_second=0.0, poll_seconds=0.001)
GROK = CATALOG.find("xai/grok-imagine-image-2.0")
CALL = Call(
    id="00000000-0000-7000-8000-000000000001",
    model=GROK.name,
    operation=Operation.GENERATE,
    prompt="a red fox in snow",
    count=1,
    aspect="1:1",
    resolution="1k",
    quality="low",
    timeout=20.0,
    wire=GROK.wire,
)


def said(status: int, error: object, **headers: str) -> Fault:
    return Fault(status=status, body={"code": str(status), "error": error}, headers=headers)


def done(*items: object, ticks: int | None = 400_000_000) -> Fault:
    """A deferred call that has ended, with these items."""
    usage = None if ticks is None else {"cost_in_usd_ticks": ticks}
    body = {"request_id": "deferred-1", "status": "done", "data": [*items], "usage": usage}
    return Fault(at=At.POLL, status=200, body=body)


def failed(code: str, message: str = "no", *, ticks: int | None = None) -> Fault:
    usage = None if ticks is None else {"cost_in_usd_ticks": ticks}
    error = {"code": code, "message": message}
    return Fault(at=At.POLL, status=200, body={"status": "failed", "error": error, "usage": usage})


ROWS = (
    Row(
        name="wrong key is a 400",
        fault=said(400, "Incorrect API key provided: xa***et. You can obtain an API key from the console."),
        code=FailureCode.AUTHENTICATION,
        words="Check XAI_API_KEY",
    ),
    Row(name="no key", fault=said(401, "No API key provided."), code=FailureCode.AUTHENTICATION),
    Row(name="blocked team", fault=said(403, "Your team is blocked."), code=FailureCode.FORBIDDEN),
    Row(
        name="no credit",
        fault=said(403, "Your team has used all available credits or reached its spending limit."),
        code=FailureCode.NO_CREDIT,
        words="Top it up",
    ),
    Row(
        name="refused beforehand",
        fault=said(400, {"message": "Rejected by content moderation.", "type": "invalid", "param": None, "code": None}),
        code=FailureCode.REFUSED,
        words="content moderation",
    ),
    Row(
        name="an option of others",
        fault=said(400, "Argument not supported: style"),
        code=FailureCode.BAD_PARAMETER,
        field="extra.style",
    ),
    Row(
        name="a bad value",
        fault=said(422, "Failed to deserialize the JSON body into the target type: aspect_ratio: unknown variant"),
        code=FailureCode.BAD_PARAMETER,
        field="aspect",
    ),
    Row(
        name="an unknown field",
        fault=Fault(status=422, body={"error": "unknown field `shade`, expected one of `prompt`"}),
        code=FailureCode.BAD_PARAMETER,
        field="extra.shade",
    ),
    Row(
        name="a parameter that is named",
        fault=Fault(status=400, body={"error": {"message": "too many", "param": "n"}}),
        code=FailureCode.BAD_PARAMETER,
        field="count",
    ),
    Row(name="unclear", fault=Fault(status=415, body="Expected JSON"), code=FailureCode.BAD_PARAMETER),
    Row(
        name="model gone",
        fault=said(404, "The model grok-2-image does not exist"),
        code=FailureCode.MODEL_GONE,
        field="model",
    ),
    Row(
        name="rate limit with a hint",
        fault=replace(said(429, "Too many requests"), headers={"Retry-After": "3"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=3.0,
    ),
    Row(
        name="rate limit without a hint",
        fault=said(429, "Too many requests"),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
    ),
    Row(name="server error", fault=said(500, "oops"), code=FailureCode.FAILED, spent=Spent.UNKNOWN),
    Row(name="overloaded", fault=said(503, "busy"), code=FailureCode.OVERLOADED, spent=Spent.UNKNOWN),
    Row(
        name="dropped before the request was read",
        fault=Fault(drop=Drop.BEFORE_READING),
        code=FailureCode.LINE_DROPPED,
        spent=Spent.UNKNOWN,
    ),
    Row(name="empty success", fault=Fault(status=200, body={}), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="no JSON", fault=Fault(status=200, body="<html>"), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(
        name="held back, by its flag",
        fault=done({"respect_moderation": False, "url": "http://127.0.0.1:1/blurred.jpeg"}),
        code=FailureCode.REFUSED,
        spent=Spent.YES,
    ),
    Row(
        name="held back, by its reason",
        fault=done({"block_reason": "real person", "url": None}),
        code=FailureCode.REFUSED,
        spent=Spent.YES,
        words="real person",
    ),
    Row(name="held back, an empty item", fault=done({}), code=FailureCode.REFUSED, spent=Spent.YES),
    Row(name="held back, no item", fault=done(), code=FailureCode.REFUSED, spent=Spent.YES),
    Row(name="held back, cost unknown", fault=done({}, ticks=None), code=FailureCode.REFUSED, spent=Spent.YES),
    Row(name="held back at no cost", fault=done({}, ticks=0), code=FailureCode.REFUSED),
    Row(
        name="done without data",
        fault=Fault(at=At.POLL, status=200, body={"status": "done"}),
        code=FailureCode.BAD_ANSWER,
        spent=Spent.YES,
    ),
    Row(name="bad value, told later", fault=failed("invalid_argument"), code=FailureCode.BAD_PARAMETER),
    Row(name="not allowed, told later", fault=failed("permission_denied"), code=FailureCode.FORBIDDEN),
    Row(
        name="refused, told later",
        fault=failed("invalid_argument", "Generated image rejected by content moderation."),
        code=FailureCode.REFUSED,
        spent=Spent.YES,
    ),
    Row(
        name="refused at no cost, told later",
        fault=failed("permission_denied", "Content policy", ticks=0),
        code=FailureCode.REFUSED,
    ),
    Row(
        name="overloaded, told later",
        fault=failed("service_unavailable"),
        code=FailureCode.OVERLOADED,
        spent=Spent.UNKNOWN,
    ),
    Row(name="failed", fault=failed("internal_error"), code=FailureCode.FAILED, spent=Spent.UNKNOWN),
    Row(name="failed and charged", fault=failed("internal_error", ticks=5), code=FailureCode.FAILED, spent=Spent.YES),
    Row(
        name="forgotten",
        fault=Fault(at=At.POLL, status=404, body={"error": "not found"}),
        code=FailureCode.EXPIRED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="key taken away in between",
        fault=Fault(at=At.POLL, status=400, body={"error": "Incorrect API key provided"}),
        code=FailureCode.AUTHENTICATION,
        spent=Spent.UNKNOWN,
    ),
    Row(name="garbage", fault=Fault(garbage="no picture at all!"), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
)


@pytest.mark.req("S0-018", "S0-043", "S0-046")
class TestXAI(TicketConformance, DownloadConformance):
    case = Case(
        card=CARD,
        takes=TAKES,
        call=CALL,
        values={"aspect": "16:9", "resolution": "2k", "quality": "medium"},
        stand_in=XAIStandIn,
        rows=ROWS,
    )


class TestAnEditOfTwo(TicketConformance):
    """The same for a call that begins with a picture and makes two."""

    case = replace(
        TestXAI.case,
        call=replace(CALL, operation=Operation.EDIT, count=2, inputs=(input_picture(Role.SOURCE),)),
        rows=tuple(row for row in ROWS if row.name in {"wrong key is a 400", "held back, no item", "forgotten"}),
    )
