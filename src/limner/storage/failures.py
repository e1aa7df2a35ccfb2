"""Turns what disks and object stores complain about into sentences that say what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from limner.domain.errors import NotFound, StorageError

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


def store_failure(error: Exception, place: str) -> StorageError:
    """What a failed object store operation means; the store's own text stays in the cause, it may hold addresses."""
    if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
        return StorageError(
            f"The object store {place} refused access. Check its key, its secret and the rights on the bucket.",
            code="storage_refused",
        )
    return StorageError(
        f"The object store {place} did not do what was asked. Check that it can be reached and that the bucket exists."
    )


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Lets only NotFound and StorageError out of a block that works on an object store."""
    try:
        yield
    except FileNotFoundError as error:
        # S3 says of a missing bucket what it says of a missing object, but for this word.
        if "NoSuchBucket" in str(error):
            raise store_failure(error, place) from error
        raise NotFound("This file is not in the object store.") from error
    except OSError as error:
        raise disk_failure(error, place) from error
    except (BaseError, ValueError) as error:
        raise store_failure(error, place) from error
