"""Leonardo's own client works against the stand-in: it buys, edits, asks after the purchase and about the account."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest
from aiohttp import ClientSession, FormData

from limner.domain.request import Role, Size
from limner.testing.examples import SMALL, input_picture
from limner.testing.leonardo_stand_in import WAITS, LeonardoStandIn

KEY = "leonardo-sdk"
PHOENIX = "de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3"
WISH = {"modelId": PHOENIX, "prompt": "a red fox", "width": 512, "height": 512, "num_images": 1, "contrast": 3.5}


@pytest.fixture(scope="module")
def sdk() -> Any:
    return importlib.import_module("leonardo_ai_sdk")


def client_of(sdk: Any, stand_in: LeonardoStandIn, key: str = KEY) -> Any:
    return sdk.LeonardoAiSDK(bearer_auth=key, server_url=f"{stand_in.base_url}/v1")


async def test_the_client_buys_and_finds_its_pictures(sdk: Any) -> None:
    async with LeonardoStandIn(key=KEY) as stand_in, client_of(sdk, stand_in) as client:
        bought = await client.image.create_generation_async(request=WISH)
        ticket = bought.object.sd_generation_job.generation_id
        states = [
            (await client.image.get_generation_by_id_async(id=ticket)).object.generations_by_pk
            for _ in range(WAITS + 1)
        ]
        assert [state.status for state in states] == ["PENDING"] * WAITS + ["COMPLETE"]
        (image,) = states[-1].generated_images
        async with ClientSession() as session, session.get(image.url) as answer:
            assert await answer.read() == stand_in.maker.picture("jpeg", Size(512, 512), 1)
        assert stand_in.purchases == 1


async def test_the_client_edits_a_picture_that_was_put_there(sdk: Any) -> None:
    async with LeonardoStandIn(key=KEY) as stand_in, client_of(sdk, stand_in) as client:
        slot = (await client.init_images.upload_init_image_async(request={"extension": "png"})).object.upload_init_image
        form = FormData(json.loads(slot.fields))
        form.add_field("file", input_picture(Role.SOURCE).data, filename="source.png", content_type="image/png")
        async with ClientSession() as session, session.post(slot.url, data=form) as answer:
            assert answer.status == 204
        assert stand_in.uploads == {slot.id: SMALL}
        wish = {**WISH, "init_image_id": slot.id, "init_strength": 0.4}
        bought = await client.image.create_generation_async(request=wish)
        assert bought.object.sd_generation_job.generation_id
        assert (stand_in.purchases, stand_in.orders[-1]["init_image_id"]) == (1, slot.id)


async def test_the_client_lists_models_and_reads_the_account(sdk: Any) -> None:
    async with LeonardoStandIn(key=KEY) as stand_in, client_of(sdk, stand_in) as client:
        listed = (await client.models.list_platform_models_async()).object.custom_models
        assert PHOENIX in [model.id for model in listed]
        (account,) = (await client.user.get_user_self_async()).object.user_details
        assert (account.user.username, account.api_paid_tokens) == ("ink", 100)


async def test_the_client_tells_what_is_refused(sdk: Any) -> None:
    errors = importlib.import_module("leonardo_ai_sdk.models.errors")
    async with LeonardoStandIn(key=KEY) as stand_in:
        async with client_of(sdk, stand_in) as client:
            with pytest.raises(errors.SDKError, match="contrast is required"):
                await client.image.create_generation_async(request={"modelId": PHOENIX, "prompt": "a red fox"})
        async with client_of(sdk, stand_in, "wrong") as client:
            with pytest.raises(errors.SDKError, match="unauthorized this request"):
                await client.user.get_user_self_async()
        assert stand_in.purchases == 0
