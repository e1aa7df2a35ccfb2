"""Turns what object stores complain about into sentences that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from limner.domain.errors import NotFound, StorageError
from limner.storage.disks import disk_failure


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
