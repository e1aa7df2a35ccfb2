"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """Whoever a request is carried out for; every row they make carries their id."""

    id: str
    name: str
    administrator: bool = False
    token: str | None = None
    """Id of the API token they came with; None where they came without one."""
    address: str | None = None
    """The network address they ask from; None on this machine's own hands."""

    def at(self, address: str | None) -> Principal:
        """The same one, asking from an address."""
        return self if address is None else replace(self, address=address)


LOCAL = Principal(id="local", name="You", administrator=True)
"""The one person of an installation without sign-in."""
