"""Whether a service can be used, and what keeps it from that."""

from __future__ import annotations

from dataclasses import dataclass

SWITCHED_OFF = "switched_off"
"""The code of a service that an administrator asks for nothing new."""
UNREACHABLE = "unreachable"
"""The code of an engine at whose address nobody was a moment ago."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Readiness:
    """Whether a service can be used right now, and if not, what to do about it."""

    ready: bool
    reason: str
    short: str = ""
    """The reason in a few words, for a list of services."""
    code: str = "not_configured"
    """not_configured, switched_off, or unreachable."""

    @property
    def usable(self) -> bool:
        """Whether it may be asked by whoever names it: an engine that was not there a moment ago may be there now."""
        return self.ready or self.code == UNREACHABLE
