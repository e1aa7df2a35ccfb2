"""Which tier a prompt asks for, and in which order models are tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from limner.domain.errors import InvalidRequest, NotConfigured
from limner.domain.plan import Treatment
from limner.domain.preset import Preset
from limner.domain.request import ImageRequest
from limner.engine.tiers import tier_in
from limner.testing.fakes import FakeProvider
from tests.engine.house import facts, house


@pytest.mark.req("S3-011", "S3-012", "S3-013", "S3-014", "S3-015")
@pytest.mark.parametrize(
    ("tier", "words"),
    [
        ("ultra", ["photorealistic", "professional", "detailed", "high resolution", "ultra hd", "8k"]),
        ("high", ["artistic", "creative", "stylized", "concept art"]),
        ("standard", ["quick", "draft", "sketch", "simple", "basic"]),
        ("fast", ["instant", "immediate", "fast"]),
    ],
)
def test_each_keyword_speaks_of_its_tier_in_any_case(tier: str, words: list[str]) -> None:
    for word in words:
        assert tier_in(f"a {word} fox") == (tier, word)
        assert tier_in(f"A FOX, {word.upper()}!") == (tier, word.upper())


@pytest.mark.parametrize("prompt", ["an undetailed fox", "breakfast", "simpler", "sketchy 18k gold", "fasten", ""])
def test_parts_of_words_speak_of_nothing(prompt: str) -> None:
    assert tier_in(prompt) == ("standard", "")


def test_the_highest_tier_that_is_spoken_of_counts() -> None:
    assert tier_in("a fast, simple, creative and PhotoRealistic fox")[0] == "ultra"
    assert tier_in("a fast, simple, creative fox")[0] == "high"
    assert tier_in("a fast and simple fox")[0] == "standard"
    assert tier_in("in high\n  resolution")[0] == "ultra"


LADDER = [
    facts("best", usd="0.12", tiers="ultra = 1"),
    facts("second", usd="0.10", tiers="ultra = 2, high = 9"),
    facts("good", usd="0.04", tiers="high = 1"),
    facts("plain", usd="0.003", tiers="standard = 1"),
    facts("quick", usd="0.001", tiers="fast = 1"),
]
ALL = {name: FakeProvider() for name in ("best", "second", "good", "plain", "quick")}


@pytest.mark.req("S3-035", "S3-036")
async def test_a_prompt_finds_its_tier_then_the_lower_ones_and_the_receipt_says_so(tmp_path: Path) -> None:
    async with house(tmp_path, ALL, *LADDER) as here:
        plan = here.engine.plan(ImageRequest(prompt="a photorealistic fox", tier="auto"))
        assert [one.model.partition("/")[0] for one in plan.candidates] == ["best", "second", "good", "plain", "quick"]
        (line,) = [line for line in plan.candidates[0].receipt if line.field == "tier"]
        assert (line.treatment, line.wanted, line.sent) == (Treatment.MAPPED, "auto", "ultra")
        assert "photorealistic" in line.why
        (lower,) = [line for line in plan.candidates[2].receipt if line.field == "tier"]
        assert (lower.wanted, lower.sent) == ("ultra", "high")
        job = await here.paint("a photorealistic fox", tier="auto")
        assert (job.model, job.fallback) == ("best/one", None)
        assert job.request.tier == "auto"


@pytest.mark.req("S3-037")
async def test_no_tier_above_the_one_that_is_wanted_is_ever_tried(tmp_path: Path) -> None:
    fast = facts("slower", usd="0.003", tiers="standard = 2, fast = 2")
    async with house(tmp_path, {**ALL, "slower": FakeProvider()}, *LADDER, fast) as here:
        plan = here.engine.plan(ImageRequest(prompt="an instant fox", tier="auto"))
        assert [one.model for one in plan.candidates] == ["quick/one", "slower/one"]
        plain = here.engine.plan(ImageRequest(prompt="a fox", tier="auto"))
        assert [one.model for one in plain.candidates] == ["plain/one", "slower/one", "quick/one"]


async def test_words_of_a_saved_style_do_not_choose_a_dearer_tier(tmp_path: Path) -> None:
    preset = Preset(id="photo", name="Photo", description="", value="photorealistic, detailed, 8k")
    async with house(tmp_path, ALL, *LADDER, presets={"photo": preset}) as here:
        plan = here.engine.plan(ImageRequest(prompt="a fox", tier="auto", presets=("photo",)))
        assert plan.candidates[0].model == "plain/one"


async def test_a_request_that_asks_for_no_tier_gets_none(tmp_path: Path) -> None:
    async with house(tmp_path, ALL, *LADDER) as here:
        plan = here.engine.plan(ImageRequest(prompt="a photorealistic fox"))
        assert not [line for line in plan.candidates[0].receipt if line.field == "tier"]
        with pytest.raises(InvalidRequest, match="auto"):
            here.engine.plan(ImageRequest(prompt="a fox", tier="best"))


async def test_a_tier_of_one_service_stays_with_it_unless_others_may_stand_in(tmp_path: Path) -> None:
    async with house(tmp_path, {name: ALL[name] for name in ("best", "plain")}, *LADDER) as here:
        own = here.engine.plan(ImageRequest(prompt="a fox", tier="high", provider="plain"))
        assert [one.model for one in own.candidates] == ["plain/one"]
        with pytest.raises(NotConfigured):
            here.engine.plan(ImageRequest(prompt="a fox", tier="high", provider="good"))
        any_service = here.engine.plan(ImageRequest(prompt="a fox", tier="high", provider="good", fallback=True))
        assert [one.model for one in any_service.candidates] == ["plain/one"]
        assert any_service.fallback is not None
        assert any_service.fallback.original == "good/one"
