"""What was spent and what may be, as protocols: one call is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from limner.domain.audit import Record
from limner.domain.budgets import Budget, Scope, Use
from limner.domain.records import ServiceSpend


class Ledger(Protocol):
    """Money booked."""

    async def spent(self, owner: str, since: datetime) -> Sequence[ServiceSpend]:
        """A person's bookings by service."""
        ...

    async def check(self) -> Sequence[str]:
        """Every way in which the running sums differ from the rows; empty when all is well."""
        ...


class Budgets(Protocol):
    """Budgets that somebody has set up, and how far each is taken."""

    async def add(self, budget: Budget, record: Record | None = None) -> bool:
        """Writes it down; False where there is one for the same already, and nothing is changed."""
        ...

    async def change(
        self, budget_id: str, limit: int, telling: Callable[[Budget, Budget], Record] | None = None
    ) -> Budget:
        """Gives it another limit, in one step; its sums go on. `telling` gets it as it was and as it is.

        Raises NotFound.
        """
        ...

    async def remove(self, budget_id: str, telling: Callable[[Budget], Record] | None = None) -> Budget:
        """Forgets it; what jobs have set aside in it is settled all the same. Raises NotFound."""
        ...

    async def get(self, budget_id: str) -> Budget:
        """One budget. Raises NotFound."""
        ...

    async def all(self) -> Sequence[Budget]:
        """All budgets, in the order of what they are for."""
        ...

    async def covering(self, owner: str, token: str | None) -> Sequence[Budget]:
        """Those of everyone, of this person, of their projects and profiles, and of the token they came with."""
        ...

    async def used(self, scopes: Sequence[Scope]) -> Sequence[Use]:
        """How much of each is taken in its period."""
        ...
