"""Half-received files, each in a folder that one process owns."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

LOCK = "owner.lock"
DAY = 86_400
"""Seconds after which a folder that nobody ever locked counts as left over."""


class Spools:
    """A folder for the half-received files of this process; what dead processes left behind is cleared at open.

    The owner holds a lock on its folder for as long as it lives, so a lock that can be had belongs to nobody.
    """

    def __init__(self, folder: Path, lock: FileLock) -> None:
        self.folder = folder
        self._lock = lock
        self._numbers = itertools.count(1)

    @classmethod
    def open(cls, parent: Path) -> Spools:
        """Makes this process's folder under `parent` and clears left-overs. Blocks. Raises OSError."""
        parent.mkdir(parents=True, exist_ok=True)
        own = cls._own(parent)
        newest = own.folder.stat().st_mtime
        for folder in parent.iterdir():
            if folder != own.folder and folder.is_dir():
                _clear(folder, newest)
        return own

    @classmethod
    def _own(cls, parent: Path) -> Spools:
        """A new folder with its lock; tried anew where a process that is clearing was quicker to lock it."""
        while True:
            folder = Path(tempfile.mkdtemp(prefix="spool-", dir=parent))
            lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
            try:
                lock.acquire()
            except (Timeout, FileNotFoundError):
                continue
            return cls(folder, lock)

    def new(self) -> Path:
        """A path for one more file; nothing is there yet."""
        return self.folder / f"{next(self._numbers)}.part"

    def close(self) -> None:
        """Deletes the folder and gives the lock back. Blocks."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.release()


def _clear(folder: Path, now: float) -> None:
    """Deletes a folder whose owner is gone; `now` is the file system's own time."""
    try:
        if not (folder / LOCK).exists():
            if now - folder.stat().st_mtime > DAY:
                shutil.rmtree(folder, ignore_errors=True)
            return
        with FileLock(folder / LOCK, timeout=0, thread_local=False):
            shutil.rmtree(folder, ignore_errors=True)
    except (Timeout, FileNotFoundError):
        return


def write_all(descriptor: int, data: bytes) -> None:
    """Writes every byte, however many the system takes at once. Raises OSError."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def drop(spool: Path) -> None:
    """Deletes a spool that may be there; if that fails now, it goes with its folder."""
    with contextlib.suppress(OSError):
        spool.unlink()


def sync_folder(folder: Path) -> None:
    """Makes new names in a folder survive a power cut, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
