from dataclasses import replace

import pytest

from limner.domain.call import Call
from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Margins, Operation, Size
from limner.providers.fal import TAKES
from limner.testing.conformance import Case, Row
from limner.testing.fal_stand_in import FalStandIn
from limner.testing.faults import At, Drop, Fault
from limner.testing.ticket_conformance import DownloadConformance, TicketConformance
from tests.shipped import shipped

CARD = replace(shipped().service("fal"), requests_per_second=0, poll_seconds=0.001)
NAMES: dict[str, object] = {name: name for name in TAKES.fields | {role.value for role in TAKES.roles}}
NAMES |= {"prompt": "prompt", "count": "num_images", "size": ["image_size.width", "image_size.height"]}
NAMES |= {"steps": "num_inference_steps", "margins": ["left", "top", "right", "bottom"]}
ANY = Call(
    id="00000000-0000-7000-8000-000000000001",
    model="acme/anything/at/all",
    operation=Operation.GENERATE,
    prompt="a red fox in snow",
    count=1,
    timeout=20.0,
    wire={"names": NAMES},
)
"""A model of somebody's own that has a name for everything."""


def model_error(kind: str, *loc: str, status: int = 422, at: At = At.RESULT, retryable: str = "false") -> Fault:
    """As models tell it."""
    body = {"detail": [{"loc": ["body", *loc], "msg": f"because of {kind}", "type": kind}]}
    return Fault(at=at, status=status, body=body, headers={"X-Fal-Retryable": retryable})


def queue_error(kind: str, status: int) -> Fault:
    """As the queue tells it."""
    body = {"detail": f"because of {kind}", "error_type": kind}
    return Fault(at=At.RESULT, status=status, body=body, headers={"X-Fal-Error-Type": kind})


ROWS = (
    Row(
        name="wrong key",
        fault=Fault(status=401, body={"detail": "No user found"}),
        code=FailureCode.AUTHENTICATION,
        words="Check FAL_KEY",
    ),
    Row(
        name="no credit",
        fault=Fault(status=403, body={"detail": "User is locked. Reason: Exhausted balance. Top up"}),
        code=FailureCode.NO_CREDIT,
        words="Exhausted balance",
    ),
    Row(name="forbidden", fault=Fault(status=403, body={"detail": "Not yours"}), code=FailureCode.FORBIDDEN),
    Row(
        name="platform error",
        fault=Fault(status=404, body={"error": {"type": "not_found", "message": "Endpoint not found"}}),
        code=FailureCode.MODEL_GONE,
        field="model",
        words="Endpoint not found",
    ),
    Row(
        name="rate limit",
        fault=Fault(status=429, body={"detail": "Too many"}, headers={"Retry-After": "3"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=3.0,
    ),
    Row(
        name="wrong input at once",
        fault=model_error("missing", "num_inference_steps", at=At.PURCHASE),
        code=FailureCode.BAD_PARAMETER,
        field="steps",
    ),
    Row(
        name="wrong input by the model",
        fault=model_error("greater_than", "num_images"),
        code=FailureCode.BAD_PARAMETER,
        field="count",
        words="greater_than",
    ),
    Row(
        name="wrong input within another",
        fault=model_error("multiple_of", "image_size", "width"),
        code=FailureCode.BAD_PARAMETER,
        field="size",
    ),
    Row(
        name="wrong input of its own",
        fault=model_error("one_of", "scheduler"),
        code=FailureCode.BAD_PARAMETER,
        field="extra.scheduler",
    ),
    Row(
        name="picture too small",
        fault=model_error("image_too_small", "source"),
        code=FailureCode.BAD_PARAMETER,
        field="inputs",
    ),
    Row(
        name="plain words of an older model",
        fault=Fault(at=At.RESULT, status=422, body={"detail": "Could not load the picture"}),
        code=FailureCode.BAD_PARAMETER,
        spent=Spent.UNKNOWN,
        words="Could not load",
    ),
    Row(
        name="moderation",
        fault=model_error("content_policy_violation", "prompt"),
        code=FailureCode.REFUSED,
        spent=Spent.UNKNOWN,
        words="content_policy_violation",
    ),
    Row(name="blackened", fault=Fault(pictures=0), code=FailureCode.REFUSED, spent=Spent.YES, words="blackened"),
    Row(
        name="generation timeout",
        fault=model_error("generation_timeout", status=504),
        code=FailureCode.TIMED_OUT,
        spent=Spent.UNKNOWN,
    ),
    *(
        Row(name=f"the queue's own: {kind}", fault=queue_error(kind, status), code=code, spent=Spent.UNKNOWN)
        for kind, status, code in (
            ("request_timeout", 504, FailureCode.TIMED_OUT),
            ("startup_timeout", 504, FailureCode.TIMED_OUT),
            ("runner_connection_timeout", 503, FailureCode.OVERLOADED),
            ("runner_incomplete_response", 502, FailureCode.FAILED),
            ("internal_error", 500, FailureCode.FAILED),
            ("bad_request", 400, FailureCode.BAD_PARAMETER),
        )
    ),
    *(
        Row(name=f"the model's own: {kind}", fault=model_error(kind, status=500), code=code, spent=Spent.UNKNOWN)
        for kind, code in (
            ("no_media_generated", FailureCode.FAILED),
            ("downstream_service_error", FailureCode.FAILED),
            ("internal_server_error", FailureCode.FAILED),
        )
    ),
    Row(
        name="downstream",
        fault=model_error("downstream_service_unavailable", status=500, retryable="true"),
        code=FailureCode.OVERLOADED,
        spent=Spent.UNKNOWN,
        words="Trying again may help",
    ),
    Row(
        name="runner",
        fault=queue_error("runner_server_error", 500),
        code=FailureCode.FAILED,
        spent=Spent.UNKNOWN,
        words="runner_server_error",
    ),
    Row(
        name="no runner",
        fault=queue_error("runner_scheduling_failure", 503),
        code=FailureCode.OVERLOADED,
        spent=Spent.UNKNOWN,
    ),
    Row(name="cancelled by somebody", fault=queue_error("client_cancelled", 499), code=FailureCode.CANCELLED),
    Row(
        name="a line that broke there",
        fault=queue_error("client_disconnected", 499),
        code=FailureCode.LINE_DROPPED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="result gone",
        fault=Fault(at=At.RESULT, status=404, body={"detail": "Request not found"}),
        code=FailureCode.EXPIRED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="a key that is taken away meanwhile",
        fault=Fault(at=At.RESULT, status=401, body={"detail": "No user found"}),
        code=FailureCode.AUTHENTICATION,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="no picture",
        fault=Fault(at=At.RESULT, status=200, body={"images": [], "seed": 5}),
        code=FailureCode.BAD_ANSWER,
        spent=Spent.YES,
    ),
    Row(
        name="no addresses",
        fault=Fault(status=200, body={"request_id": "r"}),
        code=FailureCode.BAD_ANSWER,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="an address inside a private network",
        fault=Fault(
            status=200,
            body={f"{name}_url": "http://10.0.0.1/x" for name in ("status", "response", "cancel")},
        ),
        code=FailureCode.BAD_ANSWER,
        spent=Spent.UNKNOWN,
    ),
    Row(name="server error", fault=Fault(status=500, body="oops"), code=FailureCode.FAILED, spent=Spent.UNKNOWN),
    Row(
        name="dropped in the answer",
        fault=Fault(drop=Drop.IN_ANSWER),
        code=FailureCode.LINE_DROPPED,
        spent=Spent.UNKNOWN,
        words="Connection lost",
    ),
    Row(name="no JSON", fault=Fault(status=200, body="<html>hi</html>"), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
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


@pytest.mark.req("S0-018", "S0-043", "S0-046", "S3-080")
class TestFal(TicketConformance, DownloadConformance):
    """A model of somebody's own, and every way to fail."""

    case = Case(
        card=CARD,
        takes=TAKES,
        call=ANY,
        values={**dict.fromkeys(TAKES.fields, "0"), **VALUES},
        stand_in=FalStandIn,
        rows=ROWS,
    )


class TestSeveralPictures(TicketConformance):
    """The same with two pictures in one call."""

    case = Case(
        card=CARD,
        takes=TAKES,
        call=replace(ANY, count=2),
        values=TestFal.case.values,
        stand_in=FalStandIn,
        rows=tuple(row for row in ROWS if row.name in {"moderation", "blackened", "result gone"}),
    )
