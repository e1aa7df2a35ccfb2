"""Takes in files piece by piece, hashing while they arrive, and puts them in place whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from limner.domain.call import Landed
from limner.domain.errors import StorageError
from limner.storage.failures import disk_failure
from limner.storage.kinds import HEAD, OTHER, media_type_of
from limner.storage.spools import drop, write_all

# Kept files can be read by whoever the umask allows and written by nobody, for other names of the same file may exist;
# but Windows would then not let them be deleted either.
MODE = 0o444 if os.name == "posix" else 0o666
CREATE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def blob_key(digest: str) -> str:
    """Where a file lies in the object store."""
    return f"blobs/{digest[:2]}/{digest[2:4]}/{digest}"


def media_type_for(head: bytes) -> str:
    """The content type under which a file is stored: by its first bytes, never by its name."""
    return media_type_of(head) or OTHER


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrived:
    """A file that has been written to its spool, every byte of it."""

    spool: Path
    landed: Landed
    media_type: str


class SpooledReceiver:
    """Takes in one file through a spool on the disk; `keep` puts the finished spool in place.

    With `durable` the spool is forced to the disk before that.
    """

    def __init__(
        self, spool: Path, keep: Callable[[Arrived], Awaitable[None]], *, place: str, durable: bool = False
    ) -> None:
        self._spool = spool
        self._keep = keep
        self._place = place
        self._durable = durable
        self._hash = hashlib.sha256()
        self._head = b""
        self._size = 0
        self._descriptor = -1
        self._arrived: Arrived | None = None
        self._trouble: str | None = None
        # A caller that gives up may discard while a thread still writes: the descriptor must not close under it.
        self._lock = threading.Lock()

    def write(self, chunk: bytes) -> None:
        """Hashes and writes one piece. Blocks: call it from a thread. Raises StorageError."""
        with self._lock:
            if self._arrived is not None:
                raise StorageError("This file is complete; nothing can be added to it.")
            self._check()
            try:
                self._open()
                write_all(self._descriptor, chunk)
            except OSError as error:
                self._trouble = "This file could not be written in full; send it again."
                raise disk_failure(error, self._place) from error
            self._hash.update(chunk)
            self._size += len(chunk)
            if len(self._head) < HEAD:
                self._head = (self._head + bytes(chunk[:HEAD]))[:HEAD]

    async def finish(self) -> Landed:
        """Keeps what was written, under its hash. After a StorageError it may be called again."""
        arrived = await asyncio.to_thread(self._seal)
        await self._keep(arrived)
        await asyncio.to_thread(self._close, "This file is already kept.")
        return arrived.landed

    async def discard(self) -> None:
        """Forgets what was written; after finish() there is nothing left to forget."""
        await asyncio.to_thread(self._close, "This file was discarded.")

    def _check(self) -> None:
        """Refuses to go on with a file that is closed or incomplete."""
        if self._trouble is not None:
            raise StorageError(self._trouble)

    def _open(self) -> None:
        """Makes the spool when the first bytes come."""
        if self._descriptor < 0:
            self._descriptor = os.open(self._spool, CREATE, MODE)

    def _seal(self) -> Arrived:
        """Checks that the spool holds exactly what was hashed, and lets go of it: it may now be renamed."""
        with self._lock:
            self._check()
            if self._arrived is None:
                try:
                    self._open()
                    found = os.fstat(self._descriptor).st_size
                    if self._durable:
                        os.fsync(self._descriptor)
                except OSError as error:
                    raise disk_failure(error, self._place) from error
                if found != self._size:
                    self._trouble = f"{self._size} bytes came and {found} are on the disk that holds {self._place}."
                    self._check()
                self._release()
                landed = Landed(digest=self._hash.hexdigest(), size=self._size)
                self._arrived = Arrived(spool=self._spool, landed=landed, media_type=media_type_for(self._head))
            return self._arrived

    def _release(self) -> None:
        """Closes the spool if it is open."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _close(self, trouble: str) -> None:
        """Lets the spool go for good; does nothing the second time."""
        with self._lock:
            if self._trouble is None or self._descriptor >= 0:
                self._trouble = trouble
            self._release()
            drop(self._spool)


class HeldReceiver:
    """Takes in one file in memory; `keep` puts it in place."""

    def __init__(self, keep: Callable[[bytes], Awaitable[Landed]]) -> None:
        self._keep = keep
        self._pieces: list[bytes] | None = []

    def write(self, chunk: bytes) -> None:
        """Takes one piece. Raises StorageError where the file is already closed."""
        self._open_pieces().append(bytes(chunk))

    async def finish(self) -> Landed:
        """Keeps what was written, under its hash."""
        landed = await self._keep(b"".join(self._open_pieces()))
        self._pieces = None
        return landed

    async def discard(self) -> None:
        """Forgets what was written."""
        self._pieces = None

    def _open_pieces(self) -> list[bytes]:
        """What has come so far, while the file is open."""
        if self._pieces is None:
            raise StorageError("This file is already closed.")
        return self._pieces
