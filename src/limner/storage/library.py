"""Delivers the files of kept pictures: signed copies, other formats and sizes, thumbnails, originals."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from limner.domain.call import Landed
from limner.domain.cleaning import Filed
from limner.domain.errors import InvalidRequest, NotFound, StorageError
from limner.domain.importing import Brought
from limner.domain.picture import Picture, PictureFile, check_shown
from limner.domain.request import Operation
from limner.storage.blobs import CHUNK, BlobStore
from limner.storage.imaging import PillowImaging, file_of
from limner.storage.kinds import EXTENSIONS, FORMATS
from limner.storage.naming import file_name, slug
from limner.storage.once import Once
from limner.storage.probe import UPLOADED, Limits
from limner.storage.provenance import Provenance, has_manifest
from limner.storage.story import Source, Step, Story

EDGES = (256, 384, 512, 1024)
"""Edges of the squares that thumbnails fit into, in pixels."""

EDITION = 1
"""Raised when signed copies are made differently: older ones are then made anew."""

log = logging.getLogger("limner.storage")


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A file ready to be sent; its bytes are read when they are asked for."""

    media_type: str
    size: int
    """In bytes."""
    filename: str
    etag: str
    """As HTTP writes it, in quotes; changes when the bytes do."""
    tone: str | None = None
    """The dominant colour as #rrggbb, where it has just been found out: worth keeping with the picture."""
    read: Callable[[int, int | None], AsyncIterator[bytes]] = field(repr=False)

    def chunks(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """The bytes in pieces: all of them, or from `start` up to but without `stop`."""
        return self.read(start, stop)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Made:
    """What came of making a file."""

    tone: str | None = None
    unkept: bytes | None = field(default=None, repr=False)
    """The file itself, where there was no room for it in the store."""


class Library:
    """Files of kept pictures. What has to be made is made once and cached; many readers at once make it once.

    Where there is no room to cache it, it is handed out all the same, and made anew for the next reader.
    `algorithmic` names the services that paint without a trained model; `embed_recipe` puts recipes into files.
    """

    def __init__(
        self,
        *,
        blobs: BlobStore,
        imaging: PillowImaging,
        provenance: Provenance,
        algorithmic: frozenset[str],
        embed_recipe: bool = True,
        uploads: Limits = UPLOADED,
    ) -> None:
        self._blobs = blobs
        self._imaging = imaging
        self._provenance = provenance
        self._algorithmic = algorithmic
        self._embed_recipe = embed_recipe
        self._uploads = uploads
        self._once: Once[_Made] = Once()
        self._cramped = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._once.close()

    async def file(
        self,
        picture: Picture,
        *,
        format: str | None = None,
        width: int | None = None,
        original: bool = False,
        reviewing: bool = False,
        recipe: bool = True,
    ) -> Delivery:
        """The signed copy in its own format; or another format or exact width, signed; or the provider's own bytes.

        Without `recipe` it says nothing of how it was asked for, whatever the settings. What somebody brought is given
        as it is.

        Raises InvalidRequest for formats and widths that cannot be, PictureWithheld unless somebody is `reviewing`,
        NotFound where the file is gone, StorageError where it cannot be read, or signed.
        """
        if not reviewing:
            check_shown(picture)
        if original:
            return await self._deliver(picture, picture.original.digest, None, picture.original.media_type)
        media_type = _media_type(format, picture.file.media_type, width)
        if picture.operation is Operation.UPLOAD and media_type == picture.file.media_type and width is None:
            return await self._deliver(picture, picture.file.digest, None, media_type)
        story = self._story(picture, media_type, width)
        story = story if recipe else replace(story, recipe=None)
        name = _copy_name(picture, story, media_type, width)
        digest = picture.file.digest
        converted = media_type != picture.file.media_type or width is not None

        async def make() -> _Made:
            data = await self._blobs.get(digest)
            if converted:
                data = await self._imaging.convert(data, media_type.removeprefix("image/"), width)
            # Where nothing was changed the provider's file is in hand already.
            same = data if digest == picture.original.digest and not converted else None
            parent = same or await self._blobs.get(picture.original.digest)
            if story.source is None and not has_manifest(parent):
                return _Made(unkept=await self._cached(digest, name, data))  # nobody has said anything about it yet
            signed = await self._provenance.sign(data, media_type, story, parent=parent)
            return _Made(unkept=await self._cached(digest, name, signed))

        made = await self._made(digest, name, make)
        return await self._deliver(picture, digest, name, media_type, width=width, made=made)

    async def placed(self, picture: Picture) -> Path | None:
        """Where the signed copy in its own format lies on this machine's disk; it must not be written to.

        None where the store is elsewhere, or had no room for it. Raises what `file` raises.
        """
        await self.file(picture)
        media_type = picture.file.media_type
        name = _copy_name(picture, self._story(picture, media_type, None), media_type, None)
        path = self._blobs.path(picture.file.digest, name)
        return path if path is not None and await asyncio.to_thread(path.exists) else None

    async def thumbnail(self, picture: Picture, edge: int = 512) -> Delivery:
        """A small WebP for looking at, of the next larger size in EDGES; made when it is first asked for.

        Raises PictureWithheld.
        """
        check_shown(picture)
        digest = picture.file.digest
        square = next((size for size in EDGES if size >= edge), EDGES[-1])
        name = f"thumb-{square}.webp"

        async def make() -> _Made:
            small, tone = await self._imaging.thumbnail(await self._blobs.get(digest), square)
            return _Made(tone=tone, unkept=await self._cached(digest, name, small))

        made = await self._made(digest, name, make)
        return await self._deliver(picture, digest, name, "image/webp", made=made)

    async def plain(self, picture: Picture) -> Delivery:
        """The whole picture as a WebP that says nothing of its making: no recipe, no credentials, no model.

        Made when it is first asked for. Raises PictureWithheld, and InvalidRequest for one longer than a WebP can be.
        """
        check_shown(picture)
        digest, name = picture.file.digest, "plain.webp"

        async def make() -> _Made:
            data = await self._imaging.convert(await self._blobs.get(digest), "webp")
            return _Made(unkept=await self._cached(digest, name, data))

        made = await self._made(digest, name, make)
        return await self._deliver(picture, digest, name, "image/webp", made=made)

    async def keep_input(self, data: bytes, name: str) -> PictureFile:
        """Keeps a picture that somebody brought, the right way up. Raises BadPicture, or StorageError.

        It is decoded once, whole, before any money is spent on it. One that only says it should be shown turned is
        turned, so that masks and services see what people see.
        """
        found = await self._imaging.check(data, limits=self._uploads, name=_spoken(name), decode=True)
        if found.shape.orientation != 1:
            data = await self._imaging.upright(data)
        return file_of(data, found, await self._blobs.put(data))

    async def keep_upload(self, data: bytes, name: str) -> Brought:
        """Keeps a picture for the library, byte for byte. Raises BadPicture, or StorageError.

        What is shown is turned where the file only says that it should be shown turned.
        """
        found = await self._imaging.check(data, limits=self._uploads, name=_spoken(name))
        _, tone = await self._imaging.examine(data)
        original = file_of(data, found, await self._blobs.put(data))
        if found.shape.orientation == 1:
            return Brought(original=original, file=original, tone=tone)
        turned = await self._imaging.upright(data)
        file = await self._imaging.probe(turned, landed=await self._blobs.put(turned))
        return Brought(original=original, file=file, tone=tone, changes=("Turned upright.",))

    async def describe(self, landed: Landed) -> PictureFile:
        """Type and size of a file that has just landed, from its structure alone. Raises BadPicture.

        It was hashed while it came: neither its hash nor the checksums of a PNG's large chunks are computed again.
        """
        return await self._blobs.inspected(landed.digest, partial(self._imaging.described, landed=landed))

    async def forget(self, picture: Filed) -> None:
        """Deletes the signed copies of one picture; its blob may belong to others too and stays."""
        await self._blobs.drop_derived(picture.file.digest, _prefix(picture))

    async def _made(self, digest: str, name: str, make: Callable[[], Coroutine[None, None, _Made]]) -> _Made:
        """Makes a derived file unless it is there; what came of it, where it was made."""
        try:
            await self._blobs.stat(digest, name)
        except NotFound:
            return await self._once.run(f"{digest}/{name}", make)
        return _Made()

    async def _cached(self, digest: str, name: str, data: bytes) -> bytes | None:
        """Keeps a derived file; gives it back where it could not be kept, and says so in the log once."""
        try:
            await self._blobs.keep_derived(digest, name, data)
        except StorageError as error:
            if not self._cramped:
                log.warning("Copies and thumbnails are made anew each time: they cannot be kept. %s", error.message)
            self._cramped = True
            return data
        self._cramped = False
        return None

    async def _deliver(
        self,
        picture: Picture,
        digest: str,
        name: str | None,
        media_type: str,
        *,
        width: int | None = None,
        made: _Made | None = None,
    ) -> Delivery:
        filename, tone = file_name(picture, media_type, width), made.tone if made else None
        if made is not None and made.unkept is not None:
            return _in_hand(made.unkept, media_type, filename, tone)
        stored = await self._blobs.stat(digest, name)
        return Delivery(
            media_type=media_type,
            size=stored.size,
            filename=filename,
            etag=f'"{digest if name is None else stored.etag}"',
            tone=tone,
            read=lambda start, stop: self._blobs.stream(digest, name, start=start, stop=stop),
        )

    def _story(self, picture: Picture, media_type: str, width: int | None) -> Story:
        """What a copy of a picture says about its making."""
        steps = [Step(action="c2pa.edited", description=change) for change in picture.changes]
        if width is not None:
            steps.append(Step(action="c2pa.resized", description=f"To a width of {width} pixels."))
        if media_type != picture.file.media_type:
            steps.append(Step(action="c2pa.converted", description=f"To {media_type}."))
        source: Source | None = Source.TRAINED
        if picture.operation is Operation.UPLOAD:
            source = None
        elif picture.service in self._algorithmic:
            source = Source.ALGORITHMIC
        elif picture.operation is not Operation.GENERATE and (not picture.parents or _from_outside(picture)):
            # It started from a picture that Limner did not make: somebody's own.
            source = Source.COMPOSITE
        return Story(
            title=f"Picture {picture.id}",
            model=picture.model,
            source=source,
            created=picture.created,
            steps=tuple(steps),
            recipe=picture.recipe if self._embed_recipe and picture.recipe else None,
        )


def _in_hand(data: bytes, media_type: str, filename: str, tone: str | None) -> Delivery:
    """A file that is nowhere but here."""

    async def read(start: int, stop: int | None) -> AsyncIterator[bytes]:
        end = len(data) if stop is None else min(stop, len(data))
        for at in range(start, end, CHUNK):
            yield data[at : min(at + CHUNK, end)]

    return Delivery(
        media_type=media_type,
        size=len(data),
        filename=filename,
        etag=f'"{hashlib.sha256(data).hexdigest()}"',
        tone=tone,
        read=read,
    )


def _media_type(format: str | None, own: str, width: int | None) -> str:
    """The media type of what is asked for. Raises InvalidRequest."""
    wanted = FORMATS.get({"jpg": "jpeg"}.get(format.lower(), format.lower())) if format else own
    if wanted is None or (wanted == "image/gif" and own != wanted):
        raise InvalidRequest(f"{format!r} is no format for a copy. Use png, jpeg, webp or avif.", field="format")
    if width is not None and wanted == "image/gif":
        return "image/png"
    return wanted


def _from_outside(picture: Picture) -> bool:
    """Whether a picture of its parents was brought."""
    inputs = picture.recipe.get("inputs")
    return isinstance(inputs, list) and any(isinstance(each, dict) and each.get("brought") for each in inputs)


def _prefix(picture: Filed) -> str:
    """How the names of a picture's signed copies start: a recipe in one person's copy is not for another's."""
    return f"{slug(picture.id)}."


def _copy_name(picture: Picture, story: Story, media_type: str, width: int | None) -> str:
    """What a signed copy is called in the store."""
    return f"{_prefix(picture)}{_fingerprint(picture, story, width)}.{EXTENSIONS[media_type]}"


def _fingerprint(picture: Picture, story: Story, width: int | None) -> str:
    """Tells apart copies that say or show different things."""
    parts = [EDITION, picture.original.digest, story.model, story.source, story.created.isoformat(), width]
    steps = [[step.action, step.description] for step in story.steps]
    text = json.dumps([*parts, steps, dict(story.recipe or {})], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _spoken(name: str) -> str:
    """A file's name as it may stand at the start of a sentence."""
    clean = "".join(letter for letter in name if letter.isprintable()).strip()
    return (clean[:77] + "...") if len(clean) > 80 else clean or "The file"
