"""Leonardo's own client works against the stand-in: it buys, asks after the purchase and asks about the account."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from limner.testing.leonardo_stand_in import LeonardoStandIn

KEY = "leonardo-sdk"
PHOENIX = "de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3"


@pytest.fixture(scope="module")
def sdk() -> Any:
    return importlib.import_module("leonardo_ai_sdk")


def client_of(sdk: Any, stand_in: LeonardoStandIn, key: str = KEY) -> Any:
    return sdk.LeonardoAiSDK(bearer_auth=key, server_url=f"{stand_in.base_url}/v1")


async def test_the_client_buys_and_finds_its_pictures(sdk: Any) -> None:
    async with LeonardoStandIn(key=KEY) as stand_in:
        wish = {
            "modelId": PHOENIX,
            "prompt": "a red fox",
            "width": 512,
            "height": 512,
            "num_images": 1,
            "contrast": 3.5,
        }
        async with client_of(sdk, stand_in) as client:
            bought = await client.image.create_generation_async(request=wish)
            ticket = bought.object.sd_generation_job.generation_id
            found = None
            for _ in range(5):
                found = (await client.image.get_generation_by_id_async(id=ticket)).object.generations_by_pk
                if found.status == "COMPLETE":
                    break
            assert found is not None
            assert (found.status, len(found.generated_images)) == ("COMPLETE", 1)
            assert found.generated_images[0].url.startswith(stand_in.root)
        assert stand_in.purchases == 1


async def test_the_client_reads_the_account(sdk: Any) -> None:
    async with LeonardoStandIn(key=KEY) as stand_in, client_of(sdk, stand_in) as client:
        told = (await client.user.get_user_self_async()).object.user_details
        assert len(told) == 1


async def test_the_client_tells_of_a_wrong_key(sdk: Any) -> None:
    async with LeonardoStandIn(key=KEY) as stand_in, client_of(sdk, stand_in, "wrong") as client:
        errors = importlib.import_module("leonardo_ai_sdk.models.errors")
        with pytest.raises(errors.SDKError, match="unauthorized this request"):
            await client.user.get_user_self_async()
