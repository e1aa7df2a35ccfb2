"""The three kinds of place that files are kept in: a folder, an S3-compatible store, memory."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
from pathlib import Path
from typing import Protocol

import obstore
from obstore.store import ObjectStore

from limner.domain.call import Landed
from limner.domain.errors import StorageError
from limner.domain.ports import Receiver
from limner.storage.failures import disk_failure, explained
from limner.storage.intake import CREATE, MODE, Arrived, HeldReceiver, SpooledReceiver, blob_key, media_type_for
from limner.storage.kinds import HEAD, OTHER
from limner.storage.spools import Spools, drop, sync_folder, write_all

PART = 5 * 1024 * 1024
"""Bytes of one part of a large upload; S3 takes no smaller ones."""
PARTS_AT_ONCE = 2
UPLOADS_AT_ONCE = 8
"""Together these bound what uploads hold in memory: 80 MB."""
ROOM = 32 * 1024 * 1024
"""Bytes that must be free before anything is bought: room for the largest pictures that services deliver."""


class Home(Protocol):
    """Puts files in place; reading is the same everywhere and goes through the object store itself."""

    @property
    def root(self) -> Path | None:
        """The folder, where there is one on this machine."""
        ...

    def receiver(self) -> Receiver:
        """Opens a place for one incoming file."""
        ...

    async def keep(self, data: bytes) -> Landed:
        """Keeps a file under its hash."""
        ...

    async def cache(self, key: str, data: bytes) -> None:
        """Keeps a file that can be made again, whole or not at all."""
        ...

    async def check_room(self) -> None:
        """Raises StorageError where nothing more can be kept."""
        ...

    def close(self) -> None:
        """Gives up what the home holds. Blocks."""
        ...


def digest_of(data: bytes) -> Landed:
    """The name of a file in the object store. Blocks for 0.6 ms a megabyte."""
    return Landed(digest=hashlib.sha256(data).hexdigest(), size=len(data))


def _check_disk(spools: Spools, place: str) -> None:
    """Raises StorageError where the disk has too little room, or does not take one byte. Blocks."""
    spool = spools.new()
    try:
        if shutil.disk_usage(spools.folder).free < ROOM:
            raise OSError(errno.ENOSPC, "too little room")
        try:
            spool.write_bytes(b".")
        finally:
            drop(spool)
    except OSError as error:
        raise disk_failure(error, place) from error


class FolderHome:
    """A folder: files are written beside their place, made durable, then renamed into it.

    With `durable` a kept file survives a power cut from the moment it has landed; without, only a killed process.
    """

    def __init__(self, root: Path, spools: Spools, *, durable: bool) -> None:
        self.root = root
        self._spools = spools
        self._durable = durable

    def receiver(self) -> Receiver:
        """Opens a place for one incoming file."""
        return SpooledReceiver(self._spools.new(), self._keep_spool, place=str(self.root), durable=self._durable)

    async def keep(self, data: bytes) -> Landed:
        """Keeps a file under its hash."""
        return await asyncio.to_thread(self._keep, data)

    async def cache(self, key: str, data: bytes) -> None:
        """Keeps a file that can be made again; it is not forced to the disk."""
        await asyncio.to_thread(self._write, key, data, again=True)

    async def check_room(self) -> None:
        """Raises StorageError where the disk is full or may not be written to."""
        await asyncio.to_thread(_check_disk, self._spools, str(self.root))

    def close(self) -> None:
        """Deletes half-received files."""
        self._spools.close()

    def _keep(self, data: bytes) -> Landed:
        landed = digest_of(data)
        self._write(blob_key(landed.digest), data, again=False)
        return landed

    async def _keep_spool(self, arrived: Arrived) -> None:
        await asyncio.to_thread(self._settle_spool, arrived)

    def _settle_spool(self, arrived: Arrived) -> None:
        try:
            self._settle(arrived.spool, blob_key(arrived.landed.digest), size=arrived.landed.size)
        except OSError as error:
            raise disk_failure(error, str(self.root)) from error

    def _write(self, key: str, data: bytes, *, again: bool) -> None:
        """Writes a whole file and puts it in place; `again` says that it can be made again and may be replaced."""
        spool = self._spools.new()
        try:
            descriptor = os.open(spool, CREATE, MODE)
            try:
                write_all(descriptor, data)
                if self._durable and not again:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._settle(spool, key, size=None if again else len(data))
        except OSError as error:
            raise disk_failure(error, str(self.root)) from error
        finally:
            drop(spool)

    def _settle(self, spool: Path, key: str, *, size: int | None) -> None:
        """Renames a spool into place, unless the same file is there: one of this `size` under its own hash."""
        target = self.root / key
        if size is not None and _size_of(target) == size:
            return
        # Deleting the last file of a folder removes the folder, perhaps just now: then it is made once more.
        for _ in range(5):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                spool.replace(target)
                break
            except FileNotFoundError:
                continue
        else:
            raise StorageError(f"Folders in {self.root} vanish while Limner writes. Check what else works there.")
        if self._durable and size is not None:
            # New folders above need no call of their own: journals keep what was done before in order.
            sync_folder(target.parent)


def _size_of(file: Path) -> int | None:
    """The size of a file in bytes; None where there is none."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return None


class UploadHome:
    """An S3-compatible store: files are spooled on the disk while they arrive, uploaded, and leave nothing behind."""

    def __init__(self, store: ObjectStore, spools: Spools, place: str) -> None:
        self.root = None
        self._store = store
        self._spools = spools
        self._place = place
        self._turn = asyncio.Semaphore(UPLOADS_AT_ONCE)

    def receiver(self) -> Receiver:
        """Opens a place for one incoming file."""
        return SpooledReceiver(self._spools.new(), self._upload_spool, place=str(self._spools.folder))

    async def keep(self, data: bytes) -> Landed:
        """Keeps a file under its hash."""
        landed = await asyncio.to_thread(digest_of, data)
        await self._upload(blob_key(landed.digest), data, media_type_for(data[:HEAD]))
        return landed

    async def cache(self, key: str, data: bytes) -> None:
        """Keeps a file that can be made again."""
        await self._upload(key, data, media_type_for(data[:HEAD]))

    async def check_room(self) -> None:
        """Raises StorageError where the spool's disk is full, or the store does not take one byte."""
        await asyncio.to_thread(_check_disk, self._spools, str(self._spools.folder))
        await self._upload("room", b".", OTHER)

    def close(self) -> None:
        """Deletes half-received files."""
        self._spools.close()

    async def _upload_spool(self, arrived: Arrived) -> None:
        await self._upload(blob_key(arrived.landed.digest), arrived.spool, arrived.media_type)

    async def _upload(self, key: str, content: bytes | Path, media_type: str) -> None:
        with explained(self._place):
            async with self._turn:
                await obstore.put_async(
                    self._store,
                    key,
                    content,
                    attributes={"Content-Type": media_type},
                    chunk_size=PART,
                    max_concurrency=PARTS_AT_ONCE,
                )


class MemoryHome:
    """Memory: everything is gone when the process ends."""

    def __init__(self, store: ObjectStore) -> None:
        self.root = None
        self._store = store

    def receiver(self) -> Receiver:
        """Opens a place for one incoming file."""
        return HeldReceiver(self.keep)

    async def keep(self, data: bytes) -> Landed:
        """Keeps a file under its hash."""
        landed = await asyncio.to_thread(digest_of, data)
        await self.cache(blob_key(landed.digest), data)
        return landed

    async def cache(self, key: str, data: bytes) -> None:
        """Keeps a file under a key."""
        with explained("in memory"):
            await obstore.put_async(self._store, key, data)

    async def check_room(self) -> None:
        """Memory has room as long as the process lives."""

    def close(self) -> None:
        """Holds nothing that must be given up."""
