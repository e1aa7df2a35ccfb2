"""Document 2: image profiles, pictures made with them, and the chat tool (Quilltap)."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI

from limner.api.dialects.document2 import keys, pictures, profiles, tags, tools
from limner.api.dialects.document2.bodies import (
    ChangedProfileBody,
    NewProfileBody,
    ProfilePicturesBody,
    ProfileTagBody,
    ValidateKeyBody,
)
from limner.api.dialects.document2.faults import shape
from limner.api.dialects.document2.pictures import generate
from limner.api.dialects.document2.routing import PAINTING, UNSAFE, gives
from limner.api.dialects.document2.schemas import GeneratedPicturesAnswer
from limner.api.documents import body_of
from limner.api.surfaces import Shape
from limner.storage.generated import PLACE

__all__ = ["BODIES", "GIVES", "SHAPES", "TAKES", "generate", "install"]

SHARED = "/api/images/generate"
"""The route that it shares with document 1."""
PREFIXES = ("/api/image-profiles", SHARED, "/api/tools", f"/{PLACE}")
COMPAT = "/compat/document2"
GIVES = gives(GeneratedPicturesAnswer, "The pictures.", *UNSAFE, *PAINTING)
TAKES = body_of(ProfilePicturesBody)
"""What the shared route takes and gives where a profile is named."""
BODIES = (ProfilePicturesBody, NewProfileBody, ChangedProfileBody, ProfileTagBody, ValidateKeyBody)
SHAPES: Mapping[str, Shape] = dict.fromkeys((*PREFIXES, COMPAT), shape)


def install(app: FastAPI) -> None:
    """Mounts its routes at their own paths, but for the shared one, and all of them below `/compat/document2`."""
    for prefix in ("", COMPAT):
        # `models` and `validate-key` before `{profile_id}`, which they would be taken for.
        for subject in (keys, profiles, tags, pictures, tools):
            app.include_router(subject.router, prefix=prefix, include_in_schema=not prefix)
    app.add_api_route(f"{COMPAT}{SHARED}", generate, methods=["POST"], include_in_schema=False)
