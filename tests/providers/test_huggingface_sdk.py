"""Hugging Face's own client works against the stand-in: it asks which providers there are, and paints with each."""

from __future__ import annotations

import asyncio
import importlib
import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from limner.domain.request import Role, Size
from limner.testing.examples import input_picture
from limner.testing.faults import Fault
from limner.testing.huggingface_stand_in import HuggingFaceStandIn

FLUX, KONTEXT = "black-forest-labs/FLUX.1-dev", "black-forest-labs/FLUX.1-Kontext-dev"
KEY = "hf_sdk"
SOURCE = input_picture(Role.SOURCE).data


@pytest.fixture(scope="module")
def hub() -> Any:
    return importlib.import_module("huggingface_hub")


@pytest.fixture
def door(hub: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Every request of the client goes to the port in it, whichever host it is for: the router's cannot be chosen."""
    port: dict[str, int] = {}
    # A token of whoever runs this is nothing for the stand-in.
    monkeypatch.delenv("HF_TOKEN", raising=False)

    def reroute(request: Any) -> None:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=port["port"])

    httpx2, providers = (
        importlib.import_module("httpx2"),
        importlib.import_module("huggingface_hub.inference._providers"),
    )
    # What the client has learnt of a model it keeps for good.
    providers._common._fetch_inference_provider_mapping.cache_clear()
    providers.hf_inference._check_supported_task.cache_clear()
    hub.set_client_factory(lambda: httpx2.Client(event_hooks={"request": [reroute]}, trust_env=False))
    yield port
    hub.close_session()


async def painted(
    door: dict[str, int], stand_in: HuggingFaceStandIn, hub: Any, task: str, *given: Any, **more: Any
) -> Any:
    """What the client brings; it blocks, and so does a part of its asynchronous one (huggingface_hub 2.4.0)."""
    door["port"] = stand_in.port
    client = hub.InferenceClient(provider=more.pop("provider", None), api_key=more.pop("api_key", KEY))
    return await asyncio.to_thread(getattr(client, task), *given, **more)


def is_first(image: Image.Image, stand_in: HuggingFaceStandIn) -> bool:
    """Whether it is the first picture that the stand-in painted, pixel by pixel."""
    with Image.open(io.BytesIO(stand_in.maker.picture("jpeg", Size(64, 48), 1))) as first:
        return image.tobytes() == first.tobytes()


@pytest.mark.parametrize("provider", ["hf-inference", "together", "nscale", "fal-ai"])
async def test_the_client_paints_with_each_provider(hub: Any, door: dict[str, int], provider: str) -> None:
    known = {"width": 512, "height": 256, "seed": 7, "negative_prompt": "dogs"}
    if provider != "nscale":
        known |= {"num_inference_steps": 20, "guidance_scale": 3.5}
    async with HuggingFaceStandIn(key=KEY, providers=(provider,)) as stand_in:
        image = await painted(door, stand_in, hub, "text_to_image", "a fox", model=FLUX, provider=provider, **known)
        assert is_first(image, stand_in)
        assert stand_in.purchases == 1


async def test_the_client_takes_the_first_provider_of_the_account(hub: Any, door: dict[str, int]) -> None:
    async with HuggingFaceStandIn(key=KEY, providers=("together", "hf-inference")) as stand_in:
        await painted(door, stand_in, hub, "text_to_image", "a fox", model=FLUX)
        assert [entry.path for entry in stand_in.log] == ["/together/v1/images/generations"]


@pytest.mark.parametrize("provider", ["hf-inference", "together"])
async def test_the_client_edits(hub: Any, door: dict[str, int], provider: str) -> None:
    async with HuggingFaceStandIn(key=KEY, providers=(provider,)) as stand_in:
        image = await painted(
            door, stand_in, hub, "image_to_image", SOURCE, prompt="night", model=KONTEXT, provider=provider
        )
        assert is_first(image, stand_in)
        assert stand_in.purchases == 1


async def test_the_client_lists_models_and_says_whose_token_it_is(hub: Any, door: dict[str, int]) -> None:
    async with HuggingFaceStandIn(key=KEY) as stand_in:
        door["port"] = stand_in.port
        api = hub.HfApi(token=KEY)
        found = await asyncio.to_thread(
            lambda: list(api.list_models(inference_provider="all", pipeline_tag="text-to-image"))
        )
        assert [model.id for model in found] == [
            FLUX,
            "black-forest-labs/FLUX.1-schnell",
            "stabilityai/stable-diffusion-xl-base-1.0",
        ]
        assert (await asyncio.to_thread(api.whoami))["name"] == "fox"


async def test_the_client_tells_what_is_refused(hub: Any, door: dict[str, int]) -> None:
    async with HuggingFaceStandIn(key=KEY, providers=("together",)) as stand_in:
        stand_in.faults.add(Fault(status=422, body={"error": "NSFW content detected"}))
        with pytest.raises(hub.errors.HfHubHTTPError, match="NSFW content detected"):
            await painted(door, stand_in, hub, "text_to_image", "a fox", model=FLUX)
        with pytest.raises(hub.errors.HfHubHTTPError, match="does not take clip_skip"):
            await painted(door, stand_in, hub, "text_to_image", "a fox", model=FLUX, extra_body={"clip_skip": 2})
        assert stand_in.purchases == 0
        with pytest.raises(ValueError, match="not supported for task text-to-image"):
            await painted(door, stand_in, hub, "text_to_image", "a fox", model=KONTEXT)
        with pytest.raises(hub.errors.HfHubHTTPError, match="404"):
            await painted(door, stand_in, hub, "text_to_image", "a fox", model="nobody/nothing")
        stand_in.key = "hf_another"
        with pytest.raises(hub.errors.HfHubHTTPError, match="401"):
            await painted(door, stand_in, hub, "text_to_image", "a fox", model=FLUX)
