"""Every workflow that Limner ships with every operation, as it goes out."""

import re
from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest

from limner.catalog.loader import load_catalog
from limner.domain.model_card import ModelCard
from limner.testing.catalog_conformance import CatalogConformance, living, shortened
from limner.testing.comfyui_rules import nodes
from limner.testing.comfyui_stand_in import ComfyUIStandIn
from limner.workflows.checking import faults
from limner.workflows.reading import propose
from limner.workflows.sending import Sheet

CARDS = living("comfyui")


@pytest.mark.req("S4-004")
class TestCatalog(CatalogConformance):
    service = "comfyui"
    stand_in = ComfyUIStandIn
    snapshots = Path(__file__).parent / "snapshots"

    def shown(self, body: Mapping[str, object]) -> Mapping[str, object]:
        """Seeds that nobody asked for come by chance, and hashes of files from how they were compressed."""
        text = re.sub(rb'"seed":\d{5,}', b'"seed":"<drawn>"', orjson.dumps(body))
        return shortened(orjson.loads(re.sub(rb"-[0-9a-f]{20}((?: \(\d\))?\.png)", rb"-<hash>\1", text)))


@pytest.mark.req("S4-004")
def test_flux_dev_is_what_comfyui_paints_with() -> None:
    assert load_catalog().find("comfyui").id == "comfyui/flux-dev"


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_the_shipped_binding_is_what_would_be_proposed(card: ModelCard) -> None:
    sheet = Sheet.of(card.wire)
    proposed = propose(sheet.graph)
    ours = {name: set(places) for name, places in sheet.binding.places.items()}
    theirs = {name: set(places) for name, places in proposed.places.items()}
    assert ours.items() <= theirs.items()
    assert theirs.keys() - ours.keys() <= {"upscale_method", "grow_mask_by", "clip_name", "model_name"}
    assert sheet.binding.output == proposed.output


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_the_defaults_of_a_card_are_those_of_its_workflow(card: ModelCard) -> None:
    sheet = Sheet.of(card.wire)
    for rule in card.parameters:
        for place in sheet.binding.places.get(rule.name, ()):
            if rule.default is not None and place.times == 1.0 and rule.name != "scale":
                assert sheet.graph.nodes[place.node].inputs[place.input] == rule.default, rule.name


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_shipped_workflow_fits_the_server(card: ModelCard) -> None:
    sheet = Sheet.of(card.wire)
    assert faults(sheet.graph, nodes(), sheet.given_later) == []
