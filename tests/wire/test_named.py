"""Calls under the names that services give their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from limner.domain.request import Margins, Operation, Role
from limner.testing.examples import CALL, input_picture
from limner.wire.named import Naming

WIRE = {
    "names": {
        "prompt": "input.prompt",
        "count": "input.num_outputs",
        "size": ["input.width", "input.height"],
        "format": "input.output_format",
        "seed": "seed",
        "source": "input.image",
        "reference": "input.images[]",
    },
    "words": {"format": {"jpeg": "jpg"}},
    "fixed": {"input.go_fast": True, "model": "acme"},
}
NAMING = Naming.of(WIRE)
PLAIN = replace(CALL, quality=None)
FORM = Naming(names={"prompt": "prompt"}, pictures={"source": "image", "style": "style_image"})


def test_a_call_is_written_under_the_services_names_and_words() -> None:
    pictures = (input_picture(Role.SOURCE), *(input_picture(Role.REFERENCE, number=n) for n in (1, 2)))
    call = replace(PLAIN, count=2, seed=7, format="jpeg", operation=Operation.EDIT, inputs=pictures)
    assert NAMING.objection(call) is None
    assert NAMING.body(call, picture=lambda image: image.digest[-1]) == {
        "model": "acme",
        "seed": 7,
        "input": {
            "go_fast": True,
            "prompt": "a red fox in snow",
            "num_outputs": 2,
            "width": 1024,
            "height": 1024,
            "output_format": "jpg",
            "image": "0",
            "images": ["1", "2"],
        },
    }


def test_the_services_own_options_come_last_and_may_change_what_is_fixed() -> None:
    body = NAMING.body(replace(PLAIN, extra={"input.go_fast": False, "user": "me"}))
    assert (body["input"]["go_fast"], body["user"]) == (False, "me")  # type: ignore[index]  # an object by its names


@pytest.mark.parametrize(
    "changes, missing",
    [
        ({"guidance": 3.0}, "guidance"),
        ({"margins": Margins(left=8)}, "margins"),
        ({"inputs": (input_picture(Role.MASK),)}, "mask picture"),
        ({"extra": {"input.num_outputs": 4}}, "extra.input.num_outputs"),
        ({"extra": {"input": {"num_outputs": 4}}}, "extra.input"),
        ({"extra": {"input.width.pixels": 4}}, "extra.input.width.pixels"),
        ({"extra": {"input.widths": 4}}, None),
        ({"extra": {"input.prompt": "another"}}, "extra.input.prompt"),
        ({"extra": {"input.image": "https://example.com/a.png"}}, "extra.input.image"),
        ({"extra": {"input.images": []}}, "extra.input.images"),
        ({"extra": {"input.images[]": "https://example.com/a.png"}}, "extra.input.images[]"),
        ({"extra": {"input.prompts": 4}}, None),
    ],
)
def test_what_has_no_name_would_change_the_price_or_was_not_looked_at_is_objected_to(
    changes: Mapping[str, object], missing: str | None
) -> None:
    assert NAMING.objection(replace(PLAIN, **changes)) == missing  # type: ignore[arg-type]  # fields of a call


@pytest.mark.parametrize(
    "theirs, ours",
    [
        ("input.num_outputs", "count"),
        ("input.height", "size"),
        ("input.images", "inputs"),
        ("seed", "seed"),
        ("input.scheduler", "extra.input.scheduler"),
    ],
)
def test_a_complaint_is_told_by_our_name(theirs: str, ours: str) -> None:
    assert NAMING.ours(theirs) == ours


def test_pictures_that_go_as_files_have_names_of_their_own() -> None:
    call = replace(
        PLAIN, size=None, style=None, inputs=(input_picture(Role.STYLE), input_picture(Role.SOURCE, number=1))
    )
    assert FORM.objection(call) is None
    assert FORM.body(call) == {"prompt": "a red fox in snow"}
    files = FORM.files(call)
    assert [(file.name, file.filename) for file in files] == [("style_image", "style-0.png"), ("image", "source-1.png")]
    assert FORM.objection(replace(call, style="ink")) == "style"
    assert FORM.objection(replace(call, extra={"image": "https://example.com/a.png"})) == "extra.image"
    assert FORM.objection(replace(call, inputs=(input_picture(Role.MASK),))) == "mask picture"
    assert (FORM.ours("image"), FORM.ours("prompt"), FORM.ours("grow_mask")) == ("inputs", "prompt", "extra.grow_mask")
    assert NAMING.files(call) == []
    assert Naming(names={"style": "style_preset"}, pictures={}).ours("style_preset") == "style"
    words_only = Naming(names={"prompt": "prompt", "style": "style_preset"}, pictures={})
    assert words_only.objection(call) == "style picture"


@pytest.mark.parametrize(
    "names, written",
    [
        (["left", "top", "right", "bottom"], {"left": 8, "top": 0, "right": 4, "bottom": 0}),
        (["offset.x", "offset.y"], {"offset": {"x": 8, "y": 0}}),
    ],
)
def test_margins_have_four_names_or_two_of_an_offset(names: list[str], written: Mapping[str, object]) -> None:
    naming = Naming.of({"names": {"margins": names}})
    assert naming.body(replace(PLAIN, margins=Margins(left=8, right=4))) == written


def test_a_complaint_is_about_the_first_field_that_it_names() -> None:
    assert FORM.named_in("Invalid: `style_image` is too large for the prompt.") == "inputs"
    assert FORM.named_in("prompt: too long") == "prompt"
    assert FORM.named_in("something else is wrong") is None
