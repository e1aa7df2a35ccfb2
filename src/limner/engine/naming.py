"""Finds what a person means by a name: a service, or a model of it, that paints or writes."""

from __future__ import annotations

from limner.domain.errors import UnknownModel
from limner.domain.ports import Catalog
from limner.domain.text_models import TextCatalog


def service_of(name: str, catalog: Catalog, texts: TextCatalog) -> str:
    """The id of a service, by that or another word for it. Raises UnknownModel with the nearest names."""
    place = texts.service(name.strip().casefold())
    return catalog.service(name).id if place is None else place.id


def id_of(name: str, catalog: Catalog, texts: TextCatalog) -> str:
    """The id of a service, or of a model where the name has a slash. Raises UnknownModel with the nearest names."""
    if "/" not in name:
        return service_of(name, catalog, texts)
    try:
        return catalog.find(name).id
    except UnknownModel:
        if texts.service(name.partition("/")[0].strip().casefold()) is None:
            raise
        return texts.find(name).id
