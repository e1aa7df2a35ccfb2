"""The services of this installation: which can be used, and the adapter that speaks to each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pkgutil import resolve_name
from typing import Protocol, cast

from limner.domain.abilities import Closes
from limner.domain.errors import NotConfigured
from limner.domain.model_card import ModelCard, ServiceCard
from limner.domain.moderation import Judges
from limner.domain.ports import Provider, Services
from limner.domain.readiness import SWITCHED_OFF, Readiness
from limner.domain.steering import Configs, ServiceConfig
from limner.domain.turns import Turn
from limner.domain.vault import Opener
from limner.providers import (
    ADAPTERS,
    JUDGES,
    MakesProvider,
    Plugin,
    address_of,
    plugins_by_name,
    readiness_of,
    unreached,
    unready,
)
from limner.wire.client import Wire
from limner.wire.connection import Connection, reached
from limner.wire.knocking import Knocks
from limner.wire.line import Line
from limner.wire.pace import InTurn, Pace

MOST_MADE = 500
"""Adapters that are kept."""


class MakesJudge(Protocol):
    """The class of what looks at requests."""

    def __call__(self, line: Line) -> Judges:
        """The one at the end of this line."""
        ...


class ConfiguredServices:
    """Services with their connections; adapters are made on first use and kept."""

    def __init__(
        self,
        cards: Iterable[ServiceCard],
        connections: Mapping[str, Connection],
        wire: Wire,
        *,
        plugins: Iterable[Plugin] | None = None,
        knocks: Knocks | None = None,
    ) -> None:
        """Without `knocks` every engine at an address counts as there."""
        self._wire = wire
        self._knocks = knocks
        self._cards = {card.id: card for card in cards}
        self._connections = dict(connections)
        self._plugins = plugins_by_name(plugins)
        self._paces = {
            card.id: Pace(requests_per_second=card.requests_per_second, concurrency=card.concurrency)
            for card in self._cards.values()
        }
        self._own_paces: dict[str, Pace] = {}
        self._made: dict[tuple[str, Connection], Provider] = {}
        self._configs: dict[str, ServiceConfig] = {}
        self._readiness: dict[str, Readiness] = {}
        places = {card.id: address_of(card, self._connection(card)) for card in self._cards.values()}
        self._addresses = {service: address for service, address in places.items() if address is not None}

    def connected(self, connections: Mapping[str, Connection]) -> ConfiguredServices:
        """The same services with other keys for some of them, such as a profile's own; the rest is shared."""
        other = ConfiguredServices(
            self._cards.values(),
            {**self._connections, **connections},
            self._wire,
            plugins=self._plugins.values(),
            knocks=self._knocks,
        )
        other._paces, other._own_paces = self._paces, self._own_paces
        other._made, other._configs = self._made, self._configs
        return other

    def steer(self, configs: Configs) -> None:
        """Switches services on and off, and sets their pace, here and under all other keys."""
        self._configs.clear()
        self._configs.update(configs)
        for service, card in self._cards.items():
            config = configs.get(service)
            pace = None if config is None else config.requests_per_second
            self._paces[service].hold(card.requests_per_second if pace is None else pace)

    def opened(self, openers: Mapping[str, Opener]) -> Services:
        """The same services, some of them under other keys or at other addresses; unknown ones are left out."""
        cards = ((self._cards[service], opener) for service, opener in openers.items() if service in self._cards)
        return self.connected({card.id: reached(self._connection(card), opener) for card, opener in cards})

    def readiness(self, service: str) -> Readiness:
        """Whether the service has an adapter, an address and, where it needs one, a key, and was there when `knock`
        last asked.

        All but that is found out once, and what an administrator says: neither cards nor connections change, and what
        is installed is seen by the next start.
        """
        found = self._configured(service)
        address = self._addresses.get(service) if found.ready and self._knocks is not None else None
        if address is None or self._knocks is None or not self._knocks.is_absent(address):
            return found
        return unreached(self._cards[service], address)

    async def knock(self) -> None:
        """Asks whether the engines of this machine or network are there, where the installation itself has them.

        Those at addresses of other people's are never asked, and count as there.
        """
        if self._knocks is not None:
            ready = (address for service, address in self._addresses.items() if self._configured(service).ready)
            await self._knocks.renew(ready)

    def _configured(self, service: str) -> Readiness:
        config = self._configs.get(service)
        known = self._readiness.get(service) if config is None or config.enabled else None
        if known is not None:
            return known
        card = self._cards.get(service)
        if card is None:
            return unready(f"There is no service {service}.")
        found = readiness_of(card, self._connection(card), self._plugins, config)
        if config is None or config.enabled:
            self._readiness[service] = found
        return found

    def provider(self, service: str) -> Provider:
        """The service itself. Raises NotConfigured where it is not ready; what is switched off can be asked after."""
        state = self.readiness(service)
        if not state.usable and state.code != SWITCHED_OFF:  # what was bought before is still fetched
            name = self._cards[service].name if service in self._cards else service
            raise NotConfigured(f"{name} cannot be used. {state.reason}")
        card = self._cards[service]
        connection = self._connection(card)
        if (service, connection) not in self._made:
            self._forget_some()
            self._made[service, connection] = self._make(card, connection)
        return self._made[service, connection]

    def turn(self, service: str, model: ModelCard | None = None) -> Turn:
        """Where purchases wait for their turn: at a model with a pace of its own first, then at the service."""
        if model is None or not (model.requests_per_second or model.concurrency):
            return self._paces[service]
        pace = Pace(requests_per_second=model.requests_per_second, concurrency=model.concurrency)
        return InTurn(self._own_paces.setdefault(model.id, pace), self._paces[service])

    def judge(self, service: str) -> Judges:
        """What looks at requests before they are carried out. Raises NotConfigured where the service is not ready."""
        state, card = self.readiness(service), self._cards[service]
        if not state.ready:
            raise NotConfigured(f"LIMNER_MODERATION={service} cannot be used. {state.reason}")
        make: MakesJudge = resolve_name(JUDGES[service])
        return make(Line(wire=self._wire, card=card, connection=self._connection(card)))

    async def close(self) -> None:
        """Ends what adapters have started on this machine."""
        for provider in self._made.values():
            if isinstance(provider, Closes):
                await provider.close()

    def credential(self, service: str) -> str:
        """Stands for its key and address and changes with them; nobody can use it."""
        card = self._cards.get(service)
        return "" if card is None else self._connection(card).fingerprint

    def credentials(self, service: str) -> Sequence[str]:
        """The one there is."""
        return (self.credential(service),)

    def load(self, service: str) -> int:
        """Purchases of this process that are under way there or wait for their turn."""
        return self._paces[service].load

    def _forget_some(self) -> None:
        """Adapters are made again at no cost, except those that own something; people's keys come and go."""
        spare = [place for place, provider in self._made.items() if not isinstance(provider, Closes)]
        for place in spare[: max(0, len(spare) - MOST_MADE)]:
            del self._made[place]

    def _connection(self, card: ServiceCard) -> Connection:
        return self._connections.get(card.id) or Connection(base_url=card.base_url)

    def _make(self, card: ServiceCard, connection: Connection) -> Provider:
        if connection.base_url and connection.may_be_private:
            self._wire.guard.trust(connection.base_url)
        own = ADAPTERS.get(card.adapter)
        make = cast(MakesProvider, resolve_name(own) if own else self._plugins[card.adapter].load())
        return make(Line(wire=self._wire, card=card, connection=connection))
