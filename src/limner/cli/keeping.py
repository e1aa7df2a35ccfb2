"""Where kept pictures lie, and copies of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from limner.cli.copies import Copy, Target, write_copy
from limner.domain.errors import LimnerError
from limner.domain.picture import Picture

if TYPE_CHECKING:
    from limner.runtime import Runtime
    from limner.storage.library import Delivery

THUMBNAIL = 512


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A kept picture and its files on this machine."""

    picture: Picture
    path: Path | None
    """None where files are kept elsewhere."""
    thumbnail: Path | None = None
    preview: bytes = b""
    """The thumbnail itself, WebP."""
    copy: Copy | None = None
    complaint: LimnerError | None = None
    """Why there is no copy, or no thumbnail."""


async def path_of(runtime: Runtime, picture: Picture) -> Path | None:
    """Where a picture lies under a name that programs understand."""
    return await runtime.shelf.put(picture)


async def looked_up(runtime: Runtime, picture: Picture) -> Kept:
    """A picture with its path and its thumbnail, which is made where there is none yet."""
    # Imported here because commands that touch no pictures must not pay for the object store.
    from limner.storage.blobs import derived_key
    from limner.storage.intake import blob_key

    path = await path_of(runtime, picture)
    preview = await bytes_of(await runtime.thumbnail(picture, THUMBNAIL))
    blob = runtime.blobs.path(picture.file.digest)
    depth = len(Path(blob_key(picture.file.digest)).parts) - 1
    thumbnail = derived_key(picture.file.digest, f"thumb-{THUMBNAIL}.webp")
    return Kept(
        picture=picture,
        path=path,
        thumbnail=None if blob is None else blob.parents[depth] / thumbnail,
        preview=preview,
    )


async def copied(runtime: Runtime, picture: Picture, target: Target, *, number: int, count: int) -> Copy:
    """A signed copy where the person wants it. Raises StorageError."""
    delivery = await runtime.library.file(picture, format=target.format)
    data = await bytes_of(delivery)
    return await asyncio.to_thread(write_copy, target.name(delivery.filename, number=number, count=count), data)


async def bytes_of(delivery: Delivery) -> bytes:
    """A file whole."""
    return b"".join([chunk async for chunk in delivery.chunks()])
