"""Closing what must not lie about in clear."""

from __future__ import annotations

from typing import Protocol

from limner.domain.errors import NotConfigured


class SealBroken(NotConfigured):
    """What is sealed cannot be opened: another secret, or another row's value."""

    code = "seal_broken"


class Seals(Protocol):
    """Seals what must not lie about in clear. `context` names the row: a value moved to another one does not open."""

    def seal(self, secret: str, *, context: str) -> str:
        """The value as it is stored, under the newest secret of the installation. Blocks."""
        ...

    def open(self, sealed: str, *, context: str) -> str:
        """The value in clear. Blocks. Raises SealBroken."""
        ...

    def is_newest(self, sealed: str) -> bool:
        """Whether a stored value is sealed under the newest secret."""
        ...
