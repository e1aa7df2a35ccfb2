"""Collections in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, exists, func, null, select, text, tuple_, update

from limner.db import codec, cursors, rows
from limner.db.database import Database
from limner.db.keeping import IN_TRASH, MARKED
from limner.db.library_tables import collections, members, trash
from limner.db.statements import Columns, Statement, insertion
from limner.db.tables import images
from limner.domain.collecting import Collection, Edit
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.picture import Picture
from limner.domain.records import Page

_INSERT = insertion(collections)
_SHOWN = (members.c.collection_id == collections.c.id, ~exists().where(trash.c.image_id == members.c.image_id))
_COUNT = select(func.count()).select_from(members).where(*_SHOWN).scalar_subquery()
_FIRST = (
    select(members.c.image_id)
    .where(*_SHOWN)
    .order_by(members.c.position, members.c.image_id)
    .limit(1)
    .scalar_subquery()
)
_CHOSEN = (
    select(members.c.image_id).where(*_SHOWN, members.c.image_id == collections.c.cover_id).limit(1).scalar_subquery()
)
_WHOLE: Select[Any] = select(collections, _COUNT.label("pictures"), func.coalesce(_CHOSEN, _FIRST).label("shown_cover"))
_OWN = (collections.c.id == bindparam("collection"), collections.c.user_id == bindparam("owner"))
_ONE = Statement(_WHOLE.where(*_OWN))
# Whoever changes what is in a collection takes its row first: so positions are given one after the other.
_LOCK = Statement(update(collections).where(*_OWN).values(updated_at=bindparam("at")).returning(collections.c.id))
_REMOVE = Statement(delete(collections).where(*_OWN))
_LAST = Statement(
    select(func.coalesce(func.max(members.c.position), 0).label("last")).where(
        members.c.collection_id == bindparam("collection")
    )
)
_JOIN = Statement(
    text(
        """
        INSERT INTO collection_images (collection_id, image_id, position, added_at)
        VALUES (:collection, :image, :position, :at) ON CONFLICT (collection_id, image_id) DO NOTHING
        """
    )
)
_LEAVE = Statement(
    delete(members).where(members.c.collection_id == bindparam("collection"), members.c.image_id == bindparam("image"))
)
_UNCOVER = Statement(
    update(collections)
    .where(collections.c.id == bindparam("collection"), collections.c.cover_id == bindparam("image"))
    .values(cover_id=null())
)
_IN_ORDER = Statement(
    select(members.c.image_id)
    .where(members.c.collection_id == bindparam("collection"))
    .order_by(members.c.position, members.c.image_id)
)
_PLACE = Statement(
    update(members)
    .where(members.c.collection_id == bindparam("collection"), members.c.image_id == bindparam("image"))
    .values(position=bindparam("place"))
)
_EDIT = Statement(
    update(collections)
    .where(collections.c.id == bindparam("collection"))
    .values(name=bindparam("called"), description=bindparam("about"), cover_id=bindparam("cover"))
)
_MEMBER = Statement(
    select(members.c.image_id).where(
        members.c.collection_id == bindparam("collection"), members.c.image_id == bindparam("image")
    )
)


class SqlCollections:
    """The `Collections` of `domain.collecting`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, collection: Collection) -> None:
        """Writes an empty one down."""
        row = {
            "id": collection.id,
            "user_id": collection.owner,
            "name": collection.name,
            "description": collection.description,
            "cover_id": None,
            "created_at": codec.stamp(collection.created),
            "updated_at": codec.stamp(collection.updated),
        }
        await self._database.write(lambda connection: _INSERT.many(connection, [row]), owner=collection.owner)

    async def get(self, collection_id: str, owner: str) -> Collection:
        """One of one person's. Raises NotFound."""
        return await self._database.read(lambda connection: find(connection, collection_id, owner), owner=owner)

    async def page(self, owner: str, *, limit: int, cursor: str | None) -> Page[Collection]:
        """One person's, newest first."""
        return await self._database.read(lambda connection: _page(connection, owner, limit, cursor), owner=owner)

    async def edit(self, collection_id: str, owner: str, edit: Edit, at: datetime) -> Collection:
        """Changes its name, description or cover. Raises NotFound, or InvalidRequest for a cover that is not in it."""
        return await self._database.write(
            lambda connection: _edit(connection, collection_id, owner, edit, at), owner=owner
        )

    async def remove(self, collection_id: str, owner: str) -> None:
        """Forgets it; its pictures stay. Raises NotFound."""
        values = {"collection": collection_id, "owner": owner}
        if not await self._database.write(lambda connection: _REMOVE.run(connection, values), owner=owner):
            raise _no_collection(collection_id)

    async def pictures(self, collection_id: str, owner: str, *, limit: int, cursor: str | None) -> Page[Picture]:
        """What is in it, in its order, without what is in the trash. Raises NotFound."""
        return await self._database.read(
            lambda connection: _pictures(connection, collection_id, owner, limit, cursor), owner=owner
        )

    async def arrange(self, collection_id: str, owner: str, ids: Sequence[str], at: datetime) -> None:
        """Puts these pictures first, in this order; the others follow as they were. Raises NotFound, InvalidRequest."""
        await self._database.write(
            lambda connection: _arrange(connection, collection_id, owner, ids, codec.stamp(at)), owner=owner
        )


def find(connection: Connection, collection_id: str, owner: str) -> Collection:
    """One of one person's. Raises NotFound."""
    row = _ONE.row(connection, {"collection": collection_id, "owner": owner})
    if row is None:
        raise _no_collection(collection_id)
    return _collection(row)


def change_members(
    connection: Connection, owner: str, collection_id: str, ids: Sequence[str], *, joins: bool, at: str
) -> None:
    """Adds pictures at the end of a collection, in this order, or takes them out. Raises NotFound."""
    _lock(connection, collection_id, owner, at)
    if joins:
        last = int((_LAST.row(connection, {"collection": collection_id}) or {"last": 0})["last"])
        values = [
            {"collection": collection_id, "image": name, "position": position, "at": at}
            for position, name in enumerate(ids, last + 1)
        ]
        _JOIN.many(connection, values)
    else:
        gone = [{"collection": collection_id, "image": name} for name in ids]
        _LEAVE.many(connection, gone)
        _UNCOVER.many(connection, gone)


def _lock(connection: Connection, collection_id: str, owner: str, at: str) -> None:
    if _LOCK.row(connection, {"collection": collection_id, "owner": owner, "at": at}) is None:
        raise _no_collection(collection_id)


def _edit(connection: Connection, collection_id: str, owner: str, edit: Edit, at: datetime) -> Collection:
    _lock(connection, collection_id, owner, codec.stamp(at))
    if edit.cover_id and _MEMBER.row(connection, {"collection": collection_id, "image": edit.cover_id}) is None:
        raise InvalidRequest("The cover is a picture of the collection. Add it first.", field="cover_id")
    old = connection.execute(select(collections).where(collections.c.id == collection_id)).mappings().one()
    values = {
        "collection": collection_id,
        "called": old["name"] if edit.name is None else edit.name,
        "about": old["description"] if edit.description is None else edit.description,
        "cover": old["cover_id"] if edit.cover_id is None else edit.cover_id or None,
    }
    _EDIT.run(connection, values)
    return find(connection, collection_id, owner)


def _arrange(connection: Connection, collection_id: str, owner: str, ids: Sequence[str], at: str) -> None:
    _lock(connection, collection_id, owner, at)
    old = [str(row["image_id"]) for row in _IN_ORDER.rows(connection, {"collection": collection_id})]
    first = list(dict.fromkeys(ids))
    strangers = set(first) - set(old)
    if strangers:
        raise InvalidRequest(f"Not in this collection: {', '.join(sorted(strangers)[:5])}.", field="ids")
    moved = set(first)
    now = [*first, *(name for name in old if name not in moved)]
    places = [{"collection": collection_id, "image": name, "place": place} for place, name in enumerate(now, 1)]
    _PLACE.many(connection, places)


def _page(connection: Connection, owner: str, limit: int, cursor: str | None) -> Page[Collection]:
    query = _WHOLE.where(collections.c.user_id == owner)
    if cursor is not None:
        place = tuple_(*cursors.unseal(cursor, str, str))
        query = query.where(tuple_(collections.c.created_at, collections.c.id) < place)
    query = query.order_by(collections.c.created_at.desc(), collections.c.id.desc()).limit(limit + 1)
    found = [dict(row) for row in connection.execute(query).mappings()]
    shown = found[:limit]
    following = cursors.seal(shown[-1]["created_at"], shown[-1]["id"]) if len(found) > limit and shown else None
    return Page(tuple(_collection(row) for row in shown), following)


def _pictures(connection: Connection, collection_id: str, owner: str, limit: int, cursor: str | None) -> Page[Picture]:
    find(connection, collection_id, owner)
    query = (
        MARKED.add_columns(members.c.position)
        .join(members, members.c.image_id == images.c.id)
        .where(members.c.collection_id == collection_id, ~IN_TRASH)
    )
    if cursor is not None:
        place = tuple_(*cursors.unseal(cursor, int, str))
        query = query.where(tuple_(members.c.position, members.c.image_id) > place)
    query = query.order_by(members.c.position, members.c.image_id).limit(limit + 1)
    found = [dict(row) for row in connection.execute(query).mappings()]
    shown = found[:limit]
    following = cursors.seal(shown[-1]["position"], shown[-1]["id"]) if len(found) > limit and shown else None
    return Page(tuple(rows.picture(row) for row in shown), following)


def _collection(row: Columns) -> Collection:
    return Collection(
        id=row["id"],
        owner=row["user_id"],
        name=row["name"],
        description=row["description"],
        cover_id=row["shown_cover"],
        pictures=row["pictures"],
        created=codec.moment(row["created_at"]),
        updated=codec.moment(row["updated_at"]),
    )


def _no_collection(collection_id: str) -> NotFound:
    return NotFound(f"There is no collection {collection_id}. Look at the list of collections.")
