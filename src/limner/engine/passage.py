"""The way of one call into its service: which of several keys it goes under, and which comes after that."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from limner.domain.errors import FailureCode, NotConfigured, ProviderError, Spent
from limner.domain.events import News
from limner.domain.model_card import ModelCard
from limner.domain.ports import Provider, Services
from limner.domain.turns import Turn
from limner.domain.vault import Access, StoredKey
from limner.engine.balancing import Turns
from limner.engine.health import HealthWatch

REFUSED = frozenset({FailureCode.AUTHENTICATION, FailureCode.NO_CREDIT, FailureCode.FORBIDDEN})
"""What a key meets that is not taken or pays for nothing: it is not tried again by the same call."""
ANOTHER_KEY = REFUSED | {FailureCode.RATE_LIMITED}
"""After these another key may do better at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """One way into a service."""

    services: Services
    service: str
    key: StoredKey | None = None
    """None for the installation's own."""
    access: Access | None = None
    """What is written down with a call that goes this way."""

    @property
    def name(self) -> str:
        """Tells doors of a service apart."""
        return "" if self.key is None else self.key.id

    @property
    def weight(self) -> float:
        """How many times as often it is taken as another."""
        return 1.0 if self.key is None else self.key.weight


class Passage:
    """Chooses among doors for one call, counts it as busy while it is there, and moves on where a key is refused."""

    def __init__(
        self,
        *,
        doors: Sequence[Door],
        card: ModelCard,
        health: HealthWatch,
        turns: Turns,
        busy: MutableMapping[str, int],
    ) -> None:
        self._doors = tuple(doors)
        self._card = card
        self._health = health
        self._turns = turns
        self._busy = busy
        self._refused: set[str] = set()
        self._passed: set[str] = set()
        self._door = self._doors[0]

    def __enter__(self) -> Self:
        self._take(self._best(self._doors))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._leave()

    @property
    def provider(self) -> Provider:
        """The service behind the door. Raises NotConfigured."""
        return self._door.services.provider(self._card.service)

    @property
    def turn(self) -> Turn:
        """Where purchases wait for their turn: all keys of a service wait at the same place."""
        return self._door.services.turn(self._card.service, self._card)

    def check_ready(self) -> None:
        """Raises NotConfigured where the service may be asked for nothing new."""
        readiness = self._door.services.readiness(self._card.service)
        if not readiness.usable:
            raise NotConfigured(f"{self._card.id} cannot be used. {readiness.reason}")

    @property
    def credential(self) -> str:
        """Stands for the key in the service's health."""
        return self._door.services.credential(self._card.service)

    @property
    def access(self) -> Access | None:
        """What is written down with the call before it is sent."""
        return self._door.access

    async def next_after(self, error: ProviderError, attempt: str) -> list[News] | None:
        """Moves on to another key where this one provably bought nothing and another may; None where none may.

        Tells what the refusal means for the health of the key that is left.
        """
        if error.spent is not Spent.NO or error.code not in ANOTHER_KEY:
            return None
        self._passed.add(self._door.name)
        if error.code in REFUSED:
            self._refused.add(self._door.name)
        left = [door for door in self._doors if door.name not in self._passed]
        if not left:
            return None
        news = await self._health.failed(self._card, attempt, error.problem(), self.credential)
        self._move(left)
        return news

    def go_round(self) -> None:
        """After a pause: all keys that were not refused may be tried again."""
        self._passed = set(self._refused)
        left = [door for door in self._doors if door.name not in self._passed]
        if left:
            self._move(left)

    def _move(self, among: Sequence[Door]) -> None:
        self._leave()
        self._take(self._best(among))

    def _best(self, among: Sequence[Door]) -> Door:
        if len(among) == 1:
            return among[0]
        turns = self._turns.of(door.name for door in among)
        return min(among, key=lambda door: self._order(door, turns))

    def _order(self, door: Door, turns: Mapping[str, float]) -> tuple[float, ...]:
        blocked = self._health.obstacle(self._card, (door.services.credential(self._card.service),)) is not None
        return blocked, self._busy.get(door.name, 0) / door.weight, turns[door.name]

    def _take(self, door: Door) -> None:
        self._door = door
        if door.key is not None:
            self._busy[door.name] = self._busy.get(door.name, 0) + 1
            self._turns.took(door.name, door.weight)

    def _leave(self) -> None:
        name = self._door.name
        left = self._busy.get(name, 0) - 1
        if left > 0:
            self._busy[name] = left
        else:
            self._busy.pop(name, None)
