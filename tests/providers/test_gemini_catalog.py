"""Every model of Google's with every operation, as it goes out."""

from pathlib import Path

import pytest

from limner.testing.catalog_conformance import CatalogConformance
from limner.testing.gemini_stand_in import GeminiStandIn


@pytest.mark.req("S0-018", "S3-010")
class TestCatalog(CatalogConformance):
    service = "gemini"
    stand_in = GeminiStandIn
    snapshots = Path(__file__).parent / "snapshots"
