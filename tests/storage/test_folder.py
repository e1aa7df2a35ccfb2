"""A folder as object store: whole files or none, full and read-only disks, and what dead processes left behind."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest

from limner.domain.errors import StorageError
from limner.storage.blobs import BlobStore, open_blobs
from limner.storage.room import Room
from limner.storage.shelf import Shelf

Result = TypeVar("Result")

UNSHARE = shutil.which("unshare")


def spools(root: Path) -> list[Path]:
    return sorted((root / "objects" / "incoming").glob("spool-*"))


async def written(store: BlobStore, data: bytes) -> None:
    receiver = await store.receive()
    await asyncio.to_thread(receiver.write, data)


def run(program: str, *arguments: str, wrapper: tuple[str, ...] = ()) -> str:
    """Runs a small program of its own process and gives what it prints."""
    done = subprocess.run(
        [*wrapper, sys.executable, "-c", textwrap.dedent(program), *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=50,
    )
    return done.stdout


def can_mount() -> bool:
    """Whether this system lets a process mount a file system that it alone sees."""
    if UNSHARE is None or not sys.platform.startswith("linux"):
        return False
    tried = subprocess.run([UNSHARE, "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True)
    return tried.returncode == 0


async def test_half_received_files_are_not_among_the_kept_ones(folder: BlobStore, tmp_path: Path) -> None:
    receiver = await folder.receive()
    await asyncio.to_thread(receiver.write, b"half")
    assert [digest async for digest, _ in folder.digests()] == []
    (half,) = spools(tmp_path)[0].glob("*.part")
    assert half.read_bytes() == b"half"
    await receiver.discard()
    assert not half.exists()


async def test_kept_files_cannot_be_written_to(folder: BlobStore) -> None:
    path = folder.path((await folder.put(b"kept")).digest)
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) & 0o222 == 0


async def test_bytes_that_get_lost_on_the_way_are_noticed(folder: BlobStore, tmp_path: Path) -> None:
    receiver = await folder.receive()
    await asyncio.to_thread(receiver.write, b"0123456789")
    (half,) = spools(tmp_path)[0].glob("*.part")
    os.truncate(half, 7)
    with pytest.raises(StorageError, match="10 bytes came and 7 are on the disk"):
        await receiver.finish()
    await receiver.discard()
    assert [digest async for digest, _ in folder.digests()] == []


async def test_a_damaged_file_is_made_whole_when_it_comes_again(folder: BlobStore) -> None:
    digest = (await folder.put(b"whole")).digest
    path = folder.path(digest)
    assert path is not None
    path.unlink()
    path.write_bytes(b"wh")
    await folder.put(b"whole")
    assert await folder.get(digest) == b"whole"


async def test_a_file_that_could_not_be_put_in_place_can_be_finished_later(folder: BlobStore, tmp_path: Path) -> None:
    receiver = await folder.receive()
    await asyncio.to_thread(receiver.write, b"paid for")
    obstacle = tmp_path / "objects" / "blobs"
    shutil.rmtree(obstacle)
    obstacle.write_bytes(b"a file where a folder should be")
    with pytest.raises(StorageError):
        await receiver.finish()
    obstacle.unlink()
    landed = await receiver.finish()
    assert await folder.get(landed.digest) == b"paid for"


async def test_what_is_written_durably_is_kept(tmp_path: Path) -> None:
    async with open_blobs(None, tmp_path, durable=True) as store:
        digest = (await store.put(b"once")).digest
        receiver = await store.receive()
        await asyncio.to_thread(receiver.write, b"twice")
        other = (await receiver.finish()).digest
    async with open_blobs(None, tmp_path) as store:
        assert (await store.get(digest), await store.get(other)) == (b"once", b"twice")


@pytest.mark.parametrize("durable", [True, False])
async def test_folders_that_vanish_are_made_again(tmp_path: Path, durable: bool) -> None:
    digest = hashlib.sha256(b"again").hexdigest()
    async with open_blobs(None, tmp_path, durable=durable) as store:
        shutil.rmtree(tmp_path / "objects" / "blobs")
        for _ in range(3):
            assert (await store.put(b"again")).digest == digest
            await store.delete(digest)
        await asyncio.gather(*(store.put(bytes([n])) for n in range(20)), *(store.delete(digest) for _ in range(20)))
        assert len([digest async for digest, _ in store.digests()]) == 20


async def test_folders_of_what_is_derived_come_and_go(folder: BlobStore, tmp_path: Path) -> None:
    digest = (await folder.put(b"source")).digest
    for _ in range(3):
        await folder.keep_derived(digest, "thumb-256.webp", b"small")
        await folder.drop_derived(digest)
    await asyncio.gather(
        *(folder.keep_derived(digest, f"{n}.webp", b"small") for n in range(20)),
        *(folder.drop_derived(digest, "none") for _ in range(20)),
    )
    assert [await folder.derived(digest, f"{n}.webp") for n in range(20)] == [b"small"] * 20
    await folder.delete(digest)
    assert list((tmp_path / "objects").rglob(f"{digest}*")) == []


async def test_every_folder_is_there_before_anything_lands_and_stays(tmp_path: Path) -> None:
    for _ in range(2):
        async with open_blobs(None, tmp_path) as store:
            landed = await store.put(b"kept")
            path = tmp_path / "objects" / "blobs" / landed.digest[:2] / landed.digest
            assert store.path(landed.digest) == path
            assert path.read_bytes() == b"kept"
            await store.delete(landed.digest)
        folders = sorted(entry.name for entry in (tmp_path / "objects" / "blobs").iterdir())
        assert folders == [f"{number:02x}" for number in range(256)]


async def test_a_file_that_is_finished_and_discarded_at_once_is_kept_or_not_there(folder: BlobStore) -> None:
    for number in range(20):
        data = bytes([number]) * 50_000
        receiver = await folder.receive()
        await asyncio.to_thread(receiver.write, data)
        finished, discarded = await asyncio.gather(receiver.finish(), receiver.discard(), return_exceptions=True)
        assert discarded is None
        kept = [size async for digest, size in folder.digests() if digest == hashlib.sha256(data).hexdigest()]
        assert kept == ([] if isinstance(finished, StorageError) else [len(data)])


class Trips(ThreadPoolExecutor):
    """Counts the trips to a thread."""

    made = 0

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        self.made += 1
        return super().submit(fn, *args, **kwargs)


async def test_one_trip_to_a_thread_is_enough_for_each_step(folder: BlobStore, tmp_path: Path) -> None:
    trips = Trips()
    asyncio.get_running_loop().set_default_executor(trips)
    receiver = await folder.receive()
    await asyncio.to_thread(receiver.write, b"all of it")
    digest = (await receiver.finish()).digest
    assert trips.made == 2
    assert await folder.inspected(digest, len) == 9
    assert trips.made == 3
    assert await folder.get(digest) == b"all of it"
    assert trips.made == 4
    shelf = Shelf(tmp_path / "shelf", folder)
    assert await shelf.link(digest, "a", "b", "c.jpg") is not None
    assert trips.made == 5


class Hand:
    """A clock that somebody turns."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def test_that_there_is_room_is_believed_for_a_second_and_that_there_is_none_never(tmp_path: Path) -> None:
    clock = Hand()
    async with open_blobs(None, tmp_path, monotonic=clock) as store:
        await store.check_room()
        (spool,) = spools(tmp_path)
        spool.rename(tmp_path / "away")
        clock.seconds = 0.9
        await store.check_room()
        clock.seconds = 1.0
        for _ in range(2):
            with pytest.raises(StorageError):
                await store.check_room()
        (tmp_path / "away").rename(spool)
        await store.check_room()


async def test_room_is_doubted_as_soon_as_something_cannot_be_written(tmp_path: Path) -> None:
    async with open_blobs(None, tmp_path, monotonic=Hand()) as store:
        for write in (store.put(b"data"), written(store, b"data")):
            await store.check_room()
            (spool,) = spools(tmp_path)
            spool.rename(tmp_path / "away")
            with pytest.raises(StorageError):
                await write
            with pytest.raises(StorageError):
                await store.check_room()
            (tmp_path / "away").rename(spool)


async def test_many_who_ask_at_once_look_once() -> None:
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)

    room = Room(Hand())
    await asyncio.gather(*(room.check(look) for _ in range(20)))
    assert looks == 1


async def test_a_closed_store_leaves_no_spools(tmp_path: Path) -> None:
    async with open_blobs(None, tmp_path) as store:
        receiver = await store.receive()
        await asyncio.to_thread(receiver.write, b"never finished")
        assert len(spools(tmp_path)) == 1
        await receiver.discard()
    assert spools(tmp_path) == []


async def test_spools_of_the_living_stay_and_those_of_the_dead_go(tmp_path: Path) -> None:
    program = """
        import asyncio, sys, time
        from pathlib import Path
        from limner.storage.blobs import open_blobs
        async def main():
            async with open_blobs(None, Path(sys.argv[1])) as store:
                receiver = await store.receive()
                receiver.write(b"half a picture")
                print("ready", flush=True)
                await asyncio.sleep(60)
        asyncio.run(main())
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(program), str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"ready\n"
    (theirs,) = spools(tmp_path)
    async with open_blobs(None, tmp_path):
        assert len(spools(tmp_path)) == 2
        assert [half.read_bytes() for half in theirs.glob("*.part")] == [b"half a picture"]
    assert spools(tmp_path) == [theirs]
    child.send_signal(signal.SIGKILL)
    await child.wait()
    async with open_blobs(None, tmp_path):
        assert not theirs.exists()


async def test_folders_that_nobody_ever_locked_go_after_a_day(tmp_path: Path) -> None:
    young, old = (tmp_path / "objects" / "incoming" / name for name in ("spool-young", "spool-old"))
    for left in (young, old):
        left.mkdir(parents=True)
        (left / "1.part").write_bytes(b"left over")
    os.utime(old, (0, 0))
    async with open_blobs(None, tmp_path):
        assert young.exists()
        assert not old.exists()


FILL = """
    import asyncio, sys
    from pathlib import Path
    from limner.domain.errors import LimnerError
    from limner.storage.blobs import open_blobs
    {before}
    async def attempt(name, work):
        try:
            await work
        except LimnerError as error:
            print(name, error.code, error.message)
        else:
            print(name, "done")
    async def main():
        async with open_blobs(None, Path(sys.argv[1])) as store:
            kept = await store.put(b"k" * 1000)
            await attempt("put", store.put(bytes(3_000_000)))
            receiver = await store.receive()
            async def write():
                for _ in range(3):
                    await asyncio.to_thread(receiver.write, bytes(1 << 20))
            await attempt("write", write())
            await attempt("finish", receiver.finish())
            await receiver.discard()
            await attempt("room", store.check_room())
            assert await store.get(kept.digest) == b"k" * 1000
            print("files", len(list(Path(sys.argv[1]).rglob("*.part"))))
    asyncio.run(main())
"""


def said(output: str) -> dict[str, str]:
    return {line.partition(" ")[0]: line.partition(" ")[2] for line in output.splitlines()}


def test_a_file_larger_than_the_system_allows_says_so_and_loses_nothing(tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))"
    lines = said(run(FILL.format(before=limit), str(tmp_path)))
    assert lines["put"].startswith(f"disk_full The disk that holds {tmp_path}/objects is full.")
    assert lines["write"].startswith("disk_full")
    assert lines["finish"].startswith("storage_failed This file could not be written in full")
    assert lines["files"] == "0"


@pytest.mark.skipif(not can_mount(), reason="needs a system where a process may mount a file system for itself")
def test_a_full_disk_says_so_and_loses_nothing(tmp_path: Path) -> None:
    script = 'mount -t tmpfs -o size=2500k none "$1" && shift && exec "$@"'
    wrapper = (str(UNSHARE), "-rm", "sh", "-c", script, "sh", str(tmp_path))
    lines = said(run(FILL.format(before=""), str(tmp_path), wrapper=wrapper))
    for step in ("put", "write", "room"):
        assert lines[step].startswith(f"disk_full The disk that holds {tmp_path}/objects is full. Free some space")
        assert lines[step].endswith("nothing that was kept is lost.")
    assert lines["finish"].startswith("storage_failed")
    assert lines["files"] == "0"


@pytest.mark.skipif(not can_mount(), reason="needs a system where a process may mount a file system for itself")
def test_a_disk_that_is_read_only_says_so(tmp_path: Path) -> None:
    script = 'mount -t tmpfs none "$1" && mount -o remount,ro "$1" && shift && exec "$@"'
    wrapper = (str(UNSHARE), "-rm", "sh", "-c", script, "sh", str(tmp_path))
    program = """
        import asyncio, sys
        from pathlib import Path
        from limner.domain.errors import StorageError
        from limner.storage.blobs import open_blobs
        async def main():
            try:
                async with open_blobs(None, Path(sys.argv[1])):
                    pass
            except StorageError as error:
                print(error.code, error.message)
        asyncio.run(main())
    """
    assert run(program, str(tmp_path), wrapper=wrapper).startswith(f"read_only Limner may not write to {tmp_path}/")


async def test_a_data_directory_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "objects").write_bytes(b"a file")
    with pytest.raises(StorageError, match="objects"):
        async with open_blobs(None, tmp_path):
            pass
