"""The shapes of answers about budgets."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from limner.api.schemas import EXAMPLE_ID, Amount, Answer
from limner.domain.budgets import Kind, Window


class MoneyStanding(Answer):
    """How far a budget of money is taken."""

    limit: Amount
    held: Amount = Field(description="Set aside for jobs under way, and for purchases that got lost.")
    spent: Amount
    left: Amount


class PictureStanding(Answer):
    """How far a budget of pictures is taken."""

    limit: int
    held: int
    spent: int
    left: int


class BudgetAnswer(Answer):
    """A budget and how it stands; either `usd` or `pictures` is null."""

    id: str | None = Field(examples=[EXAMPLE_ID], description="Null where the settings of the installation set it.")
    kind: Kind
    name: str = Field(description="The id of a user or token, the name of a project or profile; empty for everyone.")
    window: Window
    usd: MoneyStanding | None
    pictures: PictureStanding | None
    resets: datetime | None = Field(description="When it is full again; null for never.")
    created: datetime | None
    created_by: str | None


class BudgetList(Answer):
    """The budgets that may be seen."""

    items: list[BudgetAnswer]
