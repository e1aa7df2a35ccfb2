"""Translation: every option is used, mapped, rounded, split, ignored or refused, and the receipt says which."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TypedDict, Unpack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.domain.model_card import (
    MaskKind,
    ModelCard,
    ParameterKind,
    ParameterRule,
    SizeGrid,
    SizeRule,
    StandIn,
    Status,
)
from limner.domain.plan import ReceiptLine, Treatment
from limner.domain.preset import Preset
from limner.domain.prices import PriceList
from limner.domain.request import Aspect, ImageRequest, InputImage, Margins, Operation, Role, Size, Strictness
from limner.engine.prompting import shaped
from limner.engine.sizes import enlarged
from limner.engine.translation import translate
from limner.engine.untranslatable import Untranslatable


class Restyle(TypedDict, total=False):
    """What a style transfer may say."""

    prompt: str
    style: str
    presets: tuple[str, ...]


CARD = ModelCard(
    service="openai",
    name="gpt-image-2",
    title="GPT Image 2",
    description="",
    status=Status.LIVE,
    operations={
        Operation.GENERATE: StandIn.NATIVE,
        Operation.EDIT: StandIn.NATIVE,
        Operation.INPAINT: StandIn.NATIVE,
        Operation.OUTPAINT: StandIn.CANVAS,
        Operation.VARIATIONS: StandIn.EDIT,
    },
    sizes=SizeRule(
        grid=SizeGrid(multiple=16, min_edge=16, max_edge=3840, min_pixels=655_360, max_pixels=8_294_400, max_ratio=3),
        default=Size(1024, 1024),
    ),
    max_count=4,
    parameters=(
        ParameterRule(
            name="quality",
            kind=ParameterKind.CHOICE,
            choices=("low", "medium", "high"),
            default="medium",
            aliases={"hd": "high", "standard": "medium"},
        ),
        ParameterRule(name="steps", kind=ParameterKind.INTEGER, minimum=1, maximum=50, default=28),
    ),
    prompt_limit=400,
    formats=("png", "jpeg"),
    mask=MaskKind.ALPHA,
    max_inputs=2,
    prices=PriceList(free=True),
    tiers={},
    seconds=20,
    timeout=300,
    as_of=date(2026, 11, 20),
)
SKETCHY = replace(
    CARD,
    parameters=(
        ParameterRule(name="seed", kind=ParameterKind.INTEGER, minimum=0, maximum=2**63 - 1),
        ParameterRule(name="negative_prompt", kind=ParameterKind.TEXT),
        ParameterRule(name="style", kind=ParameterKind.TEXT),
        ParameterRule(name="scale", kind=ParameterKind.CHOICE, choices=("2", "4"), default="2"),
    ),
    operations=dict.fromkeys(Operation, StandIn.NATIVE),
    streams=True,
)


def picture(role: Role = Role.SOURCE, width: int = 640, height: int = 480) -> InputImage:
    return InputImage(role=role, digest="a" * 64, media_type="image/png", width=width, height=height)


def line(lines: tuple[ReceiptLine, ...], field: str) -> ReceiptLine:
    return next(found for found in lines if found.field == field)


def test_what_a_model_takes_as_given_is_used() -> None:
    done = translate(ImageRequest(prompt="a fox", size=Size(1536, 1024), quality="low", format="jpeg"), CARD)
    (call,) = done.calls
    assert (call.size, call.quality, call.format, call.steps) == (Size(1536, 1024), "low", "jpeg", 28)
    assert {found.treatment for found in done.receipt} == {Treatment.USED}


@pytest.mark.parametrize(("word", "sent"), [("hd", "high"), ("standard", "medium"), ("HD", "high"), ("High", "high")])
@pytest.mark.req("S2-004", "S1-032")
def test_other_services_words_for_a_quality_are_mapped(word: str, sent: str) -> None:
    done = translate(ImageRequest(prompt="a fox", quality=word), CARD)
    assert done.calls[0].quality == sent
    expected = Treatment.USED if word.lower() == sent else Treatment.MAPPED
    assert line(done.receipt, "quality").treatment is expected


def test_an_unknown_choice_falls_back_to_the_default_and_says_so() -> None:
    done = translate(ImageRequest(prompt="a fox", quality="best"), CARD)
    assert done.calls[0].quality == "medium"
    assert line(done.receipt, "quality").treatment is Treatment.IGNORED
    assert "low, medium, high" in line(done.receipt, "quality").why


@given(steps=st.integers(1, 10_000))
@pytest.mark.req("S0-017", "S0-006")
def test_numbers_are_moved_into_the_range(steps: int) -> None:
    done = translate(ImageRequest(prompt="a fox", steps=steps), CARD)
    sent = done.calls[0].steps
    assert sent is not None
    assert 1 <= sent <= 50
    assert (line(done.receipt, "steps").treatment is Treatment.USED) == (sent == steps)


@given(count=st.integers(1, 10), seed=st.none() | st.integers(0, 2**40))
def test_a_count_is_split_into_as_few_calls_as_possible(count: int, seed: int | None) -> None:
    done = translate(ImageRequest(prompt="a fox", count=count, seed=seed), SKETCHY)
    assert sum(call.count for call in done.calls) == count
    assert len(done.calls) == -(-count // 4)
    if seed is not None:
        seeds = [call.seed + n for call in done.calls if call.seed is not None for n in range(call.count)]
        assert seeds == list(range(seed, seed + count))


@pytest.mark.req("S2-009")
def test_words_that_a_model_has_no_option_for_join_the_prompt() -> None:
    done = translate(ImageRequest(prompt="a fox.", negative_prompt="snow", style="ink"), CARD)
    assert done.calls[0].prompt == "a fox. Avoid: snow. Style: ink."
    assert line(done.receipt, "negative_prompt").treatment is Treatment.MAPPED
    assert line(done.receipt, "style").treatment is Treatment.MAPPED
    kept = translate(ImageRequest(prompt="a fox", negative_prompt="snow", style="ink"), SKETCHY).calls[0]
    assert (kept.prompt, kept.negative_prompt, kept.style) == ("a fox", "snow", "ink")


def test_what_nobody_can_use_is_ignored_and_told() -> None:
    done = translate(ImageRequest(prompt="a fox", seed=7, guidance=4.0, previews=2), CARD)
    for field in ("seed", "guidance", "previews"):
        assert line(done.receipt, field).treatment is Treatment.IGNORED
        assert line(done.receipt, field).why


@given(
    quality=st.none() | st.sampled_from(["low", "hd", "odd"]),
    steps=st.none() | st.integers(1, 99),
    seed=st.none() | st.integers(0, 9),
    size=st.none() | st.sampled_from([Size(1024, 1024), Size(1000, 1000)]),
    negative=st.none() | st.just("snow"),
    style=st.none() | st.just("ink"),
    strength=st.none() | st.just(0.5),
    background=st.none() | st.just("opaque"),
    count=st.integers(1, 10),
)
@pytest.mark.req("S4-009")
def test_no_option_is_dropped_in_silence(count: int, **options: object) -> None:
    renamed = {"negative": "negative_prompt"}
    given_options = {renamed.get(name, name): value for name, value in options.items() if value is not None}
    request = replace(ImageRequest(prompt="a fox", count=count), **given_options)  # type: ignore[arg-type]  # names of fields, from the table above
    told = {found.field for found in translate(request, CARD).receipt}
    assert told >= set(given_options)
    assert ("count" in told) == (count > CARD.max_count)


def test_strict_refuses_what_would_be_changed_and_names_it() -> None:
    request = ImageRequest(prompt="a fox", quality="low", seed=7, strictness=Strictness.STRICT)
    with pytest.raises(Untranslatable) as refusal:
        translate(request, CARD)
    assert refusal.value.field == "seed"
    translate(replace(request, seed=None, count=8), CARD)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (ImageRequest(prompt="x" * 401), "prompt"),
        (ImageRequest(operation=Operation.UPSCALE, inputs=(picture(),)), "operation"),
        (
            ImageRequest(prompt="a", operation=Operation.EDIT, inputs=(picture(), picture(), picture())),
            "inputs",
        ),
        (ImageRequest(prompt="a", format="tiff"), "format"),
    ],
)
@pytest.mark.req("S0-044")
def test_what_a_model_cannot_do_names_the_field(request_: ImageRequest, field: str) -> None:
    with pytest.raises(Untranslatable) as refusal:
        translate(request_, CARD)
    assert refusal.value.field == field


def test_an_outpaint_by_canvas_is_an_inpaint_and_says_so() -> None:
    request = ImageRequest(
        prompt="more sea", operation=Operation.OUTPAINT, inputs=(picture(),), margins=Margins(right=384)
    )
    done = translate(request, CARD)
    (call,) = done.calls
    assert (call.operation, call.size, done.stand_in) == (Operation.INPAINT, Size(1200, 560), StandIn.CANVAS)
    assert line(done.receipt, "operation").treatment is Treatment.MAPPED


def test_an_outpaint_without_numbers_grows_on_every_side() -> None:
    request = ImageRequest(operation=Operation.OUTPAINT, inputs=(picture(),))
    assert translate(request, SKETCHY).calls[0].margins == Margins(left=120, top=120, right=120, bottom=120)
    wide = replace(request, aspect=Aspect(2, 1))
    assert translate(wide, SKETCHY).calls[0].margins == Margins(left=160, right=160)
    with pytest.raises(Untranslatable):
        translate(replace(request, size=Size(320, 240)), SKETCHY)


RESTYLES = replace(CARD, operations={Operation.STYLE_TRANSFER: StandIn.EDIT, Operation.EDIT: StandIn.NATIVE})
WATERCOLOUR = Preset(id="watercolor", name="Watercolour", description="", value="loose washes of watercolour")


def restyle(*more: InputImage, **options: Unpack[Restyle]) -> ImageRequest:
    return ImageRequest(operation=Operation.STYLE_TRANSFER, inputs=(picture(), *more), **options)


@pytest.mark.parametrize(
    ("request_", "sent"),
    [
        (restyle(presets=("watercolor",)), "The same picture, loose washes of watercolour"),
        (restyle(prompt="at night", presets=("watercolor",)), "at night, loose washes of watercolour"),
        (restyle(style="ink"), "The same picture. Style: ink."),
        (restyle(replace(picture(), role=Role.STYLE)), "The same picture, in the style of the other one."),
    ],
)
def test_a_style_alone_is_enough_to_paint_a_picture_anew(request_: ImageRequest, sent: str) -> None:
    shaped_ = shaped(request_, {WATERCOLOUR.id: WATERCOLOUR})
    assert translate(shaped_, RESTYLES).calls[0].prompt == sent


def test_a_style_that_is_all_that_is_said_is_a_sentence_of_its_own() -> None:
    native = replace(RESTYLES, operations={Operation.STYLE_TRANSFER: StandIn.NATIVE})
    assert translate(restyle(style="ink"), native).calls[0].prompt == "Style: ink."


FRAMER = replace(
    CARD,
    operations={Operation.OUTPAINT: StandIn.NATIVE},
    sizes=SizeRule(fixed=(Size(1024, 1024), Size(1280, 768), Size(1152, 864)), reframes=True),
    prompt_limit=0,
)


@pytest.mark.req("S4-002")
def test_a_model_that_reframes_is_sent_a_size_and_no_margins() -> None:
    wide = ImageRequest(operation=Operation.OUTPAINT, inputs=(picture(),), aspect=Aspect(5, 3))
    done = translate(wide, FRAMER)
    assert (done.calls[0].size, done.calls[0].margins) == (Size(1280, 768), None)
    assert lines_of(wide, FRAMER)["aspect"] == (Treatment.USED, "1280x768")
    smaller = replace(wide, aspect=None, size=Size(320, 192))
    assert translate(smaller, FRAMER).calls[0].size == Size(1280, 768)
    one_sided = replace(wide, aspect=None, margins=Margins(left=160))
    assert lines_of(one_sided, FRAMER)["margins"] == (Treatment.MAPPED, "1280x768")
    assert line(translate(one_sided, FRAMER).receipt, "margins").wanted == "left 160, top 0, right 0, bottom 0"
    with pytest.raises(Untranslatable):
        translate(replace(one_sided, strictness=Strictness.STRICT), FRAMER)


@pytest.mark.parametrize("asked", [{}, {"aspect": Aspect(4, 3)}, {"margins": Margins(left=8, top=6)}])
def test_a_model_that_reframes_needs_another_shape_than_the_source_has(asked: dict[str, object]) -> None:
    request = ImageRequest(operation=Operation.OUTPAINT, inputs=(picture(),))
    with pytest.raises(Untranslatable) as refusal:
        translate(replace(request, **asked), FRAMER)  # type: ignore[arg-type]  # fields of ImageRequest
    assert refusal.value.field == "aspect"


def test_variations_by_edit_say_what_to_do() -> None:
    done = translate(ImageRequest(operation=Operation.VARIATIONS, inputs=(picture(),)), CARD)
    assert done.calls[0].operation is Operation.EDIT
    assert "variation" in done.calls[0].prompt


def test_another_format_is_made_here_and_told() -> None:
    done = translate(ImageRequest(prompt="a fox", format="avif"), CARD)
    assert done.calls[0].format == "png"
    assert line(done.receipt, "format").treatment is Treatment.MAPPED


def test_an_upscale_goes_out_as_a_number() -> None:
    done = translate(ImageRequest(operation=Operation.UPSCALE, inputs=(picture(),), scale=4), SKETCHY)
    assert done.calls[0].scale == 4
    assert done.calls[0].size is None


KEEPER = replace(
    CARD, sizes=SizeRule(aspects=(Aspect(1, 1), Aspect(3, 2)), keeps=frozenset({Operation.EDIT})), prompt_limit=0
)


def lines_of(request: ImageRequest, card: ModelCard) -> dict[str, tuple[Treatment, str | None]]:
    return {line.field: (line.treatment, line.sent) for line in translate(request, card).receipt}


def test_a_shape_follows_the_source_until_another_is_asked_for() -> None:
    follows = replace(CARD, sizes=replace(CARD.sizes, follows=frozenset({Operation.EDIT})))
    edit = ImageRequest(prompt="night", operation=Operation.EDIT, inputs=(picture(),))
    assert translate(edit, follows).calls[0].size is None
    assert translate(replace(edit, size=Size(1536, 1024)), follows).calls[0].size == Size(1536, 1024)
    assert translate(edit, CARD).calls[0].size is not None


def test_an_operation_that_keeps_the_shape_of_its_source_says_so() -> None:
    request = ImageRequest(prompt="night", operation=Operation.EDIT, inputs=(picture(),), aspect=Aspect(3, 2))
    card = replace(KEEPER, prompt_limit=400)
    assert translate(request, card).calls[0].aspect is None
    assert lines_of(request, card)["aspect"] == (Treatment.IGNORED, None)
    assert translate(replace(request, operation=Operation.VARIATIONS, prompt=""), card).calls[0].aspect is None
    assert translate(ImageRequest(prompt="night", aspect=Aspect(3, 2)), card).calls[0].aspect == "3:2"
    with pytest.raises(Untranslatable):
        translate(replace(request, strictness=Strictness.STRICT), card)


def test_a_model_without_sizes_makes_what_its_source_is() -> None:
    card = replace(SKETCHY, sizes=SizeRule())
    masked = (picture(), picture(Role.MASK))
    call = translate(ImageRequest(prompt="cat", operation=Operation.INPAINT, inputs=masked), card).calls[0]
    assert (call.size, call.aspect) == (None, None)
    grown = ImageRequest(operation=Operation.OUTPAINT, inputs=(picture(),), size=Size(840, 480))
    assert translate(grown, card).calls[0].margins == Margins(left=100, right=100)
    assert lines_of(grown, card)["size"] == (Treatment.USED, "left 100, top 0, right 100, bottom 0")
    by_hand = replace(grown, margins=Margins(left=20))
    assert lines_of(by_hand, card)["margins"] == (Treatment.USED, "left 20, top 0, right 0, bottom 0")
    assert lines_of(by_hand, card)["size"] == (Treatment.IGNORED, None)
    larger = ImageRequest(operation=Operation.UPSCALE, inputs=(picture(),), size=Size(900, 900))
    assert lines_of(larger, card)["size"] == (Treatment.IGNORED, None)


def test_an_enlargement_to_an_exact_size_is_made_here_and_told() -> None:
    larger = ImageRequest(operation=Operation.UPSCALE, inputs=(picture(),), size=Size(1000, 750), scale=2)
    assert lines_of(larger, SKETCHY)["size"] == (Treatment.MAPPED, "the nearest scale")
    assert enlarged(larger) == Size(1000, 750)
    assert enlarged(replace(larger, size=None)) == Size(1280, 960)
    for other in (Size(1000, 1000), Size(600, 450)):
        assert enlarged(replace(larger, size=other)) == Size(1280, 960)
    assert enlarged(replace(larger, operation=Operation.EDIT)) is None


def test_a_model_that_takes_no_words_is_sent_none() -> None:
    request = ImageRequest(
        prompt="a fox", negative_prompt="fog", style="ink", operation=Operation.EDIT, inputs=(picture(),)
    )
    assert translate(request, KEEPER).calls[0].prompt == ""
    treated = lines_of(request, KEEPER)
    assert {treated[name][0] for name in ("prompt", "negative_prompt", "style")} == {Treatment.IGNORED}


def test_a_model_that_needs_words_is_sent_its_own_where_nobody_gave_any() -> None:
    card = replace(SKETCHY, default_prompts={Operation.UPSCALE: "Sharper."})
    request = ImageRequest(operation=Operation.UPSCALE, inputs=(picture(),))
    assert translate(request, card).calls[0].prompt == "Sharper."
    assert lines_of(request, card)["prompt"] == (Treatment.USED, "Sharper.")
    assert translate(replace(request, prompt="fur"), card).calls[0].prompt == "fur"
    assert translate(replace(request, operation=Operation.OUTPAINT), card).calls[0].prompt == ""


def test_an_option_that_a_model_needs_has_to_be_given() -> None:
    rule = ParameterRule(name="search_prompt", kind=ParameterKind.TEXT, required=True)
    card = replace(CARD, parameters=(rule,))
    with pytest.raises(Untranslatable) as caught:
        translate(ImageRequest(prompt="a fox"), card)
    assert (caught.value.field, "search_prompt" in caught.value.why) == ("extra.search_prompt", True)
    assert translate(ImageRequest(prompt="a fox", extra={"search_prompt": "dog"}), card).calls[0].extra


def test_strength_goes_with_pictures_only() -> None:
    rule = ParameterRule(name="strength", kind=ParameterKind.NUMBER, minimum=0, maximum=1, default=0.6)
    card = replace(CARD, parameters=(rule,))
    assert translate(ImageRequest(prompt="a fox"), card).calls[0].strength is None
    asked = ImageRequest(prompt="a fox", strength=0.3)
    assert translate(asked, card).calls[0].strength is None
    assert lines_of(asked, card)["strength"] == (Treatment.IGNORED, None)
    edit = ImageRequest(prompt="night", operation=Operation.EDIT, inputs=(picture(),))
    assert translate(edit, card).calls[0].strength == 0.6
    led = replace(asked, inputs=(picture(Role.CONTROL),))
    assert translate(led, replace(card, roles=frozenset({Role.CONTROL}))).calls[0].strength is None


def test_strict_refuses_words_for_a_model_that_takes_none() -> None:
    request = ImageRequest(
        prompt="take the car away", operation=Operation.EDIT, inputs=(picture(),), strictness=Strictness.STRICT
    )
    with pytest.raises(Untranslatable, match="works without words"):
        translate(request, KEEPER)
    assert {line.field for line in translate(replace(request, prompt=""), KEEPER).receipt} == set()


def test_a_model_with_one_format_is_not_told_which() -> None:
    for wanted, treatment in (("png", Treatment.USED), ("webp", Treatment.MAPPED)):
        done = translate(ImageRequest(prompt="a fox", format=wanted), replace(CARD, formats=("png",)))
        assert done.calls[0].format is None
        assert line(done.receipt, "format").treatment is treatment


def test_a_style_that_a_model_does_not_know_joins_the_prompt() -> None:
    rule = ParameterRule(name="style", kind=ParameterKind.CHOICE, choices=("anime",), aliases={"manga": "anime"})
    card = replace(CARD, parameters=(rule,))
    for style, prompt, sent in (
        ("ink", "a fox. Style: ink.", None),
        ("Manga", "a fox", "anime"),
        ("anime", "a fox", "anime"),
    ):
        call = translate(ImageRequest(prompt="a fox", style=style), card).calls[0]
        assert (call.prompt, call.style) == (prompt, sent)
    assert lines_of(ImageRequest(prompt="a fox", style="ink"), card)["style"] == (Treatment.MAPPED, "prompt")
