"""One's own queue: whether it is paused, and how many jobs wait and run."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import Field

from limner.api.answers import answer
from limner.api.bodies import QueueBody
from limner.api.deps import read_json
from limner.api.documents import answers, body_of
from limner.api.schemas import Answer
from limner.domain.queue import Standing
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/queue", tags=["jobs"])


class QueueAnswer(Answer):
    """How a queue stands."""

    paused: bool = Field(description="While it is, no picture that was not sent to a service yet is.")
    since: datetime | None = Field(description="Since when it is paused; null while it goes on.")
    queued: int = Field(description="Your jobs that wait.")
    running: int = Field(description="Your jobs that are being carried out.")


@router.get("", summary="Show your queue", responses=answers(QueueAnswer, "The queue."))
async def get_queue(request: Request) -> Response:
    """Whether your queue is paused, and how many of your jobs wait and run."""
    return _told(await runtime_of(request).queue.standing(principal_of(request)))


@router.patch(
    "",
    summary="Pause your queue, or let it go on",
    responses=answers(QueueAnswer, "The queue.", 415),
    openapi_extra=body_of(QueueBody),
)
async def change_queue(request: Request) -> Response:
    """Paused, jobs that were not sent to a service wait with their money set aside, whichever process has them; once
    this is answered no further picture is bought. What was sent goes on and is delivered. Text models answer all the
    same, and a prompt that is to be translated is translated when its job is written down.
    """
    body = await read_json(request, QueueBody)
    queue, principal = runtime_of(request).queue, principal_of(request)
    return _told(await (queue.pause(principal) if body.paused else queue.resume(principal)))


def _told(standing: Standing) -> Response:
    return answer(
        {
            "paused": standing.paused is not None,
            "since": standing.paused,
            "queued": standing.queued,
            "running": standing.running,
        }
    )
