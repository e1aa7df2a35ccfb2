"""Pictures: finding them, their files in any format and width, and how they were made."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from limner.api.answers import answer
from limner.api.deps import checked_id
from limner.api.documents import ALWAYS, Responses, answers, problems
from limner.api.downloads import file_answer
from limner.api.schemas import ImageAnswer, ImagePage
from limner.api.shapes import image_body
from limner.domain.picture import Picture
from limner.domain.records import PictureFilter
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/images", tags=["images"])

ImageId = Annotated[str, Path(description="The picture's id.")]

FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
FILES: Responses = {
    200: {
        "description": "The file.",
        "content": dict.fromkeys(("image/png", "image/jpeg", "image/webp", "image/avif", "image/gif"), FILE),
    },
    206: {"description": "A part of the file."},
    304: {"description": "You have it already."},
    416: {"description": "The file has no such part."},
    **problems(*ALWAYS, 403, 404, 507),
}
RECIPE: Responses = {
    200: {"description": "The recipe.", "content": {"application/json": {"schema": {"type": "object"}}}},
    **problems(*ALWAYS, 404),
}


class ImageQuery(BaseModel):
    """Which pictures are wanted."""

    model_config = ConfigDict(extra="forbid")

    service: str | None = Field(default=None, max_length=200)
    model: str | None = Field(default=None, max_length=200, description="`service/model`.")
    project: str | None = Field(default=None, max_length=200)
    q: str | None = Field(
        default=None,
        max_length=500,
        description="Words of the prompt; where none of yours has them all, the last may be the beginning of a word.",
    )
    tag: str | None = Field(default=None, max_length=200)
    favorite: bool = Field(default=False, description="Only your favourites.")
    collection: str | None = Field(default=None, max_length=64, description="The id of a collection they are in.")
    trash: bool = Field(default=False, description="Those in the trash, rather than all others.")
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)


class FileQuery(BaseModel):
    """Which copy of a picture is wanted."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["png", "jpeg", "webp", "avif"] | None = Field(default=None, description="Its own where left out.")
    width: int | None = Field(default=None, ge=1, le=16_384, description="Exactly this width in pixels.")
    original: bool = Field(default=False, description="The provider's own bytes, unchanged.")
    download: bool = Field(default=False, description="Offer to save it rather than to show it.")


@router.get("", summary="List pictures", responses=answers(ImagePage, "One page of pictures, newest first."))
async def list_images(request: Request, query: Annotated[ImageQuery, Query()]) -> Response:
    """Your pictures, newest first."""
    which = PictureFilter(
        service=query.service,
        model=query.model,
        project=query.project,
        words=query.q,
        tag=query.tag,
        collection=query.collection,
        favorite=query.favorite,
        trashed=query.trash,
    )
    page = await runtime_of(request).pictures.page(
        principal_of(request).id, which, limit=query.limit, cursor=query.cursor
    )
    return answer({"items": [image_body(picture) for picture in page.items], "next": page.next})


@router.get("/{image_id}", summary="Show a picture", responses=answers(ImageAnswer, "The picture.", 404))
async def get_image(request: Request, image_id: ImageId) -> Response:
    """One picture and its story in short."""
    return answer(image_body(await _picture(request, image_id)))


@router.get("/{image_id}/file", summary="Download a picture", response_class=Response, responses=FILES)
async def get_image_file(request: Request, image_id: ImageId, query: Annotated[FileQuery, Query()]) -> Response:
    """The signed copy in its own format, or in another one, or at an exact width; or the provider's own bytes."""
    picture = await _picture(request, image_id)
    delivery = await runtime_of(request).library.file(
        picture, format=query.format, width=query.width, original=query.original
    )
    return file_answer(request, delivery, download=query.download)


@router.get("/{image_id}/thumbnail", summary="Show a thumbnail", response_class=Response, responses=FILES)
async def get_image_thumbnail(
    request: Request,
    image_id: ImageId,
    edge: Annotated[Literal["256", "384", "512", "1024"], Query(description="The longer edge in pixels.")] = "512",
) -> Response:
    """A small WebP, made when it is first asked for."""
    picture = await _picture(request, image_id)
    return file_answer(request, await runtime_of(request).thumbnail(picture, int(edge)))


@router.get("/{image_id}/recipe", summary="Show a recipe", responses=RECIPE)
async def get_image_recipe(request: Request, image_id: ImageId) -> Response:
    """How it was made: request, model, call, receipt, inputs, versions."""
    return answer((await _picture(request, image_id)).recipe)


async def _picture(request: Request, image_id: str) -> Picture:
    return await runtime_of(request).pictures.visible(checked_id(image_id, "picture"), principal_of(request).id)
