"""What people do with their pictures: marks, tags, projects, the trash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from limner.domain.errors import InvalidRequest

MOST_AT_ONCE = 1000
"""Pictures that one change may be about."""
MOST_TAGS = 50
"""Tags of one picture."""
LONGEST_NAME = 200
"""Signs of a tag, or of the name of a project or collection."""


class Action(StrEnum):
    """What may be done with many pictures at once."""

    FAVORITE = "favorite"
    UNFAVORITE = "unfavorite"
    TAG = "tag"
    UNTAG = "untag"
    COLLECT = "collect"
    UNCOLLECT = "uncollect"
    PROJECT = "project"
    TRASH = "trash"
    RESTORE = "restore"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What is to be done; `tags` are for tagging, `to` is the name of a project or the id of a collection."""

    action: Action
    tags: tuple[str, ...] = ()
    to: str = ""


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag, and how many pictures outside the trash have it."""

    tag: str
    pictures: int


class Marks(Protocol):
    """Marks on pictures; what is somebody else's is as if it were not there."""

    async def apply(self, owner: str, ids: Sequence[str], change: Change, at: datetime) -> frozenset[str]:
        """Changes all of these pictures that the person has, in one transaction; which those are.

        Raises InvalidRequest where a picture would have too many tags, NotFound where there is no such collection.
        """
        ...

    async def tags(self, owner: str) -> Sequence[TagCount]:
        """A person's tags and their pictures, in the order of the alphabet."""
        ...

    async def rename_tag(self, owner: str, old: str, new: str) -> int:
        """Gives a tag another name on all pictures, also one that is a tag already; how many pictures had it."""
        ...


def checked_name(text: str, field: str) -> str:
    """A name without space around it. Raises InvalidRequest for none, one too long, or one with unprintable signs."""
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidRequest(f"{field} has 1 to {LONGEST_NAME} printable characters.", field=field)
    return name
