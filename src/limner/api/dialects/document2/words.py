"""Document 2's words for services."""

from __future__ import annotations

from collections.abc import Mapping

from limner.domain.errors import UnknownModel
from limner.domain.model_card import Status
from limner.domain.ports import Catalog
from limner.domain.request import Operation

SERVICES: Mapping[str, str] = {"OPENAI": "openai", "GROK": "xai", "GOOGLE_IMAGEN": "gemini"}
"""The words of its enum; other services have their own ids in capitals."""
TEXT_ONLY = frozenset({"ANTHROPIC", "OLLAMA", "OPENROUTER", "OPENAI_COMPATIBLE", "GAB_AI"})
"""Its other providers, which write and do not paint."""
EXPECTED = " | ".join(f"'{word}'" for word in SERVICES)
_WORDS = {service: word for word, service in SERVICES.items()}
_AGE = (Status.LIVE, Status.DEPRECATED, Status.RETIRED)


def word_for(service: str) -> str:
    """What the document calls a service."""
    return _WORDS.get(service, service.upper())


def service_of(word: str, catalog: Catalog) -> str | None:
    """The service that a word means; None for none that there is."""
    service = SERVICES.get(word) or word.lower()
    known = word == word.upper() and any(card.id == service for card in catalog.services)
    return service if known else None


def models_of(service: str, catalog: Catalog) -> list[str]:
    """The service's names of the models that paint from words, today's first; those that were shut down give way."""
    cards = [card for card in catalog.models if card.service == service and Operation.GENERATE in card.operations]
    return [card.name for status in _AGE for card in cards if card.status is status]


def paints(service: str, catalog: Catalog) -> bool:
    """Whether a service makes pictures from words."""
    try:
        catalog.service(service)
    except UnknownModel:
        return False
    return bool(models_of(service, catalog))
