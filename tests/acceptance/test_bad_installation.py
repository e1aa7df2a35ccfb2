"""Installations that cannot be used: refused in one sentence, before anything is bought, and left as they are."""

from __future__ import annotations

import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from limner.db.connecting import Deadlines
from limner.domain.errors import LimnerError
from limner.settings import read_variables
from tests.acceptance.disks import READ_ONLY, mounts, on_its_own_disk
from tests.acceptance.installation import (
    PAID,
    PAID_BODY,
    WAIT,
    Installation,
    check_refusal,
    check_sentence,
    checked_problem,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """An installation that cannot be opened, and what is to be said about it."""

    name: str
    spoil: Callable[[Installation], None]
    code: str
    words: tuple[str, ...]


def a_newer_database(here: Installation) -> None:
    with sqlite3.connect(here.data / "limner.db") as connection:
        connection.execute("UPDATE limner_schema_version SET version_num = '9999'")
    connection.close()


def no_database(here: Installation) -> None:
    (here.data / "limner.db").write_bytes(b"Dear Sir or Madam, " * 999)


def a_file_in_the_way(here: Installation) -> None:
    shutil.rmtree(here.data)
    here.data.write_text("a file")


def written(name: str, content: bytes) -> Callable[[Installation], None]:
    """Puts a file beside the data directory, or into it where the name says so."""

    def write(here: Installation) -> None:
        path = here.desk / name.format(data=here.data)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    return write


def a_folder_for_settings(here: Installation) -> None:
    (here.desk / "limner.toml").mkdir()


MINE = "{data}/catalog.d/x.toml"
BROKEN = [
    Broken(
        name="a newer database",
        spoil=a_newer_database,
        code="database_newer",
        words=("limner.db was made by a newer Limner", "9999", "Upgrade Limner"),
    ),
    Broken(
        name="no database",
        spoil=no_database,
        code="database_corrupt",
        words=("limner.db is damaged or is not a database", "Restore it from a backup"),
    ),
    Broken(
        name="a file in place of the data directory",
        spoil=a_file_in_the_way,
        code="storage_failed",
        words=("a file is in its place", "LIMNER_DATA_DIR"),
    ),
    Broken(
        name="a catalog file that is no TOML",
        spoil=written(MINE, b'[service]\nid = "openai"\n\n[[model]\n'),
        code="catalog_invalid",
        words=("catalog.d/x.toml:4: this is not valid TOML", "Correct this"),
    ),
    Broken(
        name="settings that are no TOML",
        spoil=written("limner.toml", b"port = = 5\n"),
        code="settings_invalid",
        words=("limner.toml is not valid TOML", "line 1", "Correct it"),
    ),
    Broken(
        name="settings that are not UTF-8",
        spoil=written("limner.toml", b"\xff\xfe"),
        code="settings_invalid",
        words=("limner.toml is not UTF-8", "Save it as UTF-8"),
    ),
    Broken(
        name="settings that cannot be read",
        spoil=a_folder_for_settings,
        code="settings_invalid",
        words=("limner.toml cannot be read: Is a directory", "Make it readable"),
    ),
    Broken(
        name="a setting that there is not",
        spoil=written("limner.toml", b"prot = 8004\n"),
        code="settings_invalid",
        words=("limner.toml has a setting 'prot'", "Correct or remove it"),
    ),
    Broken(
        name="an environment file that is not UTF-8",
        spoil=written(".env", b"OPENAI_ORG_ID=\xff\n"),
        code="settings_invalid",
        words=(".env is not UTF-8", "Save it as UTF-8"),
    ),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
async def test_an_installation_that_cannot_be_opened(here: Installation, broken: Broken) -> None:
    """It is refused as it is, and nothing in it is changed."""
    broken.spoil(here)
    before = contents(here)
    assert before

    ended = await here.limner("generate", "a cat", *PAID, "--json")
    check_refusal(ended, code=broken.code, exit_code=1, words=broken.words)
    with pytest.raises(LimnerError) as refused:
        await open_and_close(here)
    assert (refused.value.code, refused.value.message) == (broken.code, ended.document["error"]["message"])

    assert contents(here) == before
    assert here.stand_in.purchases == 0


async def open_and_close(here: Installation) -> None:
    """The server's application, with the settings that a server would read."""
    read_variables(here.desk)
    async with here.served():
        return


def contents(here: Installation) -> dict[Path, bytes]:
    """Every file of an installation and of the folder it is used from."""
    return {path: path.read_bytes() for path in here.desk.parent.rglob("*") if path.is_file()}


async def test_the_server_says_in_the_same_way_that_it_cannot_start(here: Installation) -> None:
    a_newer_database(here)
    ended = await here.limner("serve", "--port", "0", "--json")
    check_refusal(ended, code="database_newer", exit_code=1, words=("Upgrade Limner",))


async def test_a_port_in_use(here: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = await here.limner("serve", "--port", str(port), "--json")
    check_refusal(
        ended, code="port_in_use", exit_code=1, words=(f"Port {port} is in use", "choose another with --port")
    )
    await here.check_nothing_is_lost()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """A database that somebody else writes to and does not let go of."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.rollback()
    finally:
        connection.close()


async def test_a_locked_database(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command waits as long as it always does; the application in this process is less patient."""
    words = ("limner.db is locked by another process", "nothing was written", "Try again")
    with locked(here.data / "limner.db"):
        ended = await here.limner("generate", "a cat", *PAID, "--json")
    check_refusal(ended, code="database_locked", exit_code=1, words=words)
    monkeypatch.setattr("limner.db.database.Deadlines", partial(Deadlines, lock=0.02))
    async with here.served() as client:
        with locked(here.data / "limner.db"):
            answer = await client.post("/api/v1/jobs", json=PAID_BODY, headers=WAIT)
            problem = checked_problem(answer, status=503, code="database_locked")
            check_sentence(problem["detail"], words)
            assert len((await client.get("/api/v1/images")).json()["items"]) == 2
        assert (await client.post("/api/v1/jobs", json=PAID_BODY, headers=WAIT)).json()["state"] == "succeeded"
    assert here.stand_in.purchases == 1
    await here.check_nothing_is_lost()


@mounts
async def test_a_data_directory_that_may_only_be_read(here: Installation) -> None:
    async with on_its_own_disk(here, READ_ONLY) as there:
        for arguments in (("generate", "a cat", *PAID), ("serve", "--port", "0")):
            ended = await there.limner(*arguments, "--json")
            check_refusal(
                ended,
                code="read_only",
                exit_code=1,
                words=(str(here.data), "cannot be written to", "Make it writable", "LIMNER_DATA_DIR"),
            )
    assert here.stand_in.purchases == 0
    await here.check_nothing_is_lost()
