"""Pictures that a request starts from: checked, kept, and ready to be named in the request."""

from __future__ import annotations

import asyncio
import binascii
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pybase64

from limner.domain.call import Landed
from limner.domain.errors import BadPicture
from limner.domain.picture import Picture, check_shown
from limner.domain.ports import Blobs, Imaging
from limner.domain.request import InputImage, Operation, Role
from limner.storage.library import Library


@dataclass(frozen=True, kw_only=True, slots=True)
class Uploads:
    """Takes pictures in. Raises BadPicture for whatever is none, naming the file and, as field, what it is for."""

    library: Library
    blobs: Blobs
    imaging: Imaging
    fetch: Callable[[str], Awaitable[Landed]]
    """Brings what lies at an address. Raises InvalidRequest for one that may not be fetched, and BadPicture."""

    async def picture(self, role: Role, data: bytes, name: str) -> InputImage:
        """Keeps a picture for a request, the right way up."""
        with _meant_as(role):
            file = await self.library.keep_input(data, name)
        return InputImage(
            role=role, digest=file.digest, media_type=file.media_type, width=file.width, height=file.height
        )

    async def inline(self, role: Role, address: str) -> InputImage:
        """A picture from a data URL. Raises BadPicture."""
        try:
            data = await asyncio.to_thread(decoded, address)
        except (binascii.Error, ValueError):
            raise BadPicture("The data URL is not base64. Write data:image/png;base64, before the base64.") from None
        return await self.picture(role, data, "The picture")

    async def fetched(self, role: Role, address: str) -> InputImage:
        """A picture from an address that somebody gave. Raises InvalidRequest and BadPicture."""
        landed = await self.fetch(address)
        return await self.picture(role, await self.blobs.get(landed.digest), f"The {role} picture")

    async def mask(self, data: bytes, of: InputImage, feather: int = 0) -> InputImage:
        """Keeps a mask in the one form that Limner uses: 8-bit grey, the size of its picture, white = change.

        Its edges fade over so many pixels as `feather` says.
        """
        with _meant_as(Role.MASK):
            canonical = await self.imaging.to_mask(data, of.size, feather)
        landed = await self.blobs.put(canonical)
        return InputImage(
            role=Role.MASK, digest=landed.digest, media_type="image/png", width=of.width, height=of.height
        )

    async def kept(self, picture: Picture, role: Role) -> InputImage:
        """A kept picture as the start of a new one: its child will name it as parent. Raises PictureWithheld."""
        check_shown(picture)
        file = picture.file
        return InputImage(
            role=role,
            digest=file.digest,
            media_type=file.media_type,
            width=file.width,
            height=file.height,
            image_id=picture.id,
            brought=picture.operation is Operation.UPLOAD,
        )


@contextmanager
def _meant_as(role: Role) -> Iterator[None]:
    """Says of a refused picture what it was to be."""
    try:
        yield
    except BadPicture as error:
        error.field = error.field or ("image" if role is Role.SOURCE else role.value)
        raise


def decoded(text: str) -> bytes:
    """The bytes of base64 text or of a data URL. Raises ValueError."""
    if text.startswith("data:"):
        head, _, text = text.partition(",")
        if not head.endswith(";base64"):
            raise ValueError("not a base64 data URL")
    return pybase64.b64decode(text, validate=True)
