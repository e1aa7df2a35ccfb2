from dataclasses import replace

import pytest

from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Size
from limner.providers.leonardo import TAKES
from limner.testing.conformance import Case, Row
from limner.testing.examples import CALL
from limner.testing.faults import At, Drop, Fault
from limner.testing.leonardo_stand_in import LeonardoStandIn
from limner.testing.ticket_conformance import DownloadConformance, TicketConformance
from tests.shipped import shipped

CATALOG = shipped()
CARD = replace(CATALOG.service("leonardo"), requests_per_second=0.0, concurrency=0)
PHOENIX = CATALOG.find("leonardo/phoenix-1.0")
FLUX = CATALOG.find("leonardo/flux-pro-2.0")


def rest(error: str, code: str = "unexpected", status: int = 400) -> Fault:
    """An error of the first API."""
    return Fault(status=status, body={"error": error, "path": "$", "code": code})


def graph(message: str, code: str) -> list[object]:
    """Errors of GraphQL."""
    return [{"message": message, "path": "$", "extensions": {"code": code}}]


def ended(status: str, *images: object) -> Fault:
    """What a poll says about a job."""
    job = {"id": "x", "status": status, "generated_images": list(images)}
    return Fault(at=At.POLL, status=200, body={"generations_by_pk": job})


ROWS = (
    Row(
        name="key refused",
        fault=rest("Authentication hook unauthorized this request", "access-denied", 403),
        code=FailureCode.AUTHENTICATION,
        words="Check LEONARDO_API_KEY",
    ),
    Row(
        name="key malformed",
        fault=rest("Invalid response from authorization hook", status=400),
        code=FailureCode.AUTHENTICATION,
    ),
    Row(
        name="key malformed, as a failure",
        fault=rest("Invalid response from authorization hook", status=500),
        code=FailureCode.AUTHENTICATION,
    ),
    Row(name="no credit", fault=rest("not enough api tokens"), code=FailureCode.NO_CREDIT, words="Top it up"),
    Row(name="no credit by status", fault=Fault(status=402, body={}), code=FailureCode.NO_CREDIT),
    Row(
        name="no credit in GraphQL",
        fault=Fault(status=400, body=graph("Insufficient balance", "X")),
        code=FailureCode.NO_CREDIT,
    ),
    Row(name="too many", fault=Fault(status=429, body={}), code=FailureCode.RATE_LIMITED, retryable=True),
    Row(
        name="too many, with a hint",
        fault=Fault(status=429, body={"error": "slow"}, headers={"Retry-After": "5"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=5.0,
    ),
    Row(
        name="prompt refused",
        fault=rest("Content moderated by our filter", "moderation", 403),
        code=FailureCode.REFUSED,
        words="Content moderated",
    ),
    Row(
        name="width",
        fault=rest("width must be a multiple of 8"),
        code=FailureCode.BAD_PARAMETER,
        field="size",
        words="the size",
    ),
    Row(name="count", fault=rest("num_images must be at most 4"), code=FailureCode.BAD_PARAMETER, field="count"),
    Row(name="something", fault=rest("invalid input"), code=FailureCode.BAD_PARAMETER),
    Row(
        name="rejected in a success",
        fault=Fault(status=200, body=graph("quantity is out of range", "BAD_USER_INPUT")),
        code=FailureCode.BAD_PARAMETER,
        field="count",
    ),
    Row(
        name="rejected in a success, in the other shape",
        fault=Fault(status=200, body={"errors": graph("unauthorized", "access-denied")}),
        code=FailureCode.AUTHENTICATION,
    ),
    Row(name="not JSON", fault=Fault(status=403, body="<html>403</html>"), code=FailureCode.FORBIDDEN),
    Row(name="failed", fault=Fault(status=500, body={}), code=FailureCode.FAILED, spent=Spent.UNKNOWN),
    Row(name="overloaded", fault=Fault(status=503, body="busy"), code=FailureCode.OVERLOADED, spent=Spent.UNKNOWN),
    Row(name="no job", fault=Fault(status=200, body={}), code=FailureCode.BAD_ANSWER, spent=Spent.UNKNOWN),
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
    Row(name="job failed", fault=ended("FAILED"), code=FailureCode.FAILED, spent=Spent.UNKNOWN),
    Row(name="job empty", fault=ended("COMPLETE"), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(
        name="picture kept back",
        fault=ended("COMPLETE", {"id": "i", "url": None, "nsfw": True}),
        code=FailureCode.REFUSED,
        spent=Spent.YES,
        words="flagged as unsafe",
    ),
    Row(
        name="job not known",
        fault=Fault(at=At.POLL, status=200, body={"generations_by_pk": None}),
        code=FailureCode.EXPIRED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="key withdrawn",
        fault=Fault(at=At.POLL, status=403, body={"error": "unauthorized", "code": "access-denied"}),
        code=FailureCode.AUTHENTICATION,
        spent=Spent.UNKNOWN,
    ),
)
VALUES = {
    "negative_prompt": "blurred",
    "size": Size(640, 384),
    "steps": 20,
    "guidance": 3.0,
    "seed": 7,
    "style": "watercolor",
}


@pytest.mark.req("S0-018", "S0-043", "S0-046", "S3-080", "S4-001")
class TestLeonardo(TicketConformance, DownloadConformance):
    case = Case(
        card=CARD,
        takes=replace(TAKES, fields=frozenset(VALUES), roles=frozenset()),
        call=replace(CALL, model=PHOENIX.name, size=Size(512, 384), quality=None, wire=PHOENIX.wire),
        values=VALUES,
        stand_in=LeonardoStandIn,
        rows=ROWS,
    )


class TestSecondApi(TicketConformance, DownloadConformance):
    """Partners' models, two pictures in one job."""

    case = replace(
        TestLeonardo.case,
        takes=replace(TAKES, fields=frozenset({"size", "seed"}), roles=TAKES.roles - {"mask"}),
        call=replace(CALL, model=FLUX.name, size=Size(512, 384), quality=None, wire=FLUX.wire, count=2),
        values={"size": Size(640, 384), "seed": 7},
        rows=tuple(row for row in ROWS if row.name in {"rejected in a success", "job failed", "job empty", "count"}),
    )
