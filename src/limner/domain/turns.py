"""Waiting for one's turn: at a service, and for a place in this process."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self


@dataclass(slots=True)
class Rank:
    """Whose turn it is that is waited for, and what comes first among their own; it may change while it is waited."""

    owner: str = ""
    """The person; a turn in the line is theirs, for whichever of their own comes first."""
    job: str = ""
    """Ids of later jobs sort after earlier ones."""
    front: int = 0
    """What was sent to the front later has a higher number."""

    @property
    def order(self) -> tuple[int, str]:
        """Sorts a person's own: what is at the front, then the oldest."""
        return -self.front, self.job


class Turns(Protocol):
    """The turns at several services."""

    def turn(self, service: str) -> Turn:
        """Where purchases at one of them wait."""
        ...


class Turn(Protocol):
    """One purchase's turn at a service: calls a second, and how many at once."""

    async def enter(self, rank: Rank | None = None) -> None:
        """Waits for the turn; nothing has been sent yet. Raises TimeoutError after too long."""
        ...

    def leave(self) -> None:
        """Gives the place to the next purchase."""
        ...


class Seat:
    """A place at a turn, given back when the block is left: also where whoever waited for it is cancelled at the very
    moment at which it comes.
    """

    def __init__(self, turn: Turn, rank: Rank) -> None:
        self._turn = turn
        self._rank = rank
        self._taken = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._taken:
            self._taken = False
            self._turn.leave()

    async def take(self) -> None:
        """Waits for it. Raises TimeoutError after too long."""
        await self._turn.enter(self._rank)
        self._taken = True
