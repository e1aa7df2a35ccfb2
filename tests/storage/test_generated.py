"""Where document 2 has its pictures: links to the signed copies, for as long as these are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from limner.storage.blobs import BlobStore
from limner.storage.generated import GeneratedFolder
from limner.storage.imaging import PillowImaging
from limner.storage.library import Library
from limner.storage.provenance import Provenance
from tests.storage.samples import NOON
from tests.storage.test_shelf import a_picture


@dataclass(frozen=True)
class Place:
    """The folder, over one kind of store."""

    root: Path
    blobs: BlobStore
    library: Library
    folder: GeneratedFolder


@pytest.fixture
async def place(blobs: BlobStore, tmp_path: Path) -> AsyncIterator[Place]:
    imaging = PillowImaging()
    async with Provenance(tmp_path / "provenance", version="0", now=lambda: NOON) as provenance:
        library = Library(blobs=blobs, imaging=imaging, provenance=provenance, algorithmic=frozenset())
        async with library:
            yield Place(tmp_path / "public", blobs, library, GeneratedFolder(tmp_path / "public", library))
    imaging.close()


@pytest.mark.req("S2-081")
async def test_the_signed_copy_has_a_second_name_where_files_are_kept_in_a_folder(place: Place) -> None:
    picture = await a_picture(place.blobs)
    found = await place.folder.put(picture)
    delivery = await place.library.file(picture)
    if place.blobs.path(picture.file.digest) is None:
        assert found is None
        assert not place.root.exists()
        return
    assert found == place.root / "uploads" / "generated" / picture.owner / f"{picture.id}.jpg"
    assert found == place.root / place.folder.filepath(picture)
    assert found.read_bytes() == b"".join([piece async for piece in delivery.chunks()])
    assert found.stat().st_nlink == 2
    assert await place.folder.put(picture) == found


async def test_a_picture_that_is_cleared_away_leaves_nothing_there(place: Place) -> None:
    picture, other = (
        await a_picture(place.blobs),
        await a_picture(place.blobs, id="01941f29-7c00-7aaa-8bbb-0123456789ac"),
    )
    await place.folder.put(picture)
    kept = await place.folder.put(other)
    await place.folder.forget(picture)
    await place.folder.forget(picture)
    left = [path for path in place.root.rglob("*") if path.is_file()]
    assert left == ([] if kept is None else [kept])
    assert await place.folder.put(picture) == (None if kept is None else place.root / place.folder.filepath(picture))
