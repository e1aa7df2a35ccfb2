"""Where a service is, and the key that opens it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """One account at one service, or one local engine."""

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    organization: str | None = None
    webhook: str | None = None
    """An https address of this installation where the service may send word that a call has ended."""
    base_url_overridden: bool = False
    """Whether the administrator set the address: such a place may need no key."""
