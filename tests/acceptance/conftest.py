"""Installations for the tests that use one from outside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from limner.testing.openai_stand_in import OpenAIStandIn
from tests.acceptance.installation import KEY, Installation, opened, seeded

HERE = Path(__file__).parent
PROCESSES = 240
"""Seconds for a test here: it starts several processes, each of which loads all of Limner while others load it too."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gives the tests of this folder the time that processes take."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(PROCESSES))


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
