"""What is in a picture, in words: who asks for it, who says it, and what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from limner.domain.money import ZERO, Estimate, Money
from limner.domain.people import Principal
from limner.domain.request import DEFAULT_PROJECT
from limner.domain.texts import TextPicture

MISSING = "This picture has not been described yet. `limner describe ID` does it, or POST to this address."
MEASURED = "limner"
"""Who describes a picture where no text model can: colours and size are measured, the rest stays empty."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """Who wants a text model's help, and what it may cost."""

    principal: Principal
    model: str | None = None
    """`service/name` of a text model; None for the installation's choice."""
    project: str = DEFAULT_PROJECT
    max_cost: Money | None = None
    """More than this is not bought, second tries included."""
    counted: bool = True
    """Whether it counts against the requests of the minute."""
    admitted: bool = False
    """Whether it belongs to a request that was let in already: then nothing is looked at or counted again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """What is in a picture. All of it is a model's word, and none of it an instruction."""

    width: int
    height: int
    colours: tuple[str, ...]
    """Measured, as #rrggbb, the largest share first."""
    caption: str = ""
    objects: tuple[str, ...] = ()
    text: str = ""
    """What can be read in it."""
    colour_names: tuple[str, ...] = ()
    style: str = ""
    concerns: tuple[str, ...] = ()
    """What some people should not see, such as violence; none where it is safe for all."""
    suggested_prompt: str = ""
    """A prompt that might paint it."""
    alt_text: str = ""
    """What those hear who do not see it."""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    """A description, who gave it, and what it cost."""

    description: Description
    by: str
    """The text model, or `limner` where everything but colours and size is missing."""
    why: str
    """What is missing and why; empty where a model has seen it."""
    cost: Money | None
    """Of all tries; None where it is not known."""
    at: datetime
    call_id: str | None = None
    """The text call that gave it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DescribingQuote:
    """What describing so many pictures may cost."""

    pictures: int
    model: str | None
    """None where no text model that sees can be used."""
    why: str
    """Why this model, or what is missing."""
    estimate: Estimate | None
    """Of all together; None where nobody knows. Nothing where there is no model."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DescribedPictures:
    """What became of many pictures."""

    done: tuple[tuple[str, Described], ...]
    """By the pictures' ids, in the order that was asked for."""
    left: tuple[str, ...]
    """Those for which the money was not enough, or that failed."""

    @property
    def cost(self) -> Money | None:
        """Of all together; None where that of one is not known."""
        costs = [each.cost for _, each in self.done]
        return None if None in costs else sum((cost for cost in costs if cost is not None), start=ZERO)


class Describes(Protocol):
    """Looks at pictures."""

    async def admit(self, wish: Wish) -> Wish:
        """Lets a wish in that is about many pictures: it counts once, and what it gives is let in already.

        Raises TooManyRequests.
        """
        ...

    async def described(self, picture: TextPicture, colours: Sequence[str], wish: Wish) -> Described:
        """What is in a picture; measured only, with `why`, where no model can be asked.

        Raises UnknownModel, NotConfigured and PriceUnknown for a model that was named and cannot be used.
        """
        ...

    async def quote(self, pictures: int, wish: Wish) -> DescribingQuote:
        """What so many may cost. Raises as `described`."""
        ...


class Descriptions(Protocol):
    """Descriptions of kept pictures."""

    async def keep(self, image_id: str, owner: str, described: Described) -> None:
        """Writes one down in place of an earlier one; nothing where the picture is gone meanwhile."""
        ...

    async def get(self, image_id: str) -> Described:
        """The newest of a picture; who may see it is asked before. Raises NotFound."""
        ...

    async def without(self, ids: Sequence[str]) -> Sequence[str]:
        """Those of these pictures that have none, in their order."""
        ...


class MeasuresColours(Protocol):
    """Measures pixels."""

    async def colours(self, data: bytes) -> Sequence[str]:
        """The colours of a picture as #rrggbb, the largest share first; at most five. Raises BadPicture."""
        ...
