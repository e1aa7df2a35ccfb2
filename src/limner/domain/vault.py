"""Keys of services that are kept here, and which of them a call uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredKey:
    """What may be known of a kept key: never the key itself."""

    id: str
    owner: str
    service: str
    label: str
    last_four: str
    shared: bool
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """Which stored key, by its id, and which address a call uses instead of the installation's own."""

    key: str | None = None
    base_url: str | None = None
