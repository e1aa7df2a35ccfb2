"""Tags of image profiles as document 2 has them."""

from __future__ import annotations

from fastapi import Request, Response

from limner.api.answers import answer
from limner.api.dialects.document2.bodies import ProfileTagBody
from limner.api.dialects.document2.faults import Refusal, detail, invalid, read
from limner.api.dialects.document2.routing import UNSAFE, gives, new_router
from limner.api.dialects.document2.schemas import DoneAnswer, ProfileTagAnswer
from limner.api.dialects.document2.telling import profile_named, tag_body, tags_body
from limner.api.documents import body_of
from limner.domain.errors import NotFound
from limner.runtime.asking import principal_of, runtime_of

router = new_router()


@router.get(
    "/api/image-profiles/{profile_id}/tags",
    summary="List the tags of an image profile",
    responses=gives(list[ProfileTagAnswer], "Its tags.", 404),
)
async def list_image_profile_tags(request: Request, profile_id: str) -> Response:
    """The tags of a profile, the oldest first."""
    return answer(tags_body(await profile_named(request, profile_id)))


@router.post(
    "/api/image-profiles/{profile_id}/tags",
    summary="Tag an image profile",
    status_code=201,
    responses=gives(ProfileTagAnswer, "The tag.", *UNSAFE, 404, status=201),
    openapi_extra=body_of(ProfileTagBody),
)
async def tag_image_profile(request: Request, profile_id: str) -> Response:
    """Adds a tag; one that is there stays."""
    found, body = await profile_named(request, profile_id), await read(request, ProfileTagBody)
    profile = await runtime_of(request).profiles.tag(found.id, body.tag_id, principal_of(request))
    tag = next(tag for tag in profile.tags if tag.tag == body.tag_id)
    return answer(tag_body(profile, tag), 201)


@router.delete(
    "/api/image-profiles/{profile_id}/tags",
    summary="Untag an image profile",
    responses=gives(DoneAnswer, "It is gone.", *UNSAFE, 404),
)
async def untag_image_profile(request: Request, profile_id: str) -> Response:
    """Takes the tag `tagId` of the query away."""
    found, tag = await profile_named(request, profile_id), request.query_params.get("tagId")
    if not tag:
        raise invalid([detail("invalid_type", "Required", "tagId")])
    try:
        await runtime_of(request).profiles.untag(found.id, tag, principal_of(request))
    except NotFound:
        raise Refusal(404, {"error": "Tag not found"}) from None
    return answer({"message": "Tag removed successfully"})
