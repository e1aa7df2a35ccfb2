"""Links by which others see one picture or one collection, and nothing else."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from limner.domain.collecting import Collection, Collections, Share, Shares
from limner.domain.errors import InvalidRequest, NotFound, StorageError
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.ports import Clock, Ids
from limner.domain.records import Page, PictureFilter
from limner.domain.stores import Pictures

SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=365)
UNLISTED = "noindex, nofollow, noarchive"
"""What search engines are told."""
PAGE = 60
"""Pictures of a collection on one page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewShare:
    """A link just made; its token is known only now."""

    share: Share
    token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What a link shows: one picture, or a page of a collection."""

    pictures: Page[Picture]
    collection: Collection | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sharer:
    """Makes links, ends them, and opens them for whoever has one."""

    shares: Shares
    pictures: Pictures
    albums: Collections
    clock: Clock
    ids: Ids

    async def share(
        self, principal: Principal, expires_in: timedelta, *, picture: str | None = None, collection: str | None = None
    ) -> NewShare:
        """A link to one picture or one collection. Raises InvalidRequest, NotFound for what is not the person's own."""
        if not SHORTEST <= expires_in <= LONGEST:
            raise InvalidRequest("A link works for a minute to a year.", field="expires_in")
        at, token = self.clock.now(), secrets.token_urlsafe(32)
        share = Share(
            id=self.ids.new(),
            owner=principal.id,
            picture_id=picture,
            collection_id=collection,
            created=at,
            expires=at + expires_in,
        )
        await self.shares.add(share, hashed(token))
        return NewShare(share=share, token=token)

    async def all(
        self, principal: Principal, *, picture: str | None = None, collection: str | None = None
    ) -> Sequence[Share]:
        """A person's links that were not revoked, newest first."""
        return await self.shares.all(principal.id, picture, collection)

    async def revoke(self, share_id: str, principal: Principal) -> None:
        """Ends a link for good. Raises NotFound."""
        await self.shares.revoke(share_id, principal.id, self.clock.now())

    async def open(self, token: str, *, cursor: str | None = None) -> Shown:
        """What a link shows, and counts the look. Raises NotFound, whatever the reason."""
        share = await self._found(token)
        shown = await self._shown(share, cursor)
        with suppress(StorageError):  # a full disk is no reason to show nothing
            await self.shares.view(share.id, self.clock.now())
        return shown

    async def picture(self, token: str, picture_id: str | None = None) -> Picture:
        """The picture of a link, or one of its collection. Raises NotFound for any other."""
        share = await self._found(token)
        if share.picture_id is not None:
            if picture_id not in {None, share.picture_id}:
                raise _nothing()
            return await self.pictures.get(share.picture_id, share.owner)
        picture = await self.pictures.get(picture_id or "", share.owner)
        if picture.trashed or not await self._holds(share, picture):
            raise _nothing()
        return picture

    async def _found(self, token: str) -> Share:
        return await self.shares.find(hashed(token), self.clock.now())

    async def _holds(self, share: Share, picture: Picture) -> bool:
        """Whether a picture is in the collection that a link shows."""
        which = PictureFilter(collection=share.collection_id, job_id=picture.job_id)
        cursor: str | None = None
        while True:
            page = await self.pictures.page(share.owner, which, limit=PAGE, cursor=cursor)
            if any(each.id == picture.id for each in page.items):
                return True
            cursor = page.next
            if cursor is None:
                return False

    async def _shown(self, share: Share, cursor: str | None) -> Shown:
        if share.picture_id is not None:
            return Shown(pictures=Page((await self.pictures.get(share.picture_id, share.owner),), None))
        name = share.collection_id or ""
        collection = await self.albums.get(name, share.owner)
        pictures = await self.albums.pictures(name, share.owner, limit=PAGE, cursor=cursor)
        return Shown(pictures=pictures, collection=collection)


def hashed(token: str) -> str:
    """What of a token is written down: it has 256 bits of chance, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _nothing() -> NotFound:
    return NotFound("This link shows no such picture.")
