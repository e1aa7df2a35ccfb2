"""Who is asked first, and what is said of those that are not."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from limner.catalog.layers import Source
from limner.domain.errors import (
    ConfirmationRequired,
    FailureCode,
    InvalidRequest,
    NotConfigured,
    Problem,
    ProviderError,
)
from limner.domain.events import EventKind
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.people import LOCAL
from limner.domain.plan import Treatment
from limner.domain.readiness import Readiness
from limner.domain.request import ImageRequest, InputImage, Operation, Role, Size
from limner.testing.fakes import FakeProvider
from limner.testing.pictures import PictureMaker
from tests.engine.house import House, facts, house

OPENAI = facts("openai", usd="0.04", rank=1)
TOGETHER = facts("together", usd="0.003", rank=2)
OVERLOADED = ProviderError(Problem(code=FailureCode.OVERLOADED, message="Overloaded."))


def first(here: House, **wanted: object) -> str:
    """The service that a plan begins with."""
    request = ImageRequest(prompt="a fox", **wanted)  # type: ignore[arg-type]  # tests name fields as they are
    return here.engine.plan(request).candidates[0].model.partition("/")[0]


async def break_it(here: House, service: str) -> None:
    provider = here.services.provider(service)
    assert isinstance(provider, FakeProvider)
    provider.script(*[OVERLOADED] * 5)
    for _ in range(5):
        await here.paint(model=service)


def recipe_lines(job: Job) -> list[Mapping[str, object]]:
    """The receipt in the recipe of a job's first picture."""
    return cast("list[Mapping[str, object]]", job.pictures[0].recipe["receipt"])


# --- automatically --------------------------------------------------------------------------------


@pytest.mark.req("S0-083")
async def test_by_itself_the_cheaper_service_is_asked_first_and_the_quicker_of_equal_price(tmp_path: Path) -> None:
    slow = facts("slow", usd="0.003", seconds=30)
    services = {name: FakeProvider() for name in ("openai", "slow", "together")}
    async with house(tmp_path, services, OPENAI, slow, TOGETHER) as here:
        plan = here.engine.plan(ImageRequest(prompt="a fox"))
        assert [one.model for one in plan.candidates] == ["together/one", "slow/one", "openai/one"]


async def test_a_busy_service_is_waited_for_longer_and_comes_later(tmp_path: Path) -> None:
    twin = facts("twin", usd="0.003")
    async with house(tmp_path, {"together": FakeProvider(), "twin": FakeProvider()}, TOGETHER, twin) as here:
        assert first(here) == "together"
        here.services.loads["together"] = 3
        assert first(here) == "twin"


async def test_who_keeps_to_every_wish_comes_before_who_is_cheaper(tmp_path: Path) -> None:
    seeded = facts("openai", usd="0.04", parameters='parameters = { seed = { kind = "integer" } }')
    async with house(tmp_path, {"openai": FakeProvider(), "together": FakeProvider()}, seeded, TOGETHER) as here:
        assert first(here) == "together"
        assert first(here, seed=7) == "openai"


async def test_who_has_just_failed_comes_after_who_has_not(tmp_path: Path) -> None:
    services = {"openai": FakeProvider(), "together": FakeProvider(OVERLOADED)}
    async with house(tmp_path, services, OPENAI, TOGETHER) as here:
        await here.paint(model="together")
        assert first(here) == "openai"
        here.clock.advance(600)
        assert first(here) == "together"


async def test_a_blocked_service_is_passed_over_with_the_reason_and_the_job_says_who_stands_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    services = {"openai": FakeProvider(), "together": FakeProvider()}
    async with house(tmp_path, services, OPENAI, TOGETHER) as here:
        await break_it(here, "together")
        with caplog.at_level(logging.INFO, "limner.engine"):
            job = await here.paint()
        (rejection,) = job.plan.rejections
        assert (rejection.model, rejection.code) == ("together/one", "unavailable")
        assert rejection.why.startswith("Circuit breaker OPEN: provider unavailable")
        assert rejection.until is not None
        assert job.model == "openai/one"
        assert job == await here.jobs.get(job.id)


async def test_a_blocked_service_is_tried_again_by_itself_when_its_time_has_passed(tmp_path: Path) -> None:
    services = {"openai": FakeProvider(), "together": FakeProvider()}
    async with house(tmp_path, services, OPENAI, TOGETHER) as here:
        await break_it(here, "together")
        assert first(here) == "openai"
        here.clock.advance(600)
        assert (await here.paint()).model == "together/one"
        assert not here.health.standing("together").models


async def test_a_named_model_that_cannot_do_it_gives_way_where_that_is_allowed(tmp_path: Path) -> None:
    square = "parameters = {}\noperations = ['generate']"
    narrow = replace(OPENAI, text=OPENAI.text.replace('operations = ["generate", "edit", "inpaint"]', square))
    narrow = replace(narrow, text=narrow.text.replace('stand_ins = { outpaint = "canvas", variations = "edit" }', ""))
    async with house(tmp_path, {"openai": FakeProvider(), "together": FakeProvider()}, narrow, TOGETHER) as here:
        landed = await here.blobs.put(PictureMaker().png(Size(64, 64), 1))
        source = InputImage(role=Role.SOURCE, digest=landed.digest, media_type="image/png", width=64, height=64)
        with pytest.raises(InvalidRequest, match="edit"):
            await here.paint(model="openai", operation=Operation.EDIT, inputs=(source,))
        job = await here.paint(model="openai", fallback=True, operation=Operation.EDIT, inputs=(source,))
        assert (job.state, job.model) == (JobState.SUCCEEDED, "together/one")
        assert job.fallback is not None
        assert (job.fallback.original, "edit" in job.fallback.why) == ("openai/one", True)


# --- shares of equal models ------------------------------------------------------------------------


async def shares(here: House, jobs: int) -> Counter[str]:
    return Counter([(await here.paint(tier="high")).model.partition("/")[0] for _ in range(jobs)])


@pytest.mark.req("S4-008")
async def test_models_of_the_same_rank_take_turns_by_their_weights(tmp_path: Path) -> None:
    sources = [facts(name, usd="0.01", rank=1) for name in ("one", "two", "three")]
    services = {name: FakeProvider() for name in ("one", "two", "three")}
    async with house(tmp_path, services, *sources) as here:
        assert await shares(here, 9) == {"one": 3, "two": 3, "three": 3}
    (tmp_path / "weighed").mkdir()
    weights = {"one": 3.0, "two/one": 2.0}
    async with house(tmp_path / "weighed", services, *sources, weights=weights) as here:
        assert await shares(here, 12) == {"one": 6, "two": 4, "three": 2}


@pytest.mark.req("S4-008")
async def test_the_least_busy_of_equal_models_is_asked_first_for_its_weight(tmp_path: Path) -> None:
    sources = [facts(name, usd="0.01", rank=1) for name in ("one", "two")]
    services = {name: FakeProvider() for name in ("one", "two")}
    async with house(tmp_path, services, *sources, weights={"one": 4.0}) as here:
        here.services.loads.update(one=3, two=1)
        assert first(here, tier="high") == "one"
        here.services.loads.update(one=5)
        assert first(here, tier="high") == "two"


async def test_rank_comes_before_price_turn_and_load(tmp_path: Path) -> None:
    services = {"openai": FakeProvider(), "together": FakeProvider()}
    async with house(tmp_path, services, OPENAI, TOGETHER) as here:
        here.services.loads["openai"] = 50
        assert await shares(here, 3) == {"openai": 3}


async def test_a_model_that_was_away_is_not_flooded_when_it_comes_back(tmp_path: Path) -> None:
    sources = [facts(name, usd="0.01", rank=1) for name in ("one", "two")]
    services = {name: FakeProvider() for name in ("one", "two")}
    async with house(tmp_path, services, *sources) as here:
        here.services.unready["one"] = "Away."
        assert await shares(here, 20) == {"two": 20}
        del here.services.unready["one"]
        assert (await shares(here, 8))["two"] >= 2


async def test_an_estimate_takes_no_turn(tmp_path: Path) -> None:
    sources = [facts(name, usd="0.01", rank=1) for name in ("one", "two")]
    async with house(tmp_path, {name: FakeProvider() for name in ("one", "two")}, *sources) as here:
        assert [first(here, tier="high") for _ in range(5)] == ["one"] * 5


# --- where nobody can ------------------------------------------------------------------------------


@pytest.mark.req("S3-040")
async def test_all_that_are_unavailable_are_named_with_their_reasons(tmp_path: Path) -> None:
    async with house(tmp_path, {"openai": FakeProvider()}, OPENAI, TOGETHER) as here:
        await break_it(here, "openai")
        key = Readiness(ready=False, reason="Needs a key: set TOGETHER_API_KEY.", short="API key not configured")
        here.services.switched_off["together"] = key
        words = "All providers unavailable: openai (Circuit breaker OPEN), together (API key not configured)"
        with pytest.raises(ProviderError, match="^" + words.replace("(", r"\(").replace(")", r"\)")) as told:
            await here.paint(tier="high")
        assert told.value.problem().retry_after == 600
        with pytest.raises(NotConfigured, match="Needs a key"):
            await here.paint(model="together")


@pytest.mark.req("S3-041")
async def test_a_named_service_that_cannot_gives_way_where_that_is_allowed_and_everything_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    services = {"openai": FakeProvider(), "together": FakeProvider()}
    async with house(tmp_path, services, OPENAI, TOGETHER) as here:
        await break_it(here, "openai")
        with pytest.raises(ProviderError, match="OPEN"):
            await here.paint(provider="openai")
        with caplog.at_level(logging.INFO, "limner.engine"):
            job = await here.paint(provider="openai", fallback=True)
        assert (job.state, job.model) == (JobState.SUCCEEDED, "together/one")
        assert job.fallback is not None
        assert job.fallback.original == "openai/one"
        (line,) = [line for line in job.receipt if line.field == "model"]
        assert (line.treatment, line.wanted, line.sent) == (Treatment.MAPPED, "openai/one", "together/one")
        assert "Circuit breaker OPEN" in line.why
        assert ("model", "openai/one") in [(told["field"], told["wanted"]) for told in recipe_lines(job)]
        (event,) = [event for event in await here.story(job) if event.kind is EventKind.FALLBACK]
        assert (event.data["from"], event.data["to"]) == ("openai/one", "together/one")
        (record,) = [record for record in caplog.records if "paints instead" in record.getMessage()]
        told = vars(record)
        assert (told["original"], told["fallback"]) == ("openai/one", "together/one")
        assert "Circuit breaker OPEN" in told["reason"]
        assert job == await here.jobs.get(job.id)


async def test_a_fallback_while_painting_is_told_in_the_job_the_receipt_and_the_recipe(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    services = {"openai": FakeProvider(OVERLOADED), "together": FakeProvider()}
    async with house(tmp_path, services, OPENAI, TOGETHER) as here:
        with caplog.at_level(logging.INFO, "limner.engine"):
            job = await here.paint(tier="high")
        assert (job.model, job.candidate) == ("together/one", 1)
        job = await here.jobs.get(job.id)
        assert job.fallback is not None
        assert (job.fallback.original, job.fallback.why) == ("openai/one", "Overloaded.")
        assert job.receipt[0].wanted == "openai/one"
        assert recipe_lines(job)[0]["wanted"] == "openai/one"
        assert "together/one paints instead of openai/one. Overloaded." in caplog.messages


async def test_what_every_model_of_a_service_would_meet_is_not_met_there_again(tmp_path: Path) -> None:
    refused = ProviderError(Problem(code=FailureCode.AUTHENTICATION, message="Wrong key.", provider="openai"))
    second = OPENAI.text[OPENAI.text.index("[[model]]") :].replace('"one"', '"two"')
    openai = replace(OPENAI, text=f"{OPENAI.text}\n{second}")
    services = {"openai": FakeProvider(refused, refused), "together": FakeProvider()}
    async with house(tmp_path, services, openai, TOGETHER) as here:
        job = await here.paint(tier="high")
        assert [one.model for one in job.plan.candidates] == ["openai/one", "openai/two", "together/one"]
        assert job.model == "together/one"
        assert here.health.standing("openai").own.failures == 1


async def test_max_cost_leaves_out_what_is_dearer_and_refuses_only_where_nothing_is_left(tmp_path: Path) -> None:
    services = {"openai": FakeProvider(), "together": FakeProvider()}
    async with house(tmp_path, services, OPENAI, TOGETHER) as here:
        job = await here.paint(tier="high", max_cost=Money.usd("0.01"))
        assert job.model == "together/one"
        assert job.fallback is not None
        assert "more than the $0.01 allowed" in job.fallback.why
        assert job.plan.ceiling(1) == Money.usd("0.003")
        with pytest.raises(ConfirmationRequired, match="more than the"):
            await here.paint(tier="high", max_cost=Money.usd("0.001"))


# --- models that are gone -------------------------------------------------------------------------


def goes(name: str, successor: str, *, usd: str = "0.04", day: str = "2026-11-22") -> Source:
    """A service whose model is shut down on the day after that of the tests' clock, and who comes after it."""
    return facts(name, usd=usd, end=f'status = "deprecated"\nshutdown = {day}\nsuccessor = "{successor}/one"')


async def mapped(here: House, **wanted: object) -> tuple[str, list[tuple[str, str | None]]]:
    """Who is to paint, and which model its receipt says was meant."""
    request = ImageRequest(prompt="a fox", **wanted)  # type: ignore[arg-type]  # tests name fields as they are
    candidate = (await here.engine.estimate(request, LOCAL)).plan.candidates[0]
    return candidate.model, [(line.wanted, line.sent) for line in candidate.receipt if line.field == "model"]


async def test_from_the_day_of_its_end_on_a_model_gives_its_successor_whichever_way_it_is_meant(tmp_path: Path) -> None:
    names = ("old", "young")
    young = facts("young", usd="0.10")
    async with house(tmp_path, {name: FakeProvider() for name in names}, goes("old", "young"), young) as here:
        for wanted in ({"model": "old/one"}, {"model": "old"}, {"provider": "old"}, {}):
            assert await mapped(here, **wanted) == ("old/one", [])
        here.clock.advance(86_400)
        assert await mapped(here, model="old/one") == ("young/one", [("old/one", "young/one")])
        assert await mapped(here, model="old") == ("young/one", [("old", "young/one")])
        assert await mapped(here, provider="old") == ("young/one", [("old/one", "young/one")])
        assert await mapped(here) == ("young/one", [])
        assert [one.model for one in here.engine.plan(ImageRequest(prompt="a fox")).candidates] == ["young/one"]


async def test_a_successor_that_is_gone_too_gives_its_own(tmp_path: Path) -> None:
    sources = [goes("old", "middle"), goes("middle", "young"), facts("young", usd="0.10")]
    async with house(tmp_path, {"young": FakeProvider()}, *sources) as here:
        here.clock.advance(86_400)
        assert await mapped(here, model="old/one") == ("young/one", [("old/one", "young/one")])


async def test_models_that_name_each_other_end_in_a_refusal(tmp_path: Path) -> None:
    async with house(tmp_path, {"old": FakeProvider()}, goes("old", "odd"), goes("odd", "old")) as here:
        here.clock.advance(86_400)
        with pytest.raises(NotConfigured, match="was shut down"):
            await mapped(here, model="old/one")
