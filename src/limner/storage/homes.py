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
from limner.storage.disks import disk_failure
from limner.storage.failures import explained
from limner.storage.intake import (
    BLOBS,
    CREATE,
    MODE,
    Arrived,
    HeldReceiver,
    SpooledReceiver,
    UploadedReceiver,
    blob_key,
    media_type_for,
)
from limner.storage.kinds import HEAD, OTHER
from limner.storage.releasing import renewed
from limner.storage.room import Room
from limner.storage.spools import Spools, drop, sync_folder, write_all

PART = 5 * 1024 * 1024
"""Bytes of one part of a large upload; S3 takes no smaller ones."""
PARTS_AT_ONCE = 2
UPLOADS_AT_ONCE = 8
"""Together these bound what uploads hold in memory: 80 MB."""
ROOM = 32 * 1024 * 1024
"""Bytes that must be free before anything is bought: room for the largest pictures that services deliver."""


class Home(Protocol):
    """Puts files in place; they are read by their path where there is one, else through the object store."""

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
        """Raises StorageError where nothing more can be kept; that there was room is remembered for a second."""
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

    def __init__(self, root: Path, spools: Spools, *, room: Room, durable: bool) -> None:
        self.root = root
        self._spools = spools
        self._room = room
        self._durable = durable

    @classmethod
    def open(cls, root: Path, *, room: Room, durable: bool) -> FolderHome:
        """Makes the folders that are missing, so that nothing that lands has to. Blocks. Raises StorageError."""
        try:
            spools = Spools.open(root / "incoming")
            try:
                _make_folders(root / BLOBS, durable=durable)
            except OSError:
                spools.close()
                raise
        except OSError as error:
            raise disk_failure(error, str(root)) from error
        return cls(root, spools, room=room, durable=durable)

    def receiver(self) -> Receiver:
        """Opens a place for one incoming file."""
        return SpooledReceiver(self._spools.new(), self._settle_spool, failed=self._failed, durable=self._durable)

    async def keep(self, data: bytes) -> Landed:
        """Keeps a file under its hash."""
        return await asyncio.to_thread(self._keep, data)

    async def cache(self, key: str, data: bytes) -> None:
        """Keeps a file that can be made again; it is not forced to the disk."""
        await asyncio.to_thread(self._write, key, data, again=True)

    async def check_room(self) -> None:
        """Raises StorageError where the disk is full or may not be written to."""
        await self._room.check(self._look)

    def close(self) -> None:
        """Deletes half-received files."""
        self._spools.close()

    def _keep(self, data: bytes) -> Landed:
        landed = digest_of(data)
        self._write(blob_key(landed.digest), data, again=False)
        return landed

    async def _look(self) -> None:
        await asyncio.to_thread(_check_disk, self._spools, str(self.root))

    def _failed(self, error: OSError) -> StorageError:
        self._room.doubt()
        return disk_failure(error, str(self.root))

    def _settle_spool(self, arrived: Arrived) -> None:
        try:
            self._settle(arrived.spool, blob_key(arrived.landed.digest), size=arrived.landed.size)
        except OSError as error:
            raise self._failed(error) from error

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
            raise self._failed(error) from error
        finally:
            drop(spool)

    def _settle(self, spool: Path, key: str, *, size: int | None) -> None:
        """Renames a spool into place, unless the same file is there: one of this `size` under its own hash."""
        target = self.root / key
        if size is None or not renewed(target, size):
            self._rename(spool, target, durable=self._durable and size is not None)
        if self._durable and size is not None:
            # Also where the same file is there: whoever renamed it may not have come this far yet.
            sync_folder(target.parent)

    def _rename(self, spool: Path, target: Path, *, durable: bool) -> None:
        """Renames a spool, and makes the folders above its place where they are missing."""
        # Deleting the last of what was derived from a file removes its folder, perhaps just now: it is made once more.
        for _ in range(5):
            try:
                spool.replace(target)
                return
            except FileNotFoundError:
                target.parent.mkdir(parents=True, exist_ok=True)
                if durable:
                    # Folders further up need no call of their own: journals keep what was done before in order.
                    sync_folder(target.parent.parent)
        raise StorageError(f"Folders in {self.root} vanish while Limner writes. Check what else works there.")


def _make_folders(folder: Path, *, durable: bool) -> None:
    """The folder with its 256 folders, as far as they are missing. Blocks. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = {f"{number:02x}" for number in range(256)}.difference(entry.name for entry in folder.iterdir())
    for name in missing:
        (folder / name).mkdir(exist_ok=True)
    if missing and durable:
        sync_folder(folder)
        sync_folder(folder.parent)


class UploadHome:
    """An S3-compatible store: files are spooled on the disk while they arrive, uploaded, and leave nothing behind."""

    def __init__(self, store: ObjectStore, spools: Spools, place: str, *, room: Room) -> None:
        self.root = None
        self._store = store
        self._spools = spools
        self._place = place
        self._room = room
        self._turn = asyncio.Semaphore(UPLOADS_AT_ONCE)

    def receiver(self) -> Receiver:
        """Opens a place for one incoming file."""
        return UploadedReceiver(self._spools.new(), self._upload_spool, failed=self._failed)

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
        await self._room.check(self._look)

    def close(self) -> None:
        """Deletes half-received files."""
        self._spools.close()

    async def _look(self) -> None:
        await asyncio.to_thread(_check_disk, self._spools, str(self._spools.folder))
        await self._upload("room", b".", OTHER)

    def _failed(self, error: OSError) -> StorageError:
        self._room.doubt()
        return disk_failure(error, str(self._spools.folder))

    async def _upload_spool(self, arrived: Arrived) -> None:
        await self._upload(blob_key(arrived.landed.digest), arrived.spool, arrived.media_type)

    async def _upload(self, key: str, content: bytes | Path, media_type: str) -> None:
        try:
            await self._put(key, content, media_type)
        except StorageError:
            self._room.doubt()
            raise

    async def _put(self, key: str, content: bytes | Path, media_type: str) -> None:
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
