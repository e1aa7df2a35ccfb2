"""Document 1's favourites, collections and the removal of pictures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from limner.api.answers import answer
from limner.api.deps import checked_id, read_json
from limner.api.dialects.document1.answers import picture_body
from limner.api.dialects.document1.bodies import ImagesCollectBody, ImagesCollectionBody
from limner.api.dialects.document1.lists import FAR, OBJECT, READ, slice_of
from limner.api.dialects.document1.words import REFUSED, SAVED
from limner.api.documents import Responses, taking
from limner.api.shapes import Body
from limner.domain.collecting import Collection
from limner.domain.errors import NotFound
from limner.domain.marking import Action, Change
from limner.domain.records import PictureFilter
from limner.engine.curating import Curator
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/api/images", tags=["document 1"])

DONE: Responses = {200: {"description": "It is done.", **OBJECT}, **REFUSED}
ImageId = Annotated[str, Path(max_length=64)]
CollectionId = Annotated[str, Path(max_length=64)]
PAGE = 200
SHOWN = 1000
"""Pictures of a collection that are told at most."""


@router.get("/favorites", summary="List favourite images", responses=READ)
async def images_favorites(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=FAR)] = 0,
) -> Response:
    """Your favourites, newest first."""
    which = PictureFilter(favorite=True)
    found = await slice_of(runtime_of(request), principal_of(request).id, which, limit=limit, offset=offset)
    images = [picture_body(request, picture) for picture in found]
    return answer({"success": True, "images": images, "count": len(images)})


@router.post("/{image_id}/favorite", summary="Mark an image", responses=DONE)
async def images_mark(request: Request, image_id: ImageId) -> Response:
    """Makes it a favourite."""
    return await _changed(request, image_id, Change(action=Action.FAVORITE))


@router.delete("/{image_id}/favorite", summary="Unmark an image", responses=DONE)
async def images_unmark(request: Request, image_id: ImageId) -> Response:
    """It is a favourite no more."""
    return await _changed(request, image_id, Change(action=Action.UNFAVORITE))


@router.delete("/{image_id}", summary="Remove an image", responses=DONE)
async def images_remove(request: Request, image_id: ImageId) -> Response:
    """Moves it to the trash."""
    return await _changed(request, image_id, Change(action=Action.TRASH))


@router.get("/collections", summary="List image collections", responses=READ)
async def images_collections(request: Request) -> Response:
    """Your newest 200 collections, with how many pictures are in each."""
    page = await _curator(request).collections(principal_of(request), limit=PAGE)
    found = [{"id": one.id, "name": one.name, "count": one.pictures} for one in page.items]
    return answer({"success": True, "collections": found})


@router.post(
    "/collections",
    summary="Make an image collection",
    status_code=201,
    responses=SAVED,
    openapi_extra=taking(ImagesCollectionBody),
)
async def images_collect(request: Request) -> Response:
    """An empty one."""
    body = await read_json(request, ImagesCollectionBody)
    made = await _curator(request).collect(body.name, body.description or "", principal_of(request))
    return answer({"success": True, "collection": _collection_body(made, [])}, 201)


@router.get("/collections/{collection_id}", summary="Show an image collection", responses=DONE)
async def images_collection(request: Request, collection_id: CollectionId) -> Response:
    """A collection with its pictures, in its order."""
    name, principal = checked_id(collection_id, "collection"), principal_of(request)
    found = await _curator(request).collection(name, principal)
    return answer({"success": True, "collection": _collection_body(found, await _contents(request, name))})


@router.delete("/collections/{collection_id}", summary="Remove an image collection", responses=DONE)
async def images_dissolve(request: Request, collection_id: CollectionId) -> Response:
    """Its pictures stay."""
    await _curator(request).dissolve(checked_id(collection_id, "collection"), principal_of(request))
    return answer({"success": True})


@router.post(
    "/collections/{collection_id}/images",
    summary="Add an image to a collection",
    responses=DONE,
    openapi_extra=taking(ImagesCollectBody),
)
async def images_add(request: Request, collection_id: CollectionId) -> Response:
    """At its end."""
    body = await read_json(request, ImagesCollectBody)
    change = Change(action=Action.COLLECT, to=checked_id(collection_id, "collection"))
    return await _changed(request, body.image_id, change)


@router.delete("/collections/{collection_id}/images/{image_id}", summary="Take an image out", responses=DONE)
async def images_take_out(request: Request, collection_id: CollectionId, image_id: ImageId) -> Response:
    """The picture itself stays."""
    return await _changed(
        request, image_id, Change(action=Action.UNCOLLECT, to=checked_id(collection_id, "collection"))
    )


async def _changed(request: Request, image_id: str, change: Change) -> Response:
    name = checked_id(image_id, "picture")
    if not await _curator(request).change([name], change, principal_of(request)):
        raise NotFound(f"There is no picture {name}. Look in the history.")
    return answer({"success": True})


async def _contents(request: Request, collection_id: str) -> list[Body]:
    """The pictures of a collection that are shown."""
    found: list[Body] = []
    cursor: str | None = None
    while len(found) < SHOWN:
        page = await _curator(request).contents(collection_id, principal_of(request), limit=PAGE, cursor=cursor)
        found += [picture_body(request, picture) for picture in page.items if picture.withheld is None]
        cursor = page.next
        if cursor is None:
            break
    return found[:SHOWN]


def _collection_body(collection: Collection, images: list[Body]) -> Body:
    return {
        "id": collection.id,
        "name": collection.name,
        "description": collection.description,
        "images": images,
        "createdAt": collection.created,
    }


def _curator(request: Request) -> Curator:
    return runtime_of(request).keeping.curator
