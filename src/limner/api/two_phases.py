"""A picture in two phases, in document 3's words: what it would cost, and what it came to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from math import isqrt
from uuid import UUID

from limner.api.carrying_out import file_address
from limner.api.shapes import Body
from limner.domain.job import Job
from limner.domain.model_card import SizeRule
from limner.domain.money import Money
from limner.domain.plan import Plan, Quote
from limner.domain.ports import Catalog
from limner.domain.request import Size
from limner.engine.pricing import usual_price

INSTEAD = "Primary provider unavailable, fallback provider used. The cost may differ from the first estimate."
"""The document's own warning for whoever sees the picture."""


def dollars(amount: Money | None) -> float | None:
    """An amount as the document's plain number; None is unknown."""
    return None if amount is None else float(amount.dollars)


def cost_of(plan: Plan) -> Money | None:
    """What the route that was found costs at most: confirming this much is enough."""
    estimate = plan.candidates[0].estimate
    return None if estimate is None else estimate.ceiling


def estimate_body(quote: Quote, tier: str, catalog: Catalog) -> Body:
    """Phase one: button data."""
    first = quote.plan.candidates[0]
    provider, _, model = first.model.partition("/")
    size = first.calls[0].size or quote.request.size
    return {
        "success": True,
        "provider": provider,
        "model": model,
        "modelKey": first.model,
        "quality": tier,
        "size": None if size is None else str(size),
        "cost": dollars(cost_of(quote.plan)),
        "constraints": {
            "maxSize": str(_largest(quote.constraints.sizes)),
            "supportedSizes": [str(size) for size in _sizes(quote.constraints.sizes)],
            "supportsStyle": bool(quote.constraints.styles),
        },
        "alternatives": [*_alternatives(quote.plan, tier, catalog)],
        **_fallback(None if quote.plan.fallback is None else quote.plan.fallback.original),
    }


def _fallback(original: str | None) -> Body:
    if original is None:
        return {"fallbackUsed": False}
    return {"fallbackUsed": True, "originalProvider": original.partition("/")[0], "warning": INSTEAD}


def _alternatives(plan: Plan, tier: str, catalog: Catalog) -> Iterator[Body]:
    ready = {one.model: one.estimate.ceiling if one.estimate else None for one in plan.candidates[1:]}
    others = {one.model: usual_price(catalog.find(one.model)) for one in plan.rejections}
    for model, cost in {**others, **ready}.items():
        provider, _, name = model.partition("/")
        yield {
            "provider": provider,
            "model": name,
            "modelKey": model,
            "quality": tier,
            "cost": dollars(cost),
            "available": model in ready,
        }


def _sizes(rule: SizeRule) -> tuple[Size, ...]:
    return rule.fixed or tuple(rule.nominal(aspect, None) for aspect in rule.aspects)


def _largest(rule: SizeRule) -> Size | None:
    sizes = [*_sizes(rule), *([rule.default] if rule.default else [])]
    if rule.grid is not None:
        edge = min(rule.grid.max_edge, isqrt(rule.grid.max_pixels)) // rule.grid.multiple * rule.grid.multiple
        sizes.append(Size(edge, edge))
    return max(sizes, key=lambda size: size.pixels, default=None)


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
