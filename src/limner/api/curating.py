"""Marks, tags and the trash: one picture at a time, or up to a thousand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limner.api.answers import answer
from limner.api.curating_bodies import ChangeBody, TagBody, known_id
from limner.api.curating_schemas import ChangeAnswer, RenamedAnswer, TagList
from limner.api.deps import checked_id, read_json
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.api.images import ImageId
from limner.api.schemas import ImageAnswer
from limner.api.shapes import image_body
from limner.domain.marking import Action, Change
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(tags=["library"])

Tag = Annotated[str, Path(description="The tag.", max_length=200)]
CHANGED = answers(ImageAnswer, "The picture as it is now.", 404)


@router.put("/images/{image_id}/favorite", summary="Mark a picture", responses=CHANGED)
async def mark_favorite(request: Request, image_id: ImageId) -> Response:
    """Makes it a favourite of yours, also where somebody else made it in a project that you share; it is fine if it is
    one already.
    """
    return await _changed(request, image_id, Change(action=Action.FAVORITE))


@router.delete("/images/{image_id}/favorite", summary="Unmark a picture", responses=CHANGED)
async def unmark_favorite(request: Request, image_id: ImageId) -> Response:
    """It is a favourite no more."""
    return await _changed(request, image_id, Change(action=Action.UNFAVORITE))


@router.put("/images/{image_id}/tags/{tag:path}", summary="Tag a picture", responses=CHANGED)
async def tag_image(request: Request, image_id: ImageId, tag: Tag) -> Response:
    """Adds a tag at the end of its tags, unless it has it."""
    return await _changed(request, image_id, Change(action=Action.TAG, tags=(tag,)))


@router.delete("/images/{image_id}/tags/{tag:path}", summary="Untag a picture", responses=CHANGED)
async def untag_image(request: Request, image_id: ImageId, tag: Tag) -> Response:
    """Takes a tag away."""
    return await _changed(request, image_id, Change(action=Action.UNTAG, tags=(tag,)))


@router.delete(
    "/images/{image_id}",
    summary="Move a picture to the trash",
    status_code=204,
    responses=problems(*ALWAYS, 404),
    response_class=Response,
)
async def trash_image(request: Request, image_id: ImageId) -> Response:
    """It can be restored for 30 days, unless the settings say otherwise; then it goes for good."""
    await runtime_of(request).keeping.curator.change_one(
        checked_id(image_id, "picture"), Change(action=Action.TRASH), principal_of(request)
    )
    return Response(status_code=204)


@router.post("/images/{image_id}/restore", summary="Restore a picture", responses=CHANGED)
async def restore_image(request: Request, image_id: ImageId) -> Response:
    """Takes it out of the trash, with its marks, tags and collections."""
    return await _changed(request, image_id, Change(action=Action.RESTORE))


@router.post(
    "/images/bulk",
    summary="Change many pictures",
    responses=answers(ChangeAnswer, "What became of each.", 404, 415),
    openapi_extra=body_of(ChangeBody),
)
async def change_images(request: Request) -> Response:
    """All pictures that are yours are changed in one transaction; of the others the answer says so, one by one."""
    body = await read_json(request, ChangeBody)
    ids = [known_id(name) for name in body.ids]
    changed = await runtime_of(request).keeping.curator.change(ids, body.change(), principal_of(request))
    items = [{"id": given, "ok": name in changed} for given, name in zip(body.ids, ids, strict=True)]
    return answer({"changed": len(changed), "items": items})


@router.get("/tags", summary="List tags", responses=answers(TagList, "Your tags."))
async def list_tags(request: Request) -> Response:
    """Your tags, and how many pictures have each."""
    found = await runtime_of(request).keeping.curator.tags(principal_of(request))
    return answer({"items": [{"tag": each.tag, "images": each.pictures} for each in found]})


@router.patch(
    "/tags/{tag:path}",
    summary="Rename a tag",
    responses=answers(RenamedAnswer, "The tag under its new name.", 404, 415),
    openapi_extra=body_of(TagBody),
)
async def rename_tag(request: Request, tag: Tag) -> Response:
    """On all your pictures at once; where the new name is a tag already, the two become one."""
    name = (await read_json(request, TagBody)).name
    changed = await runtime_of(request).keeping.curator.rename_tag(tag, name, principal_of(request))
    return answer({"tag": name.strip(), "changed": changed})


async def _changed(request: Request, image_id: str, change: Change) -> Response:
    runtime, principal, name = runtime_of(request), principal_of(request), checked_id(image_id, "picture")
    await runtime.keeping.curator.change_one(name, change, principal)
    return answer(image_body(await runtime.pictures.visible(name, principal.id)))
