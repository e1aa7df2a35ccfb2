"""Which budgets cover a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.records import Scope


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """The money limits of this installation; None is no limit."""

    daily_cost: Money | None
    """For each person and day (UTC)."""

    def scopes(self, principal: Principal, at: datetime) -> tuple[Scope, ...]:
        """Every budget that a request of this person must fit into now."""
        if self.daily_cost is None:
            return ()
        return (
            Scope(
                name=f"user:{principal.id}/day",
                period=f"{at:%Y-%m-%d}",
                limit=self.daily_cost,
                message=(
                    f"Daily cost limit exceeded ({plain(self.daily_cost)}/day). "
                    "Choose a cheaper model, wait until tomorrow (UTC), or raise LIMNER_DAILY_COST_LIMIT_USD."
                ),
            ),
        )


def plain(amount: Money) -> str:
    """An amount as document 3 writes limits: $10, $0.002."""
    return f"${amount.dollars.normalize():f}"
