"""Marks, tags, projects and the trash in the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, bindparam, delete, func, or_, select, text, update

from limner.db import codec, collections
from limner.db.database import Database
from limner.db.keeping import IN_TRASH, tag_rows
from limner.db.library_tables import favorites, leavings, tags, trash
from limner.db.rows import file_of
from limner.db.sharing import in_common
from limner.db.statements import Columns, Statement, insertion
from limner.db.tables import images
from limner.db.walls import EVERYBODY
from limner.domain.errors import InvalidRequest
from limner.domain.marking import MOST_TAGS, Action, Change, TagCount
from limner.domain.request import DEFAULT_PROJECT

_FAVORITE = Statement(
    text(
        """
        INSERT INTO image_favorites (user_id, image_id, made_at, created_at) VALUES (:owner, :id, :made, :at)
        ON CONFLICT (user_id, image_id) DO NOTHING
        """
    )
)
_UNFAVORITE = Statement(
    delete(favorites).where(favorites.c.user_id == bindparam("owner"), favorites.c.image_id == bindparam("id"))
)
_TRASH = Statement(
    text(
        """
        INSERT INTO image_trash (image_id, user_id, made_at, trashed_at) VALUES (:id, :owner, :made, :at)
        ON CONFLICT (image_id) DO NOTHING
        """
    )
)
_RESTORE = Statement(delete(trash).where(trash.c.image_id == bindparam("id")))
_NOTE_PROJECT = Statement(
    text(
        """
        INSERT INTO projects (user_id, name, created_at) VALUES (:owner, :project, :at)
        ON CONFLICT (user_id, name) DO NOTHING
        """
    )
)
_MOVE = Statement(update(images).where(images.c.id == bindparam("id")).values(project=bindparam("moved_to")))
_INSERT_LEAVINGS = insertion(leavings)
_RETAG = Statement(update(images).where(images.c.id == bindparam("id")).values(tags=bindparam("now")))
_INSERT_TAGS = insertion(tags)
_CLEAR_TAGS = Statement(delete(tags).where(tags.c.image_id == bindparam("id")))
_COUNTS = Statement(
    select(tags.c.tag, func.count().label("pictures"))
    .join_from(tags, images, images.c.id == tags.c.image_id)
    .where(tags.c.user_id == bindparam("owner"), ~IN_TRASH)
    .group_by(tags.c.tag)
    .order_by(tags.c.tag)
)
MARKS = frozenset({Action.FAVORITE, Action.UNFAVORITE})
"""What changes nothing of a picture, but is noted of a person: it needs no picture of one's own."""
_TAGGED = select(tags.c.image_id).where(tags.c.user_id == bindparam("owner"), tags.c.tag == bindparam("tag"))


class SqlMarks:
    """The `Marks` of `domain.marking`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def apply(self, owner: str, ids: Sequence[str], change: Change, at: datetime) -> frozenset[str]:
        """Changes all of these pictures that the person has, in one transaction; which those are.

        A favourite may be any picture that they may look at.
        """
        wall = EVERYBODY if change.action in MARKS else owner
        return await self._database.write(
            lambda connection: _apply(connection, owner, ids, change, codec.stamp(at)), owner=wall
        )

    async def tags(self, owner: str) -> Sequence[TagCount]:
        """A person's tags and their pictures, in the order of the alphabet."""
        found = await self._database.read(lambda connection: _COUNTS.rows(connection, {"owner": owner}), owner=owner)
        return [TagCount(row["tag"], row["pictures"]) for row in found]

    async def rename_tag(self, owner: str, old: str, new: str) -> int:
        """Gives a tag another name on all pictures, also one that is a tag already; how many pictures had it."""
        return await self._database.write(lambda connection: _rename(connection, owner, old, new), owner=owner)


def own_rows(connection: Connection, owner: str, ids: Sequence[str]) -> list[Columns]:
    """Those of these pictures that a person has, locked until the commit, always in the same order."""
    query = (
        select(images)
        .where(images.c.user_id == owner, images.c.id.in_(ids))
        .order_by(images.c.id)
        .with_for_update(of=images)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def _seen_rows(connection: Connection, person: str, ids: Sequence[str]) -> list[Columns]:
    """Those of these pictures that a person may look at: their own, and those of projects that they share."""
    query = select(images).where(images.c.id.in_(ids), or_(images.c.user_id == person, in_common(images.c.job_id)))
    return [dict(row) for row in connection.execute(query.order_by(images.c.id), {"person": person}).mappings()]


def leaving_row(row: Columns, *, files: bool, at: str) -> Columns:
    """What a picture's row leaves behind."""
    file = codec.files().write(file_of(row))
    return {
        "id": str(uuid4()),
        "image_id": row["id"],
        "project": row["project"],
        "provider": row["provider"],
        "file": file,
        "original": row["original"] or file,
        "files": files,
        "left_at": at,
    }


def _apply(connection: Connection, owner: str, ids: Sequence[str], change: Change, at: str) -> frozenset[str]:
    found = (_seen_rows if change.action in MARKS else own_rows)(connection, owner, ids)
    if change.action in (Action.COLLECT, Action.UNCOLLECT):
        place = {name: at_place for at_place, name in enumerate(ids)}
        names = sorted((row["id"] for row in found), key=lambda name: place[name])
        collections.change_members(connection, owner, change.to, names, joins=change.action is Action.COLLECT, at=at)
    elif change.action in (Action.TAG, Action.UNTAG):
        added = change.action is Action.TAG
        _retag(connection, found, lambda old: _with(old, change.tags) if added else _without(old, change.tags))
    elif change.action is Action.PROJECT:
        _move(connection, found, owner, change.to, at)
    else:
        values = [{"owner": owner, "id": row["id"], "made": row["created_at"], "at": at} for row in found]
        _SIMPLE[change.action].many(connection, values)
    return frozenset(row["id"] for row in found)


_SIMPLE = {
    Action.FAVORITE: _FAVORITE,
    Action.UNFAVORITE: _UNFAVORITE,
    Action.TRASH: _TRASH,
    Action.RESTORE: _RESTORE,
}


def _with(old: Sequence[str], more: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*old, *more)))


def _without(old: Sequence[str], less: Sequence[str]) -> tuple[str, ...]:
    return tuple(tag for tag in old if tag not in less)


def _retag(connection: Connection, found: list[Columns], change: Callable[[Sequence[str]], tuple[str, ...]]) -> None:
    for row in found:
        old = codec.words().read(row["tags"])
        now = change(old)
        if now == old:
            continue
        if len(now) > max(MOST_TAGS, len(old)):
            raise InvalidRequest(f"A picture has at most {MOST_TAGS} tags; {row['id']} would have more.", field="tags")
        _RETAG.run(connection, {"id": row["id"], "now": codec.words().write(now)})
        _CLEAR_TAGS.run(connection, {"id": row["id"]})
        _INSERT_TAGS.many(connection, tag_rows(row["id"], row["user_id"], row["created_at"], now))


def _rename(connection: Connection, owner: str, old: str, new: str) -> int:
    query = select(images).where(images.c.id.in_(_TAGGED)).order_by(images.c.id).with_for_update(of=images)
    found = [dict(row) for row in connection.execute(query, {"owner": owner, "tag": old}).mappings()]
    _retag(connection, found, lambda tags: tuple(dict.fromkeys(new if tag == old else tag for tag in tags)))
    return len(found)


def _move(connection: Connection, found: list[Columns], owner: str, project: str, at: str) -> None:
    """Into another project: the place on the shelf is another one then, and the old one is cleared away."""
    moved = [row for row in found if row["project"] != project]
    if project != DEFAULT_PROJECT:
        _NOTE_PROJECT.run(connection, {"owner": owner, "project": project, "at": at})
    _MOVE.many(connection, [{"id": row["id"], "moved_to": project} for row in moved])
    _INSERT_LEAVINGS.many(connection, [leaving_row(row, files=False, at=at) for row in moved])
