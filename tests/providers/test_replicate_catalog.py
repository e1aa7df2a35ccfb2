"""Every model of Replicate with every operation, as it goes out."""

from pathlib import Path

import pytest

from limner.testing.catalog_conformance import CatalogConformance
from limner.testing.replicate_stand_in import ReplicateStandIn


@pytest.mark.req("S0-018", "S0-043")
class TestCatalog(CatalogConformance):
    service = "replicate"
    stand_in = ReplicateStandIn
    snapshots = Path(__file__).parent / "snapshots"
