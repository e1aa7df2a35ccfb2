"""Runware's own client works against the stand-in: each call is a task, answered at once or asked after."""

from __future__ import annotations

import base64
import importlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from limner.domain.request import Role, Size
from limner.testing.examples import input_picture
from limner.testing.faults import Fault
from limner.testing.runware_stand_in import COST, RunwareStandIn

KEY = "runware-sdk"
# With the kind of task and the model's own id the client asks its maker's catalogue nothing.
WISH = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a red fox", "width": 512}
WISH |= {"height": 256, "outputFormat": "PNG", "deliveryMethod": "sync"}
SOURCE = base64.b64encode(input_picture(Role.SOURCE, size=Size(128, 128)).data).decode()


@pytest.fixture(scope="module")
def sdk() -> Any:
    return importlib.import_module("runware")


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[RunwareStandIn]:
    async with RunwareStandIn(key=KEY) as server:
        yield server


@pytest_asyncio.fixture
async def client(stand_in: RunwareStandIn, sdk: Any) -> AsyncIterator[Any]:
    options = {"transport": "rest", "http_base_url": stand_in.base_url, "max_retries": 0, "poll_timeout": 5_000}
    made = sdk.Runware(api_key=KEY, **options)
    async with made:
        yield made


async def fetched(address: str) -> bytes:
    async with ClientSession() as session, session.get(address) as answer:
        return await answer.read()


async def test_the_client_paints_at_once(client: Any, stand_in: RunwareStandIn) -> None:
    found = await client.run({**WISH, "numberResults": 2, "seed": 3, "includeCost": True})
    painted = [stand_in.maker.png(Size(512, 256), number) for number in (1, 2)]
    assert [await fetched(item["imageURL"]) for item in found] == painted
    assert [(item["seed"], item["cost"]) for item in found] == [(3, COST), (4, COST)]
    assert stand_in.purchases == 1


@pytest.mark.parametrize("way, field", [("base64Data", "imageBase64Data"), ("dataURI", "imageDataURI")])
async def test_pictures_come_inside_the_answer_too(client: Any, stand_in: RunwareStandIn, way: str, field: str) -> None:
    (item,) = await client.run({**WISH, "outputType": way})
    assert "imageURL" not in item
    assert base64.b64decode(item[field].rpartition(",")[2]) == stand_in.maker.png(Size(512, 256), 1)


async def test_the_client_asks_until_all_pictures_are_there(
    client: Any, stand_in: RunwareStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(seconds: float, cancelled: object) -> None:
        """In the place of a second between questions."""

    monkeypatch.setattr(importlib.import_module("runware.client"), "_interruptible_sleep", at_once)
    found = await client.run({**WISH, "deliveryMethod": "async", "numberResults": 2})
    assert [item["status"] for item in found] == ["success", "success"]
    assert len({item["imageUUID"] for item in found}) == 2
    again = await client.get_response({"taskUUID": found[0]["taskUUID"]})
    assert again == found
    assert (stand_in.purchases, stand_in.painted) == (1, 2)


async def test_the_client_edits_enlarges_and_cuts_out(client: Any, stand_in: RunwareStandIn) -> None:
    for written in (f"data:image/png;base64,{SOURCE}", SOURCE):
        (edited,) = await client.run({**WISH, "inputs": {"seedImage": written}, "strength": 0.5})
        assert edited["imageURL"]
    tool = {"inputs": {"image": SOURCE}, "outputFormat": "PNG", "deliveryMethod": "sync"}
    (large,) = await client.run({"taskType": "upscale", "model": "runware:504@1", "upscaleFactor": 2, **tool})
    assert await fetched(large["imageURL"]) == stand_in.maker.png(Size(256, 256), 3)
    (cut,) = await client.run({"taskType": "removeBackground", "model": "runware:109@1", **tool})
    assert await fetched(cut["imageURL"]) == stand_in.maker.png(Size(128, 128), 4)


async def test_the_client_reads_the_account_and_searches_models(client: Any) -> None:
    (account,) = await client.account_management({"operation": "getDetails"})
    assert account["balance"]["amount"] == 12.3
    (found,) = await client.model_search({"search": "flux", "limit": 3})
    assert found["results"][0]["air"] == "runware:101@1"


async def test_the_client_tells_what_is_refused(client: Any, stand_in: RunwareStandIn, sdk: Any) -> None:
    async def refused(**changes: object) -> Any:
        with pytest.raises(sdk.RunwareError) as caught:
            await client.run({**WISH, **changes})
        return caught.value

    assert (await refused(width=100)).parameter == "width"
    assert (await refused(nonsense=1)).parameter == "nonsense"
    assert (await refused(inputs={"seedImage": "no picture"})).parameter == "inputs.seedImage"
    blocked = {
        "code": "contentPolicyViolation",
        "message": "The prompt may not be painted.",
        "parameter": "positivePrompt",
    }
    stand_in.faults.add(Fault(status=400, body={"errors": [blocked]}))
    assert "may not be painted" in str(await refused())
    stand_in.key = "another"
    wrong_key = await refused()
    assert (wrong_key.code, wrong_key.status_code) == ("auth", 401)
    assert stand_in.purchases == 0
