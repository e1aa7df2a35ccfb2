"""Requests that cannot be carried out, by command and over HTTP: one sentence, a code, and nothing is lost."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO

import pytest
from PIL import Image

from tests.acceptance.installation import (
    PAID,
    PAID_BODY,
    WAIT,
    Installation,
    check_refusal,
    check_sentence,
    checked_problem,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """A request that cannot be carried out, in both languages, and what is to be said about it."""

    name: str
    arguments: tuple[str, ...]
    body: Mapping[str, object]
    code: str
    words: tuple[str, ...]
    about: str
    """The field that is named."""
    http_about: str | None = None
    """Where a body names it differently."""
    http_words: tuple[str, ...] | None = None
    exit_code: int = 2
    status: int = 422
    variables: Mapping[str, str] = field(default_factory=dict)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def png(edge: int, mode: str = "RGB") -> bytes:
    held = BytesIO()
    Image.new(mode, (edge, edge), 255 if mode == "L" else "red").save(held, "png")
    return held.getvalue()


FILES = {"red.png": png(64), "mask.png": png(32, "L"), "text.png": b"This is a letter, not a picture.\n"}
SKETCH = ("-m", "sketch", "--size", "64x64")
SKETCH_BODY: dict[str, object] = {"model": "sketch", "size": "64x64"}
LONG, LONGER = "x" * 4_001, "x" * 32_001

WRONG = [
    Wrong(
        name="an empty prompt",
        arguments=("generate", "", *PAID),
        body={**PAID_BODY, "prompt": " \n"},
        code="prompt_empty",
        words=("Prompt cannot be empty", "Describe the picture"),
        about="prompt",
    ),
    Wrong(
        name="a prompt too long for any model",
        arguments=("generate", LONGER, *PAID),
        body={**PAID_BODY, "prompt": LONGER},
        code="prompt_too_long",
        words=("max 32000 characters", "has 32001", "Shorten it"),
        about="prompt",
    ),
    Wrong(
        name="a prompt too long for this model",
        arguments=("generate", LONG, *SKETCH),
        body={**SKETCH_BODY, "prompt": LONG},
        code="prompt_too_long",
        words=("at most 4,000 characters", "has 4,001", "Shorten it"),
        about="prompt",
    ),
    Wrong(
        name="a model with a mistake in its name",
        arguments=("generate", "a cat", "-m", "openai/gpt-imag-2"),
        body={"prompt": "a cat", "model": "openai/gpt-imag-2"},
        code="unknown_model",
        words=("no model called 'openai/gpt-imag-2'", "Nearest: openai/gpt-image-2"),
        about="model",
        status=404,
    ),
    Wrong(
        name="a size that the model cannot make, and nothing else will do",
        arguments=("generate", "a cat", "-m", "openai/gpt-image-2", "--size", "1000x1000", "--strict"),
        body={**PAID_BODY, "size": "1000x1000", "strictness": "strict"},
        code="strict",
        words=("size=1000x1000", "only as 1008x1008", "GPT Image 2", "do without strict"),
        about="size",
    ),
    Wrong(
        name="a size that no model can make",
        arguments=("generate", "a cat", "-m", "sketch", "--size", "20000x10"),
        body={"prompt": "a cat", "model": "sketch", "size": "20000x10"},
        code="invalid_request",
        words=("No edge may be longer than 16384 pixels",),
        about="size",
    ),
    Wrong(
        name="a size that is none",
        arguments=("generate", "a cat", "-m", "sketch", "--size", "big"),
        body={"prompt": "a cat", "model": "sketch", "size": "big"},
        code="invalid_request",
        words=("'big' is not a size", "write it like 1024x1024"),
        about="size",
    ),
    Wrong(
        name="no picture at all",
        arguments=("generate", "a cat", *PAID, "-n", "0"),
        body={**PAID_BODY, "count": 0},
        code="invalid_request",
        words=("1 to 10 pictures, not 0",),
        http_words=("count", "greater than or equal to 1"),
        about="count",
    ),
    Wrong(
        name="eleven pictures",
        arguments=("generate", "a cat", *PAID, "-n", "11"),
        body={**PAID_BODY, "count": 11},
        code="invalid_request",
        words=("1 to 10 pictures, not 11", "batch"),
        http_words=("count", "less than or equal to 10"),
        about="count",
    ),
    Wrong(
        name="a text file as picture",
        arguments=("edit", "text.png", "a cat", *PAID),
        body={**PAID_BODY, "operation": "edit", "inputs": [{"data": encoded(FILES["text.png"])}]},
        code="bad_picture",
        words=("not a picture but a text file", "Give a PNG"),
        about="image",
        http_about="inputs.0",
    ),
    Wrong(
        name="a mask of the wrong size",
        arguments=("edit", "red.png", "a cat", "--mask", "mask.png", *PAID),
        body={
            **PAID_BODY,
            "operation": "inpaint",
            "inputs": [{"data": encoded(FILES["red.png"])}, {"role": "mask", "data": encoded(FILES["mask.png"])}],
        },
        code="mask_size",
        words=("32x32", "64x64", "Give a mask of the same size"),
        about="mask",
        http_about="inputs.1",
    ),
    Wrong(
        name="no key",
        arguments=("generate", "a cat", *PAID),
        body=PAID_BODY,
        code="not_configured",
        words=("Needs a key: set OPENAI_API_KEY",),
        about="model",
        exit_code=1,
        status=503,
        variables={"OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""},
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
async def test_a_request_that_cannot_be_carried_out(here: Installation, wrong: Wrong) -> None:
    for name, content in FILES.items():
        (here.desk / name).write_bytes(content)

    ended = await here.limner(*wrong.arguments, "--json", variables=wrong.variables)
    check_refusal(ended, code=wrong.code, exit_code=wrong.exit_code, words=wrong.words)
    assert ended.document["error"]["field"] == wrong.about

    async with here.served(**wrong.variables) as client:
        answer = await client.post("/api/v1/jobs", json=wrong.body, headers=WAIT)
        problem = checked_problem(answer, status=wrong.status, code=wrong.code)
        check_sentence(problem["detail"], wrong.http_words or wrong.words)
        assert problem["field"] == (wrong.http_about or wrong.about)
        if wrong.code == "unknown_model":
            assert problem["suggestions"][0] == "openai/gpt-image-2"
        assert (await client.get("/api/v1/jobs")).json()["items"][0]["state"] == "succeeded"

    assert here.stand_in.purchases == 0
    await here.check_nothing_is_lost()


async def test_a_size_that_the_model_cannot_make_is_rounded_and_said(here: Installation) -> None:
    ended = await here.limner("generate", "a cat", "-m", "sketch", "--size", "20x20")
    assert ended.code == 0
    assert "size 20x20 became 64x64: The nearest size that Sketch artist makes." in ended.out + ended.err
    async with here.served() as client:
        body = {"prompt": "a cat", "model": "sketch", "size": "20x20"}
        job = (await client.post("/api/v1/jobs", json=body, headers=WAIT)).json()
        (line,) = [line for line in job["receipt"] if line["field"] == "size"]
        assert (job["state"], line["treatment"], line["sent"]) == ("succeeded", "rounded", "64x64")
    await here.check_nothing_is_lost()


async def test_a_key_that_the_service_does_not_know(here: Installation) -> None:
    """The job has begun, so it is the job that says it; nothing is booked and nothing stays set aside."""
    wrong = {"OPENAI_API_KEY": "sk-somebody-elses"}
    ended = await here.limner("generate", "a cat", *PAID, "--json", variables=wrong)
    job = ended.document
    assert (ended.code, job["state"], job["cost_usd"], job["held_usd"]) == (1, "failed", 0, 0)
    assert (job["error"]["code"], job["error"]["spent"]) == ("authentication_failed", "no")
    assert ended.err.endswith(job["error"]["message"] + "\n")
    check_sentence(job["error"]["message"], ("OPENAI_API_KEY",))
    assert "sk-" not in ended.out + ended.err

    async with here.served(**wrong) as client:
        answer = await client.post("/api/v1/jobs", json=PAID_BODY, headers=WAIT)
        job = answer.json()
        assert (answer.status_code, job["state"], job["problem"]["code"]) == (201, "failed", "authentication_failed")
        assert (job["cost"]["micro_usd"], job["held"]["micro_usd"]) == (0, 0)
    assert here.stand_in.purchases == 0
    await here.check_nothing_is_lost()
