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
from limner.storage.kinds import HEAD, OTHER, media_type_of
from limner.storage.spools import drop, write_all

# Kept files can be read by whoever the umask allows and written by nobody, for other names of the same file may exist;
# but Windows would then not let them be deleted either.
MODE = 0o444 if os.name == "posix" else 0o666
CREATE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)

KEPT = "This file is already kept."
BLOBS = "blobs"
"""Where all files lie, in 256 folders by the first two digits of their hashes."""


def blob_key(digest: str) -> str:
    """Where a file lies in the object store."""
    return f"{BLOBS}/{digest[:2]}/{digest}"


def media_type_for(head: bytes) -> str:
    """The content type under which a file is stored: by its first bytes, never by its name."""
    return media_type_of(head) or OTHER


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrived:
    """A file that has been written to its spool, every byte of it."""

    spool: Path
    landed: Landed
    media_type: str


class Spooled:
    """One file on its way through a spool on the disk; `failed` says what a failed file operation means.

    With `durable` the finished spool is forced to the disk.
    """

    def __init__(self, spool: Path, *, failed: Callable[[OSError], StorageError], durable: bool = False) -> None:
        self._spool = spool
        self._failed = failed
        self._durable = durable
        self._hash = hashlib.sha256()
        self._head = b""
        self._size = 0
        self._descriptor = -1
        self._arrived: Arrived | None = None
        self._trouble: str | None = None
        # A caller that gives up may discard while a thread still writes: the descriptor must not close under it.
        self._lock = threading.RLock()

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
                raise self._failed(error) from error
            self._hash.update(chunk)
            self._size += len(chunk)
            if len(self._head) < HEAD:
                self._head = (self._head + bytes(chunk[:HEAD]))[:HEAD]

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

    def _seal(self, last: Callable[[], None] | None) -> Arrived:
        """Checks that the spool holds exactly what was hashed, and lets go of it: it may now be renamed."""
        with self._lock:
            self._check()
            if last is not None:
                last()
            if self._arrived is None:
                try:
                    self._open()
                    found = os.fstat(self._descriptor).st_size
                    if self._durable:
                        os.fsync(self._descriptor)
                except OSError as error:
                    raise self._failed(error) from error
                if found != self._size:
                    place = self._spool.parent
                    self._trouble = f"{self._size} bytes came and {found} are on the disk that holds {place}."
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


class SpooledReceiver(Spooled):
    """Takes in one file; `settle` puts the finished spool in place, blocking.

    All that comes after the last piece is done in one trip to a thread.
    """

    def __init__(
        self,
        spool: Path,
        settle: Callable[[Arrived], None],
        *,
        failed: Callable[[OSError], StorageError],
        durable: bool = False,
    ) -> None:
        super().__init__(spool, failed=failed, durable=durable)
        self._settle = settle

    async def finish(self, last: Callable[[], None] | None = None) -> Landed:
        """Keeps what was written, under its hash; first `last` writes the rest.

        After a StorageError it may be called again, without `last`.
        """
        return await asyncio.to_thread(self._finish, last)

    def _finish(self, last: Callable[[], None] | None) -> Landed:
        # The lock is held throughout: whoever discards meanwhile comes too late, and the file is kept.
        with self._lock:
            arrived = self._seal(last)
            self._settle(arrived)
            self._close(KEPT)
            return arrived.landed


class UploadedReceiver(Spooled):
    """Takes in one file; `upload` brings the finished spool to where it is kept."""

    def __init__(
        self, spool: Path, upload: Callable[[Arrived], Awaitable[None]], *, failed: Callable[[OSError], StorageError]
    ) -> None:
        super().__init__(spool, failed=failed)
        self._upload = upload

    async def finish(self, last: Callable[[], None] | None = None) -> Landed:
        """Keeps what was written, under its hash; first `last` writes the rest.

        After a StorageError it may be called again, without `last`.
        """
        arrived = await asyncio.to_thread(self._seal, last)
        await self._upload(arrived)
        await asyncio.to_thread(self._close, KEPT)
        return arrived.landed


class HeldReceiver:
    """Takes in one file in memory; `keep` puts it in place."""

    def __init__(self, keep: Callable[[bytes], Awaitable[Landed]]) -> None:
        self._keep = keep
        self._pieces: list[bytes] | None = []

    def write(self, chunk: bytes) -> None:
        """Takes one piece. Raises StorageError where the file is already closed."""
        self._open_pieces().append(bytes(chunk))

    async def finish(self, last: Callable[[], None] | None = None) -> Landed:
        """Keeps what was written, under its hash; first `last` writes the rest."""
        if last is not None:
            await asyncio.to_thread(last)
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
