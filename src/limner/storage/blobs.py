"""The object store: files by the SHA-256 of their bytes, and what was derived from them.

Keys are `blobs/ab/<digest>` and `derived/ab/<digest>/<name>`. Derived files are a cache: each can be made
again, and all of them go when their blob goes.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import obstore
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from limner.domain.call import Landed
from limner.domain.errors import NotConfigured, NotFound
from limner.domain.ports import Receiver
from limner.storage.disks import disk_failure
from limner.storage.failures import explained
from limner.storage.homes import FolderHome, Home, MemoryHome, UploadHome
from limner.storage.intake import BLOBS, blob_key
from limner.storage.releasing import released
from limner.storage.room import Room
from limner.storage.shape import FileBytes
from limner.storage.spools import Spools

if TYPE_CHECKING:
    from obstore.store import S3Config  # obstore has its option types for checkers only

CHUNK = 256 * 1024
"""Bytes of one piece of a download, at most."""
REQUEST_SECONDS = 60
CONNECT_SECONDS = 5
RETRY_SECONDS = 20
"""How long requests to an S3 store are repeated: its operations can be repeated without harm."""

Result = TypeVar("Result")

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}")


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Access:
    """How an S3-compatible store is reached; without keys those of the machine it runs on are looked for."""

    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    region: str = "us-east-1"
    endpoint: str | None = None
    """None is AWS itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """What the store knows about one of its files."""

    size: int
    etag: str
    """Changes when the file is made again; without quotes."""


def derived_key(digest: str, name: str = "") -> str:
    """Where a file derived from a blob lies; without a name, where all of them lie."""
    return f"derived/{digest[:2]}/{digest}" + (f"/{name}" if name else "")


class BlobStore:
    """Files by the SHA-256 of their bytes, in a folder, in memory or in an S3-compatible store."""

    def __init__(self, store: ObjectStore, home: Home, place: str) -> None:
        self._store = store
        self._home = home
        self._place = place

    async def receive(self) -> Receiver:
        """Opens a place for one incoming file."""
        return self._home.receiver()

    async def put(self, data: bytes) -> Landed:
        """Keeps a file. Raises StorageError."""
        return await self._home.keep(data)

    async def get(self, digest: str) -> bytes:
        """A whole file. Raises NotFound or StorageError."""
        return await self._read(blob_key(_checked(digest)))

    async def inspected(self, digest: str, work: Callable[[FileBytes], Result]) -> Result:
        """What blocking `work` finds in a whole file, in one trip to a thread where that can be.

        On this machine's disk only those pages are read that it looks at: reading all took 0.3 ms a megabyte, and as
        much memory as the file has (2026-11-27). Raises NotFound or StorageError, and what `work` raises.
        """
        path = self.path(digest)
        if path is None:
            return await asyncio.to_thread(work, await self.get(digest))
        return await asyncio.to_thread(lambda: work(self._mapped(path)))

    async def delete(self, digest: str) -> None:
        """Forgets a file and everything derived from it; one that is not there is fine."""
        path = self.path(digest)
        if path is None:
            await self._drop(blob_key(digest))
        else:
            # Not through the object store, which would remove the folder with its last file.
            with explained(self._place):
                await asyncio.to_thread(path.unlink, missing_ok=True)
        await self.drop_derived(digest)

    async def release(self, digest: str, before: datetime) -> int | None:
        """Deletes a file and all that was derived from it; the bytes set free, 0 where there is none.

        None, and nothing is deleted, where it was kept since that moment, perhaps for something not written down yet.
        """
        path = self.path(digest)
        with explained(self._place):
            if path is not None:
                freed = await asyncio.to_thread(released, path, before.timestamp())
            else:
                freed = await self._released(blob_key(digest), before)
        if freed is not None:
            await self.drop_derived(digest)
        return freed

    async def check_room(self) -> None:
        """Raises StorageError where a picture could not be kept: called before money is spent on one.

        That there was room is believed for a second, unless something could not be written meanwhile.
        """
        await self._home.check_room()

    async def stat(self, digest: str, name: str | None = None) -> Stored:
        """Size and tag of a file, or of one derived from it. Raises NotFound or StorageError."""
        with explained(self._place):
            meta = await obstore.head_async(self._store, _key(digest, name))
        return Stored(size=meta["size"], etag=(meta["e_tag"] or str(meta["last_modified"])).strip('"'))

    async def stream(
        self, digest: str, name: str | None = None, *, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[bytes]:
        """A file, or one derived from it, in pieces; bytes `start` up to but without `stop`. Raises NotFound."""
        with explained(self._place):
            got = await obstore.get_async(
                self._store,
                _key(digest, name),
                options={"range": (start, stop) if stop is not None else {"offset": start}} if start or stop else None,
            )
            async for piece in got.stream(min_chunk_size=CHUNK):
                view = memoryview(piece)
                for at in range(0, len(view), CHUNK):
                    yield bytes(view[at : at + CHUNK])

    async def derived(self, digest: str, name: str) -> bytes | None:
        """A file derived from a blob; None where it has not been made."""
        try:
            return await self._read(_key(digest, name))
        except NotFound:
            return None

    async def keep_derived(self, digest: str, name: str, data: bytes) -> None:
        """Keeps a file derived from a blob, in place of an earlier one. Raises StorageError."""
        await self._home.cache(_key(digest, name), data)

    async def drop_derived(self, digest: str, prefix: str = "") -> None:
        """Forgets what was derived from a blob, or those files of it whose names start with `prefix`."""
        keys = []
        with explained(self._place):
            async for batch in obstore.list(self._store, derived_key(_checked(digest))):
                keys += [meta["path"] for meta in batch if meta["path"].rpartition("/")[2].startswith(prefix)]
        for key in keys:
            await self._drop(key)

    async def digests(self, prefix: str = "", *, before: datetime | None = None) -> AsyncIterator[tuple[str, int]]:
        """All files with their sizes in bytes, in no order: for clean-up and statistics.

        Of those that begin with two given digits only, where `prefix` is these, and were last kept before a moment.
        """
        with explained(self._place):
            async for batch in obstore.list(self._store, f"{BLOBS}/{prefix}" if prefix else BLOBS):
                for meta in batch:
                    digest = meta["path"].rpartition("/")[2]
                    if _DIGEST.fullmatch(digest) and (before is None or meta["last_modified"] < before):
                        yield digest, meta["size"]

    def path(self, digest: str, name: str | None = None) -> Path | None:
        """Where a file, or one derived from it, lies on this machine's disk; None where the store is elsewhere.

        It must not be written to.
        """
        return self._home.root / _key(digest, name) if self._home.root else None

    async def _read(self, key: str) -> bytes:
        if self._home.root is not None:
            return await asyncio.to_thread(self._read_file, self._home.root / key)
        with explained(self._place):
            got = await obstore.get_async(self._store, key)
            return bytes(await got.bytes_async())

    def _read_file(self, path: Path) -> bytes:
        """Reads a file of a folder. Blocks."""
        with explained(self._place):
            return path.read_bytes()

    def _mapped(self, path: Path) -> FileBytes:
        """A file of a folder to look into; its pages are given back with the last reference to it. Blocks."""
        with explained(self._place):
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            try:
                empty = os.fstat(descriptor).st_size == 0
                return b"" if empty else mmap(descriptor, 0, access=ACCESS_READ)
            finally:
                os.close(descriptor)

    async def _released(self, key: str, before: datetime) -> int | None:
        """The same elsewhere: whoever keeps a file again there writes it again, which makes it new."""
        try:
            meta = await obstore.head_async(self._store, key)
        except FileNotFoundError:
            return 0
        if meta["last_modified"] >= before:
            return None
        await self._drop(key)
        return meta["size"]

    async def _drop(self, key: str) -> None:
        try:
            with explained(self._place):
                await obstore.delete_async(self._store, key)
        except NotFound:
            return


def _checked(digest: str) -> str:
    """A digest that is one: nothing else ever becomes a part of a path. Raises NotFound."""
    if not _DIGEST.fullmatch(digest):
        raise NotFound("This file is not in the object store.")
    return digest


def _key(digest: str, name: str | None) -> str:
    """The key of a blob, or of a file derived from it."""
    if name is None:
        return blob_key(_checked(digest))
    if not _NAME.fullmatch(name):
        raise NotFound("This file is not in the object store.")
    return derived_key(_checked(digest), name)


@asynccontextmanager
async def open_blobs(
    url: str | None,
    data_dir: Path,
    *,
    access: S3Access | None = None,
    durable: bool = True,
    monotonic: Callable[[], float] = time.monotonic,
) -> AsyncIterator[BlobStore]:
    """The object store, open for as long as the context lasts.

    `url` is None for the folder `objects` in the data directory, or `file:///folder`, `s3://bucket/prefix` or
    `memory:`. `durable` makes a folder force each kept file to the disk. Raises NotConfigured or StorageError.
    """
    home: Home
    room = Room(monotonic)
    parts = urlsplit(url or "")
    if parts.scheme == "s3" and parts.netloc:
        store: ObjectStore = _s3(parts.netloc, parts.path.strip("/"), access or S3Access())
        place = f"s3://{parts.netloc}{parts.path}"
        home = UploadHome(store, await asyncio.to_thread(_spools, data_dir / "incoming"), place, room=room)
    elif parts.scheme == "memory":
        store, place = MemoryStore(), "in memory"
        home = MemoryHome(store)
    elif url is None or (parts.scheme == "file" and parts.path):
        root = Path(parts.path) if url else data_dir / "objects"
        place = str(root)
        home = await asyncio.to_thread(FolderHome.open, root, room=room, durable=durable)
        store = LocalStore(root, automatic_cleanup=True)
    else:
        raise NotConfigured(
            f"LIMNER_STORAGE_URL is {url!r}. Use s3://bucket/prefix or file:///folder, or leave it out."
        )
    try:
        yield BlobStore(store, home, place)
    finally:
        await asyncio.to_thread(home.close)


def _spools(folder: Path) -> Spools:
    """A folder of this process alone for half-received files. Blocks."""
    try:
        return Spools.open(folder)
    except OSError as error:
        raise disk_failure(error, str(folder)) from error


def _s3(bucket: str, prefix: str, access: S3Access) -> S3Store:
    """A connection to an S3-compatible store, by path so that any endpoint will do."""
    config: S3Config = {"region": access.region, "virtual_hosted_style_request": False}
    # Without keys the store looks for those of the machine it runs on, as every S3 client does.
    if access.access_key_id is not None and access.secret_access_key is not None:
        config["access_key_id"] = access.access_key_id
        config["secret_access_key"] = access.secret_access_key
    if access.session_token is not None:
        config["session_token"] = access.session_token
    if access.endpoint is not None:
        config["endpoint"] = access.endpoint
    return S3Store(
        bucket,
        prefix=prefix or None,
        config=config,
        client_options={
            "allow_http": (access.endpoint or "").startswith("http://"),
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            "timeout": timedelta(seconds=REQUEST_SECONDS),
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
    )
