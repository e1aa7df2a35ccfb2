"""Models and services as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from limner.api.shapes import Body, amount, sizes_body
from limner.domain.accounts import Inspection
from limner.domain.health import BreakerState, Condition, Standing
from limner.domain.model_card import ModelCard, ParameterRule, ServiceCard
from limner.domain.readiness import Readiness
from limner.domain.request import Operation
from limner.domain.steering import ServiceConfig
from limner.domain.text_models import WRITES
from limner.engine.pricing import usual_price
from limner.engine.text_places import TextPlace


def model_body(card: ModelCard, readiness: Readiness) -> Body:
    """What a model can do, what it costs and whether it can be used now."""
    return {
        "id": card.id,
        "service": card.service,
        "name": card.name,
        "title": card.title,
        "description": card.description,
        "status": card.status,
        "shutdown": card.shutdown,
        "successor": card.successor,
        "ready": readiness.ready,
        "reason": readiness.reason,
        "operations": {str(operation): way for operation, way in card.operations.items()},
        "sizes": sizes_body(card.sizes),
        "max_count": card.max_count,
        "max_inputs": card.max_inputs,
        "mask": card.mask,
        "roles": sorted(card.roles) if card.max_inputs else [],
        "needs": sorted(card.needs),
        "parameters": [_parameter(rule) for rule in card.parameters],
        "prompt_limit": card.prompt_limit,
        "languages": card.languages,
        "formats": card.formats,
        "price": amount(usual_price(card)),
        "tiers": dict(card.tiers),
        "seconds": card.seconds,
        "streams": card.streams,
        "aliases": card.aliases,
        "source": card.source,
        "as_of": card.as_of,
    }


def _parameter(rule: ParameterRule) -> Body:
    return {
        "name": rule.name,
        "kind": rule.kind,
        "minimum": rule.minimum,
        "maximum": rule.maximum,
        "choices": rule.choices,
        "default": rule.default,
    }


def inspection_body(found: Inspection) -> Body:
    """What a service says about a key."""
    account = found.account
    return {
        "service": found.service,
        "state": found.state,
        "message": found.message,
        "account": None
        if account is None
        else {
            "name": account.name,
            "balance": None if account.balance is None else f"{account.balance:f}",
            "unit": account.unit,
        },
    }


def _condition(condition: Condition) -> Body:
    return {
        "failures": condition.failures,
        "code": condition.code,
        "cause": condition.cause,
        "since": condition.since,
        "until": condition.until,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Fare:
    """How a service stands for whoever names only it."""

    ready: bool
    """Whether it has what it needs."""
    condition: Condition
    reason: str
    """In the words of document 3."""

    @classmethod
    def of(cls, card: ServiceCard, readiness: Readiness, standing: Standing) -> Fare:
        """That of one service."""
        condition = standing.by_default(card.default_for(Operation.GENERATE))
        reason = condition.words if readiness.ready else readiness.short or readiness.reason
        return cls(ready=readiness.ready, condition=condition, reason=reason)

    @property
    def available(self) -> bool:
        """Whether it can be asked now."""
        return self.ready and self.condition.state is not BreakerState.OPEN


def config_body(config: ServiceConfig) -> Body:
    """What an administrator says about a service."""
    return {
        "enabled": config.enabled,
        "weight": config.weight,
        "requests_per_second": config.requests_per_second,
        "changed": config.changed,
    }


def _health(condition: Condition, reason: str, standing: Standing) -> Body:
    return {
        "state": condition.state,
        "reason": reason,
        **_condition(condition),
        "models": {model: {"state": one.state, **_condition(one)} for model, one in standing.models.items()},
    }


def text_provider_body(place: TextPlace) -> Body:
    """A service that only writes, in the same shape as one that paints."""
    card = place.card
    return {
        "id": card.id,
        "name": card.name,
        "description": WRITES,
        "local": card.local,
        "ready": place.readiness.ready,
        "reason": place.readiness.reason,
        "available": place.available,
        "health": _health(place.condition, place.reason, place.standing),
        "default_model": place.default_model or None,
        "models": [],
        "text_models": [model.id for model in place.models],
        "pace": {"requests_per_second": place.config.requests_per_second or 0, "concurrency": None},
        "config": config_body(place.config),
        "colour": None,
        "documentation": None,
    }


def provider_body(
    card: ServiceCard, readiness: Readiness, standing: Standing, models: list[str], config: ServiceConfig
) -> Body:
    """A service, whether it can be used now, how it fares, and how hard it is pressed at most."""
    fare = Fare.of(card, readiness, standing)
    pace = card.requests_per_second if config.requests_per_second is None else config.requests_per_second
    return {
        "id": card.id,
        "name": card.name,
        "description": card.description,
        "local": card.local,
        "ready": readiness.ready,
        "reason": readiness.reason,
        "available": fare.available,
        "health": _health(fare.condition, fare.reason, standing),
        "default_model": f"{card.id}/{card.default_model}",
        "models": models,
        "pace": {"requests_per_second": pace, "concurrency": card.concurrency},
        "config": config_body(config),
        "colour": card.colour,
        "documentation": card.documentation,
    }
