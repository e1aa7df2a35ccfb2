"""Worker locks as locked files: the system lets go of them when their process dies, however it dies."""

from __future__ import annotations

import asyncio
from pathlib import Path

from filelock import FileLock, Timeout

from limner.domain.errors import StorageError


class FileWorkerLocks:
    """One locked file for each worker, in a folder that all processes of an installation share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: FileLock | None = None

    async def acquire(self, worker: str) -> None:
        """Takes this process's lock and keeps it until `release` or death. Raises StorageError."""
        self._own = await asyncio.to_thread(self._take, worker)

    async def is_free(self, worker: str) -> bool:
        """Whether the process of that name is provably gone; its file is removed then."""
        return await asyncio.to_thread(self._gone, worker)

    async def release(self) -> None:
        """Gives this process's lock back."""
        own, self._own = self._own, None
        if own is not None:
            await asyncio.to_thread(self._give_back, own)

    def _lock(self, worker: str) -> FileLock:
        # thread_local=False: it is taken in one thread of the pool and may be given back in another.
        return FileLock(self._folder / f"{worker}.lock", timeout=0, thread_local=False)

    def _take(self, worker: str) -> FileLock:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = self._lock(worker)
            lock.acquire()
        except OSError as error:
            raise StorageError(
                f"The folder {self._folder} cannot be written to. Make it writable, or set LIMNER_DATA_DIR to another.",
                code="read_only",
            ) from error
        return lock

    def _gone(self, worker: str) -> bool:
        path = self._folder / f"{worker}.lock"
        if self._own is not None and Path(self._own.lock_file) == path:
            return False
        lock = self._lock(worker)
        try:
            lock.acquire()
        except (Timeout, OSError):
            return False
        self._give_back(lock)
        return True

    def _give_back(self, lock: FileLock) -> None:
        path = Path(lock.lock_file)
        path.unlink(missing_ok=True)
        lock.release()
