"""What a client suggests as a person types the arguments of Limner's own prompts and addresses."""

from __future__ import annotations

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference, ResourceTemplateReference

from limner.domain.people import LOCAL, Principal
from limner.domain.preset import Preset
from tests.mcp.conftest import ERAS, House

ILLUSTRATE = PromptReference(type="ref/prompt", name="illustrate")
MODEL = ResourceTemplateReference(type="ref/resource", uri="limner://models/{+model}")
PICTURE = ResourceTemplateReference(type="ref/resource", uri="limner://images/{id}")


@pytest.mark.parametrize("era", ERAS)
async def test_styles_are_suggested_ones_own_among_them(house: House, era: str) -> None:
    wording = house.runtime.engine.wording
    await wording.add_preset(Preset(id="ink", name="Old watercolour", description="", value="in faded ink"), LOCAL)
    async with house.client(era=era) as client:
        all_of_them = (await client.complete(ILLUSTRATE, {"name": "style", "value": ""})).completion
        assert (all_of_them.total, all_of_them.has_more) == (len(all_of_them.values), False)
        found = (await client.complete(ILLUSTRATE, {"name": "style", "value": "Water"})).completion.values
        assert found[-1] == "Old watercolour"
        assert found[0].startswith("Water")
        assert (await client.complete(ILLUSTRATE, {"name": "text", "value": "a"})).completion.values == []


async def test_another_persons_styles_are_not_suggested(house: House) -> None:
    other = Principal(id="ann", name="Ann")
    await house.runtime.engine.wording.add_preset(
        Preset(id="ink", name="Secret ink", description="", value="in ink"), other
    )
    async with house.client() as client:
        assert (await client.complete(ILLUSTRATE, {"name": "style", "value": "secret"})).completion.values == []


async def test_models_that_are_ready_are_suggested(house: House) -> None:
    async with house.client() as client:
        found = (await client.complete(MODEL, {"name": "model", "value": "openai/gpt-image-2"})).completion.values
        assert "openai/gpt-image-2" in found
        assert (await client.complete(MODEL, {"name": "model", "value": "stability/"})).completion.values == []
        assert (await client.complete(PICTURE, {"name": "id", "value": ""})).completion.values == []


async def test_what_is_not_there_cannot_be_completed(house: House) -> None:
    nothing = (
        (PromptReference(type="ref/prompt", name="nothing"), "style"),
        (ILLUSTRATE, "nothing"),
        (ResourceTemplateReference(type="ref/resource", uri="test://{id}"), "id"),
    )
    async with house.client() as client:
        for ref, argument in nothing:
            with pytest.raises(MCPError):
                await client.complete(ref, {"name": argument, "value": "a"})
