"""Fal's own client works against the stand-in: it buys in the queue, waits, and reads what comes."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from limner.testing.fal_stand_in import FalStandIn

KEY = "fal-sdk:secret"
SCHNELL = "fal-ai/flux/schnell"


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[FalStandIn]:
    async with FalStandIn(key=KEY) as server:
        yield server


@pytest_asyncio.fixture
async def client(stand_in: FalStandIn, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """The client, with the stand-in's address in the place of the queue's: another one cannot be chosen."""
    module = importlib.import_module("fal_client.client")
    monkeypatch.setattr(module, "QUEUE_URL_FORMAT", f"{stand_in.base_url}/")
    made = module.AsyncClient(key=KEY)
    yield made
    await (await made._client).aclose()


async def test_the_client_buys_and_waits(client: Any, stand_in: FalStandIn) -> None:
    found = await client.subscribe(SCHNELL, arguments={"prompt": "a red fox", "image_size": "square"})
    (image,) = found["images"]
    assert image["url"].startswith(stand_in.root)
    assert stand_in.purchases == 1


async def test_the_client_asks_by_hand_and_cancels(client: Any, stand_in: FalStandIn) -> None:
    handle = await client.submit(SCHNELL, arguments={"prompt": "a red fox"})
    assert type(await handle.status()).__name__ in {"Queued", "InProgress", "Completed"}
    await handle.cancel()


async def test_the_client_tells_what_is_refused(client: Any, stand_in: FalStandIn) -> None:
    stand_in.key = "another:secret"
    errors = importlib.import_module("fal_client.client")
    with pytest.raises(errors.FalClientHTTPError, match="No user found"):
        await client.submit(SCHNELL, arguments={"prompt": "a red fox"})
