"""Files that nothing needs are deleted, but never one that somebody keeps again meanwhile."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from limner.storage.blobs import BlobStore, open_blobs
from limner.storage.releasing import ASIDE, released, renewed

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
SOON = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture(params=[None, "memory:"])
async def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BlobStore]:
    async with open_blobs(request.param, tmp_path, durable=False) as store:
        yield store


async def test_an_old_file_goes_with_all_that_was_derived_from_it(blobs: BlobStore) -> None:
    landed = await blobs.put(b"a boat")
    await blobs.keep_derived(landed.digest, "thumb-256.webp", b"small")
    assert await blobs.release(landed.digest, LONG_AGO) is None
    assert await blobs.derived(landed.digest, "thumb-256.webp") == b"small"
    assert await blobs.release(landed.digest, SOON) == 6
    assert await blobs.derived(landed.digest, "thumb-256.webp") is None
    assert [digest async for digest, _ in blobs.digests()] == []
    assert await blobs.release(landed.digest, SOON) == 0


async def test_files_are_listed_by_their_beginning_and_age(blobs: BlobStore) -> None:
    landed = await blobs.put(b"a boat")
    begins, other = landed.digest[:2], "00" if landed.digest[:2] != "00" else "01"
    assert [each async for each in blobs.digests(begins)] == [(landed.digest, 6)]
    assert [each async for each in blobs.digests(other)] == []
    assert [each async for each in blobs.digests(begins, before=LONG_AGO)] == []
    assert [each async for each in blobs.digests(begins, before=SOON)] == [(landed.digest, 6)]


async def test_a_file_that_is_kept_again_counts_as_new(tmp_path: Path) -> None:
    async with open_blobs(None, tmp_path, durable=False) as blobs:
        landed = await blobs.put(b"a boat")
        path = blobs.path(landed.digest)
        assert path is not None
        os.utime(path, (1e9, 1e9))
        await blobs.put(b"a boat")
        assert path.stat().st_mtime > 1e9
        assert await blobs.release(landed.digest, LONG_AGO) is None
        receiver = await blobs.receive()
        receiver.write(b"a boat")
        os.utime(path, (1e9, 1e9))
        await receiver.finish()
        assert path.stat().st_mtime > 1e9


def test_what_a_dead_process_put_aside_goes_too(tmp_path: Path) -> None:
    file = tmp_path / "digest"
    file.with_name(file.name + ASIDE).write_bytes(b"boat")
    assert released(file, SOON.timestamp()) == 4
    assert list(tmp_path.iterdir()) == []


def test_renewing_needs_the_same_file(tmp_path: Path) -> None:
    file = tmp_path / "digest"
    assert not renewed(file, 4)
    file.write_bytes(b"boat")
    assert not renewed(file, 5)
    assert renewed(file, 4)


def test_a_file_renewed_at_the_last_moment_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "digest"
    file.write_bytes(b"boat")
    os.utime(file, (1e9, 1e9))
    replace = Path.replace

    def late(path: Path, target: Path) -> Path:
        if target.name.endswith(ASIDE):
            os.utime(path)  # somebody keeps the same bytes between the first look and this
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", late)
    assert released(file, 1.5e9) is None
    assert file.read_bytes() == b"boat"
