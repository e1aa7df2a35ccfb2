"""Every model of OpenAI with every operation, as it goes out."""

from pathlib import Path

import pytest

from limner.testing.catalog_conformance import CatalogConformance
from limner.testing.openai_stand_in import OpenAIStandIn


@pytest.mark.req("S0-018", "S0-043")
class TestCatalog(CatalogConformance):
    service = "openai"
    stand_in = OpenAIStandIn
    snapshots = Path(__file__).parent / "snapshots"
