"""Every model of Black Forest Labs with every operation, as it goes out."""

from pathlib import Path

import pytest

from limner.testing.bfl_stand_in import BlackForestLabsStandIn
from limner.testing.catalog_conformance import CatalogConformance


@pytest.mark.req("S0-018", "S0-043")
class TestCatalog(CatalogConformance):
    service = "bfl"
    stand_in = BlackForestLabsStandIn
    snapshots = Path(__file__).parent / "snapshots"
