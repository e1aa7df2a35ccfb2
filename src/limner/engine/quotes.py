"""Quotes: a priced plan that can be confirmed once, within a quarter of an hour."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from limner.domain.errors import QuoteRefused

LIFETIME = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class HmacSealer:
    """Signs small payloads with the installation's secret; keys for each purpose are derived from it."""

    secret: bytes
    purpose: str = "quote"
    """What is signed for one purpose is nothing for another."""
    _key: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        key = hmac.digest(self.secret, f"limner {self.purpose}".encode(), hashlib.sha256)
        object.__setattr__(self, "_key", key)

    def for_purpose(self, purpose: str) -> HmacSealer:
        """The same for something else."""
        return replace(self, purpose=purpose)

    def seal(self, payload: Mapping[str, object]) -> str:
        """A token that carries the payload and cannot be altered."""
        body = base64.urlsafe_b64encode(json.dumps(payload, separators=(",", ":"), sort_keys=True).encode())
        return f"{body.decode().rstrip('=')}.{self._signature(body.rstrip(b'='))}"

    def open(self, token: str) -> Mapping[str, object]:
        """The payload of a token of ours. Raises QuoteRefused."""
        body, _, signature = token.partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(body.encode()).encode()):
            raise QuoteRefused("This quote was not issued here or has been altered. Ask for a new one.", field="quote")
        payload: Mapping[str, object] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return payload

    def _signature(self, body: bytes) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self._key, body, hashlib.sha256)).decode().rstrip("=")


def check_in_time(expires: datetime, now: datetime) -> None:
    """Raises QuoteRefused for a quote that is too old."""
    if now >= expires:
        raise QuoteRefused(
            "This quote has expired; prices may have changed. Ask for a new one.", field="quote", code="quote_expired"
        )
