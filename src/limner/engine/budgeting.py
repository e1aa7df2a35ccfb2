"""Who may set up budgets, what makes sense in one, and how those that cover a person stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from limner.domain.audit import Act, Audit, Deed, Record
from limner.domain.budgets import MISSING, Budget, Counted, Kind, Standing, Window
from limner.domain.errors import InvalidRequest, NotFound, UsageError
from limner.domain.people import Principal
from limner.domain.ports import Clock, Ids
from limner.domain.stores import Budgets
from limner.engine.limits import Limits

LONGEST_NAME = 200
MOST = 2**53 - 1
"""What JSON readers everywhere take for a whole number: nine thousand million dollars."""
CHANGES = "sets up and removes budgets"
_UNITS = {Counted.USD: "dollars", Counted.PICTURES: "pictures"}
_SPANS = {Window.HOUR: "an hour", Window.DAY: "a day", Window.MONTH: "a month", Window.ALL: "in all"}


class BudgetExists(UsageError):
    """There is a budget for the same already."""

    code = "budget_exists"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A budget that somebody wants to set up."""

    kind: Kind
    name: str
    window: Window
    counted: Counted
    limit: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Budgeting:
    """Sets up budgets and tells how they stand."""

    limits: Limits
    budgets: Budgets
    audit: Audit
    clock: Clock
    ids: Ids

    async def add(self, wanted: Wanted, principal: Principal) -> Standing:
        """Sets a budget up. What was counted under one for the same before, today say, counts on.

        Raises PolicyError for whoever is no administrator, InvalidRequest, and BudgetExists.
        """
        principal.check_administrator(CHANGES)
        _check(wanted)
        budget = Budget(
            id=self.ids.new(),
            kind=wanted.kind,
            name=wanted.name,
            window=wanted.window,
            counted=wanted.counted,
            limit=wanted.limit,
            created=self.clock.now(),
            created_by=principal.id,
        )
        if not await self.budgets.add(budget, self._record(Act.BUDGET_ADDED, budget, principal)):
            raise BudgetExists(
                f"There is a budget in {_UNITS[wanted.counted]} for {budget.title}, {_SPANS[wanted.window]}, already. "
                "Remove it first; what it has counted is kept."
            )
        return (await self._standings([budget]))[0]

    async def remove(self, budget_id: str, principal: Principal) -> Budget:
        """Removes a budget; jobs that hold on to it are settled all the same. Raises PolicyError and NotFound."""
        principal.check_administrator(CHANGES)
        return await self.budgets.remove(
            budget_id, lambda removed: self._record(Act.BUDGET_REMOVED, removed, principal)
        )

    async def get(self, budget_id: str, principal: Principal) -> Standing:
        """How one budget stands. Raises NotFound, for one that does not cover this person too."""
        budget = await self.budgets.get(budget_id)
        if not principal.administrator:
            covering = await self.budgets.covering(principal.id, principal.token)
            if budget not in covering:
                raise NotFound(MISSING)
        return (await self._standings([budget]))[0]

    async def visible(self, principal: Principal) -> Sequence[Standing]:
        """How all budgets stand that this person may see: an administrator all, others those that cover them."""
        found = await (self.budgets.all() if principal.administrator else self._own(principal))
        return [*await self._settings(principal), *await self._standings(found)]

    async def covering(self, principal: Principal) -> Sequence[Standing]:
        """How those stand that cover whatever this person asks for in their projects."""
        return [*await self._settings(principal), *await self._standings(await self._own(principal))]

    def _record(self, act: Act, budget: Budget, principal: Principal) -> Record:
        deed = Deed(act=act, who=principal.id, name=principal.name, subject=budget.title, detail=budget.rate)
        return self.audit.record(deed)

    async def _own(self, principal: Principal) -> Sequence[Budget]:
        return await self.budgets.covering(principal.id, principal.token)

    async def _settings(self, principal: Principal) -> list[Standing]:
        """The limits that the settings set, for one person."""
        at = self.clock.now()
        scopes = self.limits.scopes(principal, at)
        uses = await self.budgets.used(scopes)
        return [
            Standing(
                kind=Kind.USER,
                name=principal.id,
                window=scope.window,
                counted=scope.counted,
                limit=scope.limit,
                use=use,
                resets=scope.window.resets(at),
            )
            for scope, use in zip(scopes, uses, strict=True)
        ]

    async def _standings(self, budgets: Sequence[Budget]) -> list[Standing]:
        at = self.clock.now()
        uses = await self.budgets.used([budget.scope(at) for budget in budgets])
        return [
            Standing(
                kind=budget.kind,
                name=budget.name,
                window=budget.window,
                counted=budget.counted,
                limit=budget.limit,
                use=use,
                resets=budget.window.resets(at),
                budget=budget,
            )
            for budget, use in zip(budgets, uses, strict=True)
        ]


def _check(wanted: Wanted) -> None:
    """Raises InvalidRequest, naming the field."""
    if wanted.kind is Kind.EVERYONE and wanted.name:
        raise InvalidRequest("A budget for everyone has no name.", field="name")
    if wanted.kind is not Kind.EVERYONE and not wanted.name.strip():
        raise InvalidRequest(f"Say which {wanted.kind} the budget is for.", field="name")
    if len(wanted.name) > LONGEST_NAME or not wanted.name.isprintable():
        raise InvalidRequest(f"A name has at most {LONGEST_NAME} characters, all of them printable.", field="name")
    if not 0 <= wanted.limit <= MOST:
        raise InvalidRequest("A limit is an amount of dollars, or a number of pictures, from 0 up.", field="limit")
