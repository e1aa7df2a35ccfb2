"""The official SDK works against the stand-in, which refuses what OpenAI refuses."""

import asyncio
import base64
import io
import sys
from collections.abc import AsyncIterator

import openai
import orjson
import pytest
import pytest_asyncio
from aiohttp import ClientSession
from PIL import Image

from limner.domain.request import Role, Size
from limner.testing.examples import input_picture
from limner.testing.faults import Drop, Fault, Faults
from limner.testing.openai_rules import OpenAIRules
from limner.testing.openai_stand_in import OpenAIStandIn
from limner.testing.pictures import PictureMaker, grey_mask

pytest_plugins = ["limner.testing.plugin"]


@pytest_asyncio.fixture
async def client(limner_stand_in: OpenAIStandIn) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key="sk-sdk", base_url=limner_stand_in.base_url, max_retries=0) as sdk:
        yield sdk


def decoded(text: str | None) -> Image.Image:
    image = Image.open(io.BytesIO(base64.b64decode(text or "")))
    image.load()
    return image


def upload(role: Role) -> tuple[str, bytes, str]:
    return f"{role}.png", input_picture(role).data, "image/png"


async def test_the_sdk_generates(client: openai.AsyncOpenAI, limner_stand_in: OpenAIStandIn) -> None:
    for format, mode in (("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")):
        answer = await client.images.generate(
            model="gpt-image-2", prompt="fox", quality="low", n=2, size="1536x1024", output_format=format
        )
        images = [decoded(item.b64_json) for item in answer.data]
        assert [(image.size, image.format) for image in images] == [((1536, 1024), mode)] * 2
        assert answer.data[0].b64_json != answer.data[1].b64_json
        assert answer.usage.output_tokens == 330
    assert limner_stand_in.purchases == 3


async def test_the_sdk_edits_with_a_mask(client: openai.AsyncOpenAI, limner_stand_in: OpenAIStandIn) -> None:
    answer = await client.images.edit(
        model="gpt-image-2", prompt="night", quality="low", image=upload(Role.SOURCE), mask=upload(Role.MASK)
    )
    assert decoded(answer.data[0].b64_json).size == (1024, 1024)
    assert answer.usage.input_tokens_details.image_tokens == 3
    several = [upload(Role.SOURCE), upload(Role.REFERENCE)]
    await client.images.edit(model="gpt-image-2", prompt="night", quality="low", image=several)
    assert len(limner_stand_in.log[-1].body["image[]"]) == 2  # type: ignore[arg-type]  # a list of files


async def test_the_sdk_streams(client: openai.AsyncOpenAI) -> None:
    events = await client.images.generate(
        model="gpt-image-2", prompt="fox", quality="low", stream=True, partial_images=2
    )
    seen = [event async for event in events]
    assert [event.type.rpartition(".")[2] for event in seen] == ["partial_image", "partial_image", "completed"]
    assert all(decoded(event.b64_json).size == (1024, 1024) for event in seen)
    edits = await client.images.edit(
        model="gpt-image-2", prompt="x", quality="low", image=upload(Role.SOURCE), stream=True
    )
    assert [event.type async for event in edits] == ["image_edit.completed"]


async def test_the_sdk_lists_models_and_moderates(client: openai.AsyncOpenAI) -> None:
    assert "gpt-image-2" in [model.id async for model in client.models.list()]
    assert (await client.models.retrieve("gpt-image-2")).id == "gpt-image-2"
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("dall-e-3")
    for text, flagged in (("a fox", False), ("gruesome", True)):
        answer = await client.moderations.create(model="omni-moderation-latest", input=text)
        assert answer.results[0].flagged is flagged


@pytest.mark.parametrize(
    "changes, param",
    [
        ({"quality": "hd"}, "quality"),
        ({"n": 11}, "n"),
        ({"size": "1000x1000"}, "size"),
        ({"size": "64x64"}, "size"),
        ({"model": "gpt-image-1.5", "size": "2048x2048"}, "size"),
        ({"output_format": "jpeg", "background": "transparent"}, "background"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x" * 32_001}, "prompt"),
        ({"extra_body": {"partial_images": 2}}, "partial_images"),
        ({"extra_body": {"seed": 7}}, None),
    ],
)
async def test_it_refuses_what_openai_refuses(
    client: openai.AsyncOpenAI, limner_stand_in: OpenAIStandIn, changes: dict[str, object], param: str | None
) -> None:
    arguments: dict[str, object] = {"model": "gpt-image-2", "prompt": "fox", "quality": "low", **changes}
    with pytest.raises(openai.BadRequestError) as caught:
        await client.images.generate(**arguments)
    assert caught.value.param == param
    assert limner_stand_in.purchases == 0


async def test_a_model_that_is_gone(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        await client.images.generate(model="dall-e-3", prompt="fox")
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize(
    "image, mask, param",
    [
        (("a.bin", b"x", "application/octet-stream"), None, "image"),
        (("a.png", b"no picture", "image/png"), None, "image"),
        (upload(Role.SOURCE), ("m.png", grey_mask(Size(64, 48)), "image/png"), "mask"),
        (upload(Role.SOURCE), ("m.png", input_picture(Role.MASK, size=Size(8, 8)).data, "image/png"), "mask"),
    ],
)
async def test_it_refuses_files_that_openai_refuses(
    client: openai.AsyncOpenAI, image: object, mask: object, param: str
) -> None:
    masked = {"mask": mask} if mask else {}
    with pytest.raises(openai.BadRequestError) as caught:
        await client.images.edit(model="gpt-image-2", prompt="x", quality="low", image=image, **masked)
    assert caught.value.param == param


async def test_it_fails_as_told(client: openai.AsyncOpenAI, limner_stand_in: OpenAIStandIn) -> None:
    limner_stand_in.faults.add(Fault(status=429, body={"error": {"message": "slow"}}), Fault(drop=Drop.AFTER_READING))
    with pytest.raises(openai.RateLimitError):
        await client.images.generate(model="gpt-image-2", prompt="fox", quality="low")
    assert limner_stand_in.purchases == 0
    with pytest.raises(openai.APIConnectionError):
        await client.images.generate(model="gpt-image-2", prompt="fox", quality="low")
    assert limner_stand_in.purchases == 1


async def test_pictures_can_be_made_larger() -> None:
    png = PictureMaker().png(Size(64, 64), length=50_000)
    assert len(png) == 50_000
    assert decoded(base64.b64encode(png).decode()).size == (64, 64)
    assert len(PictureMaker().png(Size(64, 64), length=10)) < 2_000


def test_rules_hold_without_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.testing.openai_rules.find_spec", lambda _: None)
    rules = OpenAIRules()
    rules.check("CreateImageRequest", {"nonsense": 1})
    assert "gpt-image-2" in rules.models


def test_faults_from_json_are_checked() -> None:
    faults = Faults()
    faults.add_plain([{"status": 500, "delay": 0.5}, {"drop": "in_answer"}])
    assert (faults.next(), faults.next(), faults.next()) == (
        Fault(status=500, delay=0.5),
        Fault(drop=Drop.IN_ANSWER),
        Fault(),
    )
    with pytest.raises(ValueError, match="status"):
        faults.add_plain([{"stauts": 500}])


async def test_it_runs_as_a_program_and_tells_what_was_bought() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "limner.testing.openai_stand_in",
        "--picture-bytes",
        "20000",
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        base_url = (await process.stdout.readline()).decode().strip()
        root = base_url.removesuffix("/v1")
        async with ClientSession() as session:
            for faults, status in (([{"status": 500, "body": {}}], 200), ([{"what": 1}], 400)):
                async with session.post(f"{root}/_stand_in/faults", json=faults) as answer:
                    assert answer.status == status
            body = {"model": "gpt-image-2", "prompt": "fox", "quality": "low"}
            lengths = []
            for _ in range(2):
                async with session.post(f"{base_url}/images/generations", json=body) as answer:
                    lengths.append(len(await answer.read()))
            assert lengths[1] > 26_000 > lengths[0]
            async with session.get(f"{root}/_stand_in/log") as answer:
                log = orjson.loads(await answer.read())
            assert log == {"purchases": 1, "requests": [{"path": "/v1/images/generations", "body": body}] * 2}
    finally:
        process.terminate()
        await process.wait()
