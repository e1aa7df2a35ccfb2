"""How the services of text models stand for one person, for lists of services."""

from __future__ import annotations

from dataclasses import dataclass

from limner.domain.health import BreakerState, Condition, Standing
from limner.domain.people import Principal
from limner.domain.readiness import Readiness
from limner.domain.steering import ServiceConfig, switched_off
from limner.domain.text_models import TextCard, TextServiceCard
from limner.domain.vault import UsableKey
from limner.engine.keyrings import cannot_open
from limner.engine.text_health import opener_of
from limner.engine.texts import TextBuyer


@dataclass(frozen=True, kw_only=True, slots=True)
class TextPlace:
    """A service of text models as one person can use it now."""

    card: TextServiceCard
    readiness: Readiness
    standing: Standing
    config: ServiceConfig
    models: tuple[TextCard, ...]
    """Those that the catalog knows and the one that the installation names, in the order in which they are chosen."""

    @property
    def default_model(self) -> str:
        """The id of the one that is asked where only the service is meant; empty where nobody has named one."""
        return self.models[0].id if self.models else ""

    @property
    def condition(self) -> Condition:
        """How it fares for whoever means only the service."""
        return self.standing.by_default(self.default_model)

    @property
    def reason(self) -> str:
        """How it fares or what it lacks, in the words of document 3."""
        return self.condition.words if self.readiness.ready else self.readiness.short or self.readiness.reason

    @property
    def available(self) -> bool:
        """Whether it can be asked now."""
        return self.readiness.ready and self.condition.state is not BreakerState.OPEN


async def text_places(buyer: TextBuyer, principal: Principal) -> list[TextPlace]:
    """All services of text models, in the order in which they are chosen. Sends nothing. Raises StorageError."""
    ring, candidates = await buyer.keyrings.of(principal.id), buyer.candidates()
    found = []
    for card in buyer.catalog.services:
        keys = ring.best(card.id)
        key = next((each for each in keys if each.secret is not None), keys[0] if keys else None)
        config = buyer.steering.of(card.id)
        found.append(
            TextPlace(
                card=card,
                readiness=_readiness(buyer, card, key) if config.enabled else switched_off(),
                standing=buyer.health.standing(card.id, key),
                config=config,
                models=tuple(model for model in candidates if model.service == card.id),
            )
        )
    return found


def _readiness(buyer: TextBuyer, card: TextServiceCard, key: UsableKey | None) -> Readiness:
    if key is not None and key.secret is None:
        return Readiness(ready=False, reason=cannot_open(key.key), short="Invalid API key")
    return buyer.sends.readiness(card.id, opener_of(key))
