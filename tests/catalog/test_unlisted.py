"""Models that a service lists and the catalog does not know."""

from datetime import UTC, datetime

import pytest

from limner.catalog.unlisted import CurrentCatalog, with_listings
from limner.domain.accounts import Listing
from limner.domain.errors import UnknownModel
from limner.domain.model_card import Status
from limner.domain.prices import Facts
from limner.domain.request import Operation
from tests.shipped import shipped

LISTED = {
    "openai": Listing(
        at=datetime(2026, 11, 27, tzinfo=UTC), models=("gpt-image-9", "gpt-image-2", "GPT-Image-2.5-flare")
    )
}


def test_only_what_the_catalog_does_not_know_is_added() -> None:
    plain = shipped()
    catalog = with_listings(plain, LISTED)
    assert [card.id for card in catalog.models[len(plain.models) :]] == ["openai/gpt-image-9"]
    assert catalog.find("openai/gpt-image-2") == plain.find("openai/gpt-image-2")


def test_an_unlisted_model_can_do_what_its_like_can_at_a_price_that_nobody_knows() -> None:
    card = with_listings(shipped(), LISTED).find("gpt-image-9")
    assert (card.status, card.tiers, card.aliases) == (Status.UNLISTED, {}, ())
    assert card.operations == shipped().find("gpt-image-2").operations
    facts = Facts(operation=Operation.GENERATE, count=1, size=card.sizes.default, quality="low", prompt="x", inputs=0)
    assert card.prices.estimate(facts) is None


@pytest.mark.parametrize(
    ("service", "name", "place"),
    [("recraft", "recraftv5", "model"), ("leonardo", "0dfc1a0a-7b5f-4c8e-9a6e-6a3f2a0b9f11", "modelId")],
)
def test_an_unlisted_model_is_asked_for_by_its_own_name(service: str, name: str, place: str) -> None:
    plain = shipped()
    listed = {service: Listing(at=datetime(2026, 11, 27, tzinfo=UTC), models=(name,))}
    like, card = plain.find(plain.service(service).unlisted_like or ""), with_listings(plain, listed).find(name)
    assert card.wire == {**like.wire, "fixed": {**like.wire["fixed"], place: name}}  # type: ignore[dict-item]  # a table
    assert like.wire["fixed"][place] in {like.name, *like.aliases}  # type: ignore[index]  # a table


def test_services_without_a_model_to_be_like_list_nothing() -> None:
    plain = shipped()
    listings = {"sketch": LISTED["openai"], "nobody": LISTED["openai"]}
    assert with_listings(plain, listings) is plain


def test_a_catalog_in_use_is_renewed() -> None:
    catalog = CurrentCatalog(shipped(), {})
    with pytest.raises(UnknownModel):
        catalog.find("gpt-image-9")
    catalog.renew(LISTED)
    assert catalog.find("gpt-image-9").service == "openai"
    assert catalog.service("openai").name == "OpenAI"
    assert catalog.in_tier("high")
    catalog.renew({})
    with pytest.raises(UnknownModel):
        catalog.find("gpt-image-9")
