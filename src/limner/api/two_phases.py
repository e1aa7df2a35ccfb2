"""A picture in two phases, in document 3's words: what it would cost, and what it came to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from limner.api.carrying_out import file_address
from limner.api.shapes import Body
from limner.domain.job import Job
from limner.domain.money import Money
from limner.domain.plan import Quote
from limner.domain.ports import Catalog
from limner.domain.request import Size
from limner.engine.offering import Alternative, offer_of

INSTEAD = "Primary provider unavailable, fallback provider used. The cost may differ from the first estimate."
"""The document's own warning for whoever sees the picture."""


def dollars(amount: Money | None) -> float | None:
    """An amount as the document's plain number; None is unknown."""
    return None if amount is None else float(amount.dollars)


def estimate_body(quote: Quote, tier: str, catalog: Catalog) -> Body:
    """Phase one: button data."""
    offer = offer_of(quote, catalog)
    provider, _, model = offer.model.partition("/")
    return {
        "success": True,
        "provider": provider,
        "model": model,
        "modelKey": offer.model,
        "quality": tier,
        "size": None if offer.size is None else str(offer.size),
        "cost": dollars(offer.cost),
        "constraints": {
            "maxSize": str(offer.largest),
            "supportedSizes": [str(size) for size in offer.sizes],
            "supportsStyle": offer.styled,
        },
        "alternatives": [_alternative(each, tier) for each in offer.alternatives],
        **_fallback(None if quote.plan.fallback is None else quote.plan.fallback.original),
    }


def _fallback(original: str | None) -> Body:
    if original is None:
        return {"fallbackUsed": False}
    return {"fallbackUsed": True, "originalProvider": original.partition("/")[0], "warning": INSTEAD}


def _alternative(other: Alternative, tier: str) -> Body:
    provider, _, name = other.model.partition("/")
    return {
        "provider": provider,
        "model": name,
        "modelKey": other.model,
        "quality": tier,
        "cost": dollars(other.cost),
        "available": other.available,
    }


def generated_body(front: str, job: Job, tier: str) -> Body:
    """Phase two: the picture, and the call as an LLM call is told of."""
    picture = job.pictures[0]
    provider, _, model = job.model.partition("/")
    call = next((record.call for record in job.calls if record.id == picture.call_id), None)
    begun, ended = job.started or job.created, job.finished or job.created
    cost = dollars(job.cost)
    return {
        "success": True,
        "imageUrl": file_address(front, picture),
        "imageId": picture.id,
        "provider": provider,
        "model": model,
        "cost": cost,
        **_fallback(None if job.fallback is None else job.fallback.original),
        "llmApiCall": {
            "id": f"img_gen_{UUID(job.id).int}",
            "type": "image_generation",
            "provider": provider,
            "model": model,
            "timestamp": stamp(job.created),
            "durationMs": round((ended - begun).total_seconds() * 1000),
            "cost": cost,
            "success": True,
            "metadata": {
                "size": str(Size(picture.file.width, picture.file.height)),
                "quality": (call.quality if call is not None else None) or tier,
                "style": job.request.style,
            },
        },
    }


def stamp(moment: datetime) -> str:
    """A moment as JavaScript writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
