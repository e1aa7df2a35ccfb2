"""Which service a word of document 2 means, and what is said of one that does not paint."""

from __future__ import annotations

from limner.api.dialects.document2.faults import Refusal, detail, invalid
from limner.api.dialects.document2.words import EXPECTED, TEXT_ONLY, service_of
from limner.domain.ports import Catalog


def service_meant(word: str, catalog: Catalog) -> str:
    """The service that a word means. Raises Refusal."""
    service = service_of(word, catalog)
    if service is None and word in TEXT_ONLY:
        raise unfit(word)
    if service is None:
        message = f"Invalid enum value. Expected {EXPECTED}, received '{word}'"
        raise invalid([detail("invalid_enum_value", message, "provider")])
    return service


def unfit(word: str) -> Refusal:
    """400 for a provider that does not paint."""
    return Refusal(400, {"error": f"{word} provider does not support image generation"})
