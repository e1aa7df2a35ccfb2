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
        named: list[tuple[KeyPath, str, str]] = []
        if service.default_model is not None:
            named.append((("default_model",), "default_model", service.default_model))
        if service.unlisted_like is not None:
            named.append((("unlisted_like",), "unlisted_like", service.unlisted_like))
        named += [
            (("default_models", str(operation)), f"default_models.{operation}", name)
            for operation, name in service.default_models.items()
        ]
        for path, what, name in named:
            fault = None
            if (id, name) not in said.models:
                fault = f'{what} is "{name}", which is not a model of this service.'
            elif (id, name) in models and models[id, name].status is Status.RETIRED:
                fault = f'{what} is "{name}", which is retired.'
            if fault:
                yield said.services[id].complaint(path, fault)
        yield from _unable(said, service, models)


def _unable(said: Layers, service: ServiceTable, models: Mapping[ModelKey, ModelTable]) -> Iterator[Complaint]:
    """Default models for operations that they do not have."""
    for operation, name in service.default_models.items():
        model = models.get((service.id, name))
        if model is not None and operation not in {*model.operations, *model.stand_ins}:
            fault = f'default_models.{operation} is "{name}", which cannot do that.'
            yield said.services[service.id].complaint(("default_models", str(operation)), fault)


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
        taken[id.casefold()] = id
    # A service may offer a model under the name that it has at another one: fal/openai/gpt-image-2 is not openai's.
    for key in models:
        taken.setdefault(key[1].casefold(), "/".join(key))
    for key, model in models.items():
        for index, alias in enumerate(model.aliases):
            owner = taken.get(alias.casefold())
            if owner is not None:
                yield said.models[key].complaint(("aliases", index), f'the alias "{alias}" already stands for {owner}.')
            taken[alias.casefold()] = "/".join(key)
