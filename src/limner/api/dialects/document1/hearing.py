"""Document 1's place for word from services: a prediction of Replicate's has ended."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limner.api.dialects.document1.answers import ErrorAnswer
from limner.api.documents import refusals
from limner.api.webhooks import hear

router = APIRouter(tags=["document 1"])


@router.post(
    "/webhooks/{service}",
    summary="Take word of a prediction",
    status_code=204,
    responses=refusals(ErrorAnswer, 400, 403, 404, 413, 415, 421, 429, 500, 502, 503, 504),
    response_class=Response,
)
async def images_take_word(
    request: Request, service: Annotated[str, Path(description="The service's id.")]
) -> Response:
    """Replicate is told this address with each prediction where LIMNER_PUBLIC_URL is set. Nothing in a message is taken
    over: one that is signed makes Limner ask about its prediction at once; any other is refused.
    """
    return await hear(request, service)
