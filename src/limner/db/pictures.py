"""Kept pictures in the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, exists, select, tuple_, update

from limner.db import codec, cursors, rows, search, sharing
from limner.db.database import Database
from limner.db.keeping import IN_TRASH, IS_FAVORITE, MARKED, seen_by
from limner.db.library_tables import favorites, members, tags, trash
from limner.db.statements import Columns, Statement
from limner.db.tables import images
from limner.db.walls import EVERYBODY, whose
from limner.db.word_index import words_of
from limner.domain.errors import NotFound
from limner.domain.picture import Picture
from limner.domain.records import Page, PictureFilter

_PICTURE = Statement(MARKED.where(images.c.id == bindparam("picture")))
_OWN = Statement(MARKED.where(images.c.id == bindparam("picture"), images.c.user_id == bindparam("person")))
_IN_COMMON = Statement(MARKED.where(images.c.id == bindparam("picture"), sharing.in_common(images.c.job_id)))
_NOTE_TONE = Statement(update(images).where(images.c.id == bindparam("picture")).values(tone=bindparam("shade")))

Query = Select[Any]

SMALL = 1000
"""The most pictures of a collection that is read as a whole for each page."""


class SqlPictures:
    """The `Pictures` of `domain.stores`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, picture_id: str, owner: str | None = None) -> Picture:
        """One picture. Raises NotFound, for somebody else's too."""
        row = await self._database.read(
            lambda connection: _PICTURE.row(connection, {"picture": picture_id}), owner=whose(owner)
        )
        if row is None or owner not in {None, row["user_id"]}:
            raise _no_picture(picture_id)
        return rows.picture(row)

    async def visible(self, picture_id: str, person: str) -> Picture:
        """One picture of one's own, or in a project that one shares. Raises NotFound."""

        values = {"picture": picture_id, "person": person}
        row = await self._database.read(lambda connection: _OWN.row(connection, values), owner=person)
        if row is not None:
            return rows.picture(row)

        def read(connection: Connection) -> Picture:
            row = _IN_COMMON.row(connection, values)
            if row is None:
                raise _no_picture(picture_id)
            return seen_by(connection, [rows.picture(row)], person)[0]

        return await self._database.read(read, owner=EVERYBODY)

    async def note_tone(self, picture_id: str, tone: str) -> None:
        """Notes a picture's dominant colour as #rrggbb."""
        await self._database.write(
            lambda connection: _NOTE_TONE.run(connection, {"picture": picture_id, "shade": tone}), owner=EVERYBODY
        )

    async def page(self, owner: str, which: PictureFilter, *, limit: int, cursor: str | None) -> Page[Picture]:
        """One person's pictures, newest first; those in the trash only where they are asked for."""
        return await self._database.read(
            lambda connection: pictures_page(connection, owner, which, limit=limit, cursor=cursor), owner=owner
        )


def pictures_page(
    connection: Connection, owner: str, which: PictureFilter, *, limit: int, cursor: str | None
) -> Page[Picture]:
    """One page, by the index that fits what is wanted."""
    wanted = Wanted.of(connection, owner, which)
    if wanted is None:
        return Page((), None)
    query = wanted.query if cursor is None else wanted.query.where(wanted.beyond(cursor))
    found = [dict(row) for row in connection.execute(query.order_by(*wanted.order).limit(limit + 1)).mappings()]
    shown = found[:limit]
    following = wanted.place(shown[-1]) if len(found) > limit and shown else None
    return Page(tuple(rows.picture(row) for row in shown), following)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One person's pictures as a filter wants them, read by the index that has them in order."""

    query: Query
    """Without an order and an end."""
    key: tuple[ColumnElement[Any], ...]
    """By what they are in order, the greatest first."""

    @classmethod
    def of(cls, connection: Connection, owner: str, which: PictureFilter, *, trash_too: bool = False) -> Wanted | None:
        """None where no picture can be meant; `trash_too` has those in the trash among the others, and is quicker."""
        words, index, matches = words_of(which.words or ""), search.PICTURES, search.PICTURES.matches
        if which.words and not words:
            return None
        led = images if words else _leading(which)
        query = _narrowed(_joined(owner, led), which, led)
        if which.collection:
            query = query.where(_within(connection, which.collection))
        if not trash_too and led is not trash:
            query = query.where(IN_TRASH if which.trashed else ~IN_TRASH)
        if words and connection.dialect.name == "sqlite":
            # In the order in which they were kept, which is the order of the word index: nothing has to be sorted.
            query = query.join(matches, matches.c.rowid == images.c.serial)
            query = query.where(index.match(connection, owner, words, search.facts_of(owner, which)))
            return cls(query, (matches.c.rowid,))
        if words:
            query = query.join(matches, matches.c.serial == images.c.serial)
            query = query.where(index.match(connection, owner, words, {}))
        return cls(query, _made(led))

    @property
    def order(self) -> tuple[ColumnElement[Any], ...]:
        """The newest first."""
        return tuple(column.desc() for column in self.key)

    def beyond(self, cursor: str, *, newer: bool = False) -> ColumnElement[bool]:
        """Those that are older than the place of a cursor, or newer. Raises InvalidRequest."""
        kinds = (int,) if len(self.key) == 1 else (str, str)
        column, place = tuple_(*self.key), tuple_(*cursors.unseal(cursor, *kinds))
        return column > place if newer else column < place

    def place(self, row: Columns) -> str:
        """The cursor of a row of `images`."""
        if len(self.key) == 1:
            return cursors.seal(row["serial"])
        return cursors.seal(row["created_at"], row["id"])


def _leading(which: PictureFilter) -> Table:
    """The table whose index has the wanted pictures in order: of a rare mark, so that few rows are read in vain."""
    for wanted, table in ((which.trashed, trash), (which.tag, tags), (which.favorite, favorites)):
        if wanted:
            return table
    return images


def _made(led: Table) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """When a picture was made, and its id, as the index has them that leads."""
    return (images.c.created_at, images.c.id) if led is images else (led.c.made_at, led.c.image_id)


def _joined(owner: str, led: Table) -> Query:
    """One person's pictures, led by one of the tables of marks."""
    if led is images:
        return MARKED.where(images.c.user_id == owner)
    query = MARKED.join(led, led.c.image_id == images.c.id).where(led.c.user_id == owner)
    # Others' pictures may be favourites, too; here are one's own alone.
    return query.where(images.c.user_id == led.c.user_id) if led is favorites else query


def _narrowed(query: Query, which: PictureFilter, led: Table) -> Query:
    for column, wanted in (
        (images.c.provider, which.service),
        (images.c.model, which.model),
        (images.c.project, which.project),
        (images.c.job_id, which.job_id),
    ):
        if wanted:
            query = query.where(column == wanted)
    made, _ = _made(led)
    if which.since:
        query = query.where(made >= codec.stamp(which.since))
    if which.until:
        query = query.where(made < codec.stamp(which.until))
    if which.favorite and led is not favorites:
        query = query.where(IS_FAVORITE)
    if which.tag:
        tagged = exists().where(tags.c.image_id == images.c.id, tags.c.tag == which.tag)
        query = query.where(tags.c.tag == which.tag if led is tags else tagged)
    return query


def _within(connection: Connection, collection_id: str) -> ColumnElement[bool]:
    """Whether a picture is in a collection.

    SQLite reads those of a small one and sorts them. Of a large one, whose pictures are not far apart, the newest are
    sooner found among all: that way ten old pictures among a million took a second, the other way ten thousand take a
    tenth of one (measured 2026-11-28).
    """
    inside = select(members.c.image_id).where(members.c.collection_id == collection_id)
    if len(connection.execute(inside.limit(SMALL + 1)).all()) <= SMALL:
        return images.c.id.in_(inside)
    return exists().where(members.c.collection_id == collection_id, members.c.image_id == images.c.id)


def _no_picture(picture_id: str) -> NotFound:
    return NotFound(f"There is no picture {picture_id}. Look in the gallery.")
