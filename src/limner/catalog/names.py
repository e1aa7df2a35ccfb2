"""Whether the names in a catalog lead somewhere, and each to one thing only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from limner.catalog.cards import full_name
from limner.catalog.complaints import Complaint
from limner.catalog.layers import Layers, ModelKey
from limner.catalog.positions import KeyPath
from limner.catalog.schema import ModelTable, ServiceTable
from limner.domain.model_card import Status


def name_faults(
    said: Layers, services: Mapping[str, ServiceTable], models: Mapping[ModelKey, ModelTable]
) -> Iterator[Complaint]:
    """Default models, successors and aliases that lead nowhere or to more than one thing."""
    yield from _defaults(said, services, models)
    yield from _successors(said, models)
    yield from _service_words(said, services)
    yield from _model_words(said, services, models)


def _defaults(
    said: Layers, services: Mapping[str, ServiceTable], models: Mapping[ModelKey, ModelTable]
) -> Iterator[Complaint]:
    for id, service in services.items():
        key = (id, service.default_model)
        fault = None
        if key not in said.models:
            fault = f'default_model is "{service.default_model}", which is not a model of this service.'
        elif key in models and models[key].status is Status.RETIRED:
            fault = f'default_model is "{service.default_model}", which is retired.'
        if fault:
            yield said.services[id].complaint(("default_model",), fault)


def _successors(said: Layers, models: Mapping[ModelKey, ModelTable]) -> Iterator[Complaint]:
    for key, model in models.items():
        if model.successor is None:
            continue
        service, _, name = full_name(model.successor, key[0]).partition("/")
        heir, fault = (service, name), None
        if heir not in said.models:
            fault = f'successor is "{model.successor}", which is not in the catalog.'
        elif heir in models and models[heir].status is Status.RETIRED:
            fault = f'successor is "{model.successor}", which is retired itself.'
        if fault:
            yield said.models[key].complaint(("successor",), fault)


def _service_words(said: Layers, services: Mapping[str, ServiceTable]) -> Iterator[Complaint]:
    taken = {id.casefold(): id for id in services}
    for id, service in services.items():
        for index, alias in enumerate(service.aliases):
            owner = taken.setdefault(alias.casefold(), id)
            path: KeyPath = ("aliases", index)
            if owner != id or alias.casefold() == id.casefold() or alias in service.aliases[:index]:
                yield said.services[id].complaint(path, f'the alias "{alias}" already stands for {owner}.')


def _model_words(
    said: Layers, services: Mapping[str, ServiceTable], models: Mapping[ModelKey, ModelTable]
) -> Iterator[Complaint]:
    taken = {id.casefold(): f"service {id}" for id in services}
    taken |= {alias.casefold(): f"service {id}" for id, service in services.items() for alias in service.aliases}
    for key in models:
        id = "/".join(key)
        if id.casefold() in taken:
            fault = f"the name differs from {taken[id.casefold()]} in capitals only; keep one of them."
            yield said.models[key].complaint(("name",), fault)
        taken[key[1].casefold()] = taken[id.casefold()] = id
    for key, model in models.items():
        for index, alias in enumerate(model.aliases):
            owner = taken.get(alias.casefold())
            if owner is not None:
                yield said.models[key].complaint(("aliases", index), f'the alias "{alias}" already stands for {owner}.')
            taken[alias.casefold()] = "/".join(key)
