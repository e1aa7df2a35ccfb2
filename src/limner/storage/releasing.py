"""Deletes a file of a folder that nothing needs, while others may keep the very same bytes again."""

from __future__ import annotations

import os
from pathlib import Path

ASIDE = ".leaving"
"""What a file's name ends in while it is looked at for the last time."""


def renewed(file: Path, size: int) -> bool:
    """Whether the same file is there; it then counts as kept just now, so that `released` leaves it. Blocks."""
    try:
        if file.stat().st_size != size:
            return False
        os.utime(file)
    except FileNotFoundError:
        return False
    return True


def released(file: Path, before: float) -> int | None:
    """Deletes a file unless it was kept since `before`; the bytes set free, None where it stays. Blocks.

    It is put aside first and looked at then: whoever keeps the same bytes meanwhile either renews the file before that,
    which is seen, or finds none and writes it anew.
    """
    aside = file.with_name(file.name + ASIDE)
    freed = _size_of(aside) or 0  # of one that was put aside by a process which then died
    try:
        if file.stat().st_mtime >= before:
            return None
        file.replace(aside)
    except FileNotFoundError:
        aside.unlink(missing_ok=True)
        return freed
    found = aside.stat()
    if found.st_mtime >= before:
        aside.replace(file)
        return None
    aside.unlink()
    return found.st_size


def _size_of(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return None
