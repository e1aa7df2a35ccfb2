"""Under which key a principal's calls go into a service: looked up for a plan, chosen for a call, found again after it.

One's own stored keys come before shared ones, and those before the installation's own. Several of the same rank share
the calls: the least busy for its weight, in turn. What one key's rank cannot do, no other rank does in its place:
nobody's money is spent because somebody else's key was refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from limner.domain.errors import InvalidRequest, NotFound, Problem, ProviderError, Spent
from limner.domain.job import CallRecord, CallState, Job
from limner.domain.model_card import ModelCard
from limner.domain.people import Principal
from limner.domain.ports import Catalog, Provider, Services
from limner.domain.readiness import Readiness
from limner.domain.request import ImageRequest
from limner.domain.turns import Turn
from limner.domain.vault import Access, ChecksAddress, Opener, UsableKey
from limner.engine.balancing import Turns
from limner.engine.health import HealthWatch
from limner.engine.keyrings import Keyring, Keyrings, cannot_open
from limner.engine.passage import Door, Passage
from limner.engine.steering import Steering

AMONG_US = frozenset({CallState.SUBMITTING, CallState.SUBMITTED})
"""States in which a call may be at its service, under the key that is written down with it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The services as one principal can use them, for a plan."""

    base: Services
    doors: Mapping[str, Sequence[Door]]
    """Where stored keys open a service; the others are the installation's own."""
    closed: Mapping[str, Readiness]
    """Services whose stored keys cannot be opened."""

    def readiness(self, service: str) -> Readiness:
        """Whether this principal can use it."""
        return self.closed.get(service) or self._first(service).readiness(service)

    async def knock(self) -> None:
        """Asks whether the installation's own engines are there."""
        await self.base.knock()

    def credential(self, service: str) -> str:
        """That of the first key."""
        return self._first(service).credential(service)

    def credentials(self, service: str) -> Sequence[str]:
        """Those of all keys that may be used there."""
        return [door.services.credential(service) for door in self.doors.get(service, ())] or [self.credential(service)]

    def opened(self, openers: Mapping[str, Opener]) -> Services:
        """The installation's services under other keys."""
        return self.base.opened(openers)

    def load(self, service: str) -> int:
        """Purchases that are under way there."""
        return self.base.load(service)

    def turn(self, service: str, model: ModelCard | None = None) -> Turn:
        """Where purchases wait."""
        return self.base.turn(service, model)

    def provider(self, service: str) -> Provider:
        """The service under the first key."""
        return self._first(service).provider(service)

    def _first(self, service: str) -> Services:
        doors = self.doors.get(service)
        return doors[0].services if doors else self.base


class Doors:
    """Finds the keys of plans and calls."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        services: Services,
        keyrings: Keyrings,
        health: HealthWatch,
        steering: Steering,
        addresses: ChecksAddress,
    ) -> None:
        self._catalog = catalog
        self._services = services
        self._keyrings = keyrings
        self.health = health
        self.steering = steering
        self._addresses = addresses
        self._turns = Turns()
        self._busy: dict[str, int] = {}

    async def admit(self, request: ImageRequest, principal: Principal) -> ImageRequest:
        """The request with what its access means for it. Raises NotFound and InvalidRequest."""
        access = request.access
        if access is None:
            return request
        if access.key is None and access.base_url is None:
            return replace(request, access=None)
        usable = None if access.key is None else (await self.keyring(principal)).find(access.key)
        if access.key is not None and usable is None:
            raise NotFound("API key not found: there is no stored key with this id.", field="access")
        named = self._named(request)
        service = named if usable is None else usable.key.service
        if service is None:
            raise InvalidRequest("Name the model or the service that is at this address.", field="provider")
        if named is not None and named != service:
            raise InvalidRequest(f"The stored key is one for {service}, and {named} is wanted.", field="access")
        if access.base_url is not None:
            await self._check_address(access.base_url, usable, principal)
        admitted = replace(access, may_be_private=principal.administrator and access.base_url is not None)
        return replace(request, access=admitted, provider=service if named is None else request.provider)

    async def keyring(self, principal: Principal) -> Keyring:
        """The stored keys that this principal may use."""
        return await self._keyrings.of(principal.id)

    async def reach(self, request: ImageRequest, principal: Principal) -> Services:
        """The services as this principal can use them for an admitted request."""
        await self.steering.renew()
        ring = await self.keyring(principal)
        access, named = request.access, self._named(request)
        wanted = ring.services | ({named} if access is not None and named is not None else frozenset())
        if not wanted:
            return self._services
        doors: dict[str, Sequence[Door]] = {}
        closed: dict[str, Readiness] = {}
        for service in wanted:
            picked = access if service == named else None
            keys = self._meant(ring, service, picked)
            found = [self._door(service, key, picked) for key in keys if key is None or key.secret is not None]
            if found:
                doors[service] = found
            elif keys and keys[0] is not None:
                why = cannot_open(keys[0].key)
                closed[service] = Readiness(ready=False, reason=why, short="Invalid API key")
        return Reach(self._services, doors, closed)

    async def passage(self, job: Job, record: CallRecord, card: ModelCard) -> Passage:
        """The way of one call: that which is written down where it may be at its service, else a choice of keys.

        Raises ProviderError where its key was removed or cannot be opened: it is not sent, and not sent again.
        """
        sent = record.state in AMONG_US
        local = self._catalog.service(card.service).local
        spent = Spent.UNKNOWN if sent and not local else Spent.NO
        ring = await self._keyrings.of(job.owner)
        if sent:
            keys: Sequence[UsableKey | None] = [self._kept(ring, record.access, card, spent)]
            picked = record.access
        else:
            picked = job.request.access if self._named(job.request) == card.service else None
            if picked is not None and picked.key is not None:
                self._kept(ring, picked, card, spent)
            keys = self._meant(ring, card.service, picked)
        readable = [key for key in keys if key is None or key.secret is not None]
        if not readable and keys and keys[0] is not None:
            raise _lost(card, cannot_open(keys[0].key), spent, "invalid_api_key")
        doors = [self._door(card.service, key, picked) for key in readable]
        return Passage(doors=doors, card=card, health=self.health, turns=self._turns, busy=self._busy)

    def _meant(self, ring: Keyring, service: str, access: Access | None) -> Sequence[UsableKey | None]:
        """The keys of the best rank; None is the installation's own, or none where an address is given."""
        if access is not None:
            return [None if access.key is None else ring.find(access.key)]
        return list(ring.best(service)) or [None]

    def _door(self, service: str, usable: UsableKey | None, access: Access | None) -> Door:
        base_url = None if access is None else access.base_url
        if usable is None and base_url is None:
            return Door(services=self._services, service=service)
        private = access is not None and access.may_be_private
        secret = None if usable is None else usable.secret
        opener = Opener(secret=secret, base_url=base_url, may_be_private=private)
        key = None if usable is None else usable.key
        noted = Access(key=None if key is None else key.id, base_url=base_url, may_be_private=private)
        return Door(services=self._services.opened({service: opener}), service=service, key=key, access=noted)

    def _kept(self, ring: Keyring, access: Access | None, card: ModelCard, spent: Spent) -> UsableKey | None:
        """The key that is written down. Raises ProviderError where it was removed meanwhile."""
        if access is None or access.key is None:
            return None
        usable = ring.find(access.key)
        if usable is None:
            why = "The stored key of this call was removed, so that it cannot be carried on."
            raise _lost(card, why, spent, "key_removed")
        return usable

    def _named(self, request: ImageRequest) -> str | None:
        """The service that a request names, itself or by its model; None where it names none that there is."""
        if request.model:
            return self._catalog.find(request.model).service
        return self._catalog.service(request.provider).id if request.provider else None

    async def _check_address(self, base_url: str, usable: UsableKey | None, principal: Principal) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise InvalidRequest("The address begins with http:// or https://.", field="base_url")
        if usable is not None and usable.key.owner != principal.id:
            raise InvalidRequest("A shared key goes to no address but the installation's own.", field="base_url")
        if not principal.administrator:
            await self._addresses.check(base_url)


def _lost(card: ModelCard, why: str, spent: Spent, code: str) -> ProviderError:
    paid = (
        " It may have been charged and was not sent again. Look at the service's own list, then say whether it was."
        if spent is Spent.UNKNOWN
        else " Nothing was sent."
    )
    return ProviderError(Problem(code=code, message=f"{why}{paid}", spent=spent, provider=card.service))
