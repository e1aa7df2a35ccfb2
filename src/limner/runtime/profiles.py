"""Joins what profiles need: their rows, the guard of addresses, and keys."""

from __future__ import annotations

from collections.abc import Callable

from limner.db.profiles import SqlProfiles
from limner.domain.accounts import Asks
from limner.domain.errors import NotFound
from limner.domain.people import Principal
from limner.domain.ports import Services
from limner.domain.vault import StoredKey
from limner.engine.profiles import Profiles
from limner.providers.inquiries import Inquiries
from limner.runtime.ground import Ground


class NoKeys:
    """The keys of an installation that keeps none; a key that somebody shows can be tried all the same."""

    def __init__(self, with_key: Callable[[str, str], Services]) -> None:
        self._with_key = with_key

    async def get(self, key_id: str, principal: Principal) -> StoredKey:
        """Raises NotFound."""
        raise _no_key(key_id, principal)

    async def asks(self, key_id: str, principal: Principal) -> Asks:
        """Raises NotFound."""
        raise _no_key(key_id, principal)

    def asks_with(self, service: str, api_key: str) -> Asks:
        """Asks a service with a key that is not kept."""
        return Inquiries(services=self._with_key(service, api_key))


def profiles_of(ground: Ground) -> Profiles:
    """The profiles of an installation."""
    return Profiles(
        store=SqlProfiles(ground.database),
        keys=NoKeys(ground.with_key),
        places=ground.guard,
        catalog=ground.catalog,
        clock=ground.clock,
        ids=ground.ids,
    )


def _no_key(key_id: str, principal: Principal) -> NotFound:
    return NotFound(f"{principal.name} has no stored key '{key_id}'.", field="key")
