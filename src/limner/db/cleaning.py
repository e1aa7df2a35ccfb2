"""What is cleared away, in the database."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from limner.db import codec
from limner.db.database import Database
from limner.db.keeping import IN_TRASH, IS_FAVORITE
from limner.db.library_tables import cleanups, inputs, leavings, members, shares, trash
from limner.db.marking import leaving_row
from limner.db.statements import Columns, Statement, insertion
from limner.db.tables import OPEN_JOBS, calls, images, jobs, plans
from limner.db.walls import EVERYBODY
from limner.domain.cleaning import (
    CleanupRules,
    CleanupRun,
    Due,
    Leaving,
    Reason,
    StorageUse,
    Tally,
)
from limner.domain.job import ENDED_STATES, JobState
from limner.domain.picture import PictureFile

RUNS = 20
"""How many of the newest clean-ups are told."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_OVER = sorted(state.value for state in ENDED_STATES - {JobState.AMBIGUOUS})
_INSERT_LEAVINGS = insertion(leavings)
_INSERT_RUNS = insertion(cleanups)
_FORGET = Statement(delete(images).where(images.c.id == bindparam("id")))
_LEAVINGS = Statement(
    select(leavings)
    .where(leavings.c.left_at < bindparam("before"))
    .order_by(leavings.c.left_at, leavings.c.id)
    .limit(bindparam("most"))
)
_POSTPONE = Statement(update(leavings).where(leavings.c.id == bindparam("row")).values(left_at=bindparam("at")))
_CLEARED = Statement(delete(leavings).where(leavings.c.id == bindparam("row")))
_IN_USE = Statement(
    select(
        or_(
            exists().where(images.c.digest == bindparam("digest")),
            exists().where(images.c.original == bindparam("whole")),
            exists().where(inputs.c.digest == bindparam("digest")),
        ).label("used")
    )
)
_LIGHT = (images.c.id, images.c.user_id, images.c.digest, images.c.bytes)


class SqlCleanings:
    """The `Cleanings` of `domain.cleaning`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, owner: str | None, rules: CleanupRules, at: datetime) -> Due:
        """The pictures outside the trash that the rules take now, oldest first."""
        return await self._database.read(lambda connection: _due(connection, owner, rules, at), owner=EVERYBODY)

    async def trashed(self, owner: str | None, before: datetime) -> Due:
        """Pictures that were put into the trash before a moment, longest first."""
        query: Select[Any] = (
            select(*_LIGHT)
            .join(trash, trash.c.image_id == images.c.id)
            .where(trash.c.trashed_at < codec.stamp(before), *_of(owner))
            .order_by(trash.c.trashed_at, images.c.id)
        )
        return await self._database.read(
            lambda connection: _together(connection, connection.execute(query).all()), owner=EVERYBODY
        )

    async def purge(
        self, ids: Sequence[str], reason: Reason, at: datetime, *, rules: CleanupRules | None = None
    ) -> Tally:
        """Forgets pictures for good and notes what they leave behind, in one transaction."""
        kept = IN_TRASH if rules is None else and_(~IN_TRASH, *_kept(rules, codec.stamp(at)))
        return await self._database.write(
            lambda connection: _purge(connection, ids, kept, reason.value, codec.stamp(at)), owner=EVERYBODY
        )

    async def leavings(self, before: datetime, limit: int) -> Sequence[Leaving]:
        """What is still to be cleared away and was left before a moment, oldest first."""
        values = {"before": codec.stamp(before), "most": limit}
        return [
            _leaving(row)
            for row in await self._database.read(lambda connection: _LEAVINGS.rows(connection, values), owner=EVERYBODY)
        ]

    async def postpone(self, leaving: Leaving, at: datetime) -> None:
        """It cannot be cleared away yet."""
        values = {"row": leaving.row_id, "at": codec.stamp(at)}
        await self._database.write(lambda connection: _POSTPONE.run(connection, values), owner=EVERYBODY)

    async def cleared(self, leaving: Leaving) -> None:
        """Nothing is left of it."""
        await self._database.write(
            lambda connection: _CLEARED.run(connection, {"row": leaving.row_id}), owner=EVERYBODY
        )

    async def in_use(self, file: PictureFile) -> bool:
        """Whether a picture or a job still needs a file."""
        return await self._database.read(lambda connection: _in_use(connection, file), owner=EVERYBODY)

    async def needed(self, prefix: str) -> frozenset[str]:
        """The digests with this beginning of all files that something needs."""
        return await self._database.read(lambda connection: _needed(connection, prefix), owner=EVERYBODY)

    async def use(self, owner: str) -> StorageUse:
        """What one person's pictures take."""
        return await self._database.read(lambda connection: _use(connection, owner), owner=owner)


def _of(owner: str | None) -> list[ColumnElement[bool]]:
    return [] if owner is None else [images.c.user_id == owner]


def _kept(rules: CleanupRules, at: str) -> list[ColumnElement[bool]]:
    """What a picture must be like to be taken at all."""
    works = and_(shares.c.revoked_at.is_(None), shares.c.expires_at > at)
    in_shared = select(members.c.collection_id).where(members.c.image_id == images.c.id).correlate(images)
    conditions: list[ColumnElement[bool]] = []
    if rules.project is not None:
        conditions.append(images.c.project == rules.project)
    if rules.keep_favorites:
        conditions.append(~IS_FAVORITE)
    if rules.keep_collected:
        conditions.append(~exists().where(members.c.image_id == images.c.id))
    if rules.keep_shared:
        seen = or_(shares.c.image_id == images.c.id, shares.c.collection_id.in_(in_shared))
        conditions.append(~exists().where(works, seen).correlate(images))
    return conditions


def _due(connection: Connection, owner: str | None, rules: CleanupRules, at: datetime) -> Due:
    moment = codec.stamp(at)
    scope = [~IN_TRASH, *_of(owner)]
    if rules.project is not None:
        scope.append(images.c.project == rules.project)
    oldest = (
        select(*_LIGHT, images.c.created_at)
        .where(*scope, *_kept(rules, moment))
        .order_by(images.c.created_at, images.c.id)
    )
    aged = None if rules.older_than is None else codec.stamp(at - rules.older_than)
    excess = 0 if rules.larger_than is None else _size(connection, scope) - rules.larger_than
    uses = _uses(connection, scope)
    taken: list[str] = []
    freed = 0
    for row in connection.execute(oldest):
        if not (aged is not None and row.created_at < aged) and freed >= excess:
            break
        taken.append(row.id)
        uses[row.digest] -= 1
        # A file is free with the last picture that shows it.
        freed += row.bytes if uses[row.digest] <= 0 else 0
    return Due(tuple(taken), Tally(len(taken), freed))


def _uses(connection: Connection, scope: Sequence[ColumnElement[bool]]) -> Counter[str]:
    """How many pictures show each file; those with one alone are not in it, and count down from 1 all the same."""
    query = select(images.c.digest, func.count().label("uses")).where(*scope).group_by(images.c.digest)
    return Counter({row.digest: row.uses for row in connection.execute(query.having(func.count() > 1))})


def _size(connection: Connection, scope: Sequence[ColumnElement[bool]]) -> int:
    files = select(func.max(images.c.bytes).label("bytes")).where(*scope).group_by(images.c.digest).subquery()
    return int(connection.execute(select(func.coalesce(func.sum(files.c.bytes), 0))).scalar_one())


def _together(connection: Connection, found: Sequence[Row[Any]]) -> Due:
    """Pictures that go together, and the files that nothing shows then."""
    going = Counter(row.digest for row in found)
    sizes = {row.digest: row.bytes for row in found}
    freed = 0
    digests = list(going)
    for start in range(0, len(digests), 500):
        part = digests[start : start + 500]
        query = select(images.c.digest, func.count().label("uses")).where(images.c.digest.in_(part))
        for row in connection.execute(query.group_by(images.c.digest)):
            freed += sizes[row.digest] if row.uses <= going[row.digest] else 0
    return Due(tuple(row.id for row in found), Tally(len(found), freed))


def _purge(connection: Connection, ids: Sequence[str], wanted: ColumnElement[bool], reason: str, at: str) -> Tally:
    query: Select[Any] = (
        select(images)
        .join(jobs, jobs.c.id == images.c.job_id)
        .where(images.c.id.in_(ids), jobs.c.state.in_(_OVER), wanted)
        .order_by(images.c.id)
        .with_for_update(of=images)
    )
    found = [dict(row) for row in connection.execute(query).mappings()]
    _INSERT_LEAVINGS.many(connection, [leaving_row(row, files=True, at=at) for row in found])
    _FORGET.many(connection, [{"id": row["id"]} for row in found])
    total = Tally()
    for owner in sorted({row["user_id"] for row in found}):
        own = [row for row in found if row["user_id"] == owner]
        tally = Tally(len(own), _set_free(connection, own))
        run = {"id": str(uuid4()), "user_id": owner, "reason": reason, "created_at": at}
        _INSERT_RUNS.many(connection, [{**run, "pictures": tally.pictures, "bytes": tally.bytes}])
        total += tally
    return total


def _set_free(connection: Connection, gone: Iterable[Columns]) -> int:
    """The bytes of the files that no picture shows any more."""
    sizes = {row["digest"]: int(row["bytes"]) for row in gone}
    query = select(images.c.digest).where(images.c.digest.in_(sizes)).distinct()
    return sum(sizes.values()) - sum(sizes[row.digest] for row in connection.execute(query))


def _in_use(connection: Connection, file: PictureFile) -> bool:
    values = {"digest": file.digest, "whole": codec.files().write(file)}
    row = _IN_USE.row(connection, values)
    return row is None or bool(row["used"]) or file.digest in _at_work(connection)


def _at_work(connection: Connection) -> set[str]:
    """The files that jobs under way name anywhere: there are never many of them."""
    going = jobs.c.id.in_(select(jobs.c.id).where(OPEN_JOBS))
    texts = [*connection.execute(select(plans.c.request, plans.c.plan).join(jobs).where(going))]
    texts += connection.execute(select(calls.c.call, calls.c.fetched).join(jobs).where(going))
    return {digest for row in texts for text in row if text for digest in _DIGEST.findall(text)}


def _needed(connection: Connection, prefix: str) -> frozenset[str]:
    end = f"{prefix}g"  # after every hexadecimal digit
    found: set[str] = {digest for digest in _at_work(connection) if digest.startswith(prefix)}
    for column in (images.c.digest, inputs.c.digest):
        found.update(connection.execute(select(column).where(column >= prefix, column < end)).scalars())
    start = len('{"digest":"') + 1
    begins = func.substr(images.c.original, start, len(prefix)) == prefix
    for text in connection.execute(select(images.c.original).where(images.c.original.is_not(None), begins)).scalars():
        found.add(codec.files().read(text).digest)
    waiting = select(leavings.c.file, leavings.c.original).where(leavings.c.files)
    for row in connection.execute(waiting):
        found.update(codec.files().read(text).digest for text in row)
    return frozenset(digest for digest in found if digest.startswith(prefix))


def _use(connection: Connection, owner: str) -> StorageUse:
    mine = images.c.user_id == owner
    query = select(images.c.project).where(mine).distinct().order_by(images.c.project)
    projects = tuple(
        (project, _tally(connection, [mine, ~IN_TRASH, images.c.project == project]))
        for project in connection.execute(query).scalars().all()
    )
    own = cleanups.c.user_id == owner
    newest = select(cleanups).where(own).order_by(cleanups.c.created_at.desc(), cleanups.c.id.desc()).limit(RUNS)
    pictures, size = connection.execute(
        select(func.coalesce(func.sum(cleanups.c.pictures), 0), func.coalesce(func.sum(cleanups.c.bytes), 0)).where(own)
    ).one()
    return StorageUse(
        kept=_tally(connection, [mine, ~IN_TRASH]),
        trash=_tally(connection, [mine, IN_TRASH]),
        projects=projects,
        cleared=Tally(int(pictures), int(size)),
        runs=tuple(
            CleanupRun(at=codec.moment(row.created_at), reason=Reason(row.reason), tally=Tally(row.pictures, row.bytes))
            for row in connection.execute(newest)
        ),
    )


def _tally(connection: Connection, scope: Sequence[ColumnElement[bool]]) -> Tally:
    count = connection.execute(select(func.count()).select_from(images).where(*scope)).scalar_one()
    return Tally(int(count), _size(connection, scope))


def _leaving(row: Columns) -> Leaving:
    return Leaving(
        row_id=row["id"],
        id=row["image_id"],
        project=row["project"],
        service=row["provider"],
        file=codec.files().read(row["file"]),
        original=codec.files().read(row["original"]),
        files=bool(row["files"]),
    )
