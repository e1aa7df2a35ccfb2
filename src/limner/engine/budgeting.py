"""Who may set up budgets, what makes sense in one, and how those that cover a person stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from limner.domain.audit import Act, Audit, Deed, Record
from limner.domain.books import Budgets
from limner.domain.budgets import MISSING, Budget, Counted, Kind, Standing, Window
from limner.domain.errors import InvalidRequest, NotFound, UsageError
from limner.domain.people import Principal
from limner.domain.ports import Clock, Ids
from limner.engine.limits import Limits

LONGEST_NAME = 200
MOST = 2**53 - 1
"""What JSON readers everywhere take for a whole number: nine thousand million dollars."""
CHANGES = "sets up, changes and removes budgets"
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
                "Change its limit instead; what it has counted is kept."
            )
        return (await self._standings([budget]))[0]

    async def change(self, budget_id: str, counted: Counted, limit: int, principal: Principal) -> Standing:
        """Gives a budget another limit, in what it counts, in one step: at no moment is it without one.

        What is set aside or spent already stays so, even where it is more. Raises PolicyError, NotFound, and
        InvalidRequest.
        """
        principal.check_administrator(CHANGES)
        _check_limit(limit)
        known = await self.budgets.get(budget_id)
        if known.counted is not counted:
            raise InvalidRequest(f"This budget counts {_UNITS[known.counted]}. Give its limit in them.", field="limit")

        def telling(before: Budget, after: Budget) -> Record:
            return self._record(Act.BUDGET_CHANGED, after, principal, was=before)

        return (await self._standings([await self.budgets.change(budget_id, limit, telling)]))[0]

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

    def _record(self, act: Act, budget: Budget, principal: Principal, was: Budget | None = None) -> Record:
        detail = budget.rate if was is None else f"{budget.rate}, was {was.rate}"
        deed = Deed(act=act, who=principal.id, name=principal.name, subject=budget.title, detail=detail)
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
    _check_limit(wanted.limit)


def _check_limit(limit: int) -> None:
    """Raises InvalidRequest, naming the field."""
    if not 0 <= limit <= MOST:
        raise InvalidRequest("A limit is an amount of dollars, or a number of pictures, from 0 up.", field="limit")
