"""An S3-compatible store: content types, keys, nothing on the disk, and what is said when it cannot be used."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from limner.domain.errors import StorageError
from limner.storage.blobs import S3Access, open_blobs
from limner.storage.intake import blob_key
from tests.storage.conftest import SECRET, Bucket
from tests.storage.samples import FORMATS, sample


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "owner.lock"]


@pytest.mark.parametrize("format", FORMATS)
async def test_objects_lie_under_the_prefix_with_their_content_type(
    bucket: Bucket, tmp_path: Path, format: str
) -> None:
    data = sample(format)
    async with bucket.open(tmp_path) as store:
        digest = (await store.put(data)).digest
        receiver = await store.receive()
        await asyncio.to_thread(receiver.write, data + b"trailing")
        other = (await receiver.finish()).digest
        assert files_under(tmp_path) == []
    keys = bucket.keys()
    assert set(keys) == {f"kept/here/{blob_key(digest)}", f"kept/here/{blob_key(other)}"}
    assert {bucket.content_type(key) for key in keys} == {f"image/{format}"}
    assert store.path(digest) is None
    assert files_under(tmp_path) == []


async def test_a_file_that_is_no_picture_is_kept_as_bytes(bucket: Bucket, tmp_path: Path) -> None:
    async with bucket.open(tmp_path) as store:
        digest = (await store.put(b"<html><script>alert(1)</script>")).digest
    assert bucket.content_type(f"kept/here/{blob_key(digest)}") == "application/octet-stream"


async def test_a_file_of_several_parts_keeps_its_content_type(bucket: Bucket, tmp_path: Path) -> None:
    data = sample("png") + bytes(11_000_000)
    async with bucket.open(tmp_path, prefix="") as store:
        receiver = await store.receive()
        for start in range(0, len(data), 1 << 20):
            await asyncio.to_thread(receiver.write, data[start : start + (1 << 20)])
        landed = await receiver.finish()
        assert await store.get(landed.digest) == data
    assert bucket.keys() == [blob_key(landed.digest)]
    assert bucket.content_type(blob_key(landed.digest)) == "image/png"


@asynccontextmanager
async def below_a_path(endpoint: str, path: str) -> AsyncIterator[str]:
    """The same S3 server, at an address with a path, as Supabase's storage has; nothing is there beside it."""

    async def pass_on(request: web.Request) -> web.Response:
        rest = request.rel_url.raw_path.removeprefix(path) + (
            f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
        )
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        url = URL(endpoint + rest, encoded=True)
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(request.method, url, data=BytesIO(await request.read()), headers=headers) as got,
        ):
            kept = {
                name: got.headers[name] for name in ("ETag", "Last-Modified", "Content-Type") if name in got.headers
            }
            answer = web.Response(status=got.status, headers=kept, body=await got.read())
            if request.method == "HEAD":
                answer.content_length = got.content_length
            return answer

    app = web.Application(client_max_size=1 << 26)
    app.router.add_route("*", path + "/{rest:.*}", pass_on)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
    finally:
        await runner.cleanup()


async def test_a_store_whose_address_has_a_path(bucket: Bucket, s3_endpoint: str, tmp_path: Path) -> None:
    data = sample("png") + bytes(11_000_000)
    async with below_a_path(s3_endpoint, "/storage/v1/s3") as endpoint:
        access = replace(bucket.access, endpoint=endpoint)
        async with open_blobs(f"s3://{bucket.name}/kept", tmp_path, access=access) as store:
            small = await store.put(sample("webp"))
            assert await store.get(small.digest) == sample("webp")
            receiver = await store.receive()  # goes up in parts
            for start in range(0, len(data), 1 << 20):
                await asyncio.to_thread(receiver.write, data[start : start + (1 << 20)])
            large = await receiver.finish()
            assert await store.get(large.digest) == data
            await store.delete(small.digest)
    assert bucket.keys() == [f"kept/{blob_key(large.digest)}"]


async def test_a_bucket_that_does_not_exist_is_a_storage_error(bucket: Bucket, tmp_path: Path) -> None:
    async with open_blobs("s3://no-such-bucket/x", tmp_path, access=bucket.access) as store:
        with pytest.raises(StorageError, match="s3://no-such-bucket/x"):
            await store.put(b"data")
        with pytest.raises(StorageError):
            await store.check_room()


async def test_that_there_is_room_is_not_asked_before_every_purchase(bucket: Bucket, tmp_path: Path) -> None:
    seconds = [0.0]
    opening = open_blobs(f"s3://{bucket.name}/x", tmp_path, access=bucket.access, monotonic=lambda: seconds[0])
    async with opening as store:
        await store.check_room()
        bucket.client.delete_object(Bucket=bucket.name, Key="x/room")
        await store.check_room()
        assert bucket.keys() == []
        seconds[0] = 1.0
        await store.check_room()
        assert bucket.keys() == ["x/room"]
        bucket.client.delete_object(Bucket=bucket.name, Key="x/room")
        bucket.client.delete_bucket(Bucket=bucket.name)
        await store.check_room()
        for work in (store.put(b"data"), store.check_room()):
            with pytest.raises(StorageError):
                await work


async def test_a_store_that_cannot_be_reached_says_so_and_the_file_can_be_sent_again(
    bucket: Bucket, tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        access = S3Access(access_key_id="key", secret_access_key=SECRET, endpoint=endpoint)
        async with open_blobs(f"s3://{bucket.name}", tmp_path, access=access) as store:
            receiver = await store.receive()
            await asyncio.to_thread(receiver.write, b"paid for")
            with pytest.raises(StorageError, match="did not do what was asked") as caught:
                await receiver.finish()
            assert SECRET not in caught.value.message
            assert len(files_under(tmp_path)) == 1
            await receiver.discard()
            assert files_under(tmp_path) == []


def test_keys_do_not_show_themselves() -> None:
    assert SECRET not in repr(S3Access(access_key_id="key", secret_access_key=SECRET, session_token=SECRET))
