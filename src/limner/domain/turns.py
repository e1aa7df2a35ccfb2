"""Waiting for one's turn at a service."""

from __future__ import annotations

from typing import Protocol


class Turns(Protocol):
    """The turns at several services."""

    def turn(self, service: str) -> Turn:
        """Where purchases at one of them wait."""
        ...


class Turn(Protocol):
    """One purchase's turn at a service: calls a second, and how many at once."""

    async def enter(self) -> None:
        """Waits for the turn; nothing has been sent yet. Raises TimeoutError after too long."""
        ...

    def leave(self) -> None:
        """Gives the place to the next purchase."""
        ...
