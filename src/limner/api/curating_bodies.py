"""What callers may send to change pictures and collections."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from limner.api.bodies import StrictBody
from limner.api.deps import checked_id
from limner.domain.cleaning import CleanupRules
from limner.domain.collecting import Edit
from limner.domain.errors import NotFound
from limner.domain.marking import MOST_AT_ONCE, MOST_TAGS, Action, Change

Name = Annotated[str, Field(max_length=200)]
Id = Annotated[str, Field(max_length=64)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=MOST_AT_ONCE)]


class ChangeBody(StrictBody):
    """One change to many pictures."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"ids": ["0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11"], "action": "tag", "tags": ["harbour", "dusk"]}
            ]
        }
    )

    ids: Ids
    action: Annotated[Action, Field(strict=False)]
    tags: Annotated[list[Name], Field(max_length=MOST_TAGS)] = Field(default=[], description="For tag and untag.")
    collection_id: Id = Field(default="", description="For collect and uncollect.")
    project: Name = Field(default="", description="For project.")

    def change(self) -> Change:
        """The change that is meant. Raises NotFound for what cannot be the id of a collection."""
        to = self.project
        if self.action in (Action.COLLECT, Action.UNCOLLECT):
            to = checked_id(self.collection_id, "collection") if self.collection_id else ""
        return Change(action=self.action, tags=tuple(self.tags), to=to)


class IdsBody(StrictBody):
    """Pictures, in order."""

    ids: Ids


class ExportBody(StrictBody):
    """Which pictures are to be in the ZIP file, and how."""

    ids: Ids
    format: Literal["png", "jpeg", "webp", "avif"] | None = Field(default=None, description="Their own if left out.")
    original: bool = Field(default=False, description="The services' own bytes rather than signed copies.")
    recipes: bool = Field(default=False, description="Beside each picture a JSON file that says how it was made.")


class ShareBody(StrictBody):
    """How long a link works."""

    expires_in: Annotated[int, Field(ge=60, le=31_536_000)] = Field(
        default=604_800, description="Seconds: a minute to a year; a week where left out."
    )


class TagBody(StrictBody):
    """The new name of a tag."""

    name: Name


class CollectionBody(StrictBody):
    """A collection to make."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Harbours", "description": "Boats at dusk."}]})

    name: Name
    description: Annotated[str, Field(max_length=10_000)] = ""


class CleanupBody(StrictBody):
    """Which of your pictures are to go for good."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"older_than_days": 90, "dry_run": True}]})

    older_than_days: Annotated[int, Field(ge=0, le=36_500)] | None = None
    larger_than_bytes: Annotated[int, Field(ge=0, lt=2**53)] | None = Field(
        default=None, description="The oldest go until all that stay have no more bytes together."
    )
    keep_favorites: bool = True
    keep_collections: bool = True
    keep_shared: bool = True
    project: Name | None = Field(default=None, description="Only pictures of this project; its size alone counts.")
    dry_run: bool = Field(default=True, description="Only tell what would go. Send false to have it go.")

    def rules(self) -> CleanupRules:
        """The rules that are meant."""
        days = self.older_than_days
        return CleanupRules(
            older_than=None if days is None else timedelta(days=days),
            larger_than=self.larger_than_bytes,
            keep_favorites=self.keep_favorites,
            keep_collected=self.keep_collections,
            keep_shared=self.keep_shared,
            project=self.project,
        )


class CollectionEditBody(StrictBody):
    """What is to be different about a collection; what is left out stays as it is."""

    name: Name | None = None
    description: Annotated[str, Field(max_length=10_000)] | None = None
    cover_id: Id | None = Field(
        default=None, description="A picture of the collection; an empty text for its first one again."
    )

    def edit(self) -> Edit:
        """The edit that is meant."""
        cover = known_id(self.cover_id) if self.cover_id else self.cover_id
        return Edit(name=self.name, description=self.description, cover_id=cover)


def known_id(text: str) -> str:
    """An id as ours are written; any other text stays as it is, and is found nowhere."""
    try:
        return checked_id(text, "picture")
    except NotFound:
        return text.replace("\x00", "")
