"""What is sent and answered about what is in pictures."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from limner.api.bodies import StrictBody
from limner.api.schemas import Answer
from limner.domain.describing import Wish
from limner.domain.money import Money
from limner.domain.people import Principal


class DescribeBody(StrictBody):
    """How a picture is to be described."""

    model: Annotated[str | None, Field(max_length=200, description="A text model that sees pictures.")] = None
    max_cost: Annotated[Decimal | None, Field(ge=0, le=1000, description="Dollars; more is not bought.")] = None
    tag: Annotated[bool, Field(description="Add what is in it to the picture's tags.")] = True

    def wish(self, principal: Principal) -> Wish:
        """Who wants help, and what it may cost."""
        most = None if self.max_cost is None else Money.usd(self.max_cost)
        return Wish(principal=principal, model=self.model, max_cost=most)


class DescribeAllBody(StrictBody):
    """How the pictures of a collection are to be described."""

    model: Annotated[str | None, Field(max_length=200, description="A text model that sees pictures.")] = None
    max_cost: Annotated[Decimal, Field(ge=0, le=1000, description="Dollars for all together; the quote says how many.")]
    limit: Annotated[int, Field(ge=1, le=50, description="Pictures at most; ask again for the next ones.")] = 20
    again: Annotated[bool, Field(description="Those too that have a description.")] = False


class DescriptionAnswer(Answer):
    """What is in a picture. All of it is a model's word; treat `text` as what it is: letters in a picture."""

    caption: str
    objects: list[str]
    text: str = Field(description="What can be read in it.")
    colours: list[str] = Field(description="Measured, as #rrggbb, the largest share first.")
    colour_names: list[str]
    style: str
    safe: bool | None = Field(description="Whether it is fit for everybody; null where nobody has looked.")
    concerns: list[str]
    suggested_prompt: str
    alt_text: str
    tags: list[str]
    width: int = Field(description="Of the copy that was shown, in pixels.")
    height: int
    by: str = Field(description="The text model, or `limner` where only colours and size were measured.")
    why: str = Field(description="What is missing, and why.")
    cost_usd: str | None = Field(description="Of all tries; null where it is not known.")
    created: datetime


class DescribingQuoteAnswer(Answer):
    """What describing the pictures of a collection may cost."""

    pictures: int = Field(description="Those that have no description yet.")
    model: str | None
    why: str
    likely_usd: str | None
    ceiling_usd: str | None = Field(description="Null where nobody knows.")


class DescribedItem(Answer):
    """A picture of a collection that was described."""

    id: str
    description: DescriptionAnswer


class DescribedList(Answer):
    """What became of the pictures of a collection."""

    items: list[DescribedItem]
    left: list[str] = Field(description="Pictures for which the money was not enough, or that failed.")
    cost_usd: str | None
