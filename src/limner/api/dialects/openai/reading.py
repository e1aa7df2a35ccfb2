"""Bodies of edits and variations: forms with files, or JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from limner.api.bodies import InputBody
from limner.api.deps import media_type_of, read_json
from limner.api.dialects.openai.bodies import EditForm, ImageEditBody, ImageRef, VariationForm
from limner.api.errors import UnsupportedMediaType, WrongFields
from limner.api.taking_in import Taking
from limner.domain.errors import InvalidRequest
from limner.domain.request import InputImage, Role
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form

Form = TypeVar("Form", bound=BaseModel)

MOST_FILES = 17
"""16 pictures and a mask."""
MOST_FIELDS = 40
IMAGES = ("image", "image[]")


async def read_edit(request: Request) -> tuple[ImageEditBody | EditForm, tuple[InputImage, ...]]:
    """An edit and its pictures, kept. Raises UsageError."""
    if media_type_of(request) != "application/json":
        async with _form(request) as form:
            return _fields(form, EditForm), await _taken(request, form, masked=True)
    body = await read_json(request, ImageEditBody)
    named = [_named(image, Role.SOURCE if place == 0 else Role.REFERENCE) for place, image in enumerate(body.images)]
    mask = [] if body.mask is None else [_named(body.mask, Role.MASK)]
    return body, await _taking(request).all([*named, *mask], ())


async def read_variation(request: Request) -> tuple[VariationForm, tuple[InputImage, ...]]:
    """A wish for variations and its picture, kept. Raises UsageError."""
    async with _form(request) as form:
        return _fields(form, VariationForm), await _taken(request, form, masked=False)


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[FormData]:
    if media_type_of(request) != "multipart/form-data":
        raise UnsupportedMediaType("This route reads multipart/form-data. Send the picture as a file named 'image'.")
    async with read_form(request, files=MOST_FILES, fields=MOST_FIELDS) as form:
        yield form


def _fields(form: FormData, model: type[Form]) -> Form:
    """The fields of a form, which are all text. Raises WrongFields."""
    texts = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    try:
        return model.model_validate_strings(texts, strict=False)
    except ValidationError as error:
        raise WrongFields(error.errors(include_url=False, include_context=False, include_input=False)) from None


async def _taken(request: Request, form: FormData, *, masked: bool) -> tuple[InputImage, ...]:
    files = [value for name, value in form.multi_items() if name in IMAGES and isinstance(value, UploadFile)]
    mask = form.get("mask") if masked else None
    if not files:
        raise InvalidRequest("A picture is missing. Send it as a file named 'image'.", field="image")
    roles = [Role.SOURCE, *[Role.REFERENCE] * (len(files) - 1)]
    masks = [(Role.MASK, mask)] if isinstance(mask, UploadFile) else []
    return await _taking(request).all((), [*zip(roles, files, strict=True), *masks])


def _named(image: ImageRef, role: Role) -> InputBody:
    if image.image_url is not None and not image.image_url.startswith("data:"):
        raise InvalidRequest("image_url is a data URL here. Send the picture itself.", field="image_url")
    return InputBody(role=role, data=image.image_url, image_id=image.file_id)


def _taking(request: Request) -> Taking:
    return Taking(runtime_of(request), principal_of(request).id)
