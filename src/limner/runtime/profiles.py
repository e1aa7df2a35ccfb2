"""Joins what profiles need: their rows, the guard of addresses, and keys."""

from __future__ import annotations

from dataclasses import dataclass

from limner.db.profiles import SqlProfiles
from limner.domain.accounts import Asks, Inspection
from limner.domain.errors import NotConfigured
from limner.domain.people import Principal
from limner.domain.vault import Opener, StoredKey
from limner.engine.keyrings import Keyrings, cannot_open
from limner.engine.profiles import Profiles
from limner.engine.vault import Vault
from limner.runtime.ground import Ground


@dataclass(frozen=True, slots=True)
class AsksWith:
    """Asks services with one key."""

    inquiries: Asks
    opener: Opener

    async def inspect(self, service: str, opener: Opener | None = None) -> Inspection:
        """What the service says about the key; never raises."""
        return await self.inquiries.inspect(service, opener or self.opener)

    async def models(self, service: str, opener: Opener | None = None) -> tuple[str, ...]:
        """The image models that the key may use. Raises NotConfigured and ProviderError."""
        return await self.inquiries.models(service, opener or self.opener)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileKeys:
    """Stored keys, as far as profiles need them."""

    vault: Vault
    keyrings: Keyrings
    inquiries: Asks

    async def get(self, key_id: str, principal: Principal) -> StoredKey:
        """A key that this person may use. Raises NotFound."""
        return await self.vault.get(key_id, principal)

    async def asks(self, key_id: str, principal: Principal) -> Asks:
        """Asks its service with this key. Raises NotFound, and NotConfigured where it cannot be opened any more."""
        key = await self.vault.get(key_id, principal)
        usable = (await self.keyrings.of(principal.id)).find(key.id)
        if usable is None or usable.secret is None:
            raise NotConfigured(cannot_open(key))
        return AsksWith(self.inquiries, Opener(secret=usable.secret))

    def asks_with(self, service: str, api_key: str) -> Asks:
        """Asks a service with a key that is not kept."""
        del service
        return AsksWith(self.inquiries, Opener(secret=api_key))


def profiles_of(ground: Ground, vault: Vault) -> Profiles:
    """The profiles of an installation."""
    return Profiles(
        store=SqlProfiles(ground.database),
        keys=ProfileKeys(vault=vault, keyrings=vault.keyrings, inquiries=vault.asks),
        places=ground.guard,
        catalog=ground.catalog,
        clock=ground.clock,
        ids=ground.ids,
    )
