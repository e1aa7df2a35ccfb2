"""The catalog in use: services and models by every name they go by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from limner.domain.errors import UnknownModel
from limner.domain.model_card import ModelCard, ServiceCard, Status


class TomlCatalog:
    """Facts about services and models; the `Catalog` of `limner.domain.ports`. Names are found in any case."""

    def __init__(
        self,
        *,
        services: tuple[ServiceCard, ...],
        models: tuple[ModelCard, ...],
        service_aliases: Mapping[str, str],
    ) -> None:
        """`service_aliases` lead from other words for a service to its id."""
        self._services = services
        self._models = models
        self._aliases = service_aliases
        by_id = {service.id: service for service in services}
        self._service_names = {service.id.casefold(): service for service in services}
        self._service_names |= {alias.casefold(): by_id[id] for alias, id in service_aliases.items()}
        self._full = {name.casefold(): model for model in models for name in (model.id, *model.aliases)}
        self._bare: dict[str, list[ModelCard]] = {}
        for model in models:
            self._bare.setdefault(model.name.casefold(), []).append(model)
        self._tiers = {tier: _ranked(models, tier) for model in models for tier in model.tiers}

    @property
    def services(self) -> tuple[ServiceCard, ...]:
        """All services, in the order in which they are shown."""
        return self._services

    @property
    def models(self) -> tuple[ModelCard, ...]:
        """All models, retired ones too."""
        return self._models

    def service(self, name: str) -> ServiceCard:
        """One service by id or by another word for it. Raises UnknownModel with the nearest names."""
        found = self._service_names.get(name.strip().casefold())
        if found is not None:
            return found
        near = get_close_matches(name.strip().casefold(), self._service_names, n=8)
        raise _unknown("service", name, [self._service_names[key].id for key in near])

    def find(self, name: str) -> ModelCard:
        """One model by `service/name`, alias, bare name or service; retired ones too.

        Raises UnknownModel with the nearest names, or with all where several services have a model of that name.
        """
        key = name.strip().removesuffix("/").casefold()
        service, _, rest = key.partition("/")
        if rest and service in self._service_names:
            known = self._service_names[service].id
            found = self._full.get(f"{known}/{rest}") or self._full.get(rest)
            if found is not None and found.service == known:
                return found
        if key in self._full:
            return self._full[key]
        bare = self._bare.get(key, [])
        if len(bare) == 1:
            return bare[0]
        if bare:
            raise _ambiguous(name, bare)
        card = self._service_names.get(key)
        if card is not None and card.default_model:
            return self._full[f"{card.id}/{card.default_model}".casefold()]
        if card is not None:
            raise UnknownModel(f"{card.name} has no model yet. Make one: {card.models_by}.")
        raise _unknown("model", name, self._nearest(key))

    def extended(self, models: Sequence[ModelCard]) -> TomlCatalog:
        """The same catalog with more models."""
        return TomlCatalog(services=self._services, models=(*self._models, *models), service_aliases=self._aliases)

    def timed(self, seconds: Mapping[str, float]) -> TomlCatalog:
        """The same catalog, in which the calls of some services are given other times."""
        if not seconds:
            return self
        models = tuple(replace(card, timeout=seconds.get(card.service, card.timeout)) for card in self._models)
        return TomlCatalog(services=self._services, models=models, service_aliases=self._aliases)

    def in_tier(self, tier: str) -> tuple[ModelCard, ...]:
        """The live models of a tier, best rank first; none for a word that is no tier."""
        return self._tiers.get(tier, ())

    def _nearest(self, key: str) -> list[str]:
        names = dict(self._full)
        for bare, models in self._bare.items():
            names.setdefault(bare, models[0])
        return [names[near].id for near in get_close_matches(key, names, n=8)]


def _ranked(models: tuple[ModelCard, ...], tier: str) -> tuple[ModelCard, ...]:
    live = [model for model in models if tier in model.tiers and model.status is Status.LIVE]
    return tuple(sorted(live, key=lambda model: model.tiers[tier]))


def _ambiguous(name: str, models: list[ModelCard]) -> UnknownModel:
    ids = tuple(model.id for model in models)
    return UnknownModel(f"Several services have a model called '{name}'. Name one: {', '.join(ids)}.", suggestions=ids)


def _unknown(kind: str, name: str, near: list[str]) -> UnknownModel:
    suggestions = tuple(dict.fromkeys(near))[:3]
    shown = name if len(name) <= 80 else f"{name[:77]}..."
    advice = f"Nearest: {', '.join(suggestions)}." if suggestions else f"`limner {_LISTS[kind]}` lists them all."
    return UnknownModel(f"There is no {kind} called '{shown}'. {advice}", suggestions=suggestions)


_LISTS = {"model": "models", "service": "providers"}
