"""Links by which others see a picture or a collection."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limner.api.answers import answer
from limner.api.carrying_out import base_of
from limner.api.collections import CollectionId
from limner.api.curating_bodies import ShareBody
from limner.api.curating_schemas import NewShareAnswer, ShareList
from limner.api.deps import checked_id, read_json
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.api.images import ImageId
from limner.api.shapes import Body
from limner.domain.collecting import Share
from limner.engine.linking import NewShare, Sharer
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(tags=["shares"])

MADE = answers(NewShareAnswer, "The link; its address is shown only now.", 404, 415, status=201)


@router.post(
    "/images/{image_id}/shares",
    summary="Share a picture",
    status_code=201,
    responses=MADE,
    openapi_extra=body_of(ShareBody),
)
async def share_image(request: Request, image_id: ImageId) -> Response:
    """Whoever has the link sees this picture and nothing else of yours, until it expires or is revoked."""
    name, seconds = checked_id(image_id, "picture"), (await read_json(request, ShareBody)).expires_in
    made = await _sharer(request).share(principal_of(request), timedelta(seconds=seconds), picture=name)
    return answer(_new_body(request, made), 201)


@router.post(
    "/collections/{collection_id}/shares",
    summary="Share a collection",
    status_code=201,
    responses=MADE,
    openapi_extra=body_of(ShareBody),
)
async def share_collection(request: Request, collection_id: CollectionId) -> Response:
    """Whoever has the link sees what is in the collection then, and nothing else of yours."""
    name, seconds = checked_id(collection_id, "collection"), (await read_json(request, ShareBody)).expires_in
    made = await _sharer(request).share(principal_of(request), timedelta(seconds=seconds), collection=name)
    return answer(_new_body(request, made), 201)


@router.get("/images/{image_id}/shares", summary="List a picture's links", responses=answers(ShareList, "Them.", 404))
async def list_image_shares(request: Request, image_id: ImageId) -> Response:
    """Those that were not revoked, newest first."""
    principal, name = principal_of(request), checked_id(image_id, "picture")
    await runtime_of(request).pictures.get(name, principal.id)
    found = await _sharer(request).all(principal, picture=name)
    return answer({"items": [share_body(share) for share in found]})


@router.get("/shares", summary="List share links", responses=answers(ShareList, "Your links."))
async def list_shares(request: Request) -> Response:
    """All your links that were not revoked, newest first, with how often each was looked at."""
    found = await _sharer(request).all(principal_of(request))
    return answer({"items": [share_body(share) for share in found]})


@router.delete(
    "/shares/{share_id}",
    summary="Revoke a share link",
    status_code=204,
    responses=problems(*ALWAYS, 404),
    response_class=Response,
)
async def revoke_share(request: Request, share_id: Annotated[str, Path(description="The link's id.")]) -> Response:
    """It ends at once, for good."""
    await _sharer(request).revoke(checked_id(share_id, "share link"), principal_of(request))
    return Response(status_code=204)


def share_body(share: Share) -> Body:
    """A link as plain values; its token is not known any more."""
    return {
        "id": share.id,
        "image_id": share.picture_id,
        "collection_id": share.collection_id,
        "created": share.created,
        "expires": share.expires,
        "views": share.views,
        "viewed": share.viewed,
    }


def _new_body(request: Request, made: NewShare) -> Body:
    return {**share_body(made.share), "url": f"{base_of(request).rstrip('/')}/s/{made.token}"}


def _sharer(request: Request) -> Sharer:
    return runtime_of(request).keeping.sharer
