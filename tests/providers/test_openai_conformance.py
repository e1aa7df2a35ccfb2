from dataclasses import replace

import pytest

from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Size
from limner.providers.openai import TAKES
from limner.testing.conformance import Case, HttpProviderConformance, Row
from limner.testing.examples import CALL, CARD
from limner.testing.faults import Drop, Fault
from limner.testing.openai_stand_in import OpenAIStandIn


def said(
    message: str, *, code: str | None = None, type_: str = "invalid_request_error", param: str | None = None
) -> dict[str, object]:
    return {"error": {"message": message, "type": type_, "param": param, "code": code}}


ROWS = (
    Row(
        name="wrong key",
        fault=Fault(status=401, body=said("Incorrect API key provided", code="invalid_api_key")),
        code=FailureCode.AUTHENTICATION,
        words="Check OPENAI_API_KEY",
    ),
    Row(
        name="organisation not verified",
        fault=Fault(status=403, body=said("Your organization must be verified")),
        code=FailureCode.FORBIDDEN,
        words="must be verified",
    ),
    Row(
        name="country",
        fault=Fault(status=403, body=said("Country not supported", code="unsupported_country_region_territory")),
        code=FailureCode.FORBIDDEN,
    ),
    Row(
        name="model gone",
        fault=Fault(status=404, body=said("The model does not exist", code="model_not_found")),
        code=FailureCode.MODEL_GONE,
        field="model",
    ),
    Row(
        name="moderation",
        fault=Fault(
            status=400,
            body=said(
                "Your request was rejected by the safety system. safety_violations=[violence,sexual]",
                code="moderation_blocked",
                type_="image_generation_user_error",
            ),
        ),
        code=FailureCode.REFUSED,
        words="[violence,sexual]",
    ),
    Row(
        name="size",
        fault=Fault(status=400, body=said("Invalid size", param="size", code="invalid_value")),
        code=FailureCode.BAD_PARAMETER,
        field="size",
        words="the size",
    ),
    Row(
        name="their word for count",
        fault=Fault(status=400, body=said("n is too large", param="n")),
        code=FailureCode.BAD_PARAMETER,
        field="count",
    ),
    Row(
        name="their word for format",
        fault=Fault(status=400, body=said("no", param="output_format")),
        code=FailureCode.BAD_PARAMETER,
        field="format",
    ),
    Row(
        name="a picture within a list",
        fault=Fault(status=400, body=said("no", param="images[0].image_url")),
        code=FailureCode.BAD_PARAMETER,
        field="inputs",
    ),
    Row(
        name="an option of its own",
        fault=Fault(status=400, body=said("no", param="complexity")),
        code=FailureCode.BAD_PARAMETER,
        field="extra.complexity",
    ),
    Row(
        name="rate limit in seconds",
        fault=Fault(status=429, body=said("slow", code="rate_limit_exceeded"), headers={"Retry-After": "7"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=7.0,
    ),
    Row(
        name="rate limit in milliseconds",
        fault=Fault(status=429, body=said("slow"), headers={"retry-after-ms": "1500", "Retry-After": "2"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=1.5,
    ),
    Row(
        name="rate limit until a date",
        fault=Fault(
            status=429,
            body=said("slow"),
            headers={"Date": "Sat, 21 Nov 2026 12:00:00 GMT", "Retry-After": "Sat, 21 Nov 2026 12:00:30 GMT"},
        ),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=30.0,
    ),
    Row(
        name="rate limit without a usable hint",
        fault=Fault(status=429, body=said("slow"), headers={"Retry-After": "soon"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
    ),
    Row(
        name="quota by type",
        fault=Fault(status=429, body=said("quota", type_="insufficient_quota")),
        code=FailureCode.NO_CREDIT,
        words="Top it up",
    ),
    Row(
        name="quota by code",
        fault=Fault(status=429, body=said("quota", code="insufficient_quota")),
        code=FailureCode.NO_CREDIT,
    ),
    Row(
        name="credit",
        fault=Fault(status=429, body=said("no credit", code="credit_balance_exhausted")),
        code=FailureCode.NO_CREDIT,
    ),
    Row(
        name="server error",
        fault=Fault(status=500, body=said("oops", type_="server_error")),
        code=FailureCode.FAILED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="bad gateway without JSON",
        fault=Fault(status=502, body="<html>Bad gateway</html>"),
        code=FailureCode.FAILED,
        spent=Spent.UNKNOWN,
        words="Bad gateway",
    ),
    Row(
        name="overloaded",
        fault=Fault(status=503, body=said("busy", code="server_is_overloaded")),
        code=FailureCode.OVERLOADED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="slow down",
        fault=Fault(status=503, body=said("busy", code="slow_down"), headers={"Retry-After": "4"}),
        code=FailureCode.OVERLOADED,
        spent=Spent.UNKNOWN,
        retry_after=4.0,
    ),
    Row(
        name="dropped before the request was read",
        fault=Fault(drop=Drop.BEFORE_READING),
        code=FailureCode.LINE_DROPPED,
        spent=Spent.UNKNOWN,
        words="Connection lost",
    ),
    Row(
        name="dropped while painting",
        fault=Fault(drop=Drop.AFTER_READING),
        code=FailureCode.LINE_DROPPED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="dropped in the answer",
        fault=Fault(drop=Drop.IN_ANSWER),
        code=FailureCode.LINE_DROPPED,
        spent=Spent.UNKNOWN,
    ),
    Row(name="no picture", fault=Fault(pictures=0), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="garbage", fault=Fault(garbage="no base64 at all!"), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(
        name="success without data",
        fault=Fault(status=200, body={"created": 1}),
        code=FailureCode.BAD_ANSWER,
        spent=Spent.YES,
    ),
    Row(
        name="success that is no JSON",
        fault=Fault(status=200, body="<html>hello</html>"),
        code=FailureCode.BAD_ANSWER,
        spent=Spent.YES,
    ),
    Row(name="empty success", fault=Fault(status=200, body=""), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="redirect", fault=Fault(status=307, headers={"Location": "/elsewhere"}), code=FailureCode.UNREACHABLE),
)


@pytest.mark.req("S0-018", "S0-043", "S0-046", "S3-080")
class TestOpenAI(HttpProviderConformance):
    case = Case(
        card=CARD,
        takes=TAKES,
        call=CALL,
        values={"size": Size(1536, 1024), "quality": "high", "format": "webp", "background": "transparent"},
        stand_in=OpenAIStandIn,
        rows=ROWS,
    )


class TestSeveralPictures(HttpProviderConformance):
    """The same with two pictures in one call."""

    case = Case(
        card=CARD,
        takes=TAKES,
        call=replace(CALL, count=2),
        values=TestOpenAI.case.values,
        stand_in=OpenAIStandIn,
        rows=tuple(row for row in ROWS if row.name in {"moderation", "dropped while painting", "no picture"}),
    )
