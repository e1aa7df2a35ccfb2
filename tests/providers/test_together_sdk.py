"""Together's own client paints with the stand-in, as with Together (together 2.36.0)."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import together
from aiohttp import ClientSession

from limner.domain.request import Role, Size
from limner.testing.examples import input_picture
from limner.testing.together_stand_in import TogetherStandIn

MODEL = "black-forest-labs/FLUX.1-schnell"
SMALL = Size(128, 96)
"""The stand-in paints an eighth of what is asked for."""


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[TogetherStandIn]:
    async with TogetherStandIn(key="together-sdk") as server:
        yield server


@pytest_asyncio.fixture
async def client(stand_in: TogetherStandIn) -> AsyncIterator[together.AsyncTogether]:
    async with together.AsyncTogether(api_key="together-sdk", base_url=stand_in.base_url, max_retries=0) as sdk:
        yield sdk


async def test_the_client_generates(client: together.AsyncTogether, stand_in: TogetherStandIn) -> None:
    wish = {"model": MODEL, "prompt": "a red fox", "width": 1024, "height": 768, "steps": 4}
    answer = await client.images.generate(**wish, n=2, response_format="base64", output_format="png")
    painted = [stand_in.maker.png(SMALL, number) for number in (1, 2)]
    assert [base64.b64decode(item.b64_json) for item in answer.data] == painted
    answer = await client.images.generate(**wish)
    async with ClientSession() as session, session.get(answer.data[0].url) as file:
        assert await file.read() == stand_in.maker.picture("jpeg", SMALL, 3)
    assert stand_in.purchases == 2


async def test_a_picture_goes_in_as_a_data_address(client: together.AsyncTogether, stand_in: TogetherStandIn) -> None:
    text = base64.b64encode(input_picture(Role.SOURCE).data).decode()
    edited = {"model": "black-forest-labs/FLUX.1-kontext-pro", "prompt": "night"}
    answer = await client.images.generate(**edited, image_url=f"data:image/png;base64,{text}")
    assert answer.model == edited["model"]
    with pytest.raises(together.BadRequestError, match="cannot be read"):
        await client.images.generate(**edited, image_url="data:image/png;base64,bm90aGluZw==")
    assert stand_in.purchases == 1


async def test_the_client_lists_models(client: together.AsyncTogether) -> None:
    assert MODEL in [model.id for model in await client.models.list() if model.type == "image"]


async def test_the_client_tells_what_is_refused(client: together.AsyncTogether, stand_in: TogetherStandIn) -> None:
    async def refused(error: type[together.APIStatusError], **changes: object) -> str:
        with pytest.raises(error) as caught:
            await client.images.generate(**{"model": MODEL, "prompt": "a red fox", **changes})
        return str(caught.value)

    assert "width must be a multiple of 8" in await refused(together.BadRequestError, width=1001)
    assert "Unable to access model" in await refused(together.NotFoundError, model="black-forest-labs/FLUX.9")
    stand_in.key = "another"
    assert "Incorrect API key" in await refused(together.AuthenticationError)
    assert stand_in.purchases == 0
