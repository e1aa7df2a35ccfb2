from dataclasses import replace

from limner.domain.call import Call
from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Margins, Operation, Role, Size
from limner.providers.recraft import TAKES
from limner.testing.conformance import Case, HttpProviderConformance, Row
from limner.testing.examples import CALL, input_picture
from limner.testing.faults import Drop, Fault
from limner.testing.recraft_stand_in import RecraftStandIn
from tests.shipped import shipped

CATALOG = shipped()
CARD = CATALOG.service("recraft")


def call_of(model: str, operation: Operation = Operation.GENERATE, *roles: Role) -> Call:
    """A plain call of a model of the catalog, with pictures in these roles."""
    inputs = tuple(input_picture(role, number=number) for number, role in enumerate(roles))
    wire = CATALOG.find(f"recraft/{model}").wire
    return replace(CALL, model=model, operation=operation, inputs=inputs, wire=wire, size=None, quality=None)


def said(message: str, code: str = "invalid_request") -> dict[str, object]:
    return {"code": code, "message": message}


ROWS = (
    Row(
        name="wrong key",
        fault=Fault(status=401, body="request unauthorized"),
        code=FailureCode.AUTHENTICATION,
        words="Check RECRAFT_API_TOKEN",
    ),
    Row(name="no such path", fault=Fault(status=404, body="404 page not found"), code=FailureCode.MODEL_GONE),
    Row(
        name="size",
        fault=Fault(status=400, body=said("unsupported size 1x1")),
        code=FailureCode.BAD_PARAMETER,
        field="size",
        words="unsupported size",
    ),
    Row(
        name="a text",
        fault=Fault(status=400, body="n must be between 1 and 6"),
        code=FailureCode.BAD_PARAMETER,
        field="count",
        words="between 1 and 6",
    ),
    Row(name="nothing said", fault=Fault(status=400, body={}), code=FailureCode.BAD_PARAMETER),
    Row(name="too large", fault=Fault(status=413, body=""), code=FailureCode.BAD_PARAMETER, field="inputs"),
    Row(name="no units", fault=Fault(status=402, body=said("payment required")), code=FailureCode.NO_CREDIT),
    Row(name="no units in words", fault=Fault(status=400, body=said("Not enough credits")), code=FailureCode.NO_CREDIT),
    Row(
        name="moderation", fault=Fault(status=400, body=said("prompt rejected by moderation")), code=FailureCode.REFUSED
    ),
    Row(name="unsafe", fault=Fault(status=403, body="NSFW content"), code=FailureCode.REFUSED),
    Row(name="forbidden", fault=Fault(status=403, body="no access"), code=FailureCode.FORBIDDEN),
    Row(
        name="rate limit",
        fault=Fault(status=429, body="too many requests"),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
    ),
    Row(
        name="rate limit with a hint",
        fault=Fault(status=429, body={}, headers={"Retry-After": "9"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=9.0,
    ),
    Row(
        name="server error that speaks of safety",
        fault=Fault(status=500, body="the safety checker crashed"),
        code=FailureCode.FAILED,
        spent=Spent.UNKNOWN,
    ),
    Row(name="down", fault=Fault(status=503, body="busy"), code=FailureCode.OVERLOADED, spent=Spent.UNKNOWN),
    Row(name="dropped", fault=Fault(drop=Drop.BEFORE_READING), code=FailureCode.LINE_DROPPED, spent=Spent.UNKNOWN),
    Row(name="no picture", fault=Fault(pictures=0), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="garbage", fault=Fault(garbage="no base64 at all!"), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="no JSON", fault=Fault(status=200, body="<html>"), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="empty success", fault=Fault(status=200, body=""), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(name="redirect", fault=Fault(status=307, headers={"Location": "/elsewhere"}), code=FailureCode.UNREACHABLE),
)


class TestWords(HttpProviderConformance):
    case = Case(
        card=CARD,
        takes=replace(
            TAKES, fields=frozenset({"negative_prompt", "size", "style", "seed", "format"}), roles=frozenset()
        ),
        call=call_of("recraftv3"),
        values={
            "negative_prompt": "fog",
            "size": Size(1365, 1024),
            "style": "realistic_image",
            "seed": 7,
            "format": "png",
        },
        stand_in=RecraftStandIn,
        rows=ROWS,
    )


class TestSeveralPictures(HttpProviderConformance):
    """The same with two pictures in one call."""

    case = replace(
        TestWords.case,
        call=replace(TestWords.case.call, count=2),
        rows=tuple(row for row in ROWS if row.name in {"no picture", "moderation", "dropped"}),
    )


class TestTool(HttpProviderConformance):
    """A tool answers with one picture and no list."""

    case = Case(
        card=CARD,
        takes=replace(TAKES, fields=frozenset({"format"}), roles=frozenset({Role.SOURCE})),
        call=replace(call_of("removeBackground", Operation.REMOVE_BACKGROUND, Role.SOURCE), prompt=""),
        values={"format": "png"},
        stand_in=RecraftStandIn,
        rows=tuple(row for row in ROWS if row.name in {"wrong key", "no picture", "garbage"}),
    )


class TestGrown(HttpProviderConformance):
    """A picture that grows by margins."""

    case = Case(
        card=CARD,
        takes=replace(
            TAKES, fields=frozenset({"negative_prompt", "style", "format", "margins"}), roles=frozenset({Role.SOURCE})
        ),
        call=replace(call_of("recraftv3/outpaint", Operation.OUTPAINT, Role.SOURCE), margins=Margins(left=8)),
        values={"negative_prompt": "fog", "style": "realistic_image", "format": "png", "margins": Margins(top=9)},
        stand_in=RecraftStandIn,
        rows=tuple(row for row in ROWS if row.name in {"wrong key", "no picture"}),
    )
