"""Which pictures a command is about, by what they are rather than by their ids."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated

import typer

from limner.cli.collections import collection_named
from limner.cli.opening import Session
from limner.domain.records import PictureFilter


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """All that are given must fit."""

    words: Annotated[str | None, typer.Option("--words", help="Only pictures whose prompts have these words.")] = None
    tag: Annotated[str | None, typer.Option("--tag", help="Only pictures with this tag.")] = None
    project: Annotated[str | None, typer.Option("--project", help="Only pictures of this project.")] = None
    collection: Annotated[
        str | None, typer.Option("--collection", help="Only pictures in this collection, by name or id.")
    ] = None
    favorite: Annotated[bool, typer.Option("--favorite", help="Only your favourites.")] = False
    trash: Annotated[bool, typer.Option("--trash", help="What is in the trash.")] = False

    @property
    def given(self) -> bool:
        """Whether there is any."""
        return any(getattr(self, field.name) for field in fields(self))

    @property
    def nothing(self) -> str:
        """What to say where nothing fits."""
        if self.words is not None:
            return "No picture's prompt has these words."
        return "No picture is like that." if self.given else "No pictures yet."

    async def wanted(self, session: Session) -> PictureFilter:
        """The filter that is meant. Raises NotFound for a collection that is not there."""
        collection = None if self.collection is None else (await collection_named(session, self.collection)).id
        return PictureFilter(
            words=self.words,
            tag=self.tag,
            project=self.project,
            collection=collection,
            favorite=self.favorite,
            trashed=self.trash,
        )
