"""Profiles: saved choices of model, key and options, by names of one's own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limner.api.answers import answer
from limner.api.deps import checked_id, read_json
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.api.profile_bodies import ProfileAnswer, ProfileBody, ProfileChangesBody, ProfileList
from limner.api.shapes import API, Body
from limner.domain.profile import Profile
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/profiles", tags=["profiles"])

ProfileId = Annotated[str, Path(description="The profile's id.")]
Tag = Annotated[str, Path(description="A word, or the id of what the profile goes with.")]


@router.get("", summary="List profiles", responses=answers(ProfileList, "Your profiles, the default first."))
async def list_profiles(request: Request) -> Response:
    """Your profiles, the default first and the others by name."""
    found = await runtime_of(request).profiles.all(principal_of(request))
    return answer({"items": [profile_body(profile) for profile in found]})


@router.post(
    "",
    summary="Set up a profile",
    status_code=201,
    responses=answers(ProfileAnswer, "The profile, at the address in Location.", 404, 409, 415, status=201),
    openapi_extra=body_of(ProfileBody),
)
async def create_profile(request: Request) -> Response:
    """A request names it as `profile`, by its id or name; what the request says itself counts more."""
    body, profiles = await read_json(request, ProfileBody), runtime_of(request).profiles
    profile = await profiles.add(body.draft(profiles), principal_of(request))
    return answer(profile_body(profile), 201, {"Location": f"{API}/profiles/{profile.id}"})


@router.get("/{profile_id}", summary="Show a profile", responses=answers(ProfileAnswer, "The profile.", 404))
async def get_profile(request: Request, profile_id: ProfileId) -> Response:
    """One of your profiles."""
    return answer(profile_body(await runtime_of(request).profiles.get(_id(profile_id), principal_of(request))))


@router.patch(
    "/{profile_id}",
    summary="Change a profile",
    responses=answers(ProfileAnswer, "The profile as it is now.", 404, 409, 415),
    openapi_extra=body_of(ProfileChangesBody),
)
async def change_profile(request: Request, profile_id: ProfileId) -> Response:
    """Changes what is given and leaves the rest; jobs that were made with it keep what it said then."""
    body, profiles = await read_json(request, ProfileChangesBody), runtime_of(request).profiles
    changes = body.changes(profiles)
    return answer(profile_body(await profiles.change(_id(profile_id), principal_of(request), **changes)))


@router.delete(
    "/{profile_id}",
    summary="Remove a profile",
    status_code=204,
    responses=problems(*ALWAYS, 404),
    response_class=Response,
)
async def delete_profile(request: Request, profile_id: ProfileId) -> Response:
    """Forgets a profile; the key that it names stays."""
    await runtime_of(request).profiles.remove(_id(profile_id), principal_of(request))
    return Response(status_code=204)


@router.put("/{profile_id}/tags/{tag}", summary="Tag a profile", responses=answers(ProfileAnswer, "The profile.", 404))
async def tag_profile(request: Request, profile_id: ProfileId, tag: Tag) -> Response:
    """Adds a tag; one that is there stays."""
    return answer(profile_body(await runtime_of(request).profiles.tag(_id(profile_id), tag, principal_of(request))))


@router.delete(
    "/{profile_id}/tags/{tag}", summary="Untag a profile", responses=answers(ProfileAnswer, "The profile.", 404)
)
async def untag_profile(request: Request, profile_id: ProfileId, tag: Tag) -> Response:
    """Takes a tag away."""
    return answer(profile_body(await runtime_of(request).profiles.untag(_id(profile_id), tag, principal_of(request))))


def profile_body(profile: Profile) -> Body:
    """A profile as plain values."""
    return {
        "id": profile.id,
        "name": profile.name,
        "service": profile.service,
        "model": profile.model,
        "key": profile.key,
        "base_url": profile.base_url,
        "parameters": profile.parameters,
        "default": profile.is_default,
        "tags": [tag.tag for tag in profile.tags],
        "created": profile.created,
        "updated": profile.updated,
    }


def _id(text: str) -> str:
    return checked_id(text, "profile")
