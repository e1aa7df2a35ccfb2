"""From what was sent to a request: pictures from base64, from forms and from the library are taken in first."""

from __future__ import annotations

import asyncio
import binascii
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from limner.api.bodies import InputBody, JobBody, RequestBody
from limner.api.deps import checked_id, media_type_of, parsed, read_json
from limner.domain.errors import BadPicture, InvalidRequest
from limner.domain.picture import check_shown
from limner.domain.request import ImageRequest, InputImage, Role
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.storage.uploads import decoded

Asked = TypeVar("Asked", bound=RequestBody)

ROLES = {
    "source": Role.SOURCE,
    "mask": Role.MASK,
    "style": Role.STYLE,
    "reference": Role.REFERENCE,
    "reference[]": Role.REFERENCE,
    "control": Role.CONTROL,
}
"""Names of the files in a form."""
MOST_FILES = 16


async def read_request(request: Request, model: type[Asked]) -> tuple[Asked, tuple[InputImage, ...]]:
    """The body in JSON or as a form with files, and its pictures, kept. Raises UsageError."""
    if media_type_of(request) == "multipart/form-data":
        return await _from_form(request, model)
    body = await read_json(request, model)
    runtime, owner = runtime_of(request), principal_of(request).id
    return body, await Taking(runtime, owner).all(body.inputs, ())


async def taken_in(runtime: Runtime, owner: str, body: RequestBody) -> ImageRequest:
    """The request that one row of a batch asks for, its pictures kept. Raises UsageError and NotFound."""
    return body.asked(await Taking(runtime, owner).all(body.inputs, ()))


async def read_wish(request: Request) -> ImageRequest:
    """The request that a body asks for. Raises UsageError."""
    body, inputs = await read_request(request, RequestBody)
    return body.asked(inputs)


async def read_job(request: Request) -> ImageRequest | str:
    """The request that a body asks for, or the token of the quote it confirms. Raises UsageError."""
    body, inputs = await read_request(request, JobBody)
    if body.quote is None:
        return body.asked(inputs)
    if body.model_fields_set != {"quote"} or inputs:
        raise InvalidRequest("A quote already says everything: send it alone.", field="quote")
    return body.quote


async def _from_form(request: Request, model: type[Asked]) -> tuple[Asked, tuple[InputImage, ...]]:
    async with read_form(request, files=MOST_FILES, fields=4) as form:
        body = parsed(await _request_part(form), model)
        files = [_named(name, value) for name, value in form.multi_items() if name != "request"]
        taking = Taking(runtime_of(request), principal_of(request).id)
        return body, await taking.all(body.inputs, files)


async def _request_part(form: FormData) -> str | bytes:
    """The JSON part, sent as a field or as a file."""
    part = form.get("request", "{}")
    return part if isinstance(part, str) else await part.read()


def _named(name: str, value: UploadFile | str) -> tuple[Role, UploadFile]:
    if name not in ROLES:
        raise InvalidRequest(f"A form has no part '{name}'. There are request, {', '.join(ROLES)}.", field=name)
    if isinstance(value, str):
        raise InvalidRequest(f"'{name}' is a file: send it with a filename.", field=name)
    return ROLES[name], value


class Taking:
    """Takes in the pictures of one request; masks last, because they are fitted to their picture."""

    def __init__(self, runtime: Runtime, owner: str) -> None:
        self._runtime = runtime
        self._owner = owner

    async def all(self, named: Sequence[InputBody], files: Sequence[tuple[Role, UploadFile]]) -> tuple[InputImage, ...]:
        """Every picture, in the order given."""
        taken = [await self._one(image, place) for place, image in enumerate(named) if image.role is not Role.MASK]
        taken += [await self._file(role, file) for role, file in files if role is not Role.MASK]
        source = next((image for image in taken if image.role is Role.SOURCE), None)
        for place, image in enumerate(named):
            if image.role is Role.MASK:
                data = await self._data(image, place)
                with _at(f"inputs.{place}"):
                    taken.append(await self._mask(data, source))
        for role, file in files:
            if role is Role.MASK:
                taken.append(await self._mask(await file.read(), source))
        return tuple(taken)

    async def _one(self, image: InputBody, place: int) -> InputImage:
        if image.image_id is not None and image.data is None:
            picture = await self._runtime.pictures.get(checked_id(image.image_id, "picture"), self._owner)
            return await self._runtime.uploads.kept(picture, image.role)
        data = await self._data(image, place)
        with _at(f"inputs.{place}"):
            return await self._runtime.uploads.picture(image.role, data, f"The {image.role} picture")

    async def _file(self, role: Role, file: UploadFile) -> InputImage:
        with _at(role.value):
            return await self._runtime.uploads.picture(role, await file.read(), file.filename or f"The {role} picture")

    async def _mask(self, data: bytes, source: InputImage | None) -> InputImage:
        if source is None:
            raise InvalidRequest("A mask needs the picture it belongs to. Add a source.", field="inputs")
        return await self._runtime.uploads.mask(data, source)

    async def _data(self, image: InputBody, place: int) -> bytes:
        """The bytes of a picture sent in the body, or those of a kept one."""
        field = f"inputs.{place}"
        if (image.data is None) == (image.image_id is None):
            raise InvalidRequest("An input is either a kept picture (image_id) or a file (data).", field=field)
        if image.data is None:
            picture = await self._runtime.pictures.get(checked_id(image.image_id or "", "picture"), self._owner)
            check_shown(picture)
            return await self._runtime.blobs.get(picture.file.digest)
        text, image.data = image.data, None
        try:
            return await asyncio.to_thread(decoded, text)
        except (binascii.Error, ValueError):
            raise BadPicture(
                "data is not base64. Send the file in base64, or a data URL.", field=f"{field}.data"
            ) from None


@contextmanager
def _at(field: str) -> Iterator[None]:
    """Says of a refused picture where in the request it stood."""
    try:
        yield
    except BadPicture as error:
        error.field = field
        raise
