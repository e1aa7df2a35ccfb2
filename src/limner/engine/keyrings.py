"""The stored keys that each person's calls may use, read again a moment later."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from limner.domain.ports import Clock
from limner.domain.vault import StoredKey, UsableKey

FRESH = 1.0
"""Seconds for which what was read is good: what other processes change reaches this one that much later."""
REMEMBERED = 1000
"""People whose keys are held in memory."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """One person's own keys and the shared ones."""

    owner: str
    keys: Sequence[UsableKey] = ()

    def find(self, key_id: str) -> UsableKey | None:
        """One of them."""
        return next((each for each in self.keys if each.key.id == key_id), None)

    def best(self, service: str) -> Sequence[UsableKey]:
        """The keys that open a service: one's own where there are any, else the shared ones."""
        fitting = [each for each in self.keys if each.key.service == service]
        return [each for each in fitting if each.key.owner == self.owner] or fitting

    @property
    def services(self) -> frozenset[str]:
        """The services that they open."""
        return frozenset(each.key.service for each in self.keys)


class OpensKeys(Protocol):
    """What keyrings need of stored keys."""

    async def usable(self, owner: str) -> Sequence[UsableKey]:
        """One person's own and all shared ones, opened."""
        ...


class Keyrings:
    """Everybody's keyring."""

    def __init__(self, *, keys: OpensKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._held: OrderedDict[str, tuple[float, Keyring]] = OrderedDict()
        self._changes = 0

    async def of(self, owner: str) -> Keyring:
        """One person's, as it was a moment ago at most. Raises StorageError."""
        now = self._clock.monotonic()
        held = self._held.get(owner)
        if held is not None and now - held[0] < FRESH:
            return held[1]
        changes = self._changes
        ring = Keyring(owner, await self._keys.usable(owner))
        if changes == self._changes:  # else something was changed here meanwhile, and may not be in it
            self._held[owner] = (now, ring)
            self._held.move_to_end(owner)
            while len(self._held) > REMEMBERED:
                self._held.popitem(last=False)
        return ring

    def forget(self) -> None:
        """Something was changed here: everything is read again."""
        self._changes += 1
        self._held.clear()


def cannot_open(key: StoredKey) -> str:
    """What is said of a key that was sealed under another secret of the installation."""
    return (
        f"Invalid API key: the stored key '{key.label}' was sealed under another LIMNER_SECRET_KEY. Set that secret "
        f"again, or store the key anew: limner keys replace {key.id}"
    )
