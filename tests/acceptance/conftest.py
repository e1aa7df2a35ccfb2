"""Installations for the tests that use one from outside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from limner.testing.openai_stand_in import OpenAIStandIn
from tests.acceptance.installation import KEY, Installation, opened, seeded


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with pictures in it, which every test copies."""
    return asyncio.run(seeded(tmp_path_factory.mktemp("seed")))


@pytest_asyncio.fixture
async def shop() -> AsyncIterator[OpenAIStandIn]:
    async with OpenAIStandIn(key=KEY) as server:
        yield server


@pytest_asyncio.fixture
async def here(seed: Path, tmp_path: Path, shop: OpenAIStandIn) -> Installation:
    return await opened(seed, tmp_path, shop)
