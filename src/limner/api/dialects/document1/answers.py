"""Pictures, services and errors in document 1's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from fastapi import Request
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from limner.api.carrying_out import address_of, front_of
from limner.api.schemas import Answer
from limner.api.shapes import API, Body
from limner.api.surfaces import Surface
from limner.domain.errors import NotConfigured, Problem, StorageError
from limner.domain.picture import Picture

PROVIDERS: Mapping[str, str] = {"openai": "dalle3"}
"""Services that document 1 calls by another name."""
UNAVAILABLE = "Provider not available"
DATABASE = "Database error"
EDGE = 512


class ErrorAnswer(Answer):
    """What went wrong."""

    success: bool = Field(examples=[False])
    error: str


class ImageAnswer(Answer):
    """A picture."""

    model_config = ConfigDict(alias_generator=to_camel)

    id: str
    url: str
    thumbnail_url: str
    prompt: str
    revised_prompt: str | None
    provider: str
    model: str
    size: str
    created_at: datetime


class ImagesAnswer(Answer):
    """Pictures."""

    success: bool
    images: list[ImageAnswer]
    count: int


def error_body(status: int, problem: Problem) -> Body:
    """A problem in document 1's shape."""
    del status
    if problem.code.startswith("database_") or problem.code == StorageError.code:
        return {"success": False, "error": f"{DATABASE}: {problem.message}"}
    unavailable = problem.code == NotConfigured.code or (problem.code == "unknown_model" and problem.field == "model")
    return {"success": False, "error": UNAVAILABLE if unavailable else problem.message}


SURFACE = Surface(name="document1", paths=("/api/images", "/webhooks"), shape=error_body)


def images_body(request: Request, pictures: Sequence[Picture]) -> Body:
    """Pictures as an answer; what is withheld is left out."""
    shown = [picture_body(request, picture) for picture in pictures if picture.withheld is None]
    return {"success": True, "images": shown, "count": len(shown)}


def picture_body(request: Request, picture: Picture) -> Body:
    """A picture."""
    return {
        "id": picture.id,
        "url": address_of(request, picture),
        "thumbnailUrl": f"{front_of(request)}{API}/images/{picture.id}/thumbnail?edge={EDGE}",
        "prompt": picture.prompt,
        "revisedPrompt": picture.revised_prompt,
        "provider": provider_word(picture.service),
        "model": picture.model.partition("/")[2],
        "size": f"{picture.file.width}x{picture.file.height}",
        "createdAt": picture.created,
    }


def provider_word(service: str) -> str:
    """What document 1 calls a service."""
    return PROVIDERS.get(service, service)
