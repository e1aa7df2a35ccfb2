"""Every model of Stability AI with every operation, as it goes out."""

from pathlib import Path

import pytest

from limner.testing.catalog_conformance import CatalogConformance
from limner.testing.stability_stand_in import StabilityStandIn


@pytest.mark.req("S1-001", "S1-007", "S1-008", "S1-009", "S1-010", "S1-011")
class TestCatalog(CatalogConformance):
    service = "stability"
    stand_in = StabilityStandIn
    snapshots = Path(__file__).parent / "snapshots"
