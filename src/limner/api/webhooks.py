"""Word from services that a call has ended: signed, believed only then, and only a reason to ask."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limner.api.documents import UNSAFE, problems
from limner.domain.abilities import HearsNews
from limner.domain.errors import NotConfigured, NotFound, PolicyError
from limner.runtime.asking import runtime_of

router = APIRouter(tags=["webhooks"])

UNSIGNED = "This message is not signed by the service."
REFUSED = "webhook_refused"


@router.post(
    "/webhooks/{service}",
    summary="Take word of a call",
    status_code=204,
    responses=problems(404, 429, 502, 504, *UNSAFE, 421, 422, 500, 503),
    response_class=Response,
)
async def take_word(request: Request, service: Annotated[str, Path(description="The service's id.")]) -> Response:
    """The same as `/webhooks/{service}`, which services are told where LIMNER_PUBLIC_URL is set. Nothing in a message
    is taken over: one that is signed makes Limner ask the service about its call at once.
    """
    return await hear(request, service)


async def hear(request: Request, service: str) -> Response:
    """Takes word of a call. Raises NotFound for services that send none, and PolicyError for what is not signed."""
    runtime = runtime_of(request)
    card = runtime.catalog.service(service)
    try:
        provider = runtime.services.provider(card.id)
    except NotConfigured as unready:
        raise PolicyError(f"{UNSIGNED} {card.name} is not used here.", code=REFUSED) from unready
    if not isinstance(provider, HearsNews):
        raise NotFound(f"{card.name} sends no word of its calls.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    ticket_id = await provider.heard(headers, await request.body(), runtime.clock.now())
    if ticket_id is None:
        raise PolicyError(UNSIGNED, code=REFUSED)
    runtime.doorbells.ring(card.id, ticket_id)
    return Response(status_code=204)
