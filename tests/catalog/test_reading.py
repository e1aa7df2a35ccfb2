"""Reading catalog files: what is written is what the cards say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limner.catalog.loader import read_catalog
from limner.domain.model_card import MaskKind, StandIn, Status
from limner.domain.prices import Condition, Facts, Meter
from limner.domain.request import Aspect, Operation, Size
from tests.catalog.samples import catalog, file, files, many, model, source
from tests.catalog.toml_writer import TomlWriter


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=files(), chance=st.randoms(use_true_random=False))
def test_cards_say_what_the_file_says(data: dict[str, Any], chance: Random) -> None:
    read = catalog(TomlWriter(data, chance).text)
    [card] = read.services
    wanted = data["service"]
    assert (card.id, card.name, card.base_url, card.concurrency) == (
        wanted["id"],
        wanted["name"],
        wanted["base_url"],
        wanted["concurrency"],
    )
    assert card.requests_per_second == wanted["requests_per_second"]
    assert [found.name for found in read.models] == [table["name"] for table in data["model"]]
    for table, found in zip(data["model"], read.models, strict=True):
        for key in ("title", "max_count", "prompt_limit", "max_inputs", "seconds", "timeout", "streams", "as_of"):
            assert getattr(found, key) == table[key]
        assert (found.requests_per_second, found.concurrency) == (table["requests_per_second"], table["concurrency"])
        assert list(found.operations) == [Operation(word) for word in table["operations"]]
        assert set(found.operations.values()) == {StandIn.NATIVE}
        assert [str(size) for size in found.sizes.fixed] == [str(Size.parse(text)) for text in table["sizes"]["fixed"]]
        assert found.tiers == table["tiers"]
        assert list(found.formats) == table["formats"]
        assert [(rate.usd, str(rate.when.size)) for rate in found.prices.rates] == [
            (Decimal(row["usd"]), str(Size.parse(row["size"]))) for row in table["prices"]["rates"]
        ]
        for rule in found.parameters:
            written = table["parameters"][rule.name]
            assert rule.kind == written.get("kind", "choice")
            assert list(rule.choices) == written.get("choices", [])
            assert (rule.minimum, rule.maximum) == (written.get("minimum"), written.get("maximum"))
            assert rule.default == written.get("default")
            assert rule.aliases == written.get("aliases", {})
        assert read.find(found.id) is found


def test_a_whole_number_keeps_its_last_digit() -> None:
    seed = {"kind": "integer", "minimum": 0, "maximum": 2**63 - 1}
    [card] = catalog(file(model(parameters={"seed": seed}))).models
    assert card.parameter("seed") is not None
    assert card.parameters[0].maximum == 9223372036854775807


def test_everything_a_model_may_say() -> None:
    full = model(
        operations=["generate", "edit", "inpaint"],
        stand_ins={"outpaint": "canvas", "variations": "edit"},
        sizes={
            "fixed": ["1024x1024"],
            "grid": {"multiple": 16, "min_edge": 256, "max_edge": 2048, "max_pixels": 4_000_000, "max_ratio": 2.5},
            "aspects": ["16:9", "10:20"],
            "default": "512x512",
        },
        parameters={"quality": {"choices": ["low", "high"], "aliases": {"hd": "high"}}},
        mask="white",
        max_inputs=3,
        aliases=["uno"],
        prices={
            "as_of": date(2026, 11, 1),
            "source": "the price page",
            "rates": [
                {"meter": "output_image_token", "usd_per_million": 30},
                {
                    "meter": "input_image_token",
                    "usd_per_thousand": 0.008,
                    "source": "a guess",
                    "as_of": date(2026, 1, 1),
                },
            ],
            "expectations": [
                {"meter": "output_image_token", "likely": 10, "ceiling": 20},
                {
                    "meter": "output_image_token",
                    "quality": ["low", "high"],
                    "size": "1024x1024",
                    "likely": 5,
                    "ceiling": 9,
                },
                {"meter": "output_image_token", "quality": "low", "up_to": "1280x720", "likely": 6, "ceiling": 9},
                {"meter": "input_image_token", "per_input": True, "floor": 1, "likely": 2, "ceiling": 3},
            ],
        },
    )
    [card] = catalog(file(full)).models
    assert card.operations[Operation.OUTPAINT] is StandIn.CANVAS
    assert card.operations[Operation.VARIATIONS] is StandIn.EDIT
    assert (card.mask, card.status, card.id) == (MaskKind.WHITE, Status.LIVE, "acme/one")
    assert card.sizes.aspects == (Aspect(16, 9), Aspect(1, 2))
    assert card.sizes.grid is not None
    assert (card.sizes.grid.multiple, card.sizes.grid.min_pixels, card.sizes.grid.max_ratio) == (16, 1, 2.5)
    tokens, inputs = card.prices.rates
    assert (tokens.usd, tokens.source, tokens.as_of) == (Decimal("0.00003"), "the price page", date(2026, 11, 1))
    assert (inputs.usd, inputs.source, inputs.as_of) == (Decimal("0.000008"), "a guess", date(2026, 1, 1))
    square = Size(1024, 1024)
    assert [entry.when for entry in card.prices.expectations if entry.meter is Meter.OUTPUT_IMAGE_TOKEN] == [
        Condition(),
        Condition(quality="low", size=square),
        Condition(quality="high", size=square),
        Condition(quality="low", max_pixels=921_600),
    ]
    assert [entry.per_input for entry in card.prices.expectations] == [False, False, False, False, True]


def test_what_a_model_leaves_undated_has_the_date_of_its_service() -> None:
    [card] = catalog(file()).models
    assert card.as_of == card.prices.rates[0].as_of == date(2026, 11, 20)
    assert card.prices.rates[0].source == card.source == "a price page"


def test_a_model_is_retired_from_its_last_day_on() -> None:
    end = date(2026, 12, 1)
    ending = model(status="deprecated", shutdown=end)
    gone = model("gone", status="retired", shutdown=date(2026, 1, 1), prices={})
    dying, dead, alive = catalog(file(ending, gone, model("alive"), default_model="alive")).models
    assert dying.status_on(date(2026, 11, 30)) is Status.DEPRECATED
    assert dying.status_on(end) is dying.status_on(date(2030, 1, 1)) is Status.RETIRED
    assert dead.status_on(date(2026, 11, 20)) is Status.RETIRED
    assert alive.status_on(date(2030, 1, 1)) is Status.LIVE


def test_a_service_says_that_it_draws_by_rules() -> None:
    read = catalog(file(local=True, algorithmic=True), file(model("theirs"), id="zeta", default_model="theirs"))
    assert [(card.id, card.algorithmic) for card in read.services] == [("acme", True), ("zeta", False)]


def test_defaults_hold_for_every_model_of_the_file() -> None:
    shared = {"max_count": 4, "parameters": {"seed": {"kind": "integer"}, "style": {"kind": "text"}}}
    one = model(parameters={"style": False, "steps": {"kind": "integer"}})
    first, second = catalog(file(one, model("two", max_count=1), defaults=shared)).models
    assert (first.max_count, second.max_count) == (4, 1)
    assert [rule.name for rule in first.parameters] == ["seed", "steps"]
    assert [rule.name for rule in second.parameters] == ["seed", "style"]


def test_a_model_may_be_like_another() -> None:
    one = model(aliases=["uno"], tiers={"fast": 1}, max_count=7, prices={"rates": [{"meter": "image", "usd": "0.5"}]})
    two = {"name": "two", "like": "one", "title": "Two", "description": "As one, quicker.", "seconds": 2}
    three = {
        "name": "three",
        "like": "two",
        "title": "Three",
        "description": "As two.",
        "prices": {"rates": [], "free": True},
    }
    _, second, third = catalog(file(one, two, three, defaults={"max_count": 2})).models
    assert (second.max_count, second.seconds, second.prices.rates[0].usd) == (7, 2, Decimal("0.5"))
    assert (second.aliases, dict(second.tiers)) == ((), {})
    assert (third.seconds, third.prices.free) == (2, True)


def test_a_later_file_changes_single_keys() -> None:
    mine = {
        "service": {"id": "acme", "concurrency": 9},
        "model": [
            {"name": "one", "max_count": 3, "prices": {"rates": [{"meter": "image", "usd": "0.01"}]}},
            model("mine"),
        ],
    }
    read = catalog(file(model(), model("two")), mine)
    assert read.services[0].concurrency == 9
    assert read.services[0].name == "Acme"
    assert [card.name for card in read.models] == ["one", "two", "mine"]
    one = read.find("one")
    assert (one.max_count, one.prompt_limit, one.prices.rates[0].usd) == (3, 1000, Decimal("0.01"))


def test_a_later_file_adds_a_service() -> None:
    read = catalog(file(order=5), file(model("theirs"), id="zeta", default_model="theirs", order=1))
    assert [card.id for card in read.services] == ["zeta", "acme"]
    assert [card.id for card in read.models] == ["zeta/theirs", "acme/one"]


def test_several_files_of_a_folder_may_be_about_one_service() -> None:
    more = {"service": {"id": "acme"}, "model": [model("two")]}
    read = read_catalog([source(more, "a.toml"), source(file(), "b.toml"), source(more | {"model": []}, "c.toml")])
    assert [card.name for card in read.models] == ["two", "one"]


def test_a_model_of_unknown_price_has_no_estimate() -> None:
    [card] = catalog(file(model(prices={"unknown": True}))).models
    facts = Facts(operation=Operation.GENERATE, count=1, size=None, quality=None, prompt="x", inputs=0)
    assert card.prices.estimate(facts) is None
    assert not card.prices.free


def test_a_catalog_of_two_hundred_models_is_read_whole() -> None:
    read = read_catalog(many())
    assert len(read.models) == 208
    assert len(read.in_tier("fast")) == 208
    assert read.in_tier("fast")[0].id == "s0/model-0"


@pytest.mark.parametrize("tier", ["ultra", "nonsense"])
def test_a_tier_that_nothing_serves_is_empty(tier: str) -> None:
    assert catalog(file(model(tiers={"fast": 1}))).in_tier(tier) == ()
