"""Asking a service which models it has, and remembering the answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from limner.domain.accounts import Asks, KeepsListings, Listing, TakesListings
from limner.domain.ports import Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class Listings:
    """The lists of models of this installation's services."""

    asks: Asks
    store: KeepsListings
    catalog: TakesListings
    clock: Clock
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def refresh(self, service: str) -> Listing:
        """Asks one service; from here on what it names can be used, here at once and elsewhere from the next start on.

        Spends nothing. Raises NotConfigured, ProviderError and StorageError.
        """
        listing = Listing(at=self.clock.now(), models=await self.asks.models(service))
        async with self._turn:
            listings = {**await asyncio.to_thread(self.store.read), service: listing}
            await asyncio.to_thread(self.store.write, listings)
            self.catalog.renew(listings)
        return listing
