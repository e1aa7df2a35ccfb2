from dataclasses import replace

import pytest

from limner.domain.call import Call
from limner.domain.errors import FailureCode
from limner.domain.request import Operation, Role, Size
from limner.providers.comfyui import TAKES
from limner.testing.comfyui_stand_in import ComfyUIStandIn
from limner.testing.conformance import MARK, Case, Row
from limner.testing.examples import CALL, input_picture
from limner.testing.faults import At, Drop, Fault
from limner.testing.ticket_conformance import DownloadConformance, TicketConformance
from tests.shipped import shipped

CATALOG = shipped()
CARD = replace(CATALOG.service("comfyui"), poll_seconds=0.001)


def call_of(name: str, **changes: object) -> Call:
    card = CATALOG.find(f"comfyui/{name}")
    plain = replace(CALL, model=name, wire=card.wire, quality=None, size=Size(256, 256))
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields of a call


def node_error(kind: str, details: str, **extra: object) -> dict[str, object]:
    return {"type": kind, "message": "Wrong", "details": details, "extra_info": extra}


def invalid(node: str, kind: str, *errors: dict[str, object]) -> dict[str, object]:
    about = {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation", "details": ""}
    told = {"errors": list(errors), "dependent_outputs": ["save"], "class_type": kind}
    return {"error": about, "node_errors": {node: told}}


def not_in_list(name: str, value: str, *choices: str) -> dict[str, object]:
    return node_error(
        "value_not_in_list", f"{name}: {value}", input_name=name, received_value=value, input_config=[list(choices), {}]
    )


ROWS = (
    Row(
        name="a class of node is missing",
        fault=Fault(
            status=400,
            body={
                "error": {
                    "type": "invalid_prompt",
                    "message": "Cannot execute because node FluxGuidance does not exist.",
                    "details": "Node ID '#guidance'",
                },
                "node_errors": {},
            },
        ),
        code=FailureCode.MODEL_GONE,
        field="model",
        words="node FluxGuidance does not exist",
    ),
    Row(
        name="a file of the workflow is missing",
        fault=Fault(
            status=400,
            body=invalid("vae", "VAELoader", not_in_list("vae_name", "ae.safetensors", "other.safetensors")),
        ),
        code=FailureCode.BAD_PARAMETER,
        field="extra.vae_name",
        words="The file ae.safetensors is not there, for vae_name of node vae (VAELoader). It has other.safetensors.",
    ),
    Row(
        name="no file of that kind at all",
        fault=Fault(status=400, body=invalid("x", "LoraLoader", not_in_list("lora_name", "fine.safetensors"))),
        code=FailureCode.MODEL_GONE,
        field="model",
        words="It has none of this kind",
    ),
    Row(
        name="a word that is not taken",
        fault=Fault(status=400, body=invalid("sampler", "KSampler", not_in_list("scheduler", "slow", "simple"))),
        code=FailureCode.BAD_PARAMETER,
        field="extra.scheduler",
        words="does not take slow, only simple",
    ),
    Row(
        name="a value out of range",
        fault=Fault(
            status=400,
            body=invalid("sampler", "KSampler", node_error("value_bigger_than_max", "steps", input_name="steps")),
        ),
        code=FailureCode.BAD_PARAMETER,
        field="steps",
    ),
    Row(
        name="a size out of range",
        fault=Fault(
            status=400,
            body=invalid("latent", "EmptySD3LatentImage", node_error("value_smaller_than_min", "", input_name="width")),
        ),
        code=FailureCode.BAD_PARAMETER,
        field="size",
    ),
    Row(
        name="an input that is missing in the workflow",
        fault=Fault(
            status=400,
            body=invalid("sampler", "KSampler", node_error("required_input_missing", "x", input_name="x")),
        ),
        code=FailureCode.BAD_PARAMETER,
        field="model",
    ),
    Row(
        name="no prompt",
        fault=Fault(status=400, body={"error": {"type": "no_prompt", "message": "No prompt provided"}}),
        code=FailureCode.BAD_PARAMETER,
        field="model",
    ),
    Row(
        name="nothing that saves",
        fault=Fault(status=400, body={"error": {"type": "prompt_no_outputs", "message": "Prompt has no outputs"}}),
        code=FailureCode.BAD_PARAMETER,
        field="model",
        words="Prompt has no outputs",
    ),
    *(
        Row(
            name=f"a wrong input: {kind}",
            fault=Fault(status=400, body=invalid("sampler", "KSampler", node_error(kind, "told", input_name=name))),
            code=FailureCode.BAD_PARAMETER,
            field=field,
            words=words,
        )
        for kind, name, field, words in (
            ("invalid_input_type", "steps", "steps", "told"),
            ("return_type_mismatch", "model", "model", "told"),
            ("exception_during_inner_validation", "model", "model", "linked to a node that is not in the workflow"),
        )
    ),
    Row(name="foreign origin", fault=Fault(status=403, body=""), code=FailureCode.FORBIDDEN),
    Row(name="a proxy asks who it is", fault=Fault(status=401, body=""), code=FailureCode.AUTHENTICATION),
    Row(
        name="in trouble with itself",
        fault=Fault(status=500, body="500 Internal Server Error\n\nServer got itself in trouble"),
        code=FailureCode.FAILED,
    ),
    Row(name="a proxy without it", fault=Fault(status=503, body="gone"), code=FailureCode.OVERLOADED),
    Row(name="broken off", fault=Fault(drop=Drop.AFTER_READING), code=FailureCode.LINE_DROPPED),
    Row(name="no picture", fault=Fault(pictures=0), code=FailureCode.BAD_ANSWER, words="node save"),
)

CASE = Case(
    card=CARD,
    takes=replace(TAKES, fields=frozenset({"size", "steps", "guidance", "seed"}), roles=frozenset()),
    call=call_of("flux-dev", count=2),
    values={"size": Size(512, 512), "steps": 7, "guidance": 2.0, "seed": 11},
    stand_in=ComfyUIStandIn,
    rows=ROWS,
    extra={"scheduler": MARK},
)


@pytest.mark.req("S4-004")
class TestFlux(TicketConformance, DownloadConformance):
    case = CASE


class TestOverAPicture(TicketConformance):
    """Fields and pictures that only other workflows have."""

    case = replace(
        CASE,
        takes=replace(
            TAKES,
            fields=frozenset({"negative_prompt", "strength", "size", "steps", "guidance", "seed"}),
            roles=frozenset({Role.SOURCE}),
        ),
        call=call_of("sdxl-img2img", operation=Operation.EDIT, inputs=(input_picture(Role.SOURCE),)),
        values={
            "negative_prompt": "blurred",
            "strength": 0.3,
            "size": Size(512, 512),
            "steps": 7,
            "guidance": 2.0,
            "seed": 11,
        },
        rows=(
            Row(
                name="an upload is too large",
                fault=Fault(at=At.UPLOAD, status=413, body=""),
                code=FailureCode.BAD_PARAMETER,
            ),
            Row(
                name="an input is not there",
                fault=Fault(
                    status=400,
                    body=invalid(
                        "image",
                        "LoadImage",
                        node_error("custom_validation_failed", "Invalid image file: x.png", input_name="image"),
                    ),
                ),
                code=FailureCode.BAD_PARAMETER,
                field="inputs",
                words="x.png",
            ),
        ),
    )
