"""Whether the server answers, and whether it can work."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from limner.api.answers import answer
from limner.api.documents import answers
from limner.api.schemas import HealthAnswer
from limner.runtime.asking import runtime_of

router = APIRouter(tags=["operations"])


@router.get("/health", summary="Say whether it is up", responses=answers(HealthAnswer, "It is up."))
async def health(request: Request) -> Response:
    """200 as soon as requests are taken."""
    return answer({"status": "ok", "version": request.app.version})


@router.get("/ready", summary="Say whether it can work", responses=answers(HealthAnswer, "It can work.", 507))
async def ready(request: Request) -> Response:
    """200 where the object store has room for another picture, else 503 or 507 with the reason."""
    await runtime_of(request).blobs.check_room()
    return answer({"status": "ready", "version": request.app.version})
