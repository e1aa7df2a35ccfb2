"""Every model of Replicate with every operation, as it goes out."""

from pathlib import Path

import pytest

from limner.domain.model_card import Status
from limner.testing.catalog_conformance import CatalogConformance
from limner.testing.replicate_stand_in import ReplicateStandIn
from tests.shipped import shipped


@pytest.mark.req("S0-018", "S0-043")
class TestCatalog(CatalogConformance):
    service = "replicate"
    stand_in = ReplicateStandIn
    snapshots = Path(__file__).parent / "snapshots"


@pytest.mark.req("S3-009")
def test_sdxl_is_of_the_standard_tier_and_asked_after_until_it_is_there() -> None:
    card = shipped().find("replicate/stability-ai/sdxl")
    assert (card.status, list(card.tiers)) == (Status.LIVE, ["standard"])
    assert shipped().service("replicate").poll_seconds > 0
