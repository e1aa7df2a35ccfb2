"""What no model could carry out is refused before any model is looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from limner.domain.errors import InvalidRequest
from limner.domain.request import Aspect, ImageRequest, InputImage, Margins, Operation, Role, Size
from limner.engine.admission import admit, admit_result


def picture(role: Role, width: int = 64, height: int = 64) -> InputImage:
    return InputImage(role=role, digest="a" * 64, media_type="image/png", width=width, height=height)


GOOD = ImageRequest(prompt="a lighthouse at dusk")
RESTYLE = replace(GOOD, prompt="", operation=Operation.STYLE_TRANSFER, inputs=(picture(Role.SOURCE),))


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
        (replace(GOOD, extra={"prompt": "another"}), "extra.prompt", "invalid_request"),
        (replace(GOOD, extra={"negative_prompt": "snow"}), "extra.negative_prompt", "invalid_request"),
        (replace(GOOD, scale=3), "scale", "invalid_request"),
        (replace(GOOD, margins=Margins(left=-1)), "margins", "invalid_request"),
        (replace(GOOD, operation=Operation.EDIT), "inputs", "invalid_request"),
        (replace(GOOD, operation=Operation.INPAINT, inputs=(picture(Role.SOURCE),)), "mask", "invalid_request"),
        (
            replace(GOOD, operation=Operation.INPAINT, inputs=(picture(Role.SOURCE), picture(Role.MASK, 32))),
            "mask",
            "mask_size",
        ),
        (RESTYLE, "prompt", "prompt_empty"),
        (replace(RESTYLE, prompt=" \u200b"), "prompt", "prompt_empty"),
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
        replace(RESTYLE, presets=("watercolor",)),
        replace(RESTYLE, style="ink"),
        replace(RESTYLE, inputs=(*RESTYLE.inputs, picture(Role.STYLE))),
    ],
)
def test_good_requests_pass(request_: ImageRequest) -> None:
    admit(request_)
    with pytest.raises(InvalidRequest) as refusal:  # only just: with one thing wrong it would not
        admit(replace(request_, count=0))
    assert refusal.value.field == "count"


MOST = 1_000_000
OUTPAINT = replace(GOOD, operation=Operation.OUTPAINT, inputs=(picture(Role.SOURCE, 800, 800),))
UPSCALE = replace(GOOD, prompt="", operation=Operation.UPSCALE, inputs=(picture(Role.SOURCE, 400, 400),))


@pytest.mark.parametrize(
    ("request_", "field", "size"),
    [
        (replace(OUTPAINT, margins=Margins(left=200, bottom=250)), "margins", "1000x1050"),
        (replace(OUTPAINT, size=Size(1001, 1000)), "size", "1001x1000"),
        (replace(OUTPAINT, size=Size(1500, 600)), "size", "1500x800"),
        (replace(OUTPAINT, aspect=Aspect(2, 1)), "aspect", "1600x800"),
        (OUTPAINT, "margins", "1200x1200"),
        (replace(UPSCALE, scale=4), "scale", "1600x1600"),
        (replace(UPSCALE, scale=4, size=Size(1200, 1200)), "size", "1200x1200"),
        (
            replace(OUTPAINT, inputs=(picture(Role.SOURCE, 20, 20),), margins=Margins(left=16_384)),
            "margins",
            "16404x20",
        ),
    ],
)
def test_no_picture_grows_beyond_what_may_be_decoded(request_: ImageRequest, field: str, size: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        admit_result(request_, MOST)
    assert refusal.value.field == field
    assert f"would measure {size} pixels; at most 1 million" in refusal.value.message


@pytest.mark.parametrize(
    "request_",
    [
        replace(OUTPAINT, margins=Margins(left=200, bottom=200)),
        replace(OUTPAINT, size=Size(1250, 800)),
        replace(OUTPAINT, aspect=Aspect(1, 1)),
        replace(UPSCALE, scale=2),
        replace(UPSCALE, size=Size(1000, 1000)),
        replace(GOOD, size=Size(4096, 4096)),
    ],
)
def test_what_stays_within_that_may_grow(request_: ImageRequest) -> None:
    admit_result(request_, MOST)
