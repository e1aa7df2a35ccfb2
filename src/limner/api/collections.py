"""Collections: pictures in an order of their own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from limner.api.answers import answer
from limner.api.curating_bodies import CollectionBody, CollectionEditBody, IdsBody, known_id
from limner.api.curating_schemas import ChangeAnswer, CollectionAnswer, CollectionPage
from limner.api.deps import checked_id, read_json
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.api.images import ImageId
from limner.api.schemas import ImagePage
from limner.api.shapes import API, Body, image_body
from limner.domain.collecting import Collection
from limner.domain.errors import NotFound
from limner.domain.marking import Action, Change
from limner.engine.curating import Curator
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/collections", tags=["collections"])

CollectionId = Annotated[str, Path(description="The collection's id.")]


class PageQuery(BaseModel):
    """Which page is wanted."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)


@router.get("", summary="List collections", responses=answers(CollectionPage, "One page of collections."))
async def list_collections(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """Your collections, newest first."""
    page = await _curator(request).collections(principal_of(request), limit=query.limit, cursor=query.cursor)
    return answer({"items": [collection_body(each) for each in page.items], "next": page.next})


@router.post(
    "",
    summary="Make a collection",
    status_code=201,
    responses=answers(CollectionAnswer, "The collection, at the address in Location.", 415, status=201),
    openapi_extra=body_of(CollectionBody),
)
async def create_collection(request: Request) -> Response:
    """An empty one. Names need not differ."""
    body = await read_json(request, CollectionBody)
    made = collection_body(await _curator(request).collect(body.name, body.description, principal_of(request)))
    return answer(made, 201, {"Location": f"{API}/collections/{made['id']}"})


@router.get("/{collection_id}", summary="Show a collection", responses=answers(CollectionAnswer, "It.", 404))
async def get_collection(request: Request, collection_id: CollectionId) -> Response:
    """What it is called, and how many pictures are in it."""
    found = await _curator(request).collection(checked_id(collection_id, "collection"), principal_of(request))
    return answer(collection_body(found))


@router.patch(
    "/{collection_id}",
    summary="Edit a collection",
    responses=answers(CollectionAnswer, "The collection as it is now.", 404, 415),
    openapi_extra=body_of(CollectionEditBody),
)
async def edit_collection(request: Request, collection_id: CollectionId) -> Response:
    """Changes its name, description or cover."""
    edit = (await read_json(request, CollectionEditBody)).edit()
    name = checked_id(collection_id, "collection")
    return answer(collection_body(await _curator(request).edit(name, edit, principal_of(request))))


@router.delete(
    "/{collection_id}",
    summary="Remove a collection",
    status_code=204,
    responses=problems(*ALWAYS, 404),
    response_class=Response,
)
async def delete_collection(request: Request, collection_id: CollectionId) -> Response:
    """Its pictures stay; its share links end."""
    await _curator(request).dissolve(checked_id(collection_id, "collection"), principal_of(request))
    return Response(status_code=204)


@router.get(
    "/{collection_id}/images",
    summary="List a collection's pictures",
    responses=answers(ImagePage, "One page of pictures, in the collection's order.", 404),
)
async def list_collection_images(
    request: Request, collection_id: CollectionId, query: Annotated[PageQuery, Query()]
) -> Response:
    """What is in it, in its order."""
    name = checked_id(collection_id, "collection")
    page = await _curator(request).contents(name, principal_of(request), limit=query.limit, cursor=query.cursor)
    return answer({"items": [image_body(picture) for picture in page.items], "next": page.next})


@router.post(
    "/{collection_id}/images",
    summary="Add pictures to a collection",
    responses=answers(ChangeAnswer, "What became of each.", 404, 415),
    openapi_extra=body_of(IdsBody),
)
async def add_collection_images(request: Request, collection_id: CollectionId) -> Response:
    """At its end, in this order; one that is in it already stays where it is."""
    body = await read_json(request, IdsBody)
    ids = [known_id(name) for name in body.ids]
    change = Change(action=Action.COLLECT, to=checked_id(collection_id, "collection"))
    changed = await _curator(request).change(ids, change, principal_of(request))
    items = [{"id": given, "ok": name in changed} for given, name in zip(body.ids, ids, strict=True)]
    return answer({"changed": len(changed), "items": items})


@router.put(
    "/{collection_id}/order",
    summary="Order a collection",
    status_code=204,
    responses=problems(*ALWAYS, 404, 415),
    response_class=Response,
    openapi_extra=body_of(IdsBody),
)
async def order_collection(request: Request, collection_id: CollectionId) -> Response:
    """These pictures come first, in this order; the others follow as they were."""
    body = await read_json(request, IdsBody)
    ids = [known_id(name) for name in body.ids]
    await _curator(request).arrange(checked_id(collection_id, "collection"), ids, principal_of(request))
    return Response(status_code=204)


@router.delete(
    "/{collection_id}/images/{image_id}",
    summary="Take a picture out of a collection",
    status_code=204,
    responses=problems(*ALWAYS, 404),
    response_class=Response,
)
async def remove_collection_image(request: Request, collection_id: CollectionId, image_id: ImageId) -> Response:
    """The picture itself stays."""
    change = Change(action=Action.UNCOLLECT, to=checked_id(collection_id, "collection"))
    name = checked_id(image_id, "picture")
    if not await _curator(request).change([name], change, principal_of(request)):
        raise NotFound(f"There is no picture {name}. Look in the gallery.")
    return Response(status_code=204)


def collection_body(collection: Collection) -> Body:
    """A collection as plain values."""
    cover = collection.cover_id
    return {
        "id": collection.id,
        "name": collection.name,
        "description": collection.description,
        "images": collection.pictures,
        "cover_id": cover,
        "cover_url": None if cover is None else f"{API}/images/{cover}/thumbnail?edge=512",
        "images_url": f"{API}/collections/{collection.id}/images",
        "created": collection.created,
        "updated": collection.updated,
    }


def _curator(request: Request) -> Curator:
    return runtime_of(request).keeping.curator
