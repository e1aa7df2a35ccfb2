"""Looking through many kept pictures in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Select, bindparam, func, literal, select

from limner.db import cursors, rows
from limner.db.database import Database
from limner.db.keeping import IN_TRASH, MARKED
from limner.db.library_tables import inputs, tags
from limner.db.pictures import Wanted
from limner.db.statements import Statement
from limner.db.tables import images
from limner.domain.browsing import Around, Choices, Place, Sheet, SpanTally, Tally
from limner.domain.picture import Picture
from limner.domain.records import PictureFilter

MOST_COUNTED = 10_000
"""Pictures that are found by words or in a collection, up to which they are counted."""
MOST_IN_SPAN = 2_000
"""The same for a span, whose costs are added up: for that each row is read."""
_PLACE = Statement(select(images.c.serial, images.c.created_at, images.c.id).where(images.c.id == bindparam("picture")))
_CHILDREN = (
    MARKED.join(inputs, inputs.c.job_id == images.c.job_id)
    .where(images.c.user_id == bindparam("owner"), ~IN_TRASH)
    .where(inputs.c.digest == select(images.c.digest).where(images.c.id == bindparam("picture")).scalar_subquery())
    .where(images.c.parents.contains(bindparam("named"), autoescape=False))
    .order_by(images.c.created_at, images.c.id)
    .limit(bindparam("most"))
)


def _distinct(column: Column[Any], owner: Column[Any]) -> Statement:
    """The values of a column that leads an index after the owner: from one to the next, past all that are alike."""
    own = owner == bindparam("owner")
    found = select(func.min(column).label("value")).where(own).cte("found", recursive=True)
    following = select(func.min(column)).where(own, column > found.c.value).scalar_subquery()
    found = found.union_all(select(following).select_from(found).where(found.c.value.is_not(None)))
    return Statement(select(found.c.value).where(found.c.value.is_not(None)))


_MODELS = _distinct(images.c.model, images.c.user_id)
_PROJECTS = _distinct(images.c.project, images.c.user_id)
_TAGS = _distinct(tags.c.tag, tags.c.user_id)


class SqlBrowsing:
    """The `Browsing` of `domain.browsing`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sheet(self, owner: str, which: PictureFilter, place: Place, *, limit: int) -> Sheet:
        """At most `limit` pictures. Raises InvalidRequest for a cursor that is none."""
        return await self._database.read(lambda connection: _sheet(connection, owner, which, place, limit), owner=owner)

    async def tally(self, owner: str, which: PictureFilter) -> Tally:
        """How many there are."""
        return await self._database.read(lambda connection: _tally(connection, owner, which), owner=owner)

    async def spans(
        self, owner: str, which: PictureFilter, spans: Sequence[tuple[datetime, datetime]]
    ) -> Sequence[SpanTally]:
        """What was made in each span, its end left out."""
        return await self._database.read(
            lambda connection: [
                _span(connection, owner, replace(which, since=since, until=until)) for since, until in spans
            ],
            owner=owner,
        )

    async def choices(self, owner: str) -> Choices:
        """Which models, projects and tags there are."""

        def read(connection: Connection) -> Choices:
            models, projects, marks = (
                tuple(str(row["value"]) for row in each.rows(connection, {"owner": owner}))
                for each in (_MODELS, _PROJECTS, _TAGS)
            )
            return Choices(models=models, projects=projects, tags=marks)

        return await self._database.read(read, owner=owner)

    async def around(self, owner: str, which: PictureFilter, picture: Picture, *, each: int) -> Around:
        """What lies beside a picture among those that are wanted, `each` on either side."""
        return await self._database.read(
            lambda connection: _around(connection, owner, which, picture, each), owner=owner
        )

    async def children(self, owner: str, picture_id: str, *, limit: int) -> Sequence[Picture]:
        """One person's pictures that were made from this one, oldest first."""
        values = {"owner": owner, "picture": picture_id, "named": f'"{picture_id}"', "most": limit}
        return await self._database.read(
            lambda connection: [rows.picture(dict(row)) for row in connection.execute(_CHILDREN, values).mappings()],
            owner=owner,
        )


def _sheet(connection: Connection, owner: str, which: PictureFilter, place: Place, limit: int) -> Sheet:
    wanted = Wanted.of(connection, owner, which)
    if wanted is None:
        return Sheet(pictures=(), newer=None, older=None)
    if place.before is not None:
        return _above(connection, wanted, place.before, limit)
    after = place.after or _skipped(connection, owner, which, place.skip)
    query = wanted.query if after is None else wanted.query.where(wanted.beyond(after))
    found = _read(connection, query.order_by(*wanted.order).limit(limit + 1))
    shown = found[:limit]
    return Sheet(
        pictures=tuple(rows.picture(row) for row in shown),
        newer=wanted.place(shown[0]) if after is not None and shown else None,
        older=wanted.place(shown[-1]) if len(found) > limit and shown else None,
    )


def _above(connection: Connection, wanted: Wanted, before: str, limit: int) -> Sheet:
    query = wanted.query.where(wanted.beyond(before, newer=True)).order_by(*wanted.key).limit(limit + 1)
    found = _read(connection, query)
    shown = found[:limit][::-1]
    return Sheet(
        pictures=tuple(rows.picture(row) for row in shown),
        newer=wanted.place(shown[0]) if len(found) > limit else None,
        older=wanted.place(shown[-1]) if shown else None,
    )


def _skipped(connection: Connection, owner: str, which: PictureFilter, skip: int) -> str | None:
    """The cursor of the picture before the place; None where there are not so many."""
    wanted = Wanted.of(connection, owner, which, trash_too=True)
    if not skip or wanted is None:
        return None
    names = [column.label(name) for name, column in zip(_names(wanted), wanted.key, strict=True)]
    query = wanted.query.with_only_columns(*names, maintain_column_froms=True)
    row = connection.execute(query.order_by(*wanted.order).offset(skip - 1).limit(1)).mappings().first()
    return None if row is None else cursors.seal(*row.values())


def _names(wanted: Wanted) -> tuple[str, ...]:
    return ("serial",) if len(wanted.key) == 1 else ("created_at", "id")


def _tally(connection: Connection, owner: str, which: PictureFilter) -> Tally:
    """Of all pictures those in the trash are taken away: to look for each of a million in there takes too long."""
    if which.words or which.collection:
        wanted = Wanted.of(connection, owner, which)
        if wanted is None:
            return Tally(0)
        few = wanted.query.with_only_columns(literal(1), maintain_column_froms=True).limit(MOST_COUNTED + 1)
        found = int(connection.execute(select(func.count()).select_from(few.subquery())).scalar_one())
        return Tally(min(found, MOST_COUNTED), exact=found <= MOST_COUNTED)
    gone = _count(connection, owner, replace(which, trashed=True))
    return Tally(gone if which.trashed else _count(connection, owner, which) - gone)


def _count(connection: Connection, owner: str, which: PictureFilter) -> int:
    wanted = Wanted.of(connection, owner, which, trash_too=True)
    if wanted is None:
        return 0
    query = wanted.query.with_only_columns(func.count(), maintain_column_froms=True)
    return int(connection.execute(query).scalar_one())


def _span(connection: Connection, owner: str, which: PictureFilter) -> SpanTally:
    wanted = Wanted.of(connection, owner, which)
    if wanted is None:
        return SpanTally(0, None, exact=True)
    few = wanted.query.with_only_columns(images.c.cost_micro, maintain_column_froms=True).limit(MOST_IN_SPAN + 1)
    inner = few.subquery()
    query = select(func.count().label("pictures"), func.sum(inner.c.cost_micro).label("cost"))
    row = connection.execute(query.select_from(inner)).mappings().one()
    if row["pictures"] > MOST_IN_SPAN:
        return SpanTally(MOST_IN_SPAN, None, exact=False)
    return SpanTally(row["pictures"], rows.money(row["cost"]), exact=True)


def _around(connection: Connection, owner: str, which: PictureFilter, picture: Picture, each: int) -> Around:
    wanted, row = Wanted.of(connection, owner, which), _PLACE.row(connection, {"picture": picture.id})
    if wanted is None or row is None:
        return Around(newer=(), older=(), position=1)
    here = wanted.place(row)
    newer = wanted.query.where(wanted.beyond(here, newer=True))
    older = wanted.query.where(wanted.beyond(here))
    few = newer.with_only_columns(literal(1), maintain_column_froms=True).subquery()
    return Around(
        newer=tuple(map(rows.picture, _read(connection, newer.order_by(*wanted.key).limit(each))[::-1])),
        older=tuple(map(rows.picture, _read(connection, older.order_by(*wanted.order).limit(each)))),
        position=int(connection.execute(select(func.count()).select_from(few)).scalar_one()) + 1,
    )


def _read(connection: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query).mappings()]
