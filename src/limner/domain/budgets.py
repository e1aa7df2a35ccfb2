"""Budgets: who may spend how much, in dollars or in pictures, in which stretch of time; and how often one may ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from limner.domain.errors import BudgetExceeded
from limner.domain.money import Money

MINUTE = timedelta(minutes=1)
MISSING = "There is no budget with this id. `limner budgets list` shows them all."
"""Said alike of a budget that nobody has and of one that does not cover whoever asks."""
ADDRESS = "address:"
"""How names of rates begin that count network addresses, of which there may be any number: idle ones are forgotten."""


class Kind(StrEnum):
    """What a budget is for."""

    USER = "user"
    PROJECT = "project"
    PROFILE = "profile"
    TOKEN = "token"
    EVERYONE = "everyone"
    """All requests of this installation together."""


class Counted(StrEnum):
    """What a budget counts."""

    USD = "usd"
    """Money, in micro-dollars."""
    PICTURES = "pictures"
    """Pictures that are paid for: what costs nothing does not count."""


class Window(StrEnum):
    """The stretch of the calendar, in UTC, for which a budget is."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    ALL = "all"
    """For ever: it is never filled up again."""

    def period(self, at: datetime) -> str:
        """The name of the stretch that a moment, in UTC, lies in, such as `2026-11-21`."""
        return at.isoformat()[: _SIGNS[self]] if self is not Window.ALL else "always"

    def resets(self, at: datetime) -> datetime | None:
        """When the next stretch begins; None where there is none."""
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        if self is Window.HOUR:
            return day.replace(hour=at.hour) + timedelta(hours=1)
        if self is Window.DAY:
            return day + timedelta(days=1)
        if self is Window.MONTH:
            return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
        return None


_SIGNS = {Window.HOUR: len("2026-11-21T08"), Window.DAY: len("2026-11-21"), Window.MONTH: len("2026-11")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """A budget that covers a request: whose, for which stretch of time, and its limit."""

    name: str
    """Such as `user:local/day`: budgets of one name count together, and the tightest one decides."""
    period: str
    """Such as `2026-11-21`."""
    limit: int
    """In micro-dollars, or in pictures."""
    message: str = ""
    """What to say when it has too little left; `budget` knows better where there is one."""
    counted: Counted = Counted.USD
    window: Window = Window.DAY
    budget: Budget | None = None
    """What somebody has set up; None for a limit of the settings."""

    def exceeded(self, at: datetime) -> BudgetExceeded:
        """The error of a request that does not fit."""
        resets = self.window.resets(at)
        wait = None if resets is None else (resets - at).total_seconds()
        pictures = self.counted is Counted.PICTURES and wait is not None
        message = self.message if self.budget is None else self.budget.refusal(resets)
        return BudgetExceeded(message, code="image_limit_exceeded" if pictures else None, retry_after=wait)


def tightest(scopes: Iterable[Scope]) -> list[Scope]:
    """One scope for each name and period, that with the lowest limit; always in the same order."""
    found: dict[tuple[str, str], Scope] = {}
    for scope in scopes:
        known = found.get((scope.name, scope.period))
        if known is None or scope.limit < known.limit:
            found[scope.name, scope.period] = scope
    return [found[place] for place in sorted(found)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """A budget that somebody has set up."""

    id: str
    kind: Kind
    name: str
    """The id of a user or token, the name of a project or profile; empty for everyone."""
    window: Window
    counted: Counted
    limit: int
    """In micro-dollars, or in pictures; 0 allows nothing that is paid for."""
    created: datetime
    created_by: str
    """Id of the principal."""

    @property
    def title(self) -> str:
        """What it is for, in words: `project harbour`, `everyone`."""
        return f"{self.kind} {self.name}".rstrip()

    @property
    def rate(self) -> str:
        """Its limit in words: `$5/day`, `100 images/hour`, `$20 in all`."""
        amount = plain(Money(self.limit)) if self.counted is Counted.USD else f"{self.limit} images"
        return f"{amount} in all" if self.window is Window.ALL else f"{amount}/{self.window}"

    def scope(self, at: datetime) -> Scope:
        """What a request has to fit into at a moment."""
        return Scope(
            name=scope_name(self.kind, self.name, self.window, self.counted),
            period=self.window.period(at),
            limit=self.limit,
            counted=self.counted,
            window=self.window,
            budget=self,
        )

    def refusal(self, resets: datetime | None) -> str:
        """What to say to whom it has too little left."""
        wait = "" if resets is None else f"wait until {resets:%Y-%m-%d %H:%M} (UTC), "
        return (
            f"Budget exceeded: {self.title} has {self.rate}. "
            f"Ask for less, {wait}or have an administrator raise it (`limner budgets`)."
        )


def scope_name(kind: Kind, name: str, window: Window, counted: Counted) -> str:
    """The name under which a budget's sums are kept; no two budgets that differ in one of the four share it."""
    whose = kind.value if kind is Kind.EVERYONE else f"{kind}:{name}"
    return f"{whose}/{window}" if counted is Counted.USD else f"{whose}/{window}/{counted}"


def plain(amount: Money) -> str:
    """An amount as document 3 writes limits: $10, $0.002."""
    return f"${amount.dollars.normalize():f}"


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a budget is taken, in micro-dollars or pictures."""

    held: int
    """Set aside for jobs under way, and for purchases that nobody knows the fate of."""
    spent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a budget stands."""

    kind: Kind
    name: str
    window: Window
    counted: Counted
    limit: int
    use: Use
    resets: datetime | None
    budget: Budget | None = None
    """None where the settings of the installation set it."""

    @property
    def left(self) -> int:
        """What may still be set aside; nothing where the limit was lowered below what is taken."""
        return max(self.limit - self.use.held - self.use.spent, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """How many requests may be made in any sixty seconds."""

    name: str
    """Such as `user:local`, or `everyone`."""
    most: int
    message: str
    """What to say when there were too many."""
