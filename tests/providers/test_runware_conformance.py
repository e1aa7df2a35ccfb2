from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import pytest

from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Size
from limner.providers.runware import TAKES
from limner.testing.conformance import Case, Row
from limner.testing.examples import CALL
from limner.testing.faults import At, Drop, Fault
from limner.testing.runware_stand_in import RunwareStandIn
from limner.testing.ticket_conformance import DownloadConformance, TicketConformance
from tests.shipped import shipped

CATALOG = shipped()
CARD = replace(CATALOG.service("runware"), requests_per_second=0.0, concurrency=0)
DEV = CATALOG.find("runware/runware:101@1")
NAMES = cast(Mapping[str, object], DEV.wire["names"])
WIRE = {**DEV.wire, "names": {name: NAMES[name] for name in NAMES if name != "margins"}}
"""Without margins, which are nothing without a picture."""


def error(code: str, *, parameter: object = None) -> dict[str, object]:
    return {"code": code, "message": f"It is {code}.", "parameter": parameter, "taskType": "imageInference"}


def refused(code: str, *, status: int = 400, parameter: object = None, **headers: str) -> Fault:
    """A request that is refused as a whole."""
    return Fault(status=status, body={"errors": [error(code, parameter=parameter)]}, headers=headers)


def ended(code: str) -> Fault:
    """A task that was accepted and has failed."""
    return Fault(at=At.POLL, status=200, body={"errors": [error(code)]})


def item(**fields: object) -> Fault:
    """What a poll says about the one picture of a task."""
    return Fault(at=At.POLL, status=200, body={"data": [{"taskType": "imageInference", **fields}]})


ROWS = (
    Row(
        name="wrong key",
        fault=refused("invalidApiKey", status=401, parameter="apiKey"),
        code=FailureCode.AUTHENTICATION,
        words="Check RUNWARE_API_KEY",
    ),
    Row(name="no key", fault=refused("missingApiKey", status=400), code=FailureCode.AUTHENTICATION),
    Row(name="no credit", fault=refused("insufficientCredits", status=402), code=FailureCode.NO_CREDIT),
    Row(name="no permission", fault=refused("permissionDenied", status=403), code=FailureCode.FORBIDDEN),
    Row(
        name="too many",
        fault=refused("rateLimitExceeded", status=429),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
    ),
    Row(
        name="too many, with a hint",
        fault=refused("rateLimitExceeded", status=429, **{"Retry-After": "3"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=3.0,
    ),
    Row(
        name="width",
        fault=refused("invalidWidth", parameter="width"),
        code=FailureCode.BAD_PARAMETER,
        field="size",
        words="(invalidWidth)",
    ),
    Row(
        name="a picture",
        fault=refused("invalidImage", parameter="inputs.seedImage"),
        code=FailureCode.BAD_PARAMETER,
        field="inputs",
    ),
    Row(
        name="two parameters",
        fault=refused("conflictParameters", parameter=["CFGScale", "steps"]),
        code=FailureCode.BAD_PARAMETER,
        field="guidance",
    ),
    Row(
        name="an unknown parameter",
        fault=refused("unknownParameter", parameter="clipSkip"),
        code=FailureCode.BAD_PARAMETER,
        field="extra.clipSkip",
    ),
    Row(name="no parameter named", fault=refused("maxTasksExceeded"), code=FailureCode.BAD_PARAMETER),
    Row(name="no such model", fault=refused("modelNotFound", status=404), code=FailureCode.MODEL_GONE, field="model"),
    Row(name="prompt blocked", fault=refused("promptBlocked"), code=FailureCode.REFUSED, words="promptBlocked"),
    Row(
        name="a partner's refusal",
        fault=refused("providerContentPolicyViolation", status=500),
        code=FailureCode.REFUSED,
    ),
    Row(
        name="the other shape",
        fault=Fault(status=402, body={"error": error("paymentRequired"), "taskUUID": "x"}),
        code=FailureCode.NO_CREDIT,
    ),
    Row(name="a bare list", fault=Fault(status=401, body=[error("invalidApiKey")]), code=FailureCode.AUTHENTICATION),
    Row(name="an error without a code", fault=Fault(status=400, body={"errors": []}), code=FailureCode.BAD_PARAMETER),
    Row(
        name="errors in a success",
        fault=Fault(status=200, body={"errors": [error("insufficientCredits")]}),
        code=FailureCode.NO_CREDIT,
    ),
    Row(
        name="failed",
        fault=refused("internalServerError", status=500),
        code=FailureCode.FAILED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="overloaded",
        fault=refused("serviceUnavailable", status=503),
        code=FailureCode.OVERLOADED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="the partner was too slow",
        fault=refused("timeoutProvider", status=504),
        code=FailureCode.TIMED_OUT,
        spent=Spent.UNKNOWN,
    ),
    Row(name="task blocked", fault=ended("imageBlocked"), code=FailureCode.REFUSED),
    Row(
        name="task refused after painting",
        fault=ended("nsfwContentDetected"),
        code=FailureCode.REFUSED,
        spent=Spent.UNKNOWN,
    ),
    Row(name="task without credit", fault=ended("insufficientCredits"), code=FailureCode.NO_CREDIT),
    Row(name="task limited", fault=ended("providerRateLimitExceeded"), code=FailureCode.RATE_LIMITED),
    Row(name="task failed", fault=ended("providerError"), code=FailureCode.FAILED, spent=Spent.UNKNOWN),
    Row(name="task of a kind not known", fault=ended("whatever"), code=FailureCode.FAILED, spent=Spent.UNKNOWN),
    Row(name="task cancelled", fault=ended("taskCancelled"), code=FailureCode.CANCELLED),
    Row(name="task expired", fault=ended("resultExpired"), code=FailureCode.EXPIRED, spent=Spent.UNKNOWN),
    Row(
        name="task not known",
        fault=Fault(at=At.POLL, status=404, body={"errors": [error("taskNotFound", parameter="taskUUID")]}),
        code=FailureCode.EXPIRED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="task not known, in a success",
        fault=Fault(at=At.POLL, status=200, body={"errors": [error("invalidTaskUUID", parameter="taskUUID")]}),
        code=FailureCode.EXPIRED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="an item that failed",
        fault=item(status="error", error=error("providerError")),
        code=FailureCode.FAILED,
        spent=Spent.UNKNOWN,
        words="It is providerError.",
    ),
    Row(
        name="flagged and without a picture",
        fault=item(status="success", NSFWContent=True),
        code=FailureCode.REFUSED,
        spent=Spent.UNKNOWN,
        words="flagged as unsafe",
    ),
    Row(
        name="key withdrawn",
        fault=Fault(at=At.POLL, status=401, body={"errors": [error("invalidApiKey")]}),
        code=FailureCode.AUTHENTICATION,
        spent=Spent.UNKNOWN,
    ),
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
)
VALUES = {
    "negative_prompt": "blurred",
    "size": Size(640, 384),
    "steps": 20,
    "guidance": 3.0,
    "seed": 7,
    "strength": 0.5,
    "format": "png",
}


@pytest.mark.req("S0-018", "S0-043", "S0-046", "S3-080", "S4-002")
class TestRunware(TicketConformance, DownloadConformance):
    case = Case(
        card=CARD,
        takes=replace(TAKES, fields=frozenset(VALUES), roles=TAKES.roles - {"reference", "style"}),
        call=replace(CALL, model=DEV.name, size=Size(512, 384), quality=None, wire=WIRE),
        values=VALUES,
        stand_in=RunwareStandIn,
        rows=ROWS,
    )


class TestSeveralPictures(TicketConformance, DownloadConformance):
    """The same with two pictures in one task."""

    case = replace(
        TestRunware.case,
        call=replace(TestRunware.case.call, count=2),
        rows=tuple(row for row in ROWS if row.name in {"width", "task failed", "dropped before the request was read"}),
    )
