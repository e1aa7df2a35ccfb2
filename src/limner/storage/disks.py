"""Turns what disks complain about into sentences that say what to do."""

from __future__ import annotations

import errno

from limner.domain.errors import StorageError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FORBIDDEN = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


def disk_failure(error: OSError, place: str) -> StorageError:
    """What a failed file operation means. Codes: disk_full, read_only, storage_failed."""
    if error.errno in FULL:
        return StorageError(
            f"The disk that holds {place} is full. Free some space; nothing that was kept is lost.",
            code="disk_full",
        )
    if error.errno in FORBIDDEN:
        return StorageError(
            f"Limner may not write to {place}. Give its user the right to write there, or choose another "
            "data directory with LIMNER_DATA_DIR.",
            code="read_only",
        )
    return StorageError(f"Files in {place} cannot be used: {error.strerror or 'unknown failure'}. Check the disk.")
