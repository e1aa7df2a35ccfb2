"""Document 1's lists: history, services and their health, statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from limner.api.answers import answer
from limner.api.dialects.document1.answers import ErrorAnswer, picture_body, provider_word
from limner.api.dialects.document1.bodies import MOST
from limner.api.documents import Responses, refusals
from limner.api.shapes import Body
from limner.domain.errors import PolicyError
from limner.domain.model_card import ModelCard, ServiceCard, Status
from limner.domain.picture import Picture
from limner.domain.prices import Meter
from limner.domain.records import PictureFilter
from limner.domain.request import Operation
from limner.engine.pricing import usual_price
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/api/images", tags=["document 1"])

CAPABILITIES = {
    "textToImage": Operation.GENERATE,
    "imageToImage": Operation.EDIT,
    "inpainting": Operation.INPAINT,
    "variations": Operation.VARIATIONS,
    "upscaling": Operation.UPSCALE,
    "styleTransfer": Operation.STYLE_TRANSFER,
}
FAST, MEDIUM = 10, 30
"""Seconds that a picture takes at most with a service that is called so."""
PAGE = 200
FAR = 10_000
"""Pictures that may be passed over; whoever wants to see all follows the cursors of /api/v1/images."""

OBJECT: dict[str, Any] = {"content": {"application/json": {"schema": {"type": "object"}}}}
READ: Responses = {200: {"description": "The list.", **OBJECT}, **refusals(ErrorAnswer, 400, 403, 421, 500, 503)}


@router.get("/history", summary="List the images of somebody", responses=READ)
async def images_history(
    request: Request,
    user_id: Annotated[str | None, Query(alias="userId", max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=FAR)] = 0,
) -> Response:
    """Your pictures, newest first; an administrator may name somebody else."""
    principal = principal_of(request)
    if user_id not in (None, principal.id) and not principal.administrator:
        raise PolicyError("Only an administrator sees the pictures of others. Leave userId out.")
    owner = user_id or principal.id
    found = await slice_of(runtime_of(request), owner, PictureFilter(), limit=limit, offset=offset)
    images = [picture_body(request, picture) for picture in found]
    return answer({"success": True, "images": images, "count": len(images), "limit": limit, "offset": offset})


async def slice_of(runtime: Runtime, owner: str, which: PictureFilter, *, limit: int, offset: int) -> list[Picture]:
    """The pictures that are shown from `offset` on, newest first."""
    found: list[Picture] = []
    cursor: str | None = None
    while len(found) < offset + limit:
        page = await runtime.pictures.page(owner, which, limit=PAGE, cursor=cursor)
        found += [picture for picture in page.items if picture.withheld is None]
        cursor = page.next
        if cursor is None:
            break
    return found[offset : offset + limit]


@router.get("/providers", summary="List providers", responses=READ)
async def images_providers(request: Request) -> Response:
    """Who paints, what they can do, and whether they can be used now."""
    runtime = runtime_of(request)
    await runtime.renew()
    return answer({"success": True, "providers": [_provider_body(runtime, card) for card in runtime.catalog.services]})


@router.get("/health", summary="Show the health of providers", responses=READ)
async def images_health(request: Request) -> Response:
    """`healthy` where at least one service can be used; for each one why it cannot."""
    runtime = runtime_of(request)
    await runtime.renew()
    states = {card.id: runtime.services.readiness(card.id) for card in runtime.catalog.services}
    providers = {
        provider_word(name): {"available": state.ready, "error": None if state.ready else state.reason}
        for name, state in states.items()
    }
    status = "healthy" if any(state.ready for state in states.values()) else "unhealthy"
    return answer({"success": True, "status": status, "providers": providers, "timestamp": runtime.clock.now()})


@router.get("/stats", summary="Show statistics of images", responses=READ)
async def images_stats(request: Request) -> Response:
    """What you have made in all: pictures, cost, how well and how fast, by service."""
    runtime = runtime_of(request)
    found = await runtime.statistics.by_service(principal_of(request).id, runtime.clock.now().date().min)
    providers = [
        {
            "provider": provider_word(service),
            "images": tally.images,
            "cost": float(tally.cost.dollars),
            "successRate": tally.success_rate,
            "averageTime": tally.seconds,
        }
        for service, tally in found
    ]
    return answer({"success": True, "stats": {"providers": providers}})


def _provider_body(runtime: Runtime, service: ServiceCard) -> Body:
    cards = [
        card
        for card in runtime.catalog.models
        if card.service == service.id and card.status in (Status.LIVE, Status.DEPRECATED)
    ]
    operations = {operation for card in cards for operation in card.operations}
    usual = next((card for card in cards if card.name == service.default_model), None)
    return {
        "id": provider_word(service.id),
        "name": service.name,
        "description": service.description,
        "available": runtime.services.readiness(service.id).ready,
        "capabilities": {word: operation in operations for word, operation in CAPABILITIES.items()},
        "maxImages": MOST,
        "quality": "Excellent",
        "speed": _speed(usual),
        "cost": _cost(usual, cards),
    }


def _speed(card: ModelCard | None) -> str:
    if card is None:
        return "Varies"
    return "Fast" if card.seconds <= FAST else "Medium" if card.seconds <= MEDIUM else "Slow"


def _cost(usual: ModelCard | None, cards: Sequence[ModelCard]) -> str:
    """What a picture of the default model costs, in words, and how else the service is paid."""
    by_second = [card for card in cards if any(rate.meter is Meter.SECOND for rate in card.prices.rates)]
    price = None if usual is None else usual_price(usual)
    if price is None:
        return "Pay per second" if usual in by_second else "unknown"
    if not price:
        return "free"
    return f"about {price}, others per second" if by_second else f"about {price}"
