"""Google's own client works against the stand-in, and reads its pictures, its lists and its refusals."""

from __future__ import annotations

import importlib
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image

from limner.domain.request import Role, Size
from limner.testing.examples import input_picture
from limner.testing.faults import Fault
from limner.testing.gemini_stand_in import GeminiStandIn

# The client makes a class of aiohttp's session, which aiohttp discourages (google-genai 3.6.1).
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

NANO, PRO = "gemini-nano-banana-2.1", "gemini-3-pro-image"
PICTURE_ONLY = {"response_modalities": ["IMAGE"]}


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[GeminiStandIn]:
    async with GeminiStandIn(key="AIza-sdk", page=2) as server:
        yield server


@pytest.fixture(scope="module")
def genai() -> Any:
    return importlib.import_module("google.genai")


@pytest_asyncio.fixture
async def client(stand_in: GeminiStandIn, genai: Any) -> AsyncIterator[Any]:
    made = genai.Client(api_key="AIza-sdk", http_options={"base_url": stand_in.base_url, "api_version": "v1beta"})
    yield made.aio
    await made.aio.aclose()
    made.close()


def pictures(answer: Any) -> list[bytes]:
    """The files of an answer; drafts are not among them."""
    return [part.inline_data.data for part in answer.parts if part.inline_data and not part.thought]


def size_of(data: bytes) -> Size:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return Size(*image.size)


async def test_the_client_generates(client: Any, stand_in: GeminiStandIn) -> None:
    config = {
        **PICTURE_ONLY,
        "image_config": {"aspect_ratio": "16:9", "image_size": "2K"},
        "thinking_config": {"thinking_level": "HIGH"},
        "seed": 7,
    }
    answer = await client.models.generate_content(model=NANO, contents="a red fox in snow", config=config)
    draft, _ = answer.parts
    assert draft.thought
    assert pictures(answer) == [stand_in.maker.png(Size(512, 288), 2)]
    assert (answer.candidates[0].finish_reason, answer.model_version) == ("STOP", NANO)
    assert (answer.usage_metadata.candidates_token_count, answer.usage_metadata.thoughts_token_count) == (1680, 420)
    assert stand_in.purchases == 1


async def test_pictures_are_what_these_models_make_unless_told(client: Any, stand_in: GeminiStandIn) -> None:
    plain = await client.models.generate_content(model=PRO, contents="a red fox in snow")
    assert [size_of(data) for data in pictures(plain)] == [Size(256, 256)]
    both = {"response_modalities": ["TEXT", "IMAGE"]}
    assert pictures(await client.models.generate_content(model=PRO, contents="a red fox in snow", config=both))


async def test_the_client_edits_with_bytes_and_with_pictures_of_pillow(client: Any, stand_in: GeminiStandIn) -> None:
    types = importlib.import_module("google.genai.types")
    sent = input_picture(Role.SOURCE).data
    with Image.open(io.BytesIO(sent)) as opened:
        for source in (types.Part.from_bytes(data=sent, mime_type="image/png"), opened):
            answer = await client.models.generate_content(model=PRO, contents=["at night", source], config=PICTURE_ONLY)
            assert answer.usage_metadata.prompt_tokens_details[1].token_count == 560
            assert len(pictures(answer)) == 1
    assert stand_in.purchases == 2


async def test_a_talk_takes_the_pictures_back(client: Any, stand_in: GeminiStandIn) -> None:
    talk = client.chats.create(model=PRO, config=PICTURE_ONLY)
    first = await talk.send_message("a red fox in snow")
    second = await talk.send_message("at night")
    assert pictures(first) != pictures(second)
    body: Any = stand_in.log[-1].body
    returned = [part for content in body["contents"] for part in content["parts"]]
    assert [part for part in returned if part.get("thoughtSignature")]


async def test_the_client_lists_models_page_by_page(client: Any, stand_in: GeminiStandIn) -> None:
    models = [model async for model in await client.models.list()]
    assert f"models/{NANO}" in [model.name for model in models]
    assert len(models) > 2
    one = await client.models.get(model=NANO)
    assert (one.name, one.supported_actions) == (f"models/{NANO}", ["generateContent"])


async def test_the_client_tells_what_is_refused(client: Any, stand_in: GeminiStandIn, genai: Any) -> None:
    async def refused(**changes: object) -> Any:
        with pytest.raises(genai.errors.ClientError) as caught:
            await client.models.generate_content(
                **{"model": PRO, "contents": "a fox", "config": PICTURE_ONLY, **changes}
            )
        return caught.value

    assert (await refused(model="imagen-4.0-generate-001")).code == 404
    assert "imageSize" in (await refused(config={**PICTURE_ONLY, "image_config": {"image_size": "8K"}})).message
    assert "Multiple candidates" in (await refused(config={**PICTURE_ONLY, "candidate_count": 2})).message
    assert "IMAGE" in (await refused(config={"response_modalities": ["TEXT"]})).message
    assert stand_in.purchases == 0
    stand_in.key = "another"
    wrong_key = await refused()
    assert (wrong_key.code, wrong_key.status) == (400, "INVALID_ARGUMENT")
    assert wrong_key.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"


async def test_a_blocked_prompt_is_an_answer_without_pictures(client: Any, stand_in: GeminiStandIn) -> None:
    stand_in.faults.add(Fault(status=200, body={"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}))
    answer = await client.models.generate_content(model=NANO, contents="a fox", config=PICTURE_ONLY)
    assert (answer.prompt_feedback.block_reason, answer.candidates) == ("PROHIBITED_CONTENT", None)
    stand_in.faults.add(Fault(pictures=0))
    answer = await client.models.generate_content(model=NANO, contents="a fox", config=PICTURE_ONLY)
    assert (answer.candidates[0].finish_reason, pictures(answer)) == ("NO_IMAGE", [])
