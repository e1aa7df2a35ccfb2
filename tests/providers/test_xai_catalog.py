"""Every model of xAI's with every operation, as it goes out."""

from pathlib import Path

import pytest

from limner.testing.catalog_conformance import CatalogConformance
from limner.testing.xai_stand_in import XAIStandIn


@pytest.mark.req("S0-018")
class TestCatalog(CatalogConformance):
    service = "xai"
    stand_in = XAIStandIn
    snapshots = Path(__file__).parent / "snapshots"
