"""Joins the ways into services: under which keys, who is asked first, and what administrators say about each."""

from __future__ import annotations

from dataclasses import dataclass

from limner.db.audit import SqlAudit
from limner.db.steering import SqlServiceConfigs
from limner.domain.errors import NotConfigured, UnknownModel
from limner.engine.balancing import Balance
from limner.engine.doors import Doors
from limner.engine.health import HealthWatch
from limner.engine.keyrings import Keyrings
from limner.engine.routing import Router
from limner.engine.steering import Steering
from limner.runtime.ground import Ground
from limner.words.pacing import TextPaces


@dataclass(frozen=True, kw_only=True, slots=True)
class Ways:
    """What finds the key of a plan and of a call, and what decides which model paints."""

    doors: Doors
    router: Router


@dataclass(frozen=True, kw_only=True, slots=True)
class Helm:
    """What administrators say about services, and what does as they say beside the services themselves."""

    steering: Steering
    balance: Balance
    paces: TextPaces


def helm_of(ground: Ground) -> Helm:
    """What administrators steer by."""
    balance = Balance(ground.services, ground.settings.routing_weights)
    paces = TextPaces(card.id for card in ground.texts.services)
    steering = Steering(
        catalog=ground.catalog,
        texts=ground.texts,
        store=SqlServiceConfigs(ground.database),
        steered=(ground.services, balance, paces),
        audit=SqlAudit(ground.database, ground.clock, ground.ids),
        clock=ground.clock,
    )
    return Helm(steering=steering, balance=balance, paces=paces)


def ways_of(ground: Ground, keyrings: Keyrings, health: HealthWatch, helm: Helm) -> Ways:
    """Both, doing as administrators say."""
    doors = Doors(
        catalog=ground.catalog,
        services=ground.services,
        keyrings=keyrings,
        health=health,
        steering=helm.steering,
        addresses=ground.posts,
    )
    router = Router(
        catalog=ground.catalog,
        services=ground.services,
        health=health,
        balance=helm.balance,
        clock=ground.clock,
        unpriced_ceiling=ground.settings.unpriced_ceiling_usd,
        default=_default(ground),
    )
    return Ways(doors=doors, router=router)


def _default(ground: Ground) -> str | None:
    """The service that the settings want where nothing is named. Raises NotConfigured for one that there is not."""
    wanted = ground.settings.default_provider
    if not wanted:
        return None
    try:
        return ground.catalog.service(wanted).id
    except UnknownModel as error:
        raise NotConfigured(f"LIMNER_DEFAULT_PROVIDER is wrong: {error.message}", code="settings_invalid") from error
