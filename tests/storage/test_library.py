"""Delivering kept pictures: signed copies, other formats and sizes, thumbnails, originals, and uploads."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from limner.domain.call import Landed
from limner.domain.errors import BadPicture, InvalidRequest, NotFound, StorageError
from limner.domain.picture import Picture, PictureFile
from limner.domain.request import Operation
from limner.storage.blobs import BlobStore
from limner.storage.imaging import PillowImaging, file_of
from limner.storage.library import Delivery, Library
from limner.storage.probe import inspect
from limner.storage.provenance import Provenance
from limner.storage.story import Source, Story, Verdict, Wholeness
from tests.storage.samples import FORMATS, NOON, animation, bomb, kept, opened, sample, turned


class Counting(PillowImaging):
    """Counts what is really done."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    async def thumbnail(self, data: bytes, edge: int) -> tuple[bytes, str]:
        self.done.append(f"thumbnail {edge}")
        return await super().thumbnail(data, edge)

    async def convert(self, data: bytes, format: str, width: int | None = None) -> bytes:
        self.done.append(f"convert {format} {width}")
        return await super().convert(data, format, width)


class CountingProvenance(Provenance):
    """Counts what is really signed."""

    signed = 0

    async def sign(self, data: bytes, media_type: str, story: Story, *, parent: bytes | None = None) -> bytes:
        self.signed += 1
        return await super().sign(data, media_type, story, parent=parent)


@pytest_asyncio.fixture
async def imaging() -> AsyncIterator[Counting]:
    working = Counting()
    yield working
    working.close()


@pytest_asyncio.fixture
async def provenance(tmp_path: Path) -> AsyncIterator[CountingProvenance]:
    async with CountingProvenance(tmp_path / "provenance", version="0.1.0", now=lambda: datetime.now(UTC)) as signing:
        yield signing


@pytest_asyncio.fixture
async def library(folder: BlobStore, imaging: Counting, provenance: CountingProvenance) -> AsyncIterator[Library]:
    made = Library(blobs=folder, imaging=imaging, provenance=provenance, algorithmic=frozenset({"sketch"}))
    async with made:
        yield made


async def put(store: BlobStore, data: bytes) -> PictureFile:
    return file_of(data, inspect(data), await store.put(data))


@pytest_asyncio.fixture
async def picture(folder: BlobStore) -> Picture:
    return kept(await put(folder, sample("png", 60, 40)))


async def read(delivery: Delivery) -> bytes:
    data = b"".join([piece async for piece in delivery.chunks()])
    assert len(data) == delivery.size
    return data


async def verified(provenance: Provenance, delivery: Delivery) -> Verdict:
    verdict = await provenance.verify(await read(delivery))
    assert (verdict.state, verdict.ours) == (Wholeness.WHOLE, True)
    return verdict


@pytest.mark.parametrize("format", FORMATS)
async def test_a_picture_is_delivered_signed_in_its_own_format(
    library: Library, folder: BlobStore, provenance: CountingProvenance, format: str
) -> None:
    data = sample(format)
    delivery = await library.file(kept(await put(folder, data)))
    assert delivery.media_type == f"image/{format}"
    assert delivery.filename == f"a-lighthouse-at-dusk-456789ab.{'jpg' if format == 'jpeg' else format}"
    verdict = await verified(provenance, delivery)
    assert verdict.actions == ("c2pa.created",)
    assert verdict.agent == "openai/gpt-image-2"
    assert verdict.recipe == {"request": {"prompt": "a lighthouse at dusk"}, "versions": {"limner": "0.1.0"}}
    assert opened(await read(delivery)).tobytes() == opened(data).tobytes()


async def test_the_original_is_delivered_as_it_came(library: Library, folder: BlobStore) -> None:
    original = sample("png") + b"whatever the provider put there"
    shown = sample("webp")
    picture = kept(await put(folder, original), file=await put(folder, shown), changes=("Protected pixels put back.",))
    delivery = await library.file(picture, original=True, format="jpeg", width=7)
    assert await read(delivery) == original
    assert delivery.media_type == "image/png"
    assert delivery.etag == f'"{hashlib.sha256(original).hexdigest()}"'


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("width", [None, 17, 90])
async def test_derivatives_are_exact_and_signed(
    library: Library, picture: Picture, provenance: CountingProvenance, format: str, width: int | None
) -> None:
    delivery = await library.file(picture, format=format, width=width)
    image = opened(await read(delivery))
    assert image.format is not None
    assert (image.format.lower(), image.width) == (format, width or 60)
    assert delivery.media_type == f"image/{format}"
    assert f"-{width}." in delivery.filename or width is None
    expected = ["c2pa.created", *(["c2pa.resized"] if width else []), *(["c2pa.converted"] if format != "png" else [])]
    assert list((await verified(provenance, delivery)).actions) == expected


async def test_what_limner_changed_is_in_the_story(
    library: Library, folder: BlobStore, provenance: CountingProvenance
) -> None:
    picture = kept(await put(folder, sample("png")), file=await put(folder, sample("webp")), changes=("Put back.",))
    assert (await verified(provenance, await library.file(picture))).actions == ("c2pa.created", "c2pa.edited")


@pytest.mark.parametrize(
    "changes, source",
    [
        ({}, Source.TRAINED),
        ({"model": "sketch/sketch-1"}, Source.ALGORITHMIC),
        ({"operation": Operation.EDIT}, Source.COMPOSITE),
        ({"operation": Operation.EDIT, "parents": ("other",)}, Source.TRAINED),
        ({"operation": Operation.EDIT, "model": "sketch/sketch-1"}, Source.ALGORITHMIC),
    ],
    ids=["generated", "sketch", "own photograph", "own picture of a model", "sketch over a photograph"],
)
async def test_the_source_type_follows_from_who_painted_on_what(
    library: Library, picture: Picture, provenance: CountingProvenance, changes: dict[str, Any], source: Source
) -> None:
    verdict = await verified(provenance, await library.file(replace(picture, **changes)))
    assert verdict.source_type == source.value


async def test_a_providers_manifest_goes_into_every_copy(
    library: Library, folder: BlobStore, provenance: CountingProvenance, tmp_path: Path
) -> None:
    async with Provenance(tmp_path / "theirs", version="7", now=lambda: datetime.now(UTC)) as theirs:
        story = Story(title="x", model="their-model", source=Source.TRAINED, created=NOON)
        delivered = await theirs.sign(sample("png", 60, 40), "image/png", story)
    picture = kept(await put(folder, delivered))
    for delivery in (
        await library.file(picture),
        await library.file(picture, format="webp", width=30),
        await library.file(replace(picture, file=await put(folder, sample("jpeg")), changes=("Recoloured.",))),
    ):
        (ingredient,) = (await verified(provenance, delivery)).ingredients
        assert (ingredient.generator, ingredient.relationship, ingredient.whole) == ("limner 7", "parentOf", True)
    assert await read(await library.file(picture, original=True)) == delivered


async def test_recipes_stay_out_of_files_where_that_is_switched_off(
    folder: BlobStore, imaging: Counting, provenance: CountingProvenance, picture: Picture
) -> None:
    def open_library(*, embed_recipe: bool) -> Library:
        return Library(
            blobs=folder, imaging=imaging, provenance=provenance, algorithmic=frozenset(), embed_recipe=embed_recipe
        )

    async with open_library(embed_recipe=True) as telling, open_library(embed_recipe=False) as silent:
        assert (await verified(provenance, await telling.file(picture))).recipe is not None
        quiet = await silent.file(picture)
        assert (await verified(provenance, quiet)).recipe is None
        assert b"lighthouse" not in await read(quiet)


async def test_one_persons_recipe_is_never_in_anothers_copy_of_the_same_pixels(
    library: Library, picture: Picture, provenance: CountingProvenance
) -> None:
    other = replace(picture, id="01941f29-7c00-7aaa-8bbb-ffffffffffff", owner="other", recipe={"prompt": "mine"})
    assert (await verified(provenance, await library.file(picture))).recipe == picture.recipe
    assert (await verified(provenance, await library.file(other))).recipe == {"prompt": "mine"}


async def test_many_readers_at_once_make_it_once(
    library: Library, picture: Picture, imaging: Counting, provenance: CountingProvenance
) -> None:
    wide = [library.file(picture, format="webp", width=20) for _ in range(8)]
    own = [library.file(picture) for _ in range(8)]
    small = [library.thumbnail(picture) for _ in range(8)]
    deliveries = await asyncio.gather(*wide, *own, *small)
    assert sorted(imaging.done) == ["convert webp 20", "thumbnail 512"]
    assert provenance.signed == 2
    assert len({await read(delivery) for delivery in deliveries}) == 3
    assert len({delivery.etag for delivery in deliveries}) == 3


async def test_a_reader_that_leaves_does_not_spoil_it_for_others(library: Library, picture: Picture) -> None:
    leaving = asyncio.create_task(library.thumbnail(picture))
    staying = asyncio.create_task(library.thumbnail(picture))
    await asyncio.sleep(0)
    leaving.cancel()
    assert opened(await read(await staying)).format == "WEBP"
    with pytest.raises(asyncio.CancelledError):
        await leaving


@pytest.mark.req("S1-075")
async def test_thumbnails_are_made_on_first_view_and_stored(
    library: Library, folder: BlobStore, imaging: Counting
) -> None:
    picture = kept(await put(folder, sample("png", 900, 600)))
    assert imaging.done == []
    first = await library.thumbnail(picture)
    assert first.tone is not None
    assert first.media_type == "image/webp"
    assert opened(await read(first)).size == (512, 341)
    second = await library.thumbnail(picture)
    assert (second.etag, second.tone) == (first.etag, None)
    assert await read(second) == await read(first)
    assert imaging.done == ["thumbnail 512"]
    assert await folder.derived(picture.file.digest, "thumb-512.webp") == await read(first)


@pytest.mark.req("S1-076")
async def test_what_is_made_here_is_compressed_before_it_is_stored(library: Library, folder: BlobStore) -> None:
    """What a service has sent stays as it came: it comes compressed, and its signature would not outlive a change."""
    sent = sample("png", 900, 600)
    picture = kept(await put(folder, sent))
    unpacked = 900 * 600 * 3
    small = await read(await library.thumbnail(picture))
    assert len(small) < 512 * 341 * 3 / 20
    for format in ("png", "jpeg", "webp", "avif"):
        assert len(await read(await library.file(picture, format=format))) < unpacked / 3, format
    assert await read(await library.file(picture, original=True)) == sent


@pytest.mark.parametrize("edge, width", [(1, 256), (256, 256), (257, 384), (385, 512), (900, 900), (5000, 900)])
async def test_thumbnails_come_in_four_sizes(library: Library, folder: BlobStore, edge: int, width: int) -> None:
    picture = kept(await put(folder, sample("jpeg", 900, 600)))
    assert opened(await read(await library.thumbnail(picture, edge))).width == width


async def test_after_a_failure_the_next_reader_tries_again(library: Library, folder: BlobStore) -> None:
    data = sample("png")
    file = await put(folder, data)
    await folder.delete(file.digest)
    for attempt in (library.file, library.thumbnail):
        call: Callable[[Picture], Awaitable[Delivery]] = attempt
        with pytest.raises(NotFound):
            await call(kept(file))
    await folder.put(data)
    assert (await library.thumbnail(kept(file))).size > 0


async def test_parts_of_a_delivery_can_be_read(library: Library, picture: Picture) -> None:
    delivery = await library.file(picture)
    whole = await read(delivery)
    assert b"".join([piece async for piece in delivery.chunks(10, 50)]) == whole[10:50]
    assert b"".join([piece async for piece in delivery.chunks(len(whole) - 4)]) == whole[-4:]


@pytest.mark.parametrize("format", ["gif", "tiff", "../../x"])
async def test_formats_that_cannot_be_are_refused(library: Library, picture: Picture, format: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await library.file(picture, format=format)
    assert caught.value.field == "format"


async def test_widths_that_cannot_be_are_refused(library: Library, picture: Picture) -> None:
    for width in (0, -1, 10**9):
        with pytest.raises(InvalidRequest) as caught:
            await library.file(picture, width=width)
        assert caught.value.field == "width"


async def test_an_animation_is_delivered_whole_and_as_a_still_where_a_width_is_asked_for(
    library: Library, folder: BlobStore, provenance: CountingProvenance
) -> None:
    picture = kept(await put(folder, animation(4)))
    whole = await library.file(picture)
    assert (whole.media_type, getattr(opened(await read(whole)), "n_frames", 1)) == ("image/gif", 4)
    assert (await library.file(picture, width=4)).media_type == "image/png"
    await verified(provenance, whole)


async def test_forgetting_a_picture_deletes_its_copies_and_nobody_elses(
    library: Library, folder: BlobStore, picture: Picture, provenance: CountingProvenance
) -> None:
    other = replace(picture, id="01941f29-7c00-7aaa-8bbb-ffffffffffff")
    await library.file(picture)
    await library.file(other)
    await library.forget(picture)
    assert await folder.get(picture.file.digest)
    await library.file(other)
    assert provenance.signed == 2
    await library.file(picture)
    assert provenance.signed == 3


@pytest.mark.parametrize("format", [*FORMATS, "gif"])
async def test_an_upload_is_kept_as_it_is(library: Library, folder: BlobStore, format: str) -> None:
    data = sample(format)
    file = await library.keep_input(data, "photo")
    assert (file.media_type, file.width, file.height, file.size) == (f"image/{format}", 48, 32, len(data))
    assert await folder.get(file.digest) == data


@pytest.mark.parametrize("format", ["jpeg", "png"])
async def test_an_upload_that_lies_on_its_side_is_stood_up(library: Library, folder: BlobStore, format: str) -> None:
    file = await library.keep_input(turned(format, 6), "photo")
    image = opened(await folder.get(file.digest))
    assert image.size == (file.width, file.height) == (32, 48)
    assert file.size == (await folder.stat(file.digest)).size
    assert image.getexif().get(0x0112, 1) == 1


@pytest.mark.req("S0-067")
@pytest.mark.parametrize(
    "data, words",
    [
        (b"words", "holiday.png is not a picture but a text file"),
        (b"<svg/>", "holiday.png is an SVG drawing"),
        (b"", "holiday.png is empty"),
        (bomb(20_000, 20_000), "holiday.png measures 20000x20000 pixels"),
        (bomb(7_500, 7_500), "at most 50 million"),
        (sample("png")[:-20], "holiday.png is cut short"),
        (animation(130), "holiday.png has 130 frames"),
        (bomb(3000, 3000), "holiday.png is damaged and cannot be decoded"),
    ],
    ids=["text", "svg", "nothing", "bomb", "too large", "cut", "frames", "no pixels"],
)
async def test_an_upload_that_is_no_safe_picture_is_refused_and_not_kept(
    library: Library, folder: BlobStore, data: bytes, words: str
) -> None:
    with pytest.raises(BadPicture) as caught:
        await library.keep_input(data, "holiday.png\r\n\x1b")
    assert words in caught.value.message
    assert caught.value.message.isprintable()
    assert [digest async for digest, _ in folder.digests()] == []


async def test_the_name_of_an_upload_is_not_repeated_at_length(library: Library) -> None:
    with pytest.raises(BadPicture) as caught:
        await library.keep_input(b"words", "x" * 5000)
    assert len(caught.value.message) < 250


async def test_a_file_that_has_landed_is_described_by_its_structure(library: Library, folder: BlobStore) -> None:
    data = sample("avif")
    file = await library.describe(await folder.put(data))
    assert file == file_of(data, inspect(data))
    with pytest.raises(BadPicture):
        await library.describe(await folder.put(data[:-9]))


async def test_only_the_checksums_of_pixels_are_believed_of_a_file_that_has_landed(
    blobs: BlobStore, imaging: Counting, provenance: CountingProvenance
) -> None:
    data = bytearray(sample("png"))
    data[data.index(b"IDAT") + 10] ^= 1
    header = bytearray(sample("png"))
    header[header.index(b"IHDR") + 12] ^= 1
    async with Library(blobs=blobs, imaging=imaging, provenance=provenance, algorithmic=frozenset()) as library:
        file = await library.describe(await blobs.put(bytes(data)))
        assert (file.digest, file.width, file.height) == (hashlib.sha256(data).hexdigest(), 48, 32)
        with pytest.raises(BadPicture, match="is damaged"):
            await library.keep_input(bytes(data), "photo")
        with pytest.raises(BadPicture, match="is damaged"):
            await library.describe(await blobs.put(bytes(header)))
        with pytest.raises(BadPicture, match="is cut short"):
            await library.describe(await blobs.put(bytes(data[:-20])))
        with pytest.raises(NotFound):
            await library.describe(Landed(digest="0" * 64, size=1))


async def test_it_works_the_same_over_every_store(
    blobs: BlobStore, imaging: Counting, provenance: CountingProvenance
) -> None:
    async with Library(blobs=blobs, imaging=imaging, provenance=provenance, algorithmic=frozenset()) as library:
        file = await library.keep_input(sample("png", 300, 200), "photo")
        picture = kept(file)
        for delivery in (await library.file(picture), await library.file(picture, format="avif", width=50)):
            await verified(provenance, delivery)
        assert opened(await read(await library.thumbnail(picture, 256))).size == (256, 171)
        assert await read(await library.file(picture, original=True)) == sample("png", 300, 200)
        await blobs.delete(file.digest)
        with pytest.raises(NotFound):
            await library.thumbnail(picture, 256)


async def test_what_cannot_be_cached_is_handed_out_all_the_same(
    library: Library,
    folder: BlobStore,
    provenance: CountingProvenance,
    picture: Picture,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    keep = folder.keep_derived

    async def full(*_: object) -> None:
        raise StorageError("The disk is full. Free some space.", code="disk_full")

    caplog.set_level(logging.WARNING, logger="limner.storage")
    monkeypatch.setattr(folder, "keep_derived", full)
    first, second = await library.file(picture), await library.file(picture)
    assert (await verified(provenance, first)).state is (await verified(provenance, second)).state is Wholeness.WHOLE
    whole = await read(first)
    pieces = [piece async for piece in first.chunks(10, 30)]
    assert b"".join(pieces) == whole[10:30]
    assert first.etag != second.etag
    small = await library.thumbnail(picture, 256)
    assert opened(await read(small)).format == "WEBP"
    assert small.tone is not None
    assert provenance.signed == 2
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "Copies and thumbnails are made anew each time"
    ]
    monkeypatch.setattr(folder, "keep_derived", keep)
    await library.file(picture)
    await library.file(picture)
    assert provenance.signed == 3
