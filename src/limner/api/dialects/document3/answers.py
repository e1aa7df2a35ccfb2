"""How services fare, in document 3's words."""

from __future__ import annotations

from limner.api.cards import Fare
from limner.api.dialects.document3.wishes import switched_off
from limner.api.shapes import Body
from limner.api.two_phases import stamp
from limner.runtime import Runtime


def health_body(runtime: Runtime) -> Body:
    """Whether each service can be asked, and why not."""
    now, off = stamp(runtime.clock.now()), switched_off(runtime)
    providers: dict[str, Body] = {}
    for card in runtime.catalog.services:
        fare = Fare.of(card, runtime.services.readiness(card.id), runtime.health.standing(card.id))
        left_alone = fare.ready and card.id in off
        providers[card.id] = {
            "available": fare.available and not left_alone,
            "reason": "Switched off" if left_alone else fare.reason,
            "lastCheck": now,
            "circuitBreakerState": fare.condition.state,
        }
    available = sum(bool(each["available"]) for each in providers.values())
    summary = {"total": len(providers), "available": available, "unavailable": len(providers) - available}
    return {"timestamp": now, "providers": providers, "summary": summary}
