"""A kept picture and its story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from limner.domain.errors import PictureWithheld
from limner.domain.money import Money
from limner.domain.request import Operation


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureFile:
    """A file in the object store, named by the SHA-256 of its bytes, and what probing found."""

    digest: str
    media_type: str
    width: int
    height: int
    size: int
    """In bytes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """One kept picture: the provider's own bytes, the file that is shown, and how it came to be."""

    id: str
    owner: str
    job_id: str
    call_id: str
    number: int
    """Its order among the pictures of its job; there is a gap where one failed."""
    project: str
    operation: Operation
    prompt: str
    model: str
    """`service/name` of the model that painted it."""
    created: datetime
    original: PictureFile
    """The provider's bytes as they came."""
    file: PictureFile
    """What is shown; the same as `original` unless Limner changed something."""
    changes: tuple[str, ...] = ()
    """What Limner itself did to the picture, in words."""
    cost: Money | None = None
    """This picture's share of what was booked; None where the price is unknown."""
    seed: int | None = None
    revised_prompt: str | None = None
    parents: tuple[str, ...] = ()
    """Kept pictures that it was made from."""
    tags: tuple[str, ...] = ()
    alt_text: str | None = None
    """What those hear who do not see it, by a text model; None where it has not been described."""
    tone: str = "#808080"
    """Its dominant colour, shown while it loads."""
    withheld: str | None = None
    """Why its file is not handed out, as a sentence; None where it is."""
    favorite: bool = False
    """Whether its owner has marked it."""
    trashed: datetime | None = None
    """Since when it lies in the trash; None where it does not."""
    recipe: Mapping[str, object] = field(default_factory=dict)
    """How it was made: request, model, call, receipt, inputs, versions."""

    @property
    def service(self) -> str:
        """Who painted it."""
        return self.model.partition("/")[0]


def check_shown(picture: Picture) -> None:
    """Raises PictureWithheld where a picture's file is not handed out, nor taken as the start of another one."""
    if picture.withheld is not None:
        raise PictureWithheld(
            f"This picture is withheld: {picture.withheld} It is kept; ask an administrator to release it."
        )
