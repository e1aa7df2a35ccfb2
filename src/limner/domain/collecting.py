"""Collections of pictures, and links by which others see a picture or a collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from limner.domain.picture import Picture
from limner.domain.records import Page


@dataclass(frozen=True, kw_only=True, slots=True)
class Collection:
    """An album: pictures in an order of their own. A picture may be in many."""

    id: str
    owner: str
    name: str
    description: str = ""
    cover_id: str | None = None
    """The picture that stands for it: the one that was chosen, else its first; None where it is empty."""
    pictures: int = 0
    """How many are in it, without those in the trash."""
    created: datetime
    updated: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """What is to be different about a collection; None stays as it is."""

    name: str | None = None
    description: str | None = None
    cover_id: str | None = None
    """A picture that is in it; empty for its first one again."""


class Collections(Protocol):
    """Collections; somebody else's are as if they were not there."""

    async def add(self, collection: Collection) -> None:
        """Writes an empty one down."""
        ...

    async def get(self, collection_id: str, owner: str) -> Collection:
        """One of one person's. Raises NotFound."""
        ...

    async def page(self, owner: str, *, limit: int, cursor: str | None) -> Page[Collection]:
        """One person's, newest first."""
        ...

    async def edit(self, collection_id: str, owner: str, edit: Edit, at: datetime) -> Collection:
        """Changes its name, description or cover. Raises NotFound, or InvalidRequest for a cover that is not in it."""
        ...

    async def remove(self, collection_id: str, owner: str) -> None:
        """Forgets it; its pictures stay. Raises NotFound."""
        ...

    async def pictures(self, collection_id: str, owner: str, *, limit: int, cursor: str | None) -> Page[Picture]:
        """What is in it, in its order, without what is in the trash. Raises NotFound."""
        ...

    async def arrange(self, collection_id: str, owner: str, ids: Sequence[str], at: datetime) -> None:
        """Puts these pictures first, in this order; the others follow as they were. Raises NotFound, InvalidRequest."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """A link by which whoever has it sees one picture or one collection, until it expires or is revoked."""

    id: str
    owner: str
    picture_id: str | None = None
    collection_id: str | None = None
    created: datetime
    expires: datetime
    revoked: datetime | None = None
    views: int = 0
    viewed: datetime | None = None


class Shares(Protocol):
    """Share links. A token is never written down, only its SHA-256."""

    async def add(self, share: Share, token_hash: str) -> None:
        """Writes a link down. Raises NotFound where what it shows is not the person's own."""
        ...

    async def all(self, owner: str, picture_id: str | None, collection_id: str | None) -> Sequence[Share]:
        """One person's links that were not revoked, newest first: all, or those of one picture or collection."""
        ...

    async def revoke(self, share_id: str, owner: str, at: datetime) -> None:
        """Ends a link for good. Raises NotFound."""
        ...

    async def find(self, token_hash: str, at: datetime) -> Share:
        """The link that works now. Raises NotFound, whether it never was, has expired or was revoked."""
        ...

    async def view(self, share_id: str, at: datetime) -> None:
        """Counts one look at it."""
        ...
