"""Finding services and models by whatever name they are asked for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.domain.errors import UnknownModel
from limner.domain.model_card import ModelCard, Status
from limner.domain.ports import Catalog
from tests.catalog.samples import catalog, file, model
from tests.shipped import shipped

OURS: Catalog = shipped()
"""The built-in catalog, as the rest of Limner sees it."""
KNOWN = sorted({name for card in OURS.models for name in (card.id, card.name, *card.aliases)})


def asked(name: str) -> ModelCard | UnknownModel:
    """What comes of asking for a name."""
    try:
        return OURS.find(name)
    except UnknownModel as error:
        return error


@pytest.mark.parametrize(
    "name, found",
    [
        ("openai/gpt-image-2", "openai/gpt-image-2"),
        ("gpt-image-2", "openai/gpt-image-2"),
        (" GPT-Image-2 ", "openai/gpt-image-2"),
        ("gpt-image-2-2026-04-21", "openai/gpt-image-2"),
        ("openai/gpt-image-2.5-flare-2026-09-08", "openai/gpt-image-2.5-flare"),
        ("openai", "openai/gpt-image-2"),
        ("dalle3", "openai/gpt-image-2"),
        ("dalle3/gpt-image-1.5", "openai/gpt-image-1.5"),
        ("dall-e-3", "openai/dall-e-3"),
        ("openai-dall-e-3-hd-1024", "openai/dall-e-3"),
        ("sketch", "sketch/sketch"),
        ("sketch/sketch", "sketch/sketch"),
        ("fal/openai/gpt-image-2", "fal/openai/gpt-image-2"),
        ("replicate/stability-ai/sdxl", "replicate/stability-ai/sdxl"),
    ],
)
def test_a_model_is_found_by_any_of_its_names(name: str, found: str) -> None:
    assert OURS.find(name).id == found


def test_an_unknown_model_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownModel) as raised:
        OURS.find("gpt-imge-2")
    assert raised.value.message.startswith("There is no model called 'gpt-imge-2'. Nearest: openai/gpt-image-2, ")
    assert raised.value.suggestions[0] == "openai/gpt-image-2"
    assert raised.value.field == "model"


def test_a_name_like_no_other_is_told_where_the_names_are() -> None:
    with pytest.raises(UnknownModel, match=r"There is no model called 'zzzz'\. `limner models` lists them all\."):
        OURS.find("zzzz")


@settings(deadline=None)
@given(name=st.text(max_size=300))
def test_any_text_finds_a_model_or_is_refused_in_few_words(name: str) -> None:
    found = asked(name)
    if isinstance(found, UnknownModel):
        assert len(found.message) < 300
        assert all(OURS.find(suggestion).id == suggestion for suggestion in found.suggestions)
    else:
        assert found in OURS.models


@settings(deadline=None)
@given(name=st.sampled_from(KNOWN), place=st.integers(0, 40), letter=st.sampled_from("qjz_"))
def test_a_slip_of_the_pen_still_leads_to_names_that_exist(name: str, place: int, letter: str) -> None:
    at = place % len(name)
    slipped = name[:at] + letter + name[at:]
    found = asked(slipped)
    assert not isinstance(found, UnknownModel) or found.suggestions


@pytest.mark.parametrize("name", ["openai", "OPENAI", "OpenAI", "dalle3", " dalle "])
def test_a_service_is_found_by_the_words_of_others(name: str) -> None:
    assert OURS.service(name).id == "openai"


def test_an_unknown_service_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownModel) as raised:
        OURS.service("opnai")
    assert raised.value.message == "There is no service called 'opnai'. Nearest: openai."
    assert raised.value.suggestions == ("openai",)
    with pytest.raises(UnknownModel, match="`limner providers` lists them all"):
        OURS.service("zzzz")


def test_a_name_that_several_services_use_must_be_told_apart() -> None:
    read = catalog(file(id="acme"), file(id="zeta"))
    assert read.find("zeta/one").service == "zeta"
    with pytest.raises(UnknownModel) as raised:
        read.find("One")
    assert raised.value.message == "Several services have a model called 'One'. Name one: acme/one, zeta/one."
    assert raised.value.suggestions == ("acme/one", "zeta/one")


def test_names_with_slashes_are_found_whole() -> None:
    read = catalog(file(model("black-forest-labs/FLUX.1-schnell"), default_model="black-forest-labs/FLUX.1-schnell"))
    for name in ("acme/black-forest-labs/flux.1-schnell", "black-forest-labs/FLUX.1-schnell", "acme"):
        assert read.find(name).id == "acme/black-forest-labs/FLUX.1-schnell"


def test_a_service_does_not_lend_its_name_to_models_of_another() -> None:
    read = catalog(file(id="acme"), file(model("two", aliases=["zwei"]), id="zeta", default_model="two"))
    assert read.find("zeta/zwei").id == "zeta/two"
    with pytest.raises(UnknownModel):
        read.find("acme/zwei")


def test_a_tier_has_its_live_models_by_rank() -> None:
    read = catalog(
        file(model(tiers={"high": 2, "fast": 1}), model("two", tiers={"high": 1})),
        file(model("three", tiers={"high": 2}), id="zeta", default_model="three"),
    )
    assert [card.id for card in read.in_tier("high")] == ["acme/two", "acme/one", "zeta/three"]
    assert [card.id for card in read.in_tier("fast")] == ["acme/one"]


@pytest.mark.req("S3-016")
def test_the_catalogue_holds_models_tiers_prices_and_fallback_priority() -> None:
    for tier in ("ultra", "high", "standard", "fast"):
        cards = OURS.in_tier(tier)
        ranks = [card.tiers[tier] for card in cards]
        assert cards
        assert ranks == sorted(ranks)
        for card in cards:
            assert card.status is Status.LIVE
            assert card.prices.rates
            assert all(rate.source and rate.as_of for rate in card.prices.rates)


def test_the_artist_stands_in_for_nobody() -> None:
    assert dict(OURS.find("sketch").tiers) == {}


def test_retired_models_lead_to_living_ones() -> None:
    retired = [card for card in OURS.models if card.status is Status.RETIRED]
    assert {card.name for card in retired} >= {"gpt-image-1", "dall-e-2", "dall-e-3"}
    for card in retired:
        assert card.successor is not None
        assert OURS.find(card.successor).status is Status.LIVE
        assert card.shutdown is not None
        assert card.as_of is not None
        assert card.shutdown <= card.as_of
