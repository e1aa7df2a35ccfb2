"""Every model of Hugging Face's with every operation, as it goes out."""

from pathlib import Path

import pytest

from limner.testing.catalog_conformance import CatalogConformance
from limner.testing.huggingface_stand_in import HuggingFaceStandIn


@pytest.mark.req("S0-018", "S0-071")
class TestCatalog(CatalogConformance):
    service = "huggingface"
    stand_in = HuggingFaceStandIn
    snapshots = Path(__file__).parent / "snapshots"
