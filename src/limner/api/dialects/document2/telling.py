"""What document 2's routes about profiles share: finding one, and telling it."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request

from limner.api.answers import Body
from limner.api.deps import checked_id
from limner.api.dialects.document2.faults import Refusal
from limner.api.dialects.document2.words import word_for
from limner.domain.errors import NotFound
from limner.domain.profile import Profile, ProfileTag
from limner.runtime.asking import principal_of, runtime_of

MISSING = "Image profile not found"


async def profile_named(request: Request, profile_id: str) -> Profile:
    """One of the caller's profiles by its id. Raises Refusal."""
    try:
        return await runtime_of(request).profiles.get(checked_id(profile_id, "profile"), principal_of(request))
    except NotFound:
        raise Refusal(404, {"error": MISSING}) from None


async def profile_body(request: Request, profile: Profile) -> Body:
    """A profile, with what may be shown of its key."""
    return {
        "id": profile.id,
        "userId": profile.owner,
        "name": profile.name,
        "provider": word_for(profile.service),
        "apiKeyId": profile.key,
        "baseUrl": profile.base_url,
        "modelName": profile.model,
        "parameters": profile.parameters,
        "isDefault": profile.is_default,
        "createdAt": profile.created,
        "updatedAt": profile.updated,
        "apiKey": await _key(request, profile),
        "tags": tags_body(profile),
    }


async def _key(request: Request, profile: Profile) -> Body | None:
    """What may be shown of the key that a profile names; nothing of one that is gone."""
    if profile.key is None:
        return None
    try:
        key = await runtime_of(request).profiles.keys.get(profile.key, principal_of(request))
    except NotFound:
        return None
    return {"id": key.id, "label": key.label, "provider": word_for(key.service)}


def tags_body(profile: Profile) -> Sequence[Body]:
    """The tags of a profile, the oldest first."""
    return [tag_body(profile, tag) for tag in profile.tags]


def tag_body(profile: Profile, tag: ProfileTag) -> Body:
    """A tag of a profile."""
    return {"id": tag.id, "imageProfileId": profile.id, "tagId": tag.tag, "createdAt": tag.created}
