"""Every model of fal with every operation, as it goes out."""

from pathlib import Path

import pytest

from limner.testing.catalog_conformance import CatalogConformance
from limner.testing.fal_stand_in import FalStandIn


@pytest.mark.req("S0-018", "S0-043")
class TestCatalog(CatalogConformance):
    service = "fal"
    stand_in = FalStandIn
    snapshots = Path(__file__).parent / "snapshots"
