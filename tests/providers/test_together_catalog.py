"""Every model of Together's with every operation, as it goes out."""

from pathlib import Path

import pytest

from limner.testing.catalog_conformance import CatalogConformance
from limner.testing.together_stand_in import TogetherStandIn


@pytest.mark.req("S0-018", "S0-071")
class TestCatalog(CatalogConformance):
    service = "together"
    stand_in = TogetherStandIn
    snapshots = Path(__file__).parent / "snapshots"
