from dataclasses import replace
from functools import partial

from limner.domain.call import Call
from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Operation, Role, Size
from limner.providers.ideogram import TAKES
from limner.testing.conformance import Case, Row
from limner.testing.examples import CALL, input_picture
from limner.testing.faults import At, Drop, Fault
from limner.testing.ideogram_stand_in import IdeogramStandIn
from limner.testing.ticket_conformance import DownloadConformance, TicketConformance
from tests.shipped import shipped

CATALOG = shipped()
CARD = CATALOG.service("ideogram")


def call_of(model: str, operation: Operation = Operation.GENERATE, *roles: Role) -> Call:
    """A plain call of a model of the catalog, with pictures in these roles."""
    inputs = tuple(input_picture(role, number=number) for number, role in enumerate(roles))
    wire = CATALOG.find(f"ideogram/{model}").wire
    return replace(CALL, model=model, operation=operation, inputs=inputs, wire=wire, size=None, quality=None)


def refused(status: int, reason: str, message: str = "rejected") -> Fault:
    return Fault(status=status, body={"error": message, "reject_reason": reason})


def done(*items: dict[str, object], status: str = "completed", **more: object) -> Fault:
    """The answer to a question after a call."""
    body = {"generation_id": "g", "created": "2026-11-20T12:00:00Z", "status": status, "data": [*items], **more}
    return Fault(at=At.POLL, status=200, body=body)


WITHHELD = {"prompt": "fox", "resolution": "1024x1024", "is_image_safe": False, "seed": 5, "url": ""}
ROWS = (
    Row(
        name="wrong key",
        fault=Fault(status=401, body="Unauthorized"),
        code=FailureCode.AUTHENTICATION,
        words="Check IDEOGRAM_API_KEY",
    ),
    Row(name="no credit", fault=refused(402, "insufficient_funds"), code=FailureCode.NO_CREDIT, words="Top it up"),
    Row(name="daily limit", fault=refused(402, "daily_limit"), code=FailureCode.NO_CREDIT),
    Row(name="priority", fault=refused(402, "priority_credit_required"), code=FailureCode.NO_CREDIT),
    Row(name="no plan", fault=refused(402, "subscription_required"), code=FailureCode.FORBIDDEN),
    Row(name="not in the plan", fault=refused(402, "feature_limit"), code=FailureCode.FORBIDDEN),
    Row(name="no reason", fault=Fault(status=402, body={}), code=FailureCode.NO_CREDIT),
    Row(
        name="no access",
        fault=Fault(status=403, body={"message": "not for your organization"}),
        code=FailureCode.FORBIDDEN,
        words="not for your organization",
    ),
    Row(name="no such model", fault=Fault(status=404, body={"error": "Not found"}), code=FailureCode.MODEL_GONE),
    Row(
        name="size",
        fault=Fault(status=400, body={"error": "`size` must be one of the presets"}),
        code=FailureCode.BAD_PARAMETER,
        field="size",
    ),
    Row(
        name="their word for count",
        fault=Fault(
            status=400,
            body={"type": "about:blank", "title": "Bad Request", "detail": "num_images: at most 8", "status": 400},
        ),
        code=FailureCode.BAD_PARAMETER,
        field="count",
        words="at most 8",
    ),
    Row(
        name="no field",
        fault=Fault(status=400, body={"title": "Bad Request"}),
        code=FailureCode.BAD_PARAMETER,
        words="Bad Request",
    ),
    Row(name="too large", fault=Fault(status=413, body=""), code=FailureCode.BAD_PARAMETER, field="inputs"),
    Row(
        name="unsafe prompt",
        fault=Fault(status=422, body={"error": "failed the safety check"}),
        code=FailureCode.REFUSED,
    ),
    Row(name="unsafe prompt without words", fault=Fault(status=422, body={}), code=FailureCode.REFUSED),
    Row(
        name="too many in the making",
        fault=refused(429, "inflight_limit"),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=5.0,
    ),
    Row(
        name="rate limit with a hint",
        fault=Fault(status=429, body={}, headers={"Retry-After": "9"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=9.0,
    ),
    Row(name="server error", fault=Fault(status=500, body={}), code=FailureCode.FAILED, spent=Spent.UNKNOWN),
    Row(name="down", fault=Fault(status=503, body="busy"), code=FailureCode.OVERLOADED, spent=Spent.UNKNOWN),
    Row(name="dropped", fault=Fault(drop=Drop.BEFORE_READING), code=FailureCode.LINE_DROPPED, spent=Spent.UNKNOWN),
    Row(name="accepted without an id", fault=Fault(pictures=0), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="no JSON", fault=Fault(status=200, body="<html>"), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="redirect", fault=Fault(status=307, headers={"Location": "/elsewhere"}), code=FailureCode.UNREACHABLE),
    Row(
        name="unsafe picture",
        fault=done(WITHHELD),
        code=FailureCode.REFUSED,
        spent=Spent.YES,
        words="probably been charged",
    ),
    Row(name="no picture", fault=done(), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(
        name="picture without address",
        fault=done({"is_image_safe": True}),
        code=FailureCode.BAD_ANSWER,
        spent=Spent.YES,
    ),
    Row(
        name="failed as unsafe",
        fault=done(status="failed", failure_reason="content_policy_violation"),
        code=FailureCode.REFUSED,
        words="content_policy_violation",
    ),
    Row(
        name="failed",
        fault=done(status="failed", failure_reason="internal_error"),
        code=FailureCode.FAILED,
        words="internal_error",
    ),
    Row(name="failed without a reason", fault=done(status="failed"), code=FailureCode.FAILED),
    Row(
        name="its result is gone",
        fault=Fault(at=At.POLL, status=404, body={"error": "Not found"}),
        code=FailureCode.EXPIRED,
        spent=Spent.UNKNOWN,
    ),
)


class TestWords(TicketConformance, DownloadConformance):
    case = Case(
        card=CARD,
        takes=replace(TAKES, fields=frozenset({"size", "quality", "seed"}), roles=frozenset()),
        call=call_of("ideogram-4-5"),
        values={"size": Size(2560, 1440), "quality": "low", "seed": 7},
        stand_in=partial(IdeogramStandIn, waits=2),
        rows=ROWS,
    )


class TestRemix(TicketConformance, DownloadConformance):
    """From a picture, as a form."""

    case = Case(
        card=CARD,
        takes=replace(TAKES, fields=frozenset({"strength", "quality", "seed"}), roles=frozenset({Role.SOURCE})),
        call=call_of("remix/ideogram-3", Operation.VARIATIONS, Role.SOURCE),
        values={"strength": 0.3, "quality": "turbo", "seed": 7},
        stand_in=IdeogramStandIn,
        rows=tuple(row for row in ROWS if row.name in {"wrong key", "unsafe picture", "dropped"}),
    )


class TestSeveralPictures(TicketConformance):
    """The same with two pictures in one call."""

    case = Case(
        card=CARD,
        takes=TestWords.case.takes,
        call=replace(TestWords.case.call, count=2),
        values=TestWords.case.values,
        stand_in=IdeogramStandIn,
        rows=tuple(row for row in ROWS if row.name in {"unsafe picture", "no picture", "failed"}),
    )
