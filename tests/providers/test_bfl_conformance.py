from dataclasses import replace

import pytest

from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Size
from limner.providers.bfl import TAKES
from limner.testing.bfl_stand_in import BlackForestLabsStandIn
from limner.testing.conformance import Case, Row
from limner.testing.examples import CALL
from limner.testing.faults import At, Drop, Fault
from limner.testing.ticket_conformance import DownloadConformance, TicketConformance
from limner.wire.takes import Takes
from tests.shipped import shipped

CATALOG = shipped()
CARD = replace(CATALOG.service("bfl"), requests_per_second=0.0, concurrency=0)
FLEX = CATALOG.find("bfl/flux-2-flex")


def told(status: str, details: object = None) -> Fault:
    """What a poll says."""
    return Fault(at=At.POLL, status=200, body={"id": "task-0", "status": status, "result": None, "details": details})


def wrong(name: str) -> Fault:
    """A field that is refused, as FastAPI says it."""
    detail = [{"loc": ["body", name], "msg": "Input should be valid", "type": "value_error"}]
    return Fault(status=422, body={"detail": detail})


ROWS = (
    Row(
        name="wrong key",
        fault=Fault(status=403, body={"detail": "Not authenticated - Invalid Authentication"}),
        code=FailureCode.AUTHENTICATION,
        words="Check BFL_API_KEY",
    ),
    Row(
        name="malformed key",
        fault=Fault(status=422, body={"detail": "Invalid API key format"}),
        code=FailureCode.AUTHENTICATION,
    ),
    Row(
        name="wrong key in the other shape",
        fault=Fault(status=401, body={"error": "invalid_api_key", "message": "The key is not known", "details": {}}),
        code=FailureCode.AUTHENTICATION,
        words="The key is not known",
    ),
    Row(
        name="no credit",
        fault=Fault(status=402, body={"detail": "Insufficient credits"}),
        code=FailureCode.NO_CREDIT,
        words="Top it up",
    ),
    Row(name="width", fault=wrong("width"), code=FailureCode.BAD_PARAMETER, field="size", words="the size"),
    Row(name="second picture", fault=wrong("input_image_2"), code=FailureCode.BAD_PARAMETER, field="inputs"),
    Row(name="format", fault=wrong("output_format"), code=FailureCode.BAD_PARAMETER, field="format"),
    Row(name="seed", fault=wrong("seed"), code=FailureCode.BAD_PARAMETER, field="seed"),
    Row(name="an option of its own", fault=wrong("raw"), code=FailureCode.BAD_PARAMETER, field="extra.raw"),
    Row(name="malformed body", fault=Fault(status=400, body={"detail": "no JSON"}), code=FailureCode.BAD_PARAMETER),
    Row(name="no such path", fault=Fault(status=404, body={"detail": "Not Found"}), code=FailureCode.MODEL_GONE),
    Row(
        name="too many tasks",
        fault=Fault(status=429, body={"detail": "Too many active tasks"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
    ),
    Row(
        name="too many requests",
        fault=Fault(status=429, body={"error": "rate_limit", "message": "slow"}, headers={"Retry-After": "3"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=3.0,
    ),
    Row(name="failed", fault=Fault(status=500, body={}), code=FailureCode.FAILED, spent=Spent.UNKNOWN),
    Row(name="overloaded", fault=Fault(status=503, body="busy"), code=FailureCode.OVERLOADED, spent=Spent.UNKNOWN),
    Row(
        name="prompt refused",
        fault=told("Request Moderated", {"Moderation Reasons": ["Copyright", "Violence"]}),
        code=FailureCode.REFUSED,
        words="Request Moderated: Copyright, Violence",
    ),
    Row(
        name="picture refused",
        fault=told("Content Moderated"),
        code=FailureCode.REFUSED,
        words="Content Moderated: the picture that was painted",
    ),
    Row(name="refused in a word", fault=told("Content Moderated", "nudity"), code=FailureCode.REFUSED, words="nudity"),
    Row(
        name="refused with other details",
        fault=told("Request Moderated", {"Reason": "x"}),
        code=FailureCode.REFUSED,
        words="{'Reason': 'x'}",
    ),
    Row(
        name="ended in an error",
        fault=told("Error", "out of memory"),
        code=FailureCode.FAILED,
        spent=Spent.UNKNOWN,
        words="out of memory",
    ),
    Row(name="task not found", fault=told("Task not found"), code=FailureCode.EXPIRED, spent=Spent.UNKNOWN),
    Row(
        name="task not found by status",
        fault=Fault(at=At.POLL, status=404, body={"detail": "Task not found"}),
        code=FailureCode.EXPIRED,
        spent=Spent.UNKNOWN,
        words="the task is not known there",
    ),
    Row(
        name="ready without a picture",
        fault=Fault(at=At.POLL, status=200, body={"id": "task-0", "status": "Ready", "result": {}}),
        code=FailureCode.BAD_ANSWER,
        spent=Spent.YES,
    ),
    Row(
        name="a poll that is sent elsewhere",
        fault=Fault(at=At.POLL, status=307, headers={"Location": "http://127.0.0.1:9/"}),
        code=FailureCode.UNREACHABLE,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="a key withdrawn after the purchase",
        fault=Fault(at=At.POLL, status=403, body={"detail": "Not authenticated"}),
        code=FailureCode.AUTHENTICATION,
        spent=Spent.UNKNOWN,
    ),
    Row(name="no task", fault=Fault(status=200, body={}), code=FailureCode.BAD_ANSWER, spent=Spent.UNKNOWN),
    Row(
        name="success that is no JSON",
        fault=Fault(status=200, body="<html>hello</html>"),
        code=FailureCode.BAD_ANSWER,
        spent=Spent.YES,
    ),
    Row(
        name="dropped before the request was read",
        fault=Fault(drop=Drop.BEFORE_READING),
        code=FailureCode.LINE_DROPPED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="a picture that is none",
        fault=Fault(at=At.DOWNLOAD, status=200, body="moderated"),
        code=FailureCode.BAD_ANSWER,
        spent=Spent.YES,
    ),
)


@pytest.mark.req("S0-018", "S0-043", "S0-046", "S3-080")
class TestBlackForestLabs(TicketConformance, DownloadConformance):
    case = Case(
        card=CARD,
        takes=Takes(
            operations=TAKES.operations,
            fields=frozenset({"size", "steps", "guidance", "seed", "format"}),
            roles=TAKES.roles - {"mask"},
            reserved=TAKES.reserved,
        ),
        call=replace(CALL, model="flux-2-flex", size=Size(512, 384), quality=None, wire=FLEX.wire),
        values={"size": Size(640, 384), "steps": 20, "guidance": 3.0, "seed": 7, "format": "png"},
        stand_in=BlackForestLabsStandIn,
        rows=ROWS,
    )
