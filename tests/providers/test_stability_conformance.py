from dataclasses import replace
from functools import partial

import pytest

from limner.domain.call import Call
from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Margins, Operation, Role, Size
from limner.providers.stability import TAKES
from limner.testing.conformance import Case, HttpProviderConformance, Row
from limner.testing.examples import CALL, input_picture
from limner.testing.faults import At, Drop, Fault
from limner.testing.stability_stand_in import StabilityStandIn
from limner.testing.ticket_conformance import TicketConformance
from tests.shipped import shipped

CATALOG = shipped()
CARD = CATALOG.service("stability")


def call_of(model: str, operation: Operation = Operation.GENERATE, *roles: Role) -> Call:
    """A plain call of a model of the catalog, with pictures in these roles."""
    inputs = tuple(input_picture(role, number=number, size=Size(96, 64)) for number, role in enumerate(roles))
    wire = CATALOG.find(f"stability/{model}").wire
    return replace(CALL, model=model, operation=operation, inputs=inputs, wire=wire, size=None, quality=None)


def said(name: str, *errors: str) -> dict[str, object]:
    return {"id": "ed14db44362126aab3cbd25cca51ffe3", "name": name, "errors": list(errors)}


ROWS = (
    Row(
        name="wrong key",
        fault=Fault(status=401, body=said("unauthorized", "authorization: invalid or missing header value")),
        code=FailureCode.AUTHENTICATION,
        words="Check STABILITY_API_KEY",
    ),
    Row(
        name="no credit",
        fault=Fault(status=402, body=said("payment_required", "You lack sufficient credits")),
        code=FailureCode.NO_CREDIT,
        words="Top it up",
    ),
    Row(
        name="moderation of the request",
        fault=Fault(status=403, body=said("content_moderation", "Your request was flagged")),
        code=FailureCode.REFUSED,
        words="flagged",
    ),
    Row(
        name="public figure",
        fault=Fault(status=422, body=said("public_figure", "prompt: names a public figure")),
        code=FailureCode.REFUSED,
    ),
    Row(
        name="blurred picture",
        fault=Fault(headers={"finish-reason": "CONTENT_FILTERED"}),
        code=FailureCode.REFUSED,
        spent=Spent.UNKNOWN,
        words="may have been charged",
    ),
    Row(
        name="permission",
        fault=Fault(status=403, body={"id": "1", "name": "permission_denied", "message": "not yours"}),
        code=FailureCode.FORBIDDEN,
        words="not yours",
    ),
    Row(
        name="language",
        fault=Fault(status=422, body=said("invalid_language", "prompt: English is the only supported language")),
        code=FailureCode.BAD_PARAMETER,
        field="prompt",
        words="English",
    ),
    Row(
        name="their word for a field",
        fault=Fault(status=400, body=said("bad_request", "style_preset: must be one of anime", "seed: too large")),
        code=FailureCode.BAD_PARAMETER,
        field="style",
        words="seed: too large",
    ),
    Row(
        name="an option of its own",
        fault=Fault(status=400, body=said("bad_request", "grow_mask: must be at most 20")),
        code=FailureCode.BAD_PARAMETER,
        field="extra.grow_mask",
    ),
    Row(
        name="no field at all",
        fault=Fault(status=400, body=said("bad_request", "content-type: must be multipart/form-data")),
        code=FailureCode.BAD_PARAMETER,
    ),
    Row(
        name="too large",
        fault=Fault(status=413, body=said("payload_too_large", "larger than 10MiB")),
        code=FailureCode.BAD_PARAMETER,
        field="inputs",
    ),
    Row(
        name="too large for the gateway",
        fault=Fault(status=413, body="<html>Too large</html>"),
        code=FailureCode.BAD_PARAMETER,
        field="inputs",
        words="Too large",
    ),
    Row(
        name="rate limit",
        fault=Fault(status=429, body=said("rate_limit_exceeded", "150 requests in 10 seconds")),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=60.0,
    ),
    Row(
        name="rate limit with a hint",
        fault=Fault(status=429, body=said("rate_limit_exceeded", "slow"), headers={"Retry-After": "12"}),
        code=FailureCode.RATE_LIMITED,
        retryable=True,
        retry_after=12.0,
    ),
    Row(
        name="server error",
        fault=Fault(status=500, body=said("internal_error", "An unexpected server error has occurred")),
        code=FailureCode.FAILED,
        spent=Spent.UNKNOWN,
    ),
    Row(
        name="overloaded",
        fault=Fault(status=503, body="busy", headers={"Retry-After": "4"}),
        code=FailureCode.OVERLOADED,
        spent=Spent.UNKNOWN,
        retry_after=4.0,
    ),
    Row(name="dropped", fault=Fault(drop=Drop.BEFORE_READING), code=FailureCode.LINE_DROPPED, spent=Spent.UNKNOWN),
    Row(name="no picture", fault=Fault(pictures=0), code=FailureCode.BAD_ANSWER, spent=Spent.YES),
    Row(
        name="success that is no JSON",
        fault=Fault(status=200, body="<html>"),
        code=FailureCode.BAD_ANSWER,
        spent=Spent.YES,
    ),
    Row(name="redirect", fault=Fault(status=307, headers={"Location": "/elsewhere"}), code=FailureCode.UNREACHABLE),
)
GARBAGE = Row(name="garbage", fault=Fault(garbage="no picture!"), code=FailureCode.BAD_ANSWER, spent=Spent.YES)


@pytest.mark.req("S1-001", "S1-002")
class TestWords(HttpProviderConformance):
    case = Case(
        card=CARD,
        takes=replace(
            TAKES, fields=frozenset({"negative_prompt", "aspect", "style", "seed", "format"}), roles=frozenset()
        ),
        call=call_of("stable-image-core"),
        values={"negative_prompt": "fog", "aspect": "16:9", "style": "anime", "seed": 7, "format": "webp"},
        stand_in=StabilityStandIn,
        rows=(*ROWS, GARBAGE),
    )


class TestPaintedOver(HttpProviderConformance):
    """From a picture, which has to come with a strength."""

    case = Case(
        card=CARD,
        takes=replace(
            TAKES,
            fields=frozenset({"negative_prompt", "guidance", "style", "seed", "format", "strength", "aspect"}),
            roles=frozenset({Role.SOURCE}),
        ),
        call=replace(call_of("sd3.5-medium", Operation.EDIT, Role.SOURCE), strength=0.6),
        values={"negative_prompt": "fog", "guidance": 4.5, "style": "anime", "seed": 7, "format": "webp"},
        stand_in=StabilityStandIn,
        rows=(GARBAGE,),
    )

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """The strength cannot be left out, and the shape is the picture's."""
        if "taken" in metafunc.fixturenames:
            metafunc.parametrize("taken", sorted(self.case.values))
        else:
            super().pytest_generate_tests(metafunc)


class TestGrown(HttpProviderConformance):
    """A picture that grows by margins."""

    case = Case(
        card=CARD,
        takes=replace(
            TAKES,
            fields=frozenset({"negative_prompt", "margins", "style", "seed", "format"}),
            roles=frozenset({Role.SOURCE}),
        ),
        call=replace(call_of("outpaint", Operation.OUTPAINT, Role.SOURCE), margins=Margins(left=8)),
        values={"style": "anime", "seed": 7, "format": "webp"},
        stand_in=StabilityStandIn,
        rows=(GARBAGE,),
    )

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Without margins there is nothing to do, and the path knows no negative prompt."""
        if "taken" in metafunc.fixturenames:
            metafunc.parametrize("taken", sorted(self.case.values))
        else:
            super().pytest_generate_tests(metafunc)


class TestTickets(TicketConformance):
    """The creative upscaler goes on after its answer."""

    case = Case(
        card=CARD,
        takes=replace(
            TAKES, fields=frozenset({"negative_prompt", "style", "seed", "format"}), roles=frozenset({Role.SOURCE})
        ),
        call=call_of("upscale-creative", Operation.UPSCALE, Role.SOURCE),
        values={"negative_prompt": "fog", "style": "anime", "seed": 7, "format": "webp"},
        stand_in=partial(StabilityStandIn, waits=2),
        rows=(
            *(row for row in ROWS if row.name != "blurred picture"),
            Row(
                name="a picture",
                fault=Fault(status=400, body=said("bad_request", "image: must have at most 1048576 pixels")),
                code=FailureCode.BAD_PARAMETER,
                field="inputs",
            ),
            Row(
                name="its result is gone",
                fault=Fault(at=At.POLL, status=404, body=said("generation_not_found", "not found")),
                code=FailureCode.EXPIRED,
                spent=Spent.UNKNOWN,
            ),
        ),
    )
