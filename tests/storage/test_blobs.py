"""What every kind of object store promises."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from limner.domain.errors import NotConfigured, NotFound, StorageError
from limner.storage.blobs import BlobStore, open_blobs
from tests.storage.samples import sample

ABSENT = "0" * 64


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def read(store: BlobStore, digest: str, name: str | None = None, **span: int) -> bytes:
    return b"".join([piece async for piece in store.stream(digest, name, **span)])


async def received(store: BlobStore, data: bytes, piece: int) -> str:
    receiver = await store.receive()
    for start in range(0, len(data), piece):
        await asyncio.to_thread(receiver.write, data[start : start + piece])
    landed = await receiver.finish()
    assert landed.size == len(data)
    return landed.digest


async def test_what_is_put_comes_back_under_its_hash(blobs: BlobStore) -> None:
    data = sample("png")
    landed = await blobs.put(data)
    assert (landed.digest, landed.size) == (digest_of(data), len(data))
    assert await blobs.get(landed.digest) == data
    assert (await blobs.put(data)) == landed


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 5000], ids=["empty", "one byte", "long"])
async def test_what_arrives_in_pieces_is_kept_whole(blobs: BlobStore, data: bytes) -> None:
    digest = await received(blobs, data, 300_000)
    assert digest == digest_of(data)
    assert await blobs.get(digest) == data
    assert (await blobs.stat(digest)).size == len(data)


async def test_many_may_arrive_at_once(blobs: BlobStore) -> None:
    files = [bytes([number]) * 70_000 for number in range(12)]
    digests = await asyncio.gather(*(received(blobs, data, 20_000) for data in files))
    assert [await blobs.get(digest) for digest in digests] == files


async def test_the_same_file_may_arrive_twice_at_once(blobs: BlobStore) -> None:
    data = sample("jpeg")
    first, second, third = await asyncio.gather(received(blobs, data, 100), received(blobs, data, 999), blobs.put(data))
    assert first == second == third.digest
    assert await blobs.get(first) == data


async def test_what_is_discarded_is_not_kept(blobs: BlobStore) -> None:
    receiver = await blobs.receive()
    await asyncio.to_thread(receiver.write, b"never mind")
    await receiver.discard()
    await receiver.discard()
    with pytest.raises(NotFound):
        await blobs.get(digest_of(b"never mind"))
    with pytest.raises(StorageError):
        await asyncio.to_thread(receiver.write, b"more")
    with pytest.raises(StorageError):
        await receiver.finish()


async def test_a_finished_file_takes_nothing_more(blobs: BlobStore) -> None:
    receiver = await blobs.receive()
    await asyncio.to_thread(receiver.write, b"all of it")
    landed = await receiver.finish()
    await receiver.discard()
    with pytest.raises(StorageError):
        await asyncio.to_thread(receiver.write, b"more")
    assert await blobs.get(landed.digest) == b"all of it"


@pytest.mark.parametrize("digest", [ABSENT, "", "../../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
async def test_what_is_not_there_is_not_found(blobs: BlobStore, digest: str) -> None:
    with pytest.raises(NotFound):
        await blobs.get(digest)
    with pytest.raises(NotFound):
        await blobs.stat(digest)
    with pytest.raises(NotFound):
        await read(blobs, digest)


async def test_a_deleted_file_is_gone_with_all_that_was_derived_from_it(blobs: BlobStore) -> None:
    digest, other = (await blobs.put(b"one")).digest, (await blobs.put(b"two")).digest
    for kept in (digest, other):
        await blobs.keep_derived(kept, "thumb-256.webp", b"small")
    await blobs.delete(digest)
    await blobs.delete(digest)
    assert await blobs.derived(digest, "thumb-256.webp") is None
    with pytest.raises(NotFound):
        await blobs.get(digest)
    assert await blobs.get(other) == b"two"
    assert await blobs.derived(other, "thumb-256.webp") == b"small"
    assert (await blobs.put(b"one")).digest == digest


async def test_derived_files_are_replaced_and_dropped_by_the_start_of_their_names(blobs: BlobStore) -> None:
    digest = (await blobs.put(b"source")).digest
    assert await blobs.derived(digest, "a.1.png") is None
    await blobs.keep_derived(digest, "a.1.png", b"first")
    before = await blobs.stat(digest, "a.1.png")
    await blobs.keep_derived(digest, "a.1.png", b"second")
    await blobs.keep_derived(digest, "b.1.png", b"other")
    assert await blobs.derived(digest, "a.1.png") == b"second"
    assert (await blobs.stat(digest, "a.1.png")).etag != before.etag
    await blobs.drop_derived(digest, "a.")
    assert await blobs.derived(digest, "a.1.png") is None
    assert await blobs.derived(digest, "b.1.png") == b"other"


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "UPPER", "x" * 201])
async def test_derived_files_have_plain_names(blobs: BlobStore, name: str) -> None:
    digest = (await blobs.put(b"source")).digest
    with pytest.raises(NotFound):
        await blobs.keep_derived(digest, name, b"data")
    assert await blobs.derived(digest, name) is None


async def test_a_part_of_a_file_can_be_read(blobs: BlobStore) -> None:
    data = bytes(range(256)) * 4000
    digest = (await blobs.put(data)).digest
    assert await read(blobs, digest) == data
    assert await read(blobs, digest, start=1000, stop=700_000) == data[1000:700_000]
    assert await read(blobs, digest, start=len(data) - 5) == data[-5:]
    assert await read(blobs, digest, stop=10) == data[:10]


async def test_a_long_file_comes_in_pieces(blobs: BlobStore) -> None:
    digest = (await blobs.put(bytes(3_000_000))).digest
    pieces = [len(piece) async for piece in blobs.stream(digest)]
    assert sum(pieces) == 3_000_000
    assert max(pieces) < 3_000_000


async def test_the_rest_of_a_file_is_written_when_it_is_finished(blobs: BlobStore) -> None:
    receiver = await blobs.receive()
    await asyncio.to_thread(receiver.write, b"first, ")
    landed = await receiver.finish(lambda: receiver.write(b"and the rest"))
    assert await blobs.get(landed.digest) == b"first, and the rest"


async def test_nothing_is_kept_where_the_rest_cannot_be_written(blobs: BlobStore) -> None:
    receiver = await blobs.receive()
    await asyncio.to_thread(receiver.write, b"first, ")

    def refuse() -> None:
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        await receiver.finish(refuse)
    await receiver.discard()
    assert [digest async for digest, _ in blobs.digests()] == []


async def test_what_is_found_in_a_file_and_what_is_wrong_with_it_come_back(blobs: BlobStore) -> None:
    digest = (await blobs.put(b"seventeen letters")).digest
    assert await blobs.inspected(digest, len) == 17
    with pytest.raises(ValueError, match="invalid literal"):
        await blobs.inspected(digest, lambda data: int(data[:9]))
    with pytest.raises(NotFound):
        await blobs.inspected(ABSENT, len)


async def test_all_files_can_be_listed(blobs: BlobStore) -> None:
    kept = {(await blobs.put(data)).digest: len(data) for data in (b"one", b"three", b"seventeen")}
    await blobs.keep_derived(next(iter(kept)), "thumb-256.webp", b"not a file of its own")
    assert {digest: size async for digest, size in blobs.digests()} == kept


async def test_a_store_that_works_has_room(blobs: BlobStore) -> None:
    await blobs.check_room()
    assert [digest async for digest, _ in blobs.digests()] == []


@pytest.mark.parametrize("url", ["s3://", "ftp://host/x", "gibberish", "file:"])
async def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(NotConfigured, match="LIMNER_STORAGE_URL"):
        async with open_blobs(url, tmp_path):
            pass


async def test_a_folder_can_be_given_by_its_address(tmp_path: Path) -> None:
    async with open_blobs(f"file://{tmp_path}/elsewhere", tmp_path / "data") as store:
        landed = await store.put(b"here")
        assert store.path(landed.digest) is not None
    assert not (tmp_path / "data").exists()
    assert list((tmp_path / "elsewhere" / "blobs").rglob(landed.digest))
