"""OpenAI's client paints with xAI's stand-in, as with xAI; xAI's own speaks gRPC alone (xai-sdk 1.21.0)."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import openai
import pytest
import pytest_asyncio
from aiohttp import ClientSession

from limner.domain.request import Role, Size
from limner.testing.examples import input_picture
from limner.testing.xai_stand_in import TICKS, XAIStandIn

MODEL = "grok-imagine-image-2.0"
SOURCE = input_picture(Role.SOURCE).data


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[XAIStandIn]:
    async with XAIStandIn(key="xai-sdk") as server:
        yield server


@pytest_asyncio.fixture
async def client(stand_in: XAIStandIn) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key="xai-sdk", base_url=stand_in.base_url, max_retries=0) as sdk:
        yield sdk


async def test_the_client_generates(client: openai.AsyncOpenAI, stand_in: XAIStandIn) -> None:
    answer = await client.images.generate(model=MODEL, prompt="a red fox", n=2, response_format="b64_json")
    painted = [stand_in.maker.picture("jpeg", Size(256, 256), number) for number in (1, 2)]
    assert [base64.b64decode(item.b64_json) for item in answer.data] == painted
    assert answer.usage.cost_in_usd_ticks == TICKS * 8 // 100
    wider = {"aspect_ratio": "16:9", "resolution": "2k"}
    answer = await client.images.generate(model=MODEL, prompt="a red fox", quality="medium", extra_body=wider)
    async with ClientSession() as session, session.get(answer.data[0].url) as file:
        assert await file.read() == stand_in.maker.picture("jpeg", Size(512, 512), 3)
    assert stand_in.purchases == 2


async def test_edits_go_as_json_and_never_as_a_form(client: openai.AsyncOpenAI, stand_in: XAIStandIn) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        await client.images.edit(model=MODEL, prompt="night", image=("source.png", SOURCE, "image/png"))
    assert caught.value.status_code == 415
    image = {"type": "image_url", "url": f"data:image/png;base64,{base64.b64encode(SOURCE).decode()}"}
    body = {"model": MODEL, "prompt": "night", "image": image, "response_format": "b64_json"}
    answer = await client.post("/images/edits", cast_to=openai.types.ImagesResponse, body=body)
    assert base64.b64decode(answer.data[0].b64_json) == stand_in.maker.picture("jpeg", Size(256, 256), 1)
    assert stand_in.purchases == 1


async def test_the_client_lists_models(client: openai.AsyncOpenAI) -> None:
    assert MODEL in [model.id async for model in client.models.list()]


async def test_the_client_tells_what_is_refused(client: openai.AsyncOpenAI, stand_in: XAIStandIn) -> None:
    async def refused(error: type[openai.APIStatusError], **changes: object) -> str:
        with pytest.raises(error) as caught:
            await client.images.generate(**{"model": MODEL, "prompt": "a red fox", **changes})
        return str(caught.value.response.text)  # the exception itself has no words: xAI's `error` is a text

    assert "size" in await refused(openai.BadRequestError, size="1024x1024")
    assert "does not exist" in await refused(openai.NotFoundError, model="grok-2-image")
    stand_in.key = "another"
    assert "Incorrect API key" in await refused(openai.BadRequestError)  # 400 where others say 401
    assert stand_in.purchases == 0
