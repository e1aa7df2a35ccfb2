"""Models that a service has and the catalog does not know: usable, at a price that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from limner.catalog.lookup import TomlCatalog
from limner.domain.accounts import Listing
from limner.domain.model_card import ModelCard, ServiceCard, Status
from limner.domain.prices import PriceList


def with_listings(catalog: TomlCatalog, listings: Mapping[str, Listing]) -> TomlCatalog:
    """The catalog with a card for each listed model that has none, modelled on the one that its service names."""
    known = {name.casefold() for card in catalog.models for name in (card.id, *_aliases(card))}
    found: list[ModelCard] = []
    for service in catalog.services:
        listing = listings.get(service.id)
        if listing is not None and service.unlisted_like is not None:
            names = (name for name in listing.models if f"{service.id}/{name}".casefold() not in known)
            found += _cards(service, catalog.find(f"{service.id}/{service.unlisted_like}"), names, listing)
    return catalog.extended(found) if found else catalog


def _aliases(card: ModelCard) -> Iterable[str]:
    return (f"{card.service}/{alias}" for alias in card.aliases)


def _cards(service: ServiceCard, like: ModelCard, names: Iterable[str], listing: Listing) -> Iterable[ModelCard]:
    for name in names:
        yield replace(
            like,
            name=name,
            title=name,
            description=f"{service.name} lists it; the catalog does not know it. Taken to be like {like.title}.",
            status=Status.UNLISTED,
            prices=PriceList(),
            tiers={},
            aliases=(),
            shutdown=None,
            successor=None,
            source=f"the list of models of {service.name}",
            as_of=listing.at.date(),
            wire=_wire(like, name),
        )


def _wire(like: ModelCard, name: str) -> Mapping[str, object]:
    """How its calls are written: as those of the other, with its own name where that one's goes along."""
    fixed, theirs = like.wire.get("fixed"), {like.name, *like.aliases}
    if not isinstance(fixed, Mapping):
        return like.wire
    named = {key: name if isinstance(value, str) and value in theirs else value for key, value in fixed.items()}
    return {**like.wire, "fixed": named}


class CurrentCatalog:
    """The catalog of an installation, which may be renewed while it runs; the `Catalog` of `domain.ports`."""

    def __init__(self, catalog: TomlCatalog, listings: Mapping[str, Listing]) -> None:
        self._facts = catalog
        self._now = with_listings(catalog, listings)

    def renew(self, listings: Mapping[str, Listing]) -> None:
        """Takes newer listings in."""
        self._now = with_listings(self._facts, listings)

    @property
    def services(self) -> tuple[ServiceCard, ...]:
        """All services, in the order in which they are shown."""
        return self._now.services

    @property
    def models(self) -> tuple[ModelCard, ...]:
        """All models: those of the catalog, retired ones too, then those that are only listed."""
        return self._now.models

    def service(self, name: str) -> ServiceCard:
        """One service by id or by another word for it. Raises UnknownModel with the nearest names."""
        return self._now.service(name)

    def find(self, name: str) -> ModelCard:
        """One model by `service/name`, alias, bare name or service. Raises UnknownModel with the nearest names."""
        return self._now.find(name)

    def in_tier(self, tier: str) -> tuple[ModelCard, ...]:
        """The live models of a tier, best rank first."""
        return self._now.in_tier(tier)
