"""`POST /api/images/generate`, which two documents describe: a body with `profileId` is document 2's."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from limner.api.generation import Generation


def router(with_profile: Generation, without: Generation | None = None) -> APIRouter:
    """The route. Where there is nobody for bodies without `profileId`, they are answered as if it were missing."""
    made, otherwise = APIRouter(tags=["documents 1 and 2"]), without or with_profile

    @made.post(
        "/api/images/generate",
        summary="Generate pictures",
        response_class=Response,
        responses={**otherwise.gives, **with_profile.gives},
        openapi_extra=with_profile.takes,
    )
    async def generate_images(request: Request) -> Response:
        """With `profileId` as document 2 describes it, without as document 1 does."""
        chosen = with_profile if names_profile(await request.body()) else otherwise
        return await chosen.generate(request)

    return made


def names_profile(body: bytes) -> bool:
    """Whether a body is an object with a `profileId`."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(said, dict) and "profileId" in said
