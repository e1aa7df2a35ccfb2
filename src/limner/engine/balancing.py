"""Which of several equals is asked next, models or keys: the least busy one for its weight, in turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from limner.domain.model_card import ModelCard
from limner.domain.ports import Services
from limner.domain.steering import Configs

HEAD_START = 4.0
"""Turns that a model may have missed and still catch up; one that was away is not flooded when it comes back."""


class Turns:
    """Who of several equals has had how many turns for their weight."""

    def __init__(self) -> None:
        self._taken: dict[str, float] = {}

    def of(self, names: Iterable[str]) -> Mapping[str, float]:
        """How many turns each of some equals has had; who was away is brought near the others."""
        taken = {name: self._taken.get(name, 0.0) for name in names}
        least = max(taken.values(), default=0.0) - HEAD_START
        lifted = {name: max(turns, least) for name, turns in taken.items()}
        self._taken.update(lifted)
        return lifted

    def took(self, name: str, weight: float) -> None:
        """Notes that one has had its turn."""
        self._taken[name] = self._taken.get(name, 0.0) + 1.0 / weight


class Balance:
    """Shares purchases out among models of the same rank.

    Busy is what this process has under way; turns are counted here as well, so that each process shares out its own.
    """

    def __init__(self, services: Services, weights: Mapping[str, float] | None = None) -> None:
        """`weights` say how many times as often a model or a service is asked as one without a weight."""
        self._services = services
        self._weights = dict(weights or {})
        self._said: Mapping[str, float] = {}
        self._turns = Turns()

    def steer(self, configs: Configs) -> None:
        """What administrators say of a service's weight wins over the settings."""
        self._said = {name: config.weight for name, config in configs.items() if config.weight is not None}

    def weight(self, card: ModelCard) -> float:
        """A model's own weight, else its service's, else 1."""
        of_service = self._said.get(card.service, self._weights.get(card.service, 1.0))
        return self._weights.get(card.id, of_service)

    def pressure(self, card: ModelCard) -> float:
        """How busy its service is for its weight."""
        return self._services.load(card.service) / self.weight(card)

    def turns(self, cards: Iterable[ModelCard]) -> Mapping[str, float]:
        """How many turns for its weight each of some equal models has had; who was away is brought near the others."""
        return self._turns.of(card.id for card in cards)

    def chosen(self, card: ModelCard) -> None:
        """Notes that a model has had its turn."""
        self._turns.took(card.id, self.weight(card))
