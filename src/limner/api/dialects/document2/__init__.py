"""Document 2: image profiles, pictures made with them, and the chat tool (Quilltap)."""

from __future__ import annotations

from fastapi import APIRouter

from limner.api.dialects.document2 import keys, pictures, profiles, stored_keys, tags, tools
from limner.api.dialects.document2.bodies import (
    ChangedProfileBody,
    NewProfileBody,
    ProfilePicturesBody,
    ProfileTagBody,
    ValidateKeyBody,
)
from limner.api.dialects.document2.faults import shape
from limner.api.dialects.document2.pictures import SHARED, generate
from limner.api.dialects.document2.routing import PAINTING, UNSAFE, gives
from limner.api.dialects.document2.schemas import GeneratedPicturesAnswer
from limner.api.documents import taking
from limner.api.generation import Generation
from limner.api.key_schemas import DocumentKeyBody, DocumentKeyChange
from limner.api.mounting import mount
from limner.api.surfaces import Surface
from limner.storage.generated import PLACE

__all__ = ["BODIES", "GENERATION", "SURFACE", "router"]

BODIES = (
    ProfilePicturesBody,
    NewProfileBody,
    ChangedProfileBody,
    ProfileTagBody,
    ValidateKeyBody,
    DocumentKeyBody,
    DocumentKeyChange,
)
SURFACE = Surface(
    name="document2", paths=("/api/image-profiles", stored_keys.PLACE, SHARED, "/api/tools", f"/{PLACE}"), shape=shape
)
GENERATION = Generation(
    surface=SURFACE,
    generate=generate,
    takes=taking(ProfilePicturesBody),
    gives=gives(GeneratedPicturesAnswer, "The pictures.", *UNSAFE, *PAINTING),
)
"""Its part of the route that it shares with document 1."""

router = APIRouter()
# `models` and `validate-key` before `{profile_id}`, which they would be taken for.
for subject in (stored_keys, keys, profiles, tags, pictures, tools):
    mount(router, subject.router)
