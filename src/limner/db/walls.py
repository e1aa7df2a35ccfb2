"""Row-level security on PostgreSQL: behind the owner that every query names, the database looks at it once more.

A transaction says for whom it is. Of a table that holds people's rows it sees, and changes, those of that person alone,
whatever its statements forget. SQLite has no such thing: there the queries are the only wall.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, MetaData, Table

SETTING = "limner.owner"
"""The setting that says for whom a transaction is. A connection on which it was never said sees no row of anybody."""
EVERYBODY = "*"
"""Stands for all people at once: for workers, administrators, migrations, and what is looked up before it is known who
asks. No person is called so: the ids of people are made here.
"""
OWNER = "user_id"
"""The column that says whose a row is."""

# In parentheses with SELECT it is asked for once in a statement, not once for each row.
_ASKED = f"(SELECT current_setting('{SETTING}', true))"
_SHARED: Mapping[str, str] = {
    "provider_keys": "shared",
    # Their own memberships are all that a person sees of that table.
    "shared_projects": "EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = shared_projects.id)",
}
"""What a person sees besides their own rows, and cannot change."""


def of_people(metadata: MetaData) -> Sequence[Table]:
    """The tables that hold people's rows."""
    return [table for table in metadata.sorted_tables if _belongs(table) is not None]


def build(connection: Connection, metadata: MetaData) -> None:
    """Makes the policies of a new database."""
    for table in of_people(metadata):
        for statement in _policies(table):
            connection.exec_driver_sql(statement)


def begin(connection: Connection, owner: str) -> None:
    """Begins a transaction for one person, or for EVERYBODY: two statements, one message."""
    from psycopg import sql  # takes 0.1 s to load: nothing for those who use SQLite

    said = sql.SQL("BEGIN; SET LOCAL {} = {}").format(sql.SQL(SETTING), sql.Literal(owner))
    raw = connection.connection.driver_connection
    if raw is not None:
        raw.execute(said, prepare=False)


def whose(owner: str | None) -> str:
    """For whom a transaction is that may be for anybody: None stands for all people."""
    return EVERYBODY if owner is None else owner


def is_passed(connection: Connection) -> bool:
    """Whether the database lets this connection past all policies: superusers, and roles with BYPASSRLS."""
    found = connection.exec_driver_sql("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    return bool(found.scalar_one())


def _policies(table: Table) -> Iterator[str]:
    """Forced, or whoever made the tables would pass: that is Limner's own role."""
    yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"
    yield f"CREATE POLICY limner_owner ON {table.name} USING ({_ASKED} = '{EVERYBODY}' OR {_belongs(table)})"
    if table.name in _SHARED:
        yield f"CREATE POLICY limner_shared ON {table.name} FOR SELECT USING ({_SHARED[table.name]})"


def _belongs(table: Table) -> str | None:
    """The condition under which a row is the asker's: it names them, or its first parent is theirs. None: nobody's."""
    if table.name == "users":
        return f"id = {_ASKED}"
    if OWNER in table.c:
        return f"{OWNER} = {_ASKED}"
    for column in table.c:
        for key in column.foreign_keys:
            parent = key.column.table
            if parent is not table and _belongs(parent) is not None:
                # The parent's own policy decides about it.
                found = f"SELECT FROM {parent.name} p WHERE p.{key.column.name} = {table.name}.{column.name}"
                return f"EXISTS ({found})"
    return None
