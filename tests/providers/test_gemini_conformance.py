from dataclasses import replace

import pytest

from limner.domain.call import Call
from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Operation, Role
from limner.providers.gemini import TAKES
from limner.testing.conformance import Case, HttpProviderConformance, Row
from limner.testing.examples import input_picture
from limner.testing.faults import Drop, Fault
from limner.testing.gemini_stand_in import GeminiStandIn, error_body
from tests.shipped import shipped

CATALOG = shipped()
NANO = CATALOG.find("gemini/gemini-nano-banana-2.1")
CALL = Call(
    id="00000000-0000-7000-8000-000000000001",
    model=NANO.name,
    operation=Operation.GENERATE,
    prompt="a red fox in snow",
    count=1,
    aspect="1:1",
    resolution="1K",
    quality="minimal",
    timeout=20.0,
    wire=NANO.wire,
)
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"}


def quota(value: str) -> dict[str, object]:
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaValue": value}]}


def violation(field: str) -> dict[str, object]:
    found = [{"field": field, "description": "no"}]
    return {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": found}


def said(status: int, message: str, *details: object, state: str = "", reason: str | None = None) -> Fault:
    return Fault(status=status, body=error_body(status, message, state=state, reason=reason, details=details))


def ended(reason: str, *, tokens: int = 0, text: str = "") -> Fault:
    """A success without a picture."""
    parts = [{"text": text}] if text else []
    candidate = {"finishReason": reason, "finishMessage": "See the policy.", "content": {"parts": parts}}
    usage = {"promptTokenCount": tokens, "thoughtsTokenCount": tokens, "totalTokenCount": 2 * tokens}
    return Fault(status=200, body={"candidates": [candidate], "usageMetadata": usage})


def blocked(reason: str) -> Fault:
    """A prompt that was refused, of which nothing was counted."""
    return Fault(status=200, body={"promptFeedback": {"blockReason": reason}, "usageMetadata": {"promptTokenCount": 0}})


ROWS = (
    Row(
        name="wrong key",
        fault=said(400, "API key not valid. Please pass a valid API key.", reason="API_KEY_INVALID"),
        code=FailureCode.AUTHENTICATION,
        words="Check GEMINI_API_KEY",
    ),
    Row(name="no access", fault=said(403, "Permission denied"), code=FailureCode.FORBIDDEN),
    Row(
        name="country or billing",
        fault=said(400, "User location is not supported for the API use.", state="FAILED_PRECONDITION"),
        code=FailureCode.FORBIDDEN,
        words="User location",
    ),
    Row(
        name="model gone",
        fault=said(404, "models/imagen-4 is not found for API version v1beta"),
        code=FailureCode.MODEL_GONE,
        field="model",
    ),
    Row(
        name="a field by its details",
        fault=said(400, "Bad", violation("generation_config.image_config.aspect_ratio")),
        code=FailureCode.BAD_PARAMETER,
        field="aspect",
    ),
    Row(
        name="a size by the words",
        fault=said(400, "Invalid value at 'generation_config.image_config.image_size' (type.googleapis.com), 8K"),
        code=FailureCode.BAD_PARAMETER,
        field="size",
    ),
    Row(
        name="a picture by the words",
        fault=said(400, "Invalid value at 'contents[0].parts[1].inline_data.data' (TYPE_BYTES)"),
        code=FailureCode.BAD_PARAMETER,
        field="inputs",
    ),
    Row(
        name="an option of its own",
        fault=said(400, "Invalid JSON payload received. Unknown name \"topQ\" at 'generation_config'"),
        code=FailureCode.BAD_PARAMETER,
        field="extra.topQ",
    ),
    Row(name="unclear", fault=said(400, "Request contains an invalid argument."), code=FailureCode.BAD_PARAMETER),
    Row(
        name="rate limit with a delay in the details",
        fault=said(429, "Resource exhausted", RETRY, quota("300")),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=37.0,
    ),
    Row(
        name="rate limit without a hint",
        fault=said(429, "Resource exhausted"),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
    ),
    Row(
        name="rate limit with a header",
        fault=replace(said(429, "Resource exhausted"), headers={"Retry-After": "7"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=7.0,
    ),
    Row(
        name="no paid tier by the details",
        fault=said(429, "You exceeded your current quota", RETRY, quota("0")),
        code=FailureCode.NO_CREDIT,
    ),
    Row(
        name="no paid tier by the words",
        fault=said(429, "Quota exceeded for metric: free_tier_requests, limit: 0, model: gemini", RETRY),
        code=FailureCode.NO_CREDIT,
        words="Top it up",
    ),
    Row(
        name="cancelled in the middle",
        fault=said(499, "The operation was cancelled.", state="CANCELLED"),
        code=FailureCode.TIMED_OUT,
        spent=Spent.UNKNOWN,
    ),
    Row(name="internal", fault=said(500, "An internal error"), code=FailureCode.FAILED, spent=Spent.UNKNOWN),
    Row(
        name="overloaded",
        fault=said(503, "The model is overloaded.", state="UNAVAILABLE"),
        code=FailureCode.OVERLOADED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="too late there",
        fault=said(504, "Deadline exceeded", state="DEADLINE_EXCEEDED"),
        code=FailureCode.TIMED_OUT,
        spent=Spent.UNKNOWN,
    ),
    *(
        Row(name=f"prompt blocked: {reason}", fault=blocked(reason), code=FailureCode.REFUSED, words=reason)
        for reason in ("SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY")
    ),
    *(
        Row(
            name=f"picture blocked: {reason}",
            fault=ended(reason, tokens=240),
            code=FailureCode.REFUSED,
            spent=Spent.YES,
            words=f"{reason}: See the policy.",
        )
        for reason in (
            "SAFETY",
            "PROHIBITED_CONTENT",
            "BLOCKLIST",
            "SPII",
            "RECITATION",
            "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT",
            "IMAGE_RECITATION",
        )
    ),
    *(
        Row(
            name=f"no picture: {reason}",
            fault=ended(reason, tokens=9),
            code=FailureCode.BAD_ANSWER,
            retryable=True,
            spent=Spent.YES,
        )
        for reason in ("NO_IMAGE", "IMAGE_OTHER", "OTHER", "MAX_TOKENS")
    ),
    Row(
        name="words alone",
        fault=ended("STOP", tokens=9, text="I would rather not paint that."),
        code=FailureCode.BAD_ANSWER,
        retryable=True,
        spent=Spent.YES,
        words="I would rather not paint that.",
    ),
    Row(name="ended for another reason", fault=ended("LANGUAGE"), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="no picture", fault=Fault(pictures=0), code=FailureCode.BAD_ANSWER, retryable=True, spent=Spent.YES),
    Row(name="garbage", fault=Fault(garbage="no base64 at all!"), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="empty success", fault=Fault(status=200, body={}), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="no JSON", fault=Fault(status=200, body="<html>"), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(
        name="dropped before the request was read",
        fault=Fault(drop=Drop.BEFORE_READING),
        code=FailureCode.LINE_DROPPED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="dropped in the answer",
        fault=Fault(drop=Drop.IN_ANSWER),
        code=FailureCode.LINE_DROPPED,
        spent=Spent.UNKNOWN,
    ),
)


@pytest.mark.req("S0-018", "S0-043", "S0-046")
class TestGemini(HttpProviderConformance):
    case = Case(
        card=replace(CATALOG.service("gemini"), requests_per_second=0.0),
        takes=TAKES,
        call=CALL,
        values={"aspect": "16:9", "resolution": "2K", "quality": "high", "seed": 7},
        stand_in=GeminiStandIn,
        rows=ROWS,
    )


class TestAnEdit(HttpProviderConformance):
    """The same for a call that begins with a picture."""

    case = replace(
        TestGemini.case,
        call=replace(CALL, operation=Operation.EDIT, inputs=(input_picture(Role.SOURCE),)),
        rows=tuple(row for row in ROWS if row.name in {"wrong key", "picture blocked: IMAGE_SAFETY", "garbage"}),
    )
