"""The shapes of answers about marks, tags and collections."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from limner.api.schemas import EXAMPLE_ID, Answer, ImageAnswer
from limner.domain.cleaning import Reason


class ChangeResult(Answer):
    """What became of one picture."""

    id: str = Field(examples=[EXAMPLE_ID])
    ok: bool = Field(description="False where you have no such picture.")


class ChangeAnswer(Answer):
    """What became of each picture, in the order given; those that are yours were changed together."""

    changed: int
    items: list[ChangeResult]


class TagAnswer(Answer):
    """A tag, and how many pictures outside the trash have it."""

    tag: str
    images: int


class TagList(Answer):
    """Your tags, in the order of the alphabet."""

    items: list[TagAnswer]


class RenamedAnswer(Answer):
    """How many pictures have the tag under its new name now."""

    tag: str
    changed: int


class CollectionAnswer(Answer):
    """Pictures in an order of their own."""

    id: str = Field(examples=[EXAMPLE_ID])
    name: str
    description: str
    images: int = Field(description="How many are in it, without those in the trash.")
    cover_id: str | None = Field(description="The picture that stands for it; null where it is empty.")
    cover_url: str | None
    images_url: str
    created: datetime
    updated: datetime


class CollectionPage(Answer):
    """Collections, newest first; `next` is the cursor of the next page."""

    items: list[CollectionAnswer]
    next: str | None


class UploadAnswer(Answer):
    """A picture of your own in the library."""

    image: ImageAnswer
    duplicate: bool = Field(description="True where you had the very same file: this is that picture.")


class TallyAnswer(Answer):
    """How many pictures, and the bytes of their files, each file counted once."""

    images: int
    bytes: int


class CleanupAnswer(TallyAnswer):
    """What went, or would go."""

    dry_run: bool
    ids: list[str] = Field(description="Of a dry run: the first thousand, oldest first.")


class ProjectUse(TallyAnswer):
    """What one project's pictures take."""

    project: str


class CleanupRunAnswer(TallyAnswer):
    """Pictures that went together."""

    at: datetime
    reason: Reason


class StorageAnswer(Answer):
    """What your pictures take, and what was cleared away."""

    kept: TallyAnswer
    trash: TallyAnswer
    projects: list[ProjectUse]
    cleared: TallyAnswer = Field(description="In all, ever.")
    runs: list[CleanupRunAnswer] = Field(description="The newest clean-ups, the newest first.")


class ShareAnswer(Answer):
    """A link by which others see a picture or a collection."""

    id: str = Field(examples=[EXAMPLE_ID])
    image_id: str | None
    collection_id: str | None
    created: datetime
    expires: datetime
    views: int
    viewed: datetime | None = Field(description="When it was looked at last.")


class NewShareAnswer(ShareAnswer):
    """A link just made, with its address, which is shown only now."""

    url: str


class ShareList(Answer):
    """Links that were not revoked, newest first."""

    items: list[ShareAnswer]
