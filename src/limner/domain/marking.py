"""What people do with their pictures: marks, tags, projects, the trash, and what is cleared away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from limner.domain.errors import InvalidRequest
from limner.domain.picture import Picture, PictureFile

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaving:
    """What is left to clear away of a picture that is gone, or has another project now."""

    id: str
    picture_id: str
    project: str
    service: str
    file: PictureFile
    original: PictureFile
    files: bool
    """Whether the picture is gone and its files may go too, where nothing else needs them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CleanupRules:
    """Which pictures a clean-up takes: those older than an age, and the oldest until a size is kept to."""

    older_than: timedelta | None = None
    larger_than: int | None = None
    """Bytes that the pictures may have together."""
    keep_favorites: bool = True
    keep_collected: bool = True
    """Whether pictures in collections stay."""
    keep_shared: bool = True
    """Whether pictures stay that a share link shows which still works."""
    project: str | None = None
    """Only pictures of this project, whose size alone then counts."""

    def __bool__(self) -> bool:
        return self.older_than is not None or self.larger_than is not None


class Reason(StrEnum):
    """Why pictures went."""

    ASKED = "asked"
    """Somebody deleted them for good."""
    TRASH = "trash"
    """They lay in the trash for as long as pictures do."""
    RULES = "rules"
    """A clean-up took them."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many pictures, and the bytes of their files, each file counted once."""

    pictures: int = 0
    bytes: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.pictures + other.pictures, self.bytes + other.bytes)


@dataclass(frozen=True, kw_only=True, slots=True)
class CleanupRun:
    """Pictures that went together."""

    at: datetime
    reason: Reason
    tally: Tally


@dataclass(frozen=True, kw_only=True, slots=True)
class StorageUse:
    """What one person's pictures take, and what was cleared away, the newest first."""

    kept: Tally
    trash: Tally
    projects: tuple[tuple[str, Tally], ...] = ()
    cleared: Tally = field(default_factory=Tally)
    """In all, ever."""
    runs: tuple[CleanupRun, ...] = ()


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


class Cleanings(Protocol):
    """What is cleared away: rows first, files later."""

    async def due(self, owner: str | None, rules: CleanupRules, at: datetime) -> Sequence[Picture]:
        """The pictures that the rules take now, oldest first; of everybody where no owner is named."""
        ...

    async def trashed(self, owner: str | None, before: datetime, limit: int) -> Sequence[str]:
        """Pictures that were put into the trash before a moment, longest first."""
        ...

    async def purge(self, ids: Sequence[str], reason: Reason, at: datetime, *, owner: str | None) -> Tally:
        """Forgets pictures for good, and notes what they leave behind, in one transaction.

        Pictures of jobs that are not over, or are ambiguous, stay for now.
        """
        ...

    async def leavings(self, limit: int) -> Sequence[Leaving]:
        """What is still to be cleared away, oldest first."""
        ...

    async def in_use(self, file: PictureFile) -> bool:
        """Whether a picture, or a job, still needs a file."""
        ...

    async def cleared(self, leaving_id: str) -> None:
        """Nothing is left of it."""
        ...

    async def needed(self, prefix: str) -> frozenset[str]:
        """The digests with this beginning of all files that something needs."""
        ...

    async def use(self, owner: str) -> StorageUse:
        """What one person's pictures take."""
        ...


def checked_name(text: str, field: str) -> str:
    """A name without space around it. Raises InvalidRequest for none, one too long, or one with unprintable signs."""
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidRequest(f"{field} has 1 to {LONGEST_NAME} printable characters.", field=field)
    return name
