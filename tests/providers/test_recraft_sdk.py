"""OpenAI's client paints with Recraft's stand-in, as with Recraft, which has none of its own."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import openai
import pytest
import pytest_asyncio
from aiohttp import ClientSession

from limner.domain.request import Role, Size
from limner.testing.examples import SMALL, input_picture
from limner.testing.recraft_stand_in import RecraftStandIn

PLAIN, STYLED = "recraftv4_1", "recraftv3"


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[RecraftStandIn]:
    async with RecraftStandIn(key="recraft-sdk") as server:
        yield server


@pytest_asyncio.fixture
async def client(stand_in: RecraftStandIn) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key="recraft-sdk", base_url=stand_in.base_url, max_retries=0) as sdk:
        yield sdk


async def test_the_client_generates(client: openai.AsyncOpenAI, stand_in: RecraftStandIn) -> None:
    answer = await client.images.generate(
        model=PLAIN, prompt="a red fox", n=2, response_format="b64_json", size="1280x832"
    )
    painted = [stand_in.maker.picture("webp", Size(1280, 832), number) for number in (1, 2)]
    assert [base64.b64decode(item.b64_json) for item in answer.data] == painted
    assert answer.credits == 70
    more = {"image_format": "png", "random_seed": 7}
    answer = await client.images.generate(
        model=STYLED, prompt="a red fox", style="digital_illustration", extra_body=more
    )
    async with ClientSession() as session, session.get(answer.data[0].url) as file:
        assert await file.read() == stand_in.maker.png(Size(1024, 1024), 3)
    assert stand_in.purchases == 2


async def test_the_client_posts_a_picture_to_paths_of_recrafts_own(
    client: openai.AsyncOpenAI, stand_in: RecraftStandIn
) -> None:
    answer = await client.post(
        "/images/imageToImage",
        cast_to=openai.types.ImagesResponse,
        files=[("image", ("source.png", input_picture(Role.SOURCE).data, "image/png"))],
        body={"model": STYLED, "prompt": "night", "strength": 0.4, "response_format": "b64_json"},
        options={"headers": {"Content-Type": "multipart/form-data"}},
    )
    assert base64.b64decode(answer.data[0].b64_json) == stand_in.maker.picture("webp", SMALL, 1)


async def test_the_client_lists_models(client: openai.AsyncOpenAI) -> None:
    assert {PLAIN, STYLED} <= {model.id async for model in client.models.list()}


async def test_the_client_tells_what_is_refused(client: openai.AsyncOpenAI, stand_in: RecraftStandIn) -> None:
    with pytest.raises(openai.BadRequestError, match="unsupported size"):
        await client.images.generate(model=PLAIN, prompt="a red fox", size="64x64")
    with pytest.raises(openai.BadRequestError, match="unknown model"):
        await client.images.generate(model="dall-e-3", prompt="a red fox")
    stand_in.key = "another"
    with pytest.raises(openai.AuthenticationError) as caught:
        await client.images.generate(model=PLAIN, prompt="a red fox")
    assert caught.value.response.text == "request unauthorized"
    assert stand_in.purchases == 0
