"""Replicate's own client works against the stand-in, which refuses what Replicate refuses."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from limner.domain.request import Size
from limner.testing.faults import Fault
from limner.testing.pictures import PictureMaker
from limner.testing.replicate_stand_in import ReplicateStandIn

# It needs pydantic's old face, which is not there from Python 3.14 on.
sdk = pytest.importorskip("replicate", exc_type=ImportError)


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[ReplicateStandIn]:
    async with ReplicateStandIn(key="r8_sdk") as server:
        yield server


@pytest_asyncio.fixture
async def client(stand_in: ReplicateStandIn) -> AsyncIterator[Any]:
    made = sdk.Client(api_token="r8_sdk", base_url=stand_in.root)
    made.poll_interval = 0.001
    yield made
    await made._async_client.aclose()  # the client itself has no way to be closed (replicate 1.0.7)


async def test_the_client_runs_official_and_community_models(client: Any, stand_in: ReplicateStandIn) -> None:
    given = {"prompt": "a red fox in snow", "num_outputs": 2, "output_format": "png"}
    for wait in (False, True):
        output = await client.async_run("black-forest-labs/flux-schnell", given, wait=wait)
        assert len(output) == 2
    large = await client.async_run(
        f"nightmareai/real-esrgan:{'f' * 64}", {"image": "https://example.com/in.png", "scale": 4}, wait=False
    )
    assert str(large[0]).startswith(stand_in.root)
    assert stand_in.purchases == 3


async def test_the_client_follows_and_cancels_a_prediction(client: Any, stand_in: ReplicateStandIn) -> None:
    made = await client.predictions.async_create("black-forest-labs/flux-schnell", {"prompt": "a fox"}, wait=False)
    assert (made.status, made.output) == ("starting", None)
    await made.async_reload()
    assert (made.status, made.progress.percentage) == ("processing", 0.5)
    await made.async_cancel()
    await made.async_reload()
    assert made.status == "canceled"


async def test_the_client_uploads_files(client: Any, stand_in: ReplicateStandIn) -> None:
    png = PictureMaker().png(Size(8, 8))
    file = await client.files.async_create(io.BytesIO(png))
    assert stand_in.files[file.id] == png
    output = await client.async_run("recraft-ai/recraft-crisp-upscale", {"image": file.urls["get"]}, wait=False)
    assert str(output).startswith(stand_in.root)


async def test_the_client_tells_what_the_stand_in_refuses(client: Any, stand_in: ReplicateStandIn) -> None:
    for model, given, words in (
        ("black-forest-labs/flux-schnell", {"prompt": "a", "num_outputs": 5}, "num_outputs"),
        ("black-forest-labs/flux-schnell", {"prompt": "a", "negative_prompt": "b"}, "negative_prompt"),
        ("recraft-ai/recraft-crisp-upscale", {"image": "data:image/png;base64," + "A" * 256_000}, "image"),
        ("recraft-ai/recraft-crisp-upscale", {"image": f"{stand_in.base_url}/files/none"}, "no such file"),
        ("stability-ai/sdxl", {"prompt": "a"}, "does not exist"),
    ):
        with pytest.raises(sdk.exceptions.ReplicateError, match=words):
            await client.async_run(model, given, wait=False)
    stand_in.faults.add(Fault(pictures=0))
    with pytest.raises(sdk.exceptions.ModelError, match="NSFW"):
        await client.async_run("black-forest-labs/flux-schnell", {"prompt": "a"}, wait=False)
    stand_in.key = "another"
    with pytest.raises(sdk.exceptions.ReplicateError, match="valid authentication token"):
        await client.accounts.async_current()
