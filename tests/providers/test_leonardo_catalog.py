"""Every model of Leonardo with every operation, as it goes out."""

from pathlib import Path

import pytest

from limner.testing.catalog_conformance import CatalogConformance
from limner.testing.leonardo_stand_in import LeonardoStandIn


@pytest.mark.req("S0-018", "S0-043", "S4-001")
class TestCatalog(CatalogConformance):
    service = "leonardo"
    stand_in = LeonardoStandIn
    snapshots = Path(__file__).parent / "snapshots"
