"""How much was made, by whom, how well and how fast: daily sums that outlive the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from limner.domain.money import Money


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """Sums over calls that have ended."""

    succeeded: int
    failed: int
    images: int
    cost: Money
    """Of what is known."""
    unpriced: int
    """Calls whose price nobody knows: they are in no sum."""
    seconds: float | None
    """How long a call took on average, from sending it to its pictures being kept; None where none was sent."""

    @property
    def success_rate(self) -> float | None:
        """The share of calls that brought pictures, 0 to 1; None where there was no call."""
        calls = self.succeeded + self.failed
        return self.succeeded / calls if calls else None


class Statistics(Protocol):
    """Daily sums."""

    async def by_service(self, owner: str, since: date) -> Sequence[tuple[str, Tally]]:
        """One person's sums since a day (UTC) by service, the most pictures first."""
        ...

    async def by_day(self, owner: str, since: date) -> Sequence[tuple[date, Tally]]:
        """One person's sums since a day (UTC) by day, the newest first; days without a call are left out."""
        ...
