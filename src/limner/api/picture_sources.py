"""Pictures that a body names by an address: inside it (a data URL), kept here, or somewhere on the web."""

from __future__ import annotations

import asyncio
import binascii
import re
from urllib.parse import urlsplit

from fastapi import Request

from limner.domain.authority import authority_of
from limner.domain.errors import BadPicture, InvalidRequest
from limner.domain.request import InputImage, Role
from limner.runtime.asking import principal_of, runtime_of
from limner.storage.uploads import decoded

_OWN = re.compile(r"/images/([0-9a-fA-F-]{36})(?:/|$)")


async def picture_at(request: Request, address: str, field: str, role: Role = Role.SOURCE) -> InputImage:
    """The picture at an address, kept. Raises InvalidRequest, BadPicture, NotFound and PictureWithheld."""
    uploads = runtime_of(request).uploads
    try:
        if address.startswith("data:"):
            return await uploads.picture(role, await inline_bytes(address, field), "The picture")
        own = own_id(request, address)
        if own is not None:
            picture = await runtime_of(request).pictures.get(own, principal_of(request).id)
            return await uploads.kept(picture, role)
        if urlsplit(address).scheme not in ("http", "https"):
            raise InvalidRequest(
                "This is no address of a picture. Give a data URL, the address of a picture here, or http(s).",
                field=field,
            )
        return await uploads.fetched(role, address)
    except (BadPicture, InvalidRequest) as error:
        error.field = field
        raise


async def mask_for(request: Request, text: str, source: InputImage, field: str) -> InputImage:
    """A mask as base64 or a data URL, the size of its picture. Raises BadPicture."""
    try:
        return await runtime_of(request).uploads.mask(await inline_bytes(text, field), source)
    except BadPicture as error:
        error.field = field
        raise


async def inline_bytes(text: str, field: str) -> bytes:
    """The bytes of base64 text or of a data URL. Raises BadPicture."""
    try:
        return await asyncio.to_thread(decoded, text)
    except (binascii.Error, ValueError):
        raise BadPicture(f"{field} is not base64. Send the file in base64, or a data URL.", field=field) from None


def own_id(request: Request, address: str) -> str | None:
    """The id of a picture that is kept here; None where the address leads elsewhere."""
    try:
        parts = urlsplit(address)
    except ValueError:
        raise InvalidRequest("This is no address.", field="imageUrl") from None
    found = _OWN.search(parts.path)
    settings = runtime_of(request).settings
    here = {"", request.headers.get("host", "").lower(), authority_of(settings.public_url), authority_of(settings.cdn)}
    return found[1].lower() if found is not None and parts.netloc.lower() in here else None
