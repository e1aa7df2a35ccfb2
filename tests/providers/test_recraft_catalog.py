"""Every model of Recraft with every operation, as it goes out."""

from pathlib import Path

from limner.testing.catalog_conformance import CatalogConformance
from limner.testing.recraft_stand_in import RecraftStandIn


class TestCatalog(CatalogConformance):
    service = "recraft"
    stand_in = RecraftStandIn
    snapshots = Path(__file__).parent / "snapshots"
