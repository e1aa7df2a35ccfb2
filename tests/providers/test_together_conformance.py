from dataclasses import replace

import pytest

from limner.domain.call import Call
from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Operation, Role, Size
from limner.providers.together import TAKES
from limner.testing.conformance import Case, HttpProviderConformance, Row
from limner.testing.examples import input_picture
from limner.testing.faults import Drop, Fault
from limner.testing.together_stand_in import TogetherStandIn
from tests.shipped import shipped

CATALOG = shipped()
CARD = replace(CATALOG.service("together"), requests_per_second=0.0)
XL = CATALOG.find("together/stabilityai/stable-diffusion-xl-base-1.0")
KONTEXT = CATALOG.find("together/black-forest-labs/FLUX.1-kontext-pro")
CALL = Call(
    id="00000000-0000-7000-8000-000000000001",
    model=XL.name,
    operation=Operation.GENERATE,
    prompt="a red fox in snow",
    count=1,
    size=Size(512, 512),
    timeout=20.0,
    wire=XL.wire,
)


def said(status: int, message: str, *, param: str | None = None, **headers: str) -> Fault:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": None}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(status=status, body={"error": error}, headers=named)


ROWS = (
    Row(
        name="wrong key",
        fault=said(401, "Invalid API key provided"),
        code=FailureCode.AUTHENTICATION,
        words="Check TOGETHER_API_KEY",
    ),
    Row(
        name="no credit",
        fault=said(402, "Credit limit exceeded, please navigate to billing"),
        code=FailureCode.NO_CREDIT,
        words="Top it up",
    ),
    Row(
        name="prompt too long",
        fault=said(403, "Input token length exceeds the limit"),
        code=FailureCode.BAD_PARAMETER,
        field="prompt",
    ),
    Row(name="not allowed", fault=said(403, "Forbidden"), code=FailureCode.FORBIDDEN),
    Row(
        name="model gone",
        fault=said(404, "Unable to access model", param="model"),
        code=FailureCode.MODEL_GONE,
        field="model",
    ),
    Row(
        name="unsafe",
        fault=said(422, "NSFW content detected"),
        code=FailureCode.REFUSED,
        words="NSFW content",
    ),
    Row(
        name="unsafe, as a bad request",
        fault=Fault(status=400, body={"error": "The prompt was flagged by the safety checker"}),
        code=FailureCode.REFUSED,
    ),
    *(
        Row(
            name=f"their {theirs}",
            fault=said(400, "Bad value", param=theirs),
            code=FailureCode.BAD_PARAMETER,
            field=ours,
        )
        for theirs, ours in (
            ("n", "count"),
            ("height", "size"),
            ("guidance_scale", "guidance"),
            ("output_format", "format"),
            ("reference_images", "inputs"),
            ("steps", "steps"),
            ("lora", "extra.lora"),
        )
    ),
    Row(name="unclear", fault=said(422, "Unprocessable"), code=FailureCode.BAD_PARAMETER),
    Row(
        name="rate limit with a hint",
        fault=said(429, "Too many requests", Retry_After="5", x_ratelimit_reset="9"),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=5.0,
    ),
    Row(
        name="rate limit with a hint of its own",
        fault=said(429, "Too many requests", x_ratelimit_reset="1.5"),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=1.5,
    ),
    Row(
        name="rate limit without a usable hint",
        fault=said(429, "Too many requests", x_ratelimit_reset="2026-11-20T12:00:00Z"),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
    ),
    Row(name="server error", fault=said(500, "oops"), code=FailureCode.FAILED, spent=Spent.UNKNOWN),
    Row(name="overloaded", fault=said(503, "busy"), code=FailureCode.OVERLOADED, spent=Spent.UNKNOWN),
    Row(
        name="too late there",
        fault=Fault(status=504, body="<html>Gateway timeout"),
        code=FailureCode.TIMED_OUT,
        spent=Spent.UNKNOWN,
    ),
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
    Row(name="no picture", fault=Fault(pictures=0), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="garbage", fault=Fault(garbage="no base64 at all!"), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="empty success", fault=Fault(status=200, body={}), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="no JSON", fault=Fault(status=200, body="<html>"), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
)


@pytest.mark.req("S0-018", "S0-043", "S0-046")
class TestTogether(HttpProviderConformance):
    case = Case(
        card=CARD,
        takes=TAKES,
        call=CALL,
        values={
            "size": Size(768, 512),
            "steps": 10,
            "guidance": 7.5,
            "seed": 7,
            "negative_prompt": "blurred",
            "format": "png",
        },
        stand_in=TogetherStandIn,
        rows=ROWS,
    )


class TestAnEditOfTwo(HttpProviderConformance):
    """The same for a call that begins with a picture and makes two."""

    case = Case(
        card=CARD,
        takes=replace(TAKES, fields=frozenset({"size", "seed", "format"})),
        call=replace(
            CALL,
            model=KONTEXT.name,
            wire=KONTEXT.wire,
            operation=Operation.EDIT,
            count=2,
            inputs=(input_picture(Role.SOURCE),),
        ),
        values={"size": Size(768, 512), "seed": 7, "format": "png"},
        stand_in=TogetherStandIn,
        rows=tuple(row for row in ROWS if row.name in {"wrong key", "unsafe", "no picture"}),
    )
