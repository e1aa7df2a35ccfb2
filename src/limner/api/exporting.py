"""Pictures on the way out and in: many as one ZIP file, and uploads into the library."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile

from limner.api.answers import answer
from limner.api.curating_bodies import ExportBody
from limner.api.curating_schemas import UploadAnswer
from limner.api.deps import checked_id, media_type_of, read_json
from limner.api.documents import ALWAYS, Responses, answers, body_of, problems
from limner.api.downloads import FileAnswer, disposition
from limner.api.errors import UnsupportedMediaType
from limner.api.shapes import API, image_body
from limner.domain.errors import InvalidRequest
from limner.engine.importing import Label
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.storage.zipping import Wish, zipped

router = APIRouter(prefix="/images", tags=["library"])

ZIP: Responses = {
    200: {
        "description": "The ZIP file, made while it is sent.",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    },
    **problems(*ALWAYS, 404, 415),
}
BYTES = {"schema": {"type": "string", "format": "binary"}}
FORM = {"schema": {"type": "object", "required": ["file"], "properties": {"file": BYTES["schema"]}}}
UPLOADS = {"requestBody": {"required": True, "content": {"multipart/form-data": FORM, "image/*": BYTES}}}


class UploadQuery(BaseModel):
    """What is written beside an upload."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=500, description="Of the file, where it comes as the bare body.")
    title: str = Field(default="", max_length=2000, description="Words to find it by; those of its name if left out.")
    project: str = Field(default="default", max_length=200)
    tag: list[str] = Field(default=[], max_length=50, description="May be given several times.")
    again: bool = Field(default=False, description="Keep it although you have the very same file.")


@router.post(
    "/export", summary="Export pictures", response_class=Response, responses=ZIP, openapi_extra=body_of(ExportBody)
)
async def export_images(request: Request) -> Response:
    """Up to a thousand of your pictures as one ZIP file, under names from their prompts; with recipes if asked."""
    body, runtime, principal = await read_json(request, ExportBody), runtime_of(request), principal_of(request)
    ids = dict.fromkeys(checked_id(name, "picture") for name in body.ids)
    pictures = [await runtime.pictures.get(name, principal.id) for name in ids]
    wish = Wish(format=body.format, original=body.original, recipes=body.recipes)
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": disposition("limner-pictures.zip", download=True),
        "Cache-Control": "no-store",
    }
    return FileAnswer(zipped(runtime.library, pictures, wish), status=200, headers=headers)


@router.post(
    "",
    summary="Upload a picture",
    status_code=201,
    responses={
        **answers(UploadAnswer, "The picture, at the address in Location.", 415, 507, status=201),
        200: {"model": UploadAnswer, "description": "You have this very file already: the picture that it is."},
    },
    openapi_extra=UPLOADS,
)
async def upload_image(request: Request, query: Annotated[UploadQuery, Query()]) -> Response:
    """Into your library, as the part `file` of a form or as the bare body. It costs nothing, its bytes stay as they
    are, and nothing is claimed about how it was made.
    """
    data, name = await _file(request, query.name)
    label = Label(name=name, title=query.title, project=query.project, tags=tuple(query.tag))
    importer, principal = runtime_of(request).keeping.importer, principal_of(request)
    found = await importer.bring(data, label, principal, again=query.again)
    body = {"image": image_body(found.picture), "duplicate": found.duplicate}
    headers = {"Location": f"{API}/images/{found.picture.id}"}
    return answer(body, 200 if found.duplicate else 201, headers)


async def _file(request: Request, name: str) -> tuple[bytes, str]:
    """The bytes of the upload and the name of its file. Raises UsageError."""
    kind = media_type_of(request)
    if kind == "multipart/form-data":
        async with read_form(request, files=1, fields=0) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise InvalidRequest("The form needs one file, as its part 'file'.", field="file")
            return await file.read(), file.filename or name
    if not kind.startswith("image/") and kind != "application/octet-stream":
        raise UnsupportedMediaType("Send the picture as image/*, or as the part 'file' of a form.")
    return await request.body(), name
