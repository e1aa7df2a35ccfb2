"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """Whoever a request is carried out for; every row they make carries their id."""

    id: str
    name: str
    administrator: bool = False


LOCAL = Principal(id="local", name="You", administrator=True)
"""The one person of an installation without sign-in."""
