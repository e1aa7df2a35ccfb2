from dataclasses import replace

import pytest

from limner.domain.call import Call
from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Operation, Role, Size
from limner.providers.huggingface import TAKES
from limner.testing.conformance import Case, HttpProviderConformance, Row
from limner.testing.examples import input_picture
from limner.testing.faults import At, Drop, Fault
from limner.testing.huggingface_stand_in import HuggingFaceStandIn
from limner.testing.ticket_conformance import DownloadConformance
from tests.shipped import shipped

CATALOG = shipped()
CARD = replace(CATALOG.service("huggingface"), requests_per_second=0.0)
FLUX = CATALOG.find("huggingface/black-forest-labs/FLUX.1-dev")
KONTEXT = CATALOG.find("huggingface/black-forest-labs/FLUX.1-Kontext-dev")
CALL = Call(
    id="00000000-0000-7000-8000-000000000001",
    model=FLUX.name,
    operation=Operation.GENERATE,
    prompt="a red fox in snow",
    count=1,
    size=Size(512, 512),
    timeout=20.0,
    wire=FLUX.wire,
)


def said(status: int, error: object, **more: object) -> Fault:
    return Fault(status=status, body={"error": error, **more})


ROWS = (
    Row(
        name="wrong token",
        fault=said(401, "Invalid credentials in Authorization header"),
        code=FailureCode.AUTHENTICATION,
        words="Check HF_TOKEN",
    ),
    Row(
        name="credits used up",
        fault=said(402, "You have exceeded your monthly included credits"),
        code=FailureCode.NO_CREDIT,
        words="Top it up",
    ),
    Row(name="no permission", fault=said(403, "This token lacks permission"), code=FailureCode.FORBIDDEN),
    Row(name="model gone", fault=said(404, "Model not found"), code=FailureCode.MODEL_GONE, field="model"),
    Row(
        name="model unknown to the Hub",
        fault=Fault(at=At.ACCOUNT, status=404, body={"error": "Repository not found"}),
        code=FailureCode.MODEL_GONE,
        field="model",
    ),
    Row(
        name="the Hub says no",
        fault=Fault(at=At.ACCOUNT, status=401, body={"error": "Invalid username or password."}),
        code=FailureCode.AUTHENTICATION,
    ),
    Row(
        name="the Hub is down",
        fault=Fault(at=At.ACCOUNT, status=500, body="oops"),
        code=FailureCode.FAILED,
        retryable=True,
    ),
    Row(
        name="nobody has the model",
        fault=Fault(at=At.ACCOUNT, status=200, body={"id": FLUX.name, "inferenceProviderMapping": []}),
        code=FailureCode.MODEL_GONE,
        field="model",
    ),
    Row(name="bad value", fault=said(422, {"message": "width is too large"}), code=FailureCode.BAD_PARAMETER),
    Row(name="unsafe", fault=Fault(status=422, body={"detail": "NSFW content"}), code=FailureCode.REFUSED),
    Row(
        name="rate limit",
        fault=replace(said(429, "Too many requests"), headers={"Retry-After": "9"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=9.0,
    ),
    Row(
        name="the model is loaded first",
        fault=said(503, "Model is currently loading", estimated_time=20.5),
        code=FailureCode.OVERLOADED,
        retryable=True,
        retry_after=20.5,
    ),
    Row(
        name="the model is loaded for long",
        fault=said(503, "Model is currently loading", estimated_time=900),
        code=FailureCode.OVERLOADED,
        retryable=True,
        retry_after=60.0,
    ),
    Row(name="overloaded", fault=said(503, "busy"), code=FailureCode.OVERLOADED, spent=Spent.UNKNOWN),
    Row(name="server error", fault=said(500, "oops"), code=FailureCode.FAILED, spent=Spent.UNKNOWN),
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
    Row(name="garbage", fault=Fault(garbage="no picture at all!"), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="empty success", fault=Fault(status=200, body={}), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
)


@pytest.mark.req("S0-018", "S0-043", "S0-046")
class TestHuggingFace(HttpProviderConformance):
    """Through hf-inference, which answers with the picture itself."""

    case = Case(
        card=CARD,
        takes=TAKES,
        call=CALL,
        values={"size": Size(768, 512), "steps": 10, "guidance": 7.5, "seed": 7, "negative_prompt": "blurred"},
        stand_in=HuggingFaceStandIn,
        rows=ROWS,
    )


class TestThroughFal(DownloadConformance):
    """The same through fal-ai, which leaves the picture at an address."""

    case = replace(
        TestHuggingFace.case,
        stand_in=lambda: HuggingFaceStandIn(providers=("fal-ai",)),
        rows=tuple(row for row in ROWS if row.name in {"wrong token", "unsafe", "empty success"}),
    )


class TestAnEdit(HttpProviderConformance):
    """The same for a call that begins with a picture."""

    case = replace(
        TestHuggingFace.case,
        call=replace(
            CALL,
            model=KONTEXT.name,
            wire=KONTEXT.wire,
            operation=Operation.EDIT,
            inputs=(input_picture(Role.SOURCE),),
        ),
        rows=tuple(row for row in ROWS if row.name in {"wrong token", "garbage", "nobody has the model"}),
    )
