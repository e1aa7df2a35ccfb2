"""Fal's own client works against the stand-in: it buys in the queue, follows, cancels, and reads what comes."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from limner.domain.request import Role, Size
from limner.testing.examples import input_picture
from limner.testing.fal_stand_in import SMALL, FalStandIn

KEY = "fal-sdk:secret"
SCHNELL = "fal-ai/flux/schnell"


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[FalStandIn]:
    async with FalStandIn(key=KEY) as server:
        yield server


@pytest.fixture(scope="module")
def sdk() -> Any:
    return importlib.import_module("fal_client.client")


@pytest_asyncio.fixture
async def client(stand_in: FalStandIn, sdk: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """The client, with the stand-in's address in the place of the queue's: of hosts it takes those with TLS only."""
    monkeypatch.setattr(sdk, "QUEUE_URL_FORMAT", f"{stand_in.base_url}/")
    made = sdk.AsyncClient(key=KEY)
    yield made
    await (await made._client).aclose()  # the client itself has no way to be closed (fal-client 1.0.3)


async def fetched(addresses: Iterable[str]) -> list[bytes]:
    files = []
    async with ClientSession() as session:
        for address in addresses:
            async with session.get(address) as answer:
                files.append(await answer.read())
    return files


async def test_the_client_buys_and_waits(client: Any, stand_in: FalStandIn) -> None:
    wish = {"prompt": "a red fox", "image_size": {"width": 512, "height": 256}, "num_images": 2, "seed": 7}
    found = await client.subscribe(SCHNELL, arguments=wish)
    painted = [stand_in.maker.png(Size(512, 256), number) for number in (1, 2)]
    assert await fetched(image["url"] for image in found["images"]) == painted
    assert stand_in.orders == [wish]
    assert stand_in.purchases == 1


async def test_the_client_edits(client: Any, stand_in: FalStandIn, sdk: Any) -> None:
    source = sdk.encode(input_picture(Role.SOURCE).data, "image/png")
    found = await client.subscribe("fal-ai/flux/dev/image-to-image", arguments={"prompt": "night", "image_url": source})
    assert await fetched(image["url"] for image in found["images"]) == [stand_in.maker.png(SMALL, 1)]


async def test_the_client_follows_a_call_by_its_addresses(client: Any, sdk: Any) -> None:
    handle = await client.submit(SCHNELL, arguments={"prompt": "a red fox"})
    queued, running, completed = [event async for event in handle.iter_events(with_logs=True, interval=0)]
    assert queued == sdk.Queued(position=0)
    assert len(running.logs) == 2
    assert (type(completed), completed.error) == (sdk.Completed, None)
    assert len((await client.result(SCHNELL, handle.request_id))["images"]) == 1


async def test_the_client_cancels(client: Any, sdk: Any) -> None:
    handle = await client.submit(SCHNELL, arguments={"prompt": "a red fox"})
    await handle.cancel()
    with pytest.raises(sdk.FalClientHTTPError, match="cancelled") as caught:
        await handle.get(interval=0)
    assert caught.value.status_code == 499
    with pytest.raises(sdk.FalClientHTTPError, match="ALREADY_COMPLETED"):
        await handle.cancel()


async def test_the_client_tells_what_is_refused(client: Any, stand_in: FalStandIn, sdk: Any) -> None:
    with pytest.raises(sdk.FalClientHTTPError, match="num_images") as caught:
        await client.subscribe(SCHNELL, arguments={"prompt": "a red fox", "num_images": 9})
    assert caught.value.status_code == 422
    stand_in.key = "another:secret"
    with pytest.raises(sdk.FalClientHTTPError, match="No user found") as caught:
        await client.submit(SCHNELL, arguments={"prompt": "a red fox"})
    assert caught.value.status_code == 401
