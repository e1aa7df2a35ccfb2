"""What goes wrong in a database, said in a sentence that helps, and nothing half written."""

import asyncio
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import psycopg
import pytest
from sqlalchemy import Connection

from limner.db.connecting import Deadlines, target
from limner.db.database import Database
from limner.db.failures import explain
from limner.domain.errors import StorageError
from tests.db.conftest import Stores, count_rows, plain_connection, stores_of
from tests.db.test_leases import taken
from tests.db.values import a_job, settled

ROOT = Path(__file__).parents[2]
WRITER = """
import asyncio, concurrent.futures.thread, os, sys
import sqlalchemy.dialects.sqlite.pysqlite
from limner.db.database import Database
from limner.domain.errors import StorageError

if os.geteuid() == 0:
    os.setuid(65534)  # root may write everywhere; nobody may not

async def main(url):
    try:
        database = await Database.open(url)
        await database.read(lambda connection: connection.exec_driver_sql("SELECT * FROM generation_jobs").all())
        print("read")
        await database.write(lambda connection: connection.exec_driver_sql("DELETE FROM generation_jobs"))
    except StorageError as error:
        print(error.code)

asyncio.run(main(sys.argv[1]))
"""


async def test_a_database_that_another_process_keeps_locked(lite: Stores) -> None:
    impatient = await Database.open(lite.url, deadlines=Deadlines(lock=0.02))
    with plain_connection(lite.url) as holder:
        holder.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="locked by another process") as refused:
            await stores_of(impatient, lite.url).jobs.submit(a_job())
        holder.rollback()
    assert refused.value.code == "database_locked"
    await stores_of(impatient, lite.url).jobs.submit(a_job())
    await impatient.close()


async def test_a_row_that_another_process_keeps_locked(new_postgres_url: str) -> None:
    impatient = await Database.open(new_postgres_url, deadlines=Deadlines(lock=0.02))
    stores = stores_of(impatient, new_postgres_url)
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    with plain_connection(new_postgres_url) as holder:
        holder.exec_driver_sql("SELECT * FROM generation_jobs FOR UPDATE")
        with pytest.raises(StorageError) as refused:
            await stores.jobs.close_call(lease, settled(new), [])
        holder.rollback()
    assert refused.value.code == "database_locked"
    await stores.jobs.close_call(lease, settled(new), [])
    await impatient.close()


async def test_a_statement_that_takes_too_long(new_postgres_url: str) -> None:
    database = await Database.open(new_postgres_url, deadlines=Deadlines(statement=0.05))
    with pytest.raises(StorageError) as refused:
        await database.read(lambda connection: connection.exec_driver_sql("SELECT pg_sleep(5)"))
    assert refused.value.code == "database_slow"
    await database.close()


async def test_a_connection_that_is_lost_is_opened_again(new_postgres_url: str) -> None:
    database = await Database.open(new_postgres_url, connections=1)
    stores = stores_of(database, new_postgres_url)
    await stores.jobs.submit(a_job())
    with plain_connection(new_postgres_url) as killer:
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'limner'"
        killer.exec_driver_sql(query + " AND datname = current_database()")
    new = a_job()
    await stores.jobs.submit(new)
    assert (await stores.jobs.get(new.id)).id == new.id
    await database.close()


@pytest.fixture
def new_postgres_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue("new_postgres")()
    return url


async def test_a_full_disk_loses_nothing(lite: Stores) -> None:
    first = a_job(worker="w1")
    lease = await taken(lite, first)
    before, rows = await lite.jobs.get(first.id), await lite.database.read(count_rows)

    def limit(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    def lift(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

    await lite.database.write(limit)
    large = [a_job(worker="x" * 9000) for _ in range(20)]
    outcomes = await asyncio.gather(*(lite.jobs.submit(new) for new in large), return_exceptions=True)
    assert all(isinstance(outcome, StorageError) and outcome.code == "disk_full" for outcome in outcomes)
    assert "Free some space" in str(outcomes[0])
    assert (await lite.jobs.get(first.id), await lite.database.read(count_rows)) == (before, rows)

    await lite.database.write(lift)
    await lite.jobs.close_call(lease, settled(first), [])
    assert await lite.ledger.check() == []


@pytest.fixture
def readable_folder() -> Iterator[Path]:
    """Not below pytest's own folder, which only its owner may enter."""
    folder = Path(tempfile.mkdtemp(prefix="limner-read-only-"))
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def protect(file: Path, folder_mode: int) -> None:
    file.chmod(0o444)
    file.parent.chmod(folder_mode)


@pytest.mark.parametrize("folder_mode, printed", [(0o777, "read\nread_only\n"), (0o555, "read_only\n")])
async def test_a_file_that_may_only_be_read(readable_folder: Path, folder_mode: int, printed: str) -> None:
    file = readable_folder / "limner.db"
    url = f"sqlite:///{file}"
    database = await Database.open(url)
    await stores_of(database, url).jobs.submit(a_job())
    await database.close()
    protect(file, folder_mode)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, url, stdout=PIPE, stderr=PIPE, cwd=ROOT
    )
    said = await process.communicate()
    assert [text.decode() for text in said] == [printed, ""]


@pytest.mark.parametrize("content", [b"no database" * 999, b"SQLite format 3\x00" + b"\xff" * 8000])
async def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "limner.db"
    path.write_bytes(content)
    with pytest.raises(StorageError) as refused:
        await Database.open(f"sqlite:///{path}")
    assert refused.value.code == "database_corrupt"
    assert str(path) in refused.value.message
    assert path.read_bytes() == content


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError) as refused:
        await Database.open(f"sqlite:///{tmp_path / 'file' / 'limner.db'}")
    assert refused.value.code == "read_only"


async def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as refused:
        await Database.open(f"postgresql://ann:open-sesame@/limner?host={tmp_path}")
    assert refused.value.code == "database_unreachable"
    assert "sesame" not in refused.value.message


async def test_a_database_name_that_is_not_there(new_postgres_url: str) -> None:
    with pytest.raises(StorageError) as refused:
        await Database.open(new_postgres_url.replace("/limner_", "/nothing_"))
    assert refused.value.code == "database_unreachable"


UNUSABLE = ["", "limner.db", "mysql://host/name", "sqlite://", "sqlite:///:memory:", "postgresql://host:door/name"]


@pytest.mark.parametrize("url", UNUSABLE)
def test_a_url_that_cannot_be_used(url: str) -> None:
    with pytest.raises(StorageError) as refused:
        target(url)
    assert refused.value.code == "database_url"


@pytest.mark.parametrize("host", ["aws-0-eu-central-1.pooler.supabase.com", "db.abcdefghijkl.supabase.co"])
def test_a_pooler_that_gives_each_transaction_another_session(host: str) -> None:
    with pytest.raises(StorageError, match="port 5432") as refused:
        target(f"postgresql://postgres.abc:sesame@{host}:6543/postgres")
    assert refused.value.code == "database_url"
    assert "sesame" not in refused.value.message
    assert target(f"postgresql://postgres.abc:sesame@{host}:5432/postgres").url.host == host


@pytest.mark.req("S4-047")
@pytest.mark.parametrize("prefix", ["postgres://", "postgresql://", "postgresql+psycopg://"])
async def test_postgresql_urls_by_any_of_their_names(new_postgres_url: str, prefix: str) -> None:
    database = await Database.open(new_postgres_url.replace("postgresql://", prefix))
    await stores_of(database, new_postgres_url).jobs.submit(a_job())
    await database.close()


def test_a_password_is_never_shown() -> None:
    found = target("postgres://ann:open-sesame@db.example/limner")
    assert "sesame" not in found.place
    assert "db.example/limner" in found.place


@pytest.mark.parametrize(
    "state, code",
    [
        ("53100", "disk_full"),
        ("25006", "read_only"),
        ("42501", "read_only"),
        ("55P03", "database_locked"),
        ("40P01", "database_locked"),
        ("57014", "database_slow"),
        ("57P01", "database_unreachable"),
        ("53300", "database_unreachable"),
        ("28P01", "database_unreachable"),
        ("XX001", "database_corrupt"),
        ("23505", "storage_failed"),
    ],
)
def test_what_postgresql_says_has_a_code(state: str, code: str) -> None:
    error = explain(psycopg.errors.lookup(state)("it said so"), "here")
    assert isinstance(error, StorageError)
    assert (error.code, error.__class__) == (code, StorageError)


def test_what_is_no_database_error_stays_as_it_is() -> None:
    error = ValueError("a mistake")
    assert explain(error, "here") is error
    assert isinstance(explain(sqlite3.ProgrammingError("a mistake"), "here"), StorageError)
