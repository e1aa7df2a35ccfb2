"""What the page of budgets is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from limner.web.gallery_views import Choice
from limner.web.settings_views import Badge, Frame
from limner.web.views import Shell


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetRow:
    """A budget and how it stands."""

    id: str
    """Empty for a limit that the installation's settings set."""
    title: str
    """Whose it is, and for which stretch of time."""
    used: str
    """`$4.22 of $15.00`."""
    unit: str
    """What a limit that is no money counts; else empty."""
    note: str
    """What is set aside, since when it counts, and when it begins anew."""
    percent: int
    """How much of it is taken, at most 100."""
    kind: str
    """The meter's colour: empty, `warn` or `bad`."""
    state: Badge | None
    """Said in a word where little or nothing is left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetDraft:
    """What stands in the fields of the form."""

    whom: str = "everyone"
    name: str = ""
    amount: str = ""
    counted: str = "usd"
    window: str = "month"


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetsPage:
    """The budgets that cover somebody, for administrators all, and the form that adds or changes one."""

    template: ClassVar[str] = "pages/settings_budgets.html"
    shell: Shell
    frame: Frame
    budgets: tuple[BudgetRow, ...]
    changing: BudgetRow | None
    """The one whose limit the form changes; where there is none, the form adds one."""
    draft: BudgetDraft
    people: tuple[Choice, ...]
    tokens: tuple[Choice, ...]
    """One's own access tokens."""
    names: tuple[str, ...]
    """Projects and profiles of one's own, to choose from."""
    windows: tuple[Choice, ...]
    counted: tuple[Choice, ...]
