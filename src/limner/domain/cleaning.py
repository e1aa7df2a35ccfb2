"""What is cleared away: which pictures, why, and what they leave behind. Rows go first, files later."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from limner.domain.picture import PictureFile


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaving:
    """What is left to clear away of a picture that is gone, or has another project now."""

    row_id: str
    id: str
    """The picture's."""
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


@dataclass(frozen=True, slots=True)
class Due:
    """Pictures that are to go, and what that sets free."""

    ids: tuple[str, ...]
    tally: Tally


class Cleanings(Protocol):
    """What is cleared away, as rows."""

    async def due(self, owner: str | None, rules: CleanupRules, at: datetime) -> Due:
        """The pictures outside the trash that the rules take now, oldest first; everybody's where no owner is named."""
        ...

    async def trashed(self, owner: str | None, before: datetime) -> Due:
        """Pictures that were put into the trash before a moment, longest first."""
        ...

    async def purge(
        self, ids: Sequence[str], reason: Reason, at: datetime, *, rules: CleanupRules | None = None
    ) -> Tally:
        """Forgets pictures for good and notes what they leave behind, in one transaction.

        What has been restored meanwhile stays, what the rules keep now stays, and so do pictures of jobs that are not
        over or are ambiguous.
        """
        ...

    async def leavings(self, before: datetime, limit: int) -> Sequence[Leaving]:
        """What is still to be cleared away and was left before a moment, oldest first."""
        ...

    async def postpone(self, leaving: Leaving, at: datetime) -> None:
        """It cannot be cleared away yet."""
        ...

    async def cleared(self, leaving: Leaving) -> None:
        """Nothing is left of it."""
        ...

    async def in_use(self, file: PictureFile) -> bool:
        """Whether a picture or a job still needs a file."""
        ...

    async def needed(self, prefix: str) -> frozenset[str]:
        """The digests with this beginning of all files that something needs."""
        ...

    async def use(self, owner: str) -> StorageUse:
        """What one person's pictures take."""
        ...


class Files(Protocol):
    """The object store, as far as clearing away goes."""

    async def release(self, digest: str, before: datetime) -> int | None:
        """Deletes a file and all that was derived from it; the bytes set free, 0 where there is none.

        None, and nothing is deleted, where it was kept since that moment, perhaps for something not written down yet.
        """
        ...

    def digests(self, prefix: str = "", *, before: datetime | None = None) -> AsyncIterator[tuple[str, int]]:
        """All files whose digests begin so, with their sizes in bytes; only those last kept before a moment."""
        ...


class Filed(Protocol):
    """What has a place on the shelf and copies: a picture, or what it left behind."""

    @property
    def id(self) -> str:
        """The picture's."""
        ...

    @property
    def project(self) -> str:
        """Where it is filed."""
        ...

    @property
    def service(self) -> str:
        """Who painted it."""
        ...

    @property
    def file(self) -> PictureFile:
        """What is shown."""
        ...


class Places(Protocol):
    """Where people find pictures with a file manager."""

    async def remove(self, picture: Filed) -> None:
        """Takes a picture away from there; one that is not there is fine."""
        ...


class Copies(Protocol):
    """Signed copies of pictures."""

    async def forget(self, picture: Filed) -> None:
        """Deletes those of one picture."""
        ...
