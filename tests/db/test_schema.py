"""One schema, one chain of migrations, whoever gets there first."""

import asyncio
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert

from limner.db import codec, schema, search
from limner.db.chat_tables import chats, messages
from limner.db.chats import SqlChats
from limner.db.database import Database
from limner.db.tables import metadata
from limner.domain.errors import StorageError
from limner.testing.fakes import NOON
from tests.db.conftest import plain_connection, stores_of
from tests.db.values import a_job

ROOT = Path(__file__).parents[2]
CONFIG = Config()
CONFIG.set_main_option("script_location", str(schema.MIGRATIONS))
SCRIPTS = ScriptDirectory.from_config(CONFIG)
REVISIONS = list(SCRIPTS.walk_revisions())
"""The newest first."""
OPENER = """
import asyncio, sys
from limner.db.database import Database

async def main(url):
    database = await Database.open(url)
    await database.close()

asyncio.run(main(sys.argv[1]))
"""

# Everything that PostgreSQL knows about the tables; SQLite keeps it as one text for each object.
POSTGRES_SCHEMA = (
    """
    SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default, generation_expression
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2
    """,
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
    """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
    """,
    """
    SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1
    """,
    "SELECT tablename, policyname, cmd, roles::text, qual, with_check FROM pg_policies ORDER BY 1, 2",
    "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
)
SQLITE_SCHEMA = ("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2",)


def described(connection: Connection) -> list[tuple[object, ...]]:
    queries = SQLITE_SCHEMA if connection.dialect.name == "sqlite" else POSTGRES_SCHEMA
    return [
        tuple(" ".join(value.split()) if isinstance(value, str) else value for value in row)
        for query in queries
        for row in connection.exec_driver_sql(query)
    ]


def of_limner(item: object, name: str | None, kind: str, reflected: object, compared: object) -> bool:
    return not str(name).startswith((search.PICTURES.name, search.MESSAGES.name, schema.VERSION_TABLE))


@pytest.mark.req("S4-056", "S1-068")
def test_migrations_from_nothing_make_what_the_tables_say(empty_url: str) -> None:
    with plain_connection(empty_url) as connection:
        schema.upgrade(connection)
        options = {"include_object": of_limner, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


@pytest.mark.req("S4-056")
def test_a_new_database_is_what_the_migrations_make(
    empty_url: str, tmp_path: Path, make_url: Callable[[], str]
) -> None:
    with plain_connection(empty_url) as connection:
        schema.upgrade(connection)
        migrated = described(connection)
        connection.commit()
        assert schema.is_current(connection, "here")
    with plain_connection(make_url()) as connection:
        schema.create(connection)
        created = described(connection)
    assert created == migrated
    assert len(created) > 20


@pytest.fixture
def make_url(empty_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], str]:
    """Makes another empty database of the same kind."""
    if empty_url.startswith("sqlite"):
        return lambda: f"sqlite:///{tmp_path / 'second.db'}"
    make: Callable[[], str] = request.getfixturevalue("new_postgres")
    return make


def test_the_version_is_that_of_the_newest_migration() -> None:
    assert SCRIPTS.get_heads() == [schema.VERSION]


async def test_opening_again_changes_nothing(empty_url: str) -> None:
    database = await Database.open(empty_url)
    stores = stores_of(database, empty_url)
    new = a_job()
    job, _ = await stores.jobs.submit(new)
    before = await database.read(described)
    await database.close()
    again = await Database.open(empty_url)
    assert await again.read(described) == before
    assert await stores_of(again, empty_url).jobs.get(new.id) == job
    await again.close()


@pytest.mark.req("S4-056")
async def test_processes_that_start_at_once_on_an_empty_database_all_succeed(empty_url: str) -> None:
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", OPENER, empty_url, stderr=PIPE, cwd=ROOT)
        for _ in range(3)
    ]
    outcomes = [(process, (await process.communicate())[1]) for process in processes]
    assert [(process.returncode, errors) for process, errors in outcomes] == [(0, b"")] * 3
    with plain_connection(empty_url) as connection:
        assert schema.is_current(connection, "here")


async def test_openers_that_meet_on_an_empty_database_all_succeed(empty_url: str) -> None:
    databases = await asyncio.gather(*(Database.open(empty_url) for _ in range(4)))
    await asyncio.gather(*(stores_of(database, empty_url).jobs.submit(a_job()) for database in databases))
    await asyncio.gather(*(database.close() for database in databases))
    with plain_connection(empty_url) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM generation_jobs").scalar_one() == len(databases)


async def test_a_newer_database_is_left_alone(empty_url: str) -> None:
    await (await Database.open(empty_url)).close()
    with plain_connection(empty_url) as connection:
        connection.exec_driver_sql(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9000'")
        connection.commit()
        before = described(connection)
    with pytest.raises(StorageError, match="newer Limner") as refused:
        await Database.open(empty_url)
    assert refused.value.code == "database_newer"
    with plain_connection(empty_url) as connection:
        assert described(connection) == before
        assert connection.exec_driver_sql(f"SELECT version_num FROM {schema.VERSION_TABLE}").scalar_one() == "9000"


async def test_an_older_database_is_brought_up_to_date(empty_url: str) -> None:
    with plain_connection(empty_url) as connection:
        # A version table without a version is a database before the first migration.
        connection.exec_driver_sql(
            f"CREATE TABLE {schema.VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, "
            f"CONSTRAINT {schema.VERSION_TABLE}_pkc PRIMARY KEY (version_num))"
        )
        connection.commit()
    database = await Database.open(empty_url)
    await stores_of(database, empty_url).jobs.submit(a_job())
    await database.close()
    with plain_connection(empty_url) as connection:
        assert schema.is_current(connection, "here")


@pytest.mark.parametrize("version", [revision.revision for revision in REVISIONS[1:]])
async def test_every_earlier_version_becomes_what_a_new_database_is(
    empty_url: str, make_url: Callable[[], str], version: str
) -> None:
    with plain_connection(empty_url) as connection:
        schema.upgrade(connection, version)
        connection.commit()
    database = await Database.open(empty_url)
    await stores_of(database, empty_url).jobs.submit(a_job())
    upgraded = await database.read(described)
    await database.close()
    with plain_connection(make_url()) as connection:
        schema.create(connection)
        assert described(connection) == upgraded


async def test_what_was_said_before_its_words_had_a_table_is_found_after(empty_url: str) -> None:
    """The messages lie behind the row-level wall by then: who moves them has to see them."""
    with plain_connection(empty_url) as connection:
        schema.upgrade(connection, "0017")
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT set_config('limner.owner', '*', true)")
        connection.execute(insert(chats).values(chat_row()))
        connection.execute(insert(messages).values(message_row("a pier at dusk")))
        connection.commit()
    database = await Database.open(empty_url)
    page = await SqlChats(database).search("ann", "pier", limit=9, cursor=None)
    assert [found.text for found in page.items] == ["a pier at dusk"]
    await database.close()


def chat_row() -> dict[str, object]:
    at = codec.stamp(NOON)
    return {"id": "c", "user_id": "ann", "title": "", "mode": "confirm", "created_at": at, "updated_at": at}


def message_row(words: str) -> dict[str, object]:
    lists = dict.fromkeys(("parts", "pictures", "text_calls"), "[]")
    who = {"id": "m", "chat_id": "c", "user_id": "ann", "author": "user", "state": "complete"}
    return {**who, **lists, "words": words, "created_at": codec.stamp(NOON)}


async def test_a_migration_that_breaks_leaves_the_database_as_it_was(empty_url: str) -> None:
    with plain_connection(empty_url) as connection:
        connection.exec_driver_sql(f"CREATE TABLE {schema.VERSION_TABLE} (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("CREATE TABLE used_quotes (id INTEGER)")
        connection.commit()
        before = described(connection)
    with pytest.raises(StorageError):
        await Database.open(empty_url)
    with plain_connection(empty_url) as connection:
        assert described(connection) == before


async def test_somebody_elses_tables_are_left_alone(empty_url: str) -> None:
    with plain_connection(empty_url) as connection:
        connection.exec_driver_sql("CREATE TABLE projects (id INTEGER)")
        connection.commit()
    with pytest.raises(StorageError, match="projects") as refused:
        await Database.open(empty_url)
    assert refused.value.code == "database_foreign"


async def test_a_database_may_be_shared_with_another_program(empty_url: str) -> None:
    with plain_connection(empty_url) as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('theirs')")
        connection.commit()
    await (await Database.open(empty_url)).close()
    with plain_connection(empty_url) as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == "theirs"


async def test_alembic_is_not_loaded_where_nothing_is_to_be_done(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'limner.db'}"
    looks = OPENER + "\nprint('alembic' in sys.modules)"
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", looks, url, stdout=PIPE, cwd=ROOT)
        assert (await process.communicate())[0] == b"False\n"


async def test_a_new_sqlite_database_is_set_up_to_lose_nothing(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path / 'limner.db'}")

    def settings(connection: Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]

    assert await database.write(settings) == ["wal", 2, 1]
    await database.close()
    with sqlite3.connect(tmp_path / "limner.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
