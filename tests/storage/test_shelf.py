"""Names people can read: files on the shelf and downloads."""

from __future__ import annotations

import os
import shutil
from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.domain.errors import NotFound, StorageError
from limner.domain.picture import Picture
from limner.storage.blobs import BlobStore
from limner.storage.imaging import file_of
from limner.storage.naming import file_name, path_part, slug
from limner.storage.probe import inspect
from limner.storage.shelf import Shelf
from tests.storage.conftest import Bucket
from tests.storage.samples import kept, sample


async def a_picture(store: BlobStore, **changes: object) -> Picture:
    data = sample("jpeg")
    return kept(file_of(data, inspect(data), await store.put(data)), **changes)


async def test_a_picture_stands_under_its_project_and_service(folder: BlobStore, tmp_path: Path) -> None:
    picture = await a_picture(folder, project="summer")
    root = tmp_path / "storage" / "images"
    shelf = Shelf(root, folder)
    place = await shelf.put(picture)
    assert place == root / "summer" / "openai" / f"{picture.id}.jpg"
    assert place.read_bytes() == sample("jpeg")
    assert await shelf.put(picture) == place
    assert list(root.rglob("*.jpg")) == [place]
    await shelf.remove(picture)
    await shelf.remove(picture)
    assert not place.exists()
    assert await folder.get(picture.file.digest) == sample("jpeg")


async def test_it_takes_no_room_where_the_file_system_has_links(folder: BlobStore, tmp_path: Path) -> None:
    picture = await a_picture(folder)
    place, blob = await Shelf(tmp_path / "shelf", folder).put(picture), folder.path(picture.file.digest)
    assert place is not None
    assert blob is not None
    assert place.samefile(blob)


async def test_a_copy_is_made_where_it_has_none(
    folder: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    place = await Shelf(tmp_path / "shelf", folder).put(await a_picture(folder))
    assert place is not None
    assert place.read_bytes() == sample("jpeg")
    assert [path.name for path in place.parent.iterdir()] == [place.name]


async def test_services_may_have_other_folder_names(folder: BlobStore, tmp_path: Path) -> None:
    picture = await a_picture(folder, model="leonardo/phoenix")
    place = await Shelf(tmp_path, folder, {"leonardo": "leonardo_ai"}).put(picture)
    assert place == tmp_path / "default" / "leonardo_ai" / f"{picture.id}.jpg"


@pytest.mark.parametrize("name", ["../../etc", "/etc", "..", "a/../../b", "C:\\Windows", "\0", ".", "~root", "x" * 999])
async def test_no_name_leads_out_of_the_shelf(folder: BlobStore, tmp_path: Path, name: str) -> None:
    root = tmp_path / "deep" / "down" / "shelf"
    place = await Shelf(root, folder).put(await a_picture(folder, project=name, id=name, model=f"{name}/x"))
    assert place is not None
    assert place.resolve().is_relative_to(root.resolve())
    assert len(place.relative_to(root).parts) == 3


async def test_another_place_can_be_given_to_a_file(folder: BlobStore, tmp_path: Path) -> None:
    picture = await a_picture(folder)
    place = await Shelf(tmp_path / "uploads", folder).link(picture.file.digest, "generated", "user-1", "a b.jpg")
    assert place == tmp_path / "uploads" / "generated" / "user-1" / "a b.jpg"


async def test_a_file_that_is_gone_cannot_be_shelved(folder: BlobStore, tmp_path: Path) -> None:
    picture = await a_picture(folder)
    await folder.delete(picture.file.digest)
    with pytest.raises(NotFound):
        await Shelf(tmp_path / "shelf", folder).put(picture)


async def test_folders_of_the_shelf_that_somebody_removed_are_made_again(folder: BlobStore, tmp_path: Path) -> None:
    picture, shelf = await a_picture(folder), Shelf(tmp_path / "shelf", folder)
    for _ in range(2):
        place = await shelf.put(picture)
        assert place is not None
        assert place.read_bytes() == sample("jpeg")
        shutil.rmtree(tmp_path / "shelf")


async def test_a_file_that_is_gone_from_a_shelf_with_folders_is_not_found(folder: BlobStore, tmp_path: Path) -> None:
    picture, shelf = await a_picture(folder), Shelf(tmp_path / "shelf", folder)
    await shelf.put(picture)
    await folder.delete(picture.file.digest)
    with pytest.raises(NotFound):
        await shelf.link(picture.file.digest, *shelf.names(picture)[:2], "other.jpg")


async def test_a_shelf_that_cannot_be_written_to_is_a_storage_error(folder: BlobStore, tmp_path: Path) -> None:
    (tmp_path / "shelf").write_bytes(b"a file")
    with pytest.raises(StorageError):
        await Shelf(tmp_path / "shelf", folder).put(await a_picture(folder))


async def test_where_files_are_elsewhere_there_is_no_shelf(bucket: Bucket, tmp_path: Path) -> None:
    async with bucket.open(tmp_path / "data") as store:
        assert await Shelf(tmp_path / "shelf", store).put(await a_picture(store)) is None
    assert not (tmp_path / "shelf").exists()


@pytest.mark.parametrize(
    "prompt, name",
    [
        ("A lighthouse at dusk, oil on canvas", "a-lighthouse-at-dusk-oil-on-canvas"),
        ("Über den Dächern", "uber-den-dachern"),
        ("日没の灯台", "picture"),
        ("../../etc/passwd", "etc-passwd"),
        ("  ", "picture"),
        ("word " * 40, "word-word-word-word-word-word-word-word-word-word-word-word"),
        ("x" * 200, "x" * 60),
    ],
)
async def test_downloads_are_called_after_their_prompt(folder: BlobStore, prompt: str, name: str) -> None:
    picture = await a_picture(folder, prompt=prompt)
    assert file_name(picture, "image/jpeg") == f"{name}-456789ab.jpg"
    assert file_name(picture, "image/webp", 512) == f"{name}-456789ab-512.webp"


@given(st.text(max_size=300))
def test_names_are_fit_for_every_file_system(text: str) -> None:
    part = path_part(text)
    assert part == PurePath(part).name
    assert part not in ("", ".", "..")
    assert len(part.encode()) <= 121
    assert not set(part) & set('/\\:*?"<>|\0\n')
    assert part.strip(" .") == part
    assert slug(text).isascii()
    assert slug(text).replace("-", "").isalnum()


@pytest.mark.parametrize("name", ["con", "NUL", "com1", "aux.png"])
def test_names_that_windows_keeps_for_itself_are_avoided(name: str) -> None:
    assert path_part(name) == f"_{name}"
