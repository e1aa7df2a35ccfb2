"""A pytest plug-in: `pytest_plugins = ["limner.testing.plugin"]` in a conftest offers these fixtures."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from limner.testing.fakes import CountingIds, FakeClock, FakeProvider, MemoryBlobs
from limner.testing.openai_stand_in import OpenAIStandIn


@pytest_asyncio.fixture
async def limner_stand_in() -> AsyncIterator[OpenAIStandIn]:
    """A stand-in for OpenAI on a free port: give its `base_url` as `OPENAI_BASE_URL`."""
    async with OpenAIStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock that moves only when somebody sleeps."""
    return FakeClock()


@pytest.fixture
def counting_ids() -> CountingIds:
    """Ids that count up."""
    return CountingIds()


@pytest.fixture
def memory_blobs() -> MemoryBlobs:
    """An object store in memory."""
    return MemoryBlobs()


@pytest.fixture
def fake_provider() -> FakeProvider:
    """A service that paints small pictures and counts what is bought."""
    return FakeProvider()
