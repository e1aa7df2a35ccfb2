from dataclasses import replace

import pytest

from limner.domain.call import Call
from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Margins, Operation, Size
from limner.providers.replicate import TAKES
from limner.testing.conformance import Case, Row
from limner.testing.faults import At, Drop, Fault
from limner.testing.replicate_stand_in import UNSAFE, ReplicateStandIn
from limner.testing.ticket_conformance import DownloadConformance, TicketConformance
from tests.shipped import shipped

CARD = replace(shipped().service("replicate"), requests_per_second=0, poll_seconds=0.001)
NAMES = {name: name for name in TAKES.fields | {role.value for role in TAKES.roles}}
NAMES |= {"prompt": "prompt", "count": "num_outputs", "steps": "num_inference_steps", "seed": "seed"}
ANY = Call(
    id="00000000-0000-7000-8000-000000000001",
    model="acme/anything",
    operation=Operation.GENERATE,
    prompt="a red fox in snow",
    count=1,
    timeout=20.0,
    wire={"names": NAMES},
)
"""A model of somebody's own that has a name for everything."""


def said(status: int, detail: str, title: str = "Something") -> Fault:
    return Fault(status=status, body={"title": title, "detail": detail, "status": status})


def ended(status: str, *, ran: bool = True, **more: object) -> Fault:
    """A prediction as the next question finds it."""
    times = {"started_at": "2026-11-20T10:00:01Z", "metrics": {"predict_time": 1.6}} if ran else {}
    body = {"id": "p", "status": status, "error": None, "logs": "", **times, **more}
    return Fault(at=At.POLL, status=200, body=body)


ROWS = (
    Row(
        name="wrong key",
        fault=said(401, "You did not pass a valid authentication token", "Unauthenticated"),
        code=FailureCode.AUTHENTICATION,
        words="Check REPLICATE_API_TOKEN",
    ),
    Row(name="no credit", fault=said(402, "You have insufficient credit"), code=FailureCode.NO_CREDIT, words="Top it"),
    Row(name="unknown model", fault=said(404, "Not found"), code=FailureCode.MODEL_GONE, field="model"),
    Row(
        name="unknown version",
        fault=said(422, "The specified version does not exist", "Invalid version or not permitted"),
        code=FailureCode.MODEL_GONE,
        field="model",
        words="does not exist",
    ),
    Row(
        name="wrong input",
        fault=said(422, "- input.num_inference_steps: Must be less than or equal to 4\n", "Input validation failed"),
        code=FailureCode.BAD_PARAMETER,
        field="steps",
        words="less than or equal to 4",
    ),
    Row(
        name="wrong input of its own",
        fault=said(422, "- input.scheduler: Must be one of the following"),
        code=FailureCode.BAD_PARAMETER,
        field="extra.scheduler",
    ),
    Row(name="wrong request", fault=said(422, "Unknown keys"), code=FailureCode.BAD_PARAMETER, words="Unknown keys"),
    Row(
        name="rate limit by its words",
        fault=Fault(status=429, body={"detail": "Request was throttled. Your rate limit resets in ~30s."}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=30.0,
    ),
    Row(
        name="rate limit by header",
        fault=Fault(status=429, body={"detail": "Request was throttled."}, headers={"Retry-After": "7"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=7.0,
    ),
    Row(
        name="rate limit by the header of every answer",
        fault=Fault(
            status=429,
            body={"detail": "Request was throttled. Your rate limit resets in ~30s."},
            headers={"ratelimit-remaining": "0", "ratelimit-reset": "27"},
        ),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=27.0,
    ),
    Row(
        name="rate limit without a hint",
        fault=Fault(status=429, body={}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
    ),
    Row(name="server error", fault=said(500, "Oops"), code=FailureCode.FAILED, spent=Spent.UNKNOWN, words="Oops"),
    Row(name="overloaded", fault=said(503, "Busy"), code=FailureCode.OVERLOADED, spent=Spent.UNKNOWN),
    Row(
        name="gateway without JSON",
        fault=Fault(status=502, body="<html>Bad gateway</html>"),
        code=FailureCode.FAILED,
        spent=Spent.UNKNOWN,
        words="Bad gateway",
    ),
    Row(
        name="no id",
        fault=Fault(status=201, body={"status": "starting"}),
        code=FailureCode.BAD_ANSWER,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="no JSON", fault=Fault(status=201, body="<html>hello</html>"), code=FailureCode.BAD_ANSWER, spent=Spent.YES
    ),
    Row(name="redirect", fault=Fault(status=307, headers={"Location": "/x"}), code=FailureCode.UNREACHABLE),
    Row(
        name="dropped before it was read",
        fault=Fault(drop=Drop.BEFORE_READING),
        code=FailureCode.LINE_DROPPED,
        spent=Spent.UNKNOWN,
        words="Connection lost",
    ),
    Row(
        name="dropped in the answer",
        fault=Fault(drop=Drop.IN_ANSWER),
        code=FailureCode.LINE_DROPPED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="all unsafe",
        fault=ended("failed", error=UNSAFE),
        code=FailureCode.REFUSED,
        words="different prompt",
    ),
    Row(
        name="flagged as sensitive",
        fault=ended("failed", error="The input or output was flagged as sensitive. Please try again. (E005)"),
        code=FailureCode.REFUSED,
    ),
    Row(
        name="failed",
        fault=ended("failed", error="CUDA out of memory"),
        code=FailureCode.FAILED,
        spent=Spent.UNKNOWN,
        words="out of memory",
    ),
    Row(name="cancelled while it ran", fault=ended("canceled"), code=FailureCode.CANCELLED, spent=Spent.YES),
    Row(name="cancelled before", fault=ended("canceled", ran=False), code=FailureCode.CANCELLED),
    Row(name="aborted", fault=ended("aborted", ran=False), code=FailureCode.CANCELLED),
    Row(
        name="an hour later",
        fault=ended("succeeded", output=None, data_removed=True),
        code=FailureCode.EXPIRED,
        spent=Spent.YES,
        words="an hour",
    ),
    Row(name="wiped without a word", fault=ended("succeeded"), code=FailureCode.EXPIRED, spent=Spent.YES),
    Row(
        name="an empty list",
        fault=ended("succeeded", output=[], data_removed=False),
        code=FailureCode.REFUSED,
        spent=Spent.YES,
    ),
    Row(
        name="no picture",
        fault=ended("succeeded", output={"score": 0.5}, data_removed=False),
        code=FailureCode.BAD_ANSWER,
        spent=Spent.YES,
    ),
    Row(
        name="a key that is taken away meanwhile",
        fault=Fault(at=At.POLL, status=401, body={}),
        code=FailureCode.AUTHENTICATION,
        spent=Spent.UNKNOWN,
    ),
)
VALUES = {
    "size": Size(512, 512),
    "margins": Margins(left=8, top=8, right=8, bottom=8),
    "steps": 3,
    "guidance": 2.5,
    "seed": 7,
    "strength": 0.4,
    "scale": 2,
}


MARGINS = {**NAMES, "margins": ["left", "top", "right", "bottom"]}


@pytest.mark.req("S0-018", "S0-043", "S0-046", "S3-080")
class TestReplicate(TicketConformance, DownloadConformance):
    """A model of somebody's own, and every way to fail."""

    case = Case(
        card=CARD,
        takes=TAKES,
        call=replace(ANY, wire={"names": MARGINS}),
        values={**dict.fromkeys(TAKES.fields, "0"), **VALUES},
        stand_in=ReplicateStandIn,
        rows=ROWS,
    )


class TestSeveralPictures(TicketConformance):
    """The same with two pictures in one call."""

    case = Case(
        card=CARD,
        takes=TAKES,
        call=replace(TestReplicate.case.call, count=2),
        values=TestReplicate.case.values,
        stand_in=ReplicateStandIn,
        rows=tuple(row for row in ROWS if row.name in {"all unsafe", "an hour later", "dropped in the answer"}),
    )
