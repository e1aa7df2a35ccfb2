"""Image profiles as document 2 has them."""

from __future__ import annotations

from fastapi import Request, Response

from limner.api.answers import answer
from limner.api.dialects.document2.bodies import ChangedProfileBody, NewProfileBody
from limner.api.dialects.document2.faults import not_found, read
from limner.api.dialects.document2.meaning import service_meant
from limner.api.dialects.document2.routing import UNSAFE, gives, new_router
from limner.api.dialects.document2.schemas import DoneAnswer, ImageProfileAnswer
from limner.api.dialects.document2.telling import MISSING, profile_body, profile_named
from limner.api.documents import body_of
from limner.domain.errors import NotFound
from limner.domain.ports import Catalog
from limner.domain.profile import ProfileChanges, ProfileDraft
from limner.runtime.asking import principal_of, runtime_of

router = new_router()


@router.get(
    "/api/image-profiles",
    summary="List image profiles",
    responses=gives(list[ImageProfileAnswer], "Your profiles, the default first."),
)
async def list_image_profiles(request: Request) -> Response:
    """Your profiles; with `sortByCharacter` and `sortByPersona` those first that have these tags."""
    found = list(await runtime_of(request).profiles.all(principal_of(request)))
    found.sort(key=lambda profile: profile.created, reverse=True)
    wanted = {request.query_params.get(name) for name in ("sortByCharacter", "sortByPersona")} - {None, ""}
    matching = {profile.id: [tag.tag for tag in profile.tags if tag.tag in wanted] for profile in found}
    found.sort(key=lambda profile: (-len(matching[profile.id]), not profile.is_default))
    bodies = [await profile_body(request, profile) for profile in found]
    if not wanted:
        return answer(bodies)
    return answer(
        [
            {**body, "matchingTags": tags, "matchingTagCount": len(tags)}
            for body, tags in zip(bodies, (matching[profile.id] for profile in found), strict=True)
        ]
    )


@router.post(
    "/api/image-profiles",
    summary="Create an image profile",
    status_code=201,
    responses=gives(ImageProfileAnswer, "The profile.", *UNSAFE, 404, 409, status=201),
    openapi_extra=body_of(NewProfileBody),
)
async def create_image_profile(request: Request) -> Response:
    """A profile; as the default it takes the place of the old one."""
    body, runtime = await read(request, NewProfileBody), runtime_of(request)
    draft = ProfileDraft(
        name=body.name,
        service=service_meant(body.provider, runtime.catalog),
        model=body.model_name,
        key=body.api_key_id,
        base_url=body.base_url,
        parameters=body.parameters or {},
        is_default=body.is_default,
    )
    try:
        profile = await runtime.profiles.add(draft, principal_of(request), unlisted=True)
    except NotFound as error:
        raise not_found(error, MISSING) from None
    return answer(await profile_body(request, profile), 201)


@router.get(
    "/api/image-profiles/{profile_id}",
    summary="Show an image profile",
    responses=gives(ImageProfileAnswer, "The profile.", 404),
)
async def get_image_profile(request: Request, profile_id: str) -> Response:
    """One of your profiles."""
    return answer(await profile_body(request, await profile_named(request, profile_id)))


@router.put(
    "/api/image-profiles/{profile_id}",
    summary="Update an image profile",
    responses=gives(ImageProfileAnswer, "The profile as it is now.", *UNSAFE, 404, 409),
    openapi_extra=body_of(ChangedProfileBody),
)
async def update_image_profile(request: Request, profile_id: str) -> Response:
    """Changes what is given; null takes a key or an address away."""
    before = await profile_named(request, profile_id)
    body, runtime = await read(request, ChangedProfileBody), runtime_of(request)
    changes = _changes(body, runtime.catalog)
    try:
        profile = await runtime.profiles.change(before.id, principal_of(request), unlisted=True, **changes)
    except NotFound as error:
        raise not_found(error, MISSING) from None
    return answer(await profile_body(request, profile))


@router.delete(
    "/api/image-profiles/{profile_id}",
    summary="Delete an image profile",
    responses=gives(DoneAnswer, "It is gone.", *UNSAFE, 404),
)
async def delete_image_profile(request: Request, profile_id: str) -> Response:
    """Forgets a profile; the key that it names stays."""
    found = await profile_named(request, profile_id)
    try:
        await runtime_of(request).profiles.remove(found.id, principal_of(request))
    except NotFound as error:
        raise not_found(error, MISSING) from None
    return answer({"message": "Image profile deleted successfully"})


def _changes(body: ChangedProfileBody, catalog: Catalog) -> ProfileChanges:
    given = body.model_fields_set
    changes = ProfileChanges()
    if "name" in given:
        changes["name"] = body.name
    if "provider" in given:
        changes["service"] = service_meant(body.provider, catalog)
    if "model_name" in given:
        changes["model"] = body.model_name
    if "api_key_id" in given:
        changes["key"] = body.api_key_id
    if "base_url" in given:
        changes["base_url"] = body.base_url
    if "parameters" in given:
        changes["parameters"] = body.parameters
    if "is_default" in given:
        changes["is_default"] = body.is_default
    return changes
