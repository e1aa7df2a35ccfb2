"""AUTOMATIC1111 and Forge against the suite that every provider passes."""

from dataclasses import replace
from pathlib import Path

from limner.domain.call import Call
from limner.domain.errors import FailureCode
from limner.domain.request import Operation, Size
from limner.providers.automatic1111 import TAKES
from limner.testing.automatic1111_stand_in import Automatic1111StandIn
from limner.testing.catalog_conformance import CatalogConformance
from limner.testing.conformance import Case, HttpProviderConformance, Row
from limner.testing.faults import Drop, Fault
from tests.shipped import shipped

CATALOG = shipped()
CARD = replace(CATALOG.service("automatic1111"), poll_seconds=0.001)
CALL = Call(
    id="00000000-0000-7000-8000-000000000001",
    model="current",
    operation=Operation.GENERATE,
    prompt="a red fox in snow",
    count=2,
    size=Size(64, 48),
    timeout=20.0,
    wire={
        **CATALOG.find("automatic1111/current").wire,
        "names": {**CATALOG.find("automatic1111/current").wire["names"], "scale": "upscaling_resize"},  # type: ignore[dict-item]  # a table
    },
)
ROWS = (
    Row(
        name="API switched off",
        fault=Fault(status=404, body={"detail": "Not Found"}),
        code=FailureCode.UNREACHABLE,
        words="start it with --api",
    ),
    Row(
        name="wrong password",
        fault=Fault(
            status=401, body={"detail": "Incorrect username or password"}, headers={"WWW-Authenticate": "Basic"}
        ),
        code=FailureCode.AUTHENTICATION,
    ),
    Row(
        name="wrong kind",
        fault=Fault(status=422, body={"detail": [{"loc": ["body", "eta"], "msg": "not a number", "type": "x"}]}),
        code=FailureCode.BAD_PARAMETER,
        field="extra.eta",
    ),
    Row(
        name="unknown sampler",
        fault=Fault(status=400, body={"detail": "Sampler not found"}),
        code=FailureCode.BAD_PARAMETER,
        field="extra.sampler_name",
    ),
    Row(
        name="unknown script",
        fault=Fault(status=422, body={"detail": "Script 'nonsense' not found"}),
        code=FailureCode.BAD_PARAMETER,
        field="extra.script_name",
    ),
    Row(
        name="an address that it does not fetch",
        fault=Fault(status=500, body={"detail": "Requests not allowed"}),
        code=FailureCode.BAD_PARAMETER,
        field="inputs",
    ),
    Row(
        name="no picture to start from",
        fault=Fault(status=404, body={"detail": "Init image not found"}),
        code=FailureCode.BAD_PARAMETER,
        field="inputs",
    ),
    Row(
        name="a picture that is none",
        fault=Fault(status=500, body={"detail": "Invalid encoded image"}),
        code=FailureCode.BAD_PARAMETER,
        field="inputs",
    ),
    Row(
        name="out of memory",
        fault=Fault(
            status=500, body={"error": "OutOfMemoryError", "detail": "", "body": "", "errors": "CUDA out of memory"}
        ),
        code=FailureCode.BAD_PARAMETER,
        field="size",
        words="smaller size",
    ),
    Row(
        name="any crash",
        fault=Fault(status=500, body={"error": "RuntimeError", "detail": "", "errors": "mat1 and mat2"}),
        code=FailureCode.FAILED,
        words="mat1",
    ),
    Row(name="a crash of Forge", fault=Fault(status=500, body="Internal Server Error"), code=FailureCode.FAILED),
    Row(name="dropped", fault=Fault(drop=Drop.AFTER_READING), code=FailureCode.LINE_DROPPED),
    Row(name="no picture", fault=Fault(pictures=0), code=FailureCode.BAD_ANSWER),
    Row(name="garbage", fault=Fault(status=200, body={"images": ["!!"]}), code=FailureCode.BAD_ANSWER),
    Row(name="no JSON", fault=Fault(status=200, body="<html>"), code=FailureCode.BAD_ANSWER),
)


class TestAutomatic1111(HttpProviderConformance):
    case = Case(
        card=CARD,
        takes=TAKES,
        call=CALL,
        values={
            "negative_prompt": "blurred",
            "size": Size(128, 96),
            "steps": 30,
            "guidance": 4.5,
            "seed": 11,
            "strength": 0.3,
            "scale": 4,
        },
        stand_in=Automatic1111StandIn,
        rows=ROWS,
    )


class TestCatalog(CatalogConformance):
    service = "automatic1111"
    stand_in = Automatic1111StandIn
    snapshots = Path(__file__).parent / "snapshots"
