"""Every model of Runware with every operation, as it goes out."""

from pathlib import Path

import pytest

from limner.testing.catalog_conformance import CatalogConformance
from limner.testing.runware_stand_in import RunwareStandIn


@pytest.mark.req("S0-018", "S0-043", "S4-002")
class TestCatalog(CatalogConformance):
    service = "runware"
    stand_in = RunwareStandIn
    snapshots = Path(__file__).parent / "snapshots"
