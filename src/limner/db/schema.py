"""Bringing a database's tables to the version that this program knows."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, inspect

from limner.db import (
    alert_tables,
    batch_tables,
    chat_tables,
    comparison_tables,
    library_tables,
    outcome_tables,
    people_tables,
    profile_tables,
    queue_tables,
    review_tables,
    search,
    statistics_tables,
    steering_tables,
    sums_tables,
    template_tables,
    text_tables,
    vault_tables,
    walls,
    webhook_tables,
)
from limner.db.failures import driver_errors
from limner.db.statistics_tables import VIEWS, create_views
from limner.domain.errors import StorageError

SUBJECTS = (
    alert_tables,
    batch_tables,
    chat_tables,
    comparison_tables,
    library_tables,
    outcome_tables,
    people_tables,
    profile_tables,
    queue_tables,
    review_tables,
    statistics_tables,
    steering_tables,
    sums_tables,
    template_tables,
    text_tables,
    vault_tables,
    webhook_tables,
)
"""Loaded here so that METADATA has all tables; each loads those of `tables` itself."""
METADATA = SUBJECTS[0].metadata
"""All tables."""
VERSION = "0030"
"""The newest migration; a test compares it with the files."""
VERSION_TABLE = "limner_schema_version"
"""Not Alembic's usual name: a PostgreSQL database may be shared with a program that uses that one."""
MIGRATIONS = Path(__file__).parent / "migrations"

_versions = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)
_LOCK = 0x6C696D6E6572  # "limner", for pg_advisory_xact_lock
_PATIENCE = "60s"
_NO_SUCH_TABLE = frozenset({"42P01", "no such table"})
"""What PostgreSQL and SQLite say."""


def is_current(connection: Connection, place: str) -> bool:
    """Whether nothing has to be done. Raises StorageError for a database of a newer program; writes nothing."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute("SELECT version_num FROM limner_schema_version")
        row = cursor.fetchone()
    except driver_errors(connection.dialect) as error:
        if not _NO_SUCH_TABLE & {getattr(error, "sqlstate", None), str(error).partition(":")[0]}:
            raise
        return False
    finally:
        cursor.close()
    found = None if row is None else str(row[0])
    if found is not None and found not in _known():
        raise StorageError(
            f"The database {place} was made by a newer Limner (its version is {found}, this program knows {VERSION}). "
            "Upgrade Limner; nothing was changed.",
            code="database_newer",
        )
    return found == VERSION


def migrate(connection: Connection, place: str) -> None:
    """Makes or upgrades all tables within the running transaction; one process at a time, the others wait.

    Raises StorageError for a database of a newer program or of somebody else.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"SET LOCAL lock_timeout = '{_PATIENCE}'; SET LOCAL statement_timeout = 0; "
            "SET LOCAL idle_in_transaction_session_timeout = 0"  # what Limner itself does between two statements
        )
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    found = inspect(connection)
    present = set(found.get_table_names())
    if VERSION_TABLE in present:
        if not is_current(connection, place):
            upgrade(connection)
        return
    taken = sorted((present & set(METADATA.tables)) | ((present | set(found.get_view_names())) & set(VIEWS)))
    if taken:
        raise StorageError(
            f"The database {place} already has tables that Limner did not make: {', '.join(taken)}. "
            "Name another database.",
            code="database_foreign",
        )
    create(connection)


def create(connection: Connection) -> None:
    """Makes all tables of an empty database at once, as the migrations would one after the other."""
    METADATA.create_all(connection, checkfirst=False)
    search.PICTURES.create(connection)
    search.MESSAGES.create(connection)
    create_views(connection)
    if connection.dialect.name == "postgresql":
        walls.build(connection, METADATA)
    _versions.create(connection)
    connection.execute(_versions.insert().values(version_num=VERSION))


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Runs the migrations that are missing."""
    # Alembic costs 0.1 s to import and is needed once per release.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _known() -> frozenset[str]:
    return frozenset(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
