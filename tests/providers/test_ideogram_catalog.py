"""Every model of Ideogram with every operation, as it goes out."""

from pathlib import Path

from limner.testing.catalog_conformance import CatalogConformance
from limner.testing.ideogram_stand_in import IdeogramStandIn


class TestCatalog(CatalogConformance):
    service = "ideogram"
    stand_in = IdeogramStandIn
    snapshots = Path(__file__).parent / "snapshots"
