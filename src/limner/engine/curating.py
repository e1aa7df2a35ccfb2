"""What people do with their pictures: marks, tags, projects, the trash, collections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from limner.domain.collecting import Collection, Collections, Edit
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.marking import MOST_AT_ONCE, MOST_TAGS, Action, Change, Marks, TagCount, checked_name
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.ports import Clock, Ids
from limner.domain.records import Page

LONGEST_DESCRIPTION = 10_000
"""Signs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Curator:
    """Checks what is wanted and has it written down. Spends nothing."""

    marks: Marks
    albums: Collections
    clock: Clock
    ids: Ids

    async def change(self, ids: Sequence[str], change: Change, principal: Principal) -> frozenset[str]:
        """Changes all of these pictures that the person has, or none where that cannot be; which those are. A favourite
        may be any picture that they may look at.

        Raises InvalidRequest, and NotFound where there is no such collection.
        """
        if not 1 <= len(ids) <= MOST_AT_ONCE:
            raise InvalidRequest(f"Name 1 to {MOST_AT_ONCE} pictures, not {len(ids)}.", field="ids")
        return await self.marks.apply(principal.id, tuple(dict.fromkeys(ids)), _checked(change), self.clock.now())

    async def change_one(self, picture_id: str, change: Change, principal: Principal) -> None:
        """Changes one picture. Raises NotFound, for somebody else's too, and InvalidRequest."""
        if not await self.change([picture_id], change, principal):
            raise NotFound(f"There is no picture {picture_id}. Look in the gallery.")

    async def tags(self, principal: Principal) -> Sequence[TagCount]:
        """A person's tags and how many pictures have each."""
        return await self.marks.tags(principal.id)

    async def rename_tag(self, old: str, new: str, principal: Principal) -> int:
        """Renames a tag on all pictures, or joins it with another. Raises NotFound where no picture has it."""
        changed = await self.marks.rename_tag(principal.id, old, checked_name(new, "name"))
        if not changed:
            raise NotFound(f"No picture has the tag '{old}'. Look at the list of tags.", field="tag")
        return changed

    async def collect(self, name: str, description: str, principal: Principal) -> Collection:
        """Makes an empty collection. Raises InvalidRequest."""
        at = self.clock.now()
        collection = Collection(
            id=self.ids.new(),
            owner=principal.id,
            name=checked_name(name, "name"),
            description=_description(description),
            created=at,
            updated=at,
        )
        await self.albums.add(collection)
        return collection

    async def collection(self, collection_id: str, principal: Principal) -> Collection:
        """One collection. Raises NotFound, for somebody else's too."""
        return await self.albums.get(collection_id, principal.id)

    async def collections(self, principal: Principal, *, limit: int, cursor: str | None = None) -> Page[Collection]:
        """A person's collections, newest first."""
        return await self.albums.page(principal.id, limit=limit, cursor=cursor)

    async def edit(self, collection_id: str, edit: Edit, principal: Principal) -> Collection:
        """Changes name, description or cover. Raises NotFound and InvalidRequest."""
        if edit.name is not None:
            edit = replace(edit, name=checked_name(edit.name, "name"))
        if edit.description is not None:
            edit = replace(edit, description=_description(edit.description))
        return await self.albums.edit(collection_id, principal.id, edit, self.clock.now())

    async def dissolve(self, collection_id: str, principal: Principal) -> None:
        """Forgets a collection and leaves its pictures. Raises NotFound."""
        await self.albums.remove(collection_id, principal.id)

    async def contents(
        self, collection_id: str, principal: Principal, *, limit: int, cursor: str | None = None
    ) -> Page[Picture]:
        """The pictures of a collection, in its order. Raises NotFound."""
        return await self.albums.pictures(collection_id, principal.id, limit=limit, cursor=cursor)

    async def arrange(self, collection_id: str, ids: Sequence[str], principal: Principal) -> None:
        """Puts these pictures first, in this order. Raises NotFound and InvalidRequest."""
        if not 1 <= len(ids) <= MOST_AT_ONCE:
            raise InvalidRequest(f"Name 1 to {MOST_AT_ONCE} pictures, not {len(ids)}.", field="ids")
        await self.albums.arrange(collection_id, principal.id, ids, self.clock.now())


def _checked(change: Change) -> Change:
    """A change that says what it needs. Raises InvalidRequest."""
    if change.action in (Action.TAG, Action.UNTAG):
        if not 1 <= len(change.tags) <= MOST_TAGS:
            raise InvalidRequest(f"Name 1 to {MOST_TAGS} tags.", field="tags")
        if change.action is Action.TAG:  # what is taken away may have come in before there were rules
            return replace(change, tags=tuple(checked_name(tag, "tags") for tag in change.tags))
    if change.action is Action.PROJECT:
        return replace(change, to=checked_name(change.to, "project"))
    if change.action in (Action.COLLECT, Action.UNCOLLECT) and not change.to:
        raise InvalidRequest("Name the collection.", field="collection_id")
    return change


def _description(text: str) -> str:
    if len(text) > LONGEST_DESCRIPTION or "\x00" in text:
        raise InvalidRequest(
            f"A description has at most {LONGEST_DESCRIPTION} characters, and no NUL among them.", field="description"
        )
    return text.strip()
