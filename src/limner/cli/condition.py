"""How services fare, in words."""

from __future__ import annotations

from limner.domain.health import BreakerState, Condition, Standing


def blocked_words(service: str, standing: Standing) -> list[str]:
    """What is blocked of a service, by its id, and until when; empty where nothing is."""
    if standing.own.state is not BreakerState.CLOSED:
        return [_words(standing.own)]
    return [
        f"{model.removeprefix(f'{service}/')}: {_words(one)}"
        for model, one in standing.models.items()
        if one.state is not BreakerState.CLOSED
    ]


def _words(condition: Condition) -> str:
    if condition.state is BreakerState.OPEN and condition.until is not None:
        return f"{condition.words} until {condition.until:%H:%M} UTC"
    return condition.words
