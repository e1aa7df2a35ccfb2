"""What no model could carry out is refused before any model is looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from limner.domain.errors import InvalidRequest
from limner.domain.request import Aspect, ImageRequest, InputImage, Margins, Operation, Role, Size
from limner.engine.admission import admit


def picture(role: Role, width: int = 64, height: int = 64) -> InputImage:
    return InputImage(role=role, digest="a" * 64, media_type="image/png", width=width, height=height)


GOOD = ImageRequest(prompt="a lighthouse at dusk")


@pytest.mark.parametrize(
    ("request_", "field", "code"),
    [
        (replace(GOOD, prompt=""), "prompt", "prompt_empty"),
        (replace(GOOD, prompt=" \n\t"), "prompt", "prompt_empty"),
        (replace(GOOD, prompt="\u200b\u202e\u2060"), "prompt", "prompt_empty"),
        (replace(GOOD, prompt="x" * 32_001), "prompt", "prompt_too_long"),
        (replace(GOOD, prompt="nul\x00"), "prompt", "invalid_request"),
        (replace(GOOD, prompt="red \x1b[31m"), "prompt", "invalid_request"),
        (replace(GOOD, negative_prompt="\x9b31m"), "negative_prompt", "invalid_request"),
        (replace(GOOD, count=0), "count", "invalid_request"),
        (replace(GOOD, count=11), "count", "invalid_request"),
        (replace(GOOD, previews=4), "previews", "invalid_request"),
        (replace(GOOD, seed=-1), "seed", "invalid_request"),
        (replace(GOOD, strength=1.5), "strength", "invalid_request"),
        (replace(GOOD, steps=0), "steps", "invalid_request"),
        (replace(GOOD, guidance=-1.0), "guidance", "invalid_request"),
        (replace(GOOD, size=Size(64, 64), aspect=Aspect(1, 1)), "aspect", "invalid_request"),
        (replace(GOOD, size=Size(20_000, 64)), "size", "invalid_request"),
        (replace(GOOD, extra={"quality": "high"}), "extra.quality", "invalid_request"),
        (replace(GOOD, scale=3), "scale", "invalid_request"),
        (replace(GOOD, margins=Margins(left=-1)), "margins", "invalid_request"),
        (replace(GOOD, operation=Operation.EDIT), "inputs", "invalid_request"),
        (replace(GOOD, operation=Operation.INPAINT, inputs=(picture(Role.SOURCE),)), "mask", "invalid_request"),
        (
            replace(GOOD, operation=Operation.INPAINT, inputs=(picture(Role.SOURCE), picture(Role.MASK, 32))),
            "mask",
            "mask_size",
        ),
        (
            replace(GOOD, prompt="", operation=Operation.STYLE_TRANSFER, inputs=(picture(Role.SOURCE),)),
            "prompt",
            "prompt_empty",
        ),
    ],
)
@pytest.mark.req("S0-067", "S0-068", "S3-091", "S0-066")
def test_refusals_name_their_field(request_: ImageRequest, field: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        admit(request_)
    assert (refusal.value.field, refusal.value.code) == (field, code)
    assert refusal.value.message.endswith(".")


@pytest.mark.parametrize(
    "request_",
    [
        GOOD,
        replace(GOOD, count=10, seed=2**63 - 1, strength=1.0, guidance=0.0),
        replace(GOOD, prompt="", operation=Operation.UPSCALE, inputs=(picture(Role.SOURCE),), scale=4),
        replace(GOOD, prompt="", operation=Operation.VARIATIONS, inputs=(picture(Role.SOURCE),)),
        replace(GOOD, operation=Operation.INPAINT, inputs=(picture(Role.SOURCE), picture(Role.MASK))),
    ],
)
def test_good_requests_pass(request_: ImageRequest) -> None:
    admit(request_)
    with pytest.raises(InvalidRequest) as refusal:  # only just: with one thing wrong it would not
        admit(replace(request_, count=0))
    assert refusal.value.field == "count"
