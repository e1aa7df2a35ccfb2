"""Share links in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, or_, select, update

from limner.db import codec, collections
from limner.db.database import Database
from limner.db.keeping import IN_TRASH
from limner.db.library_tables import shares
from limner.db.statements import Columns, Statement, insertion
from limner.db.tables import images
from limner.db.walls import EVERYBODY
from limner.domain.collecting import Share
from limner.domain.errors import NotFound

_INSERT = insertion(shares)
_OWN_PICTURE = Statement(
    select(images.c.id).where(images.c.id == bindparam("picture"), images.c.user_id == bindparam("owner"))
)
_REVOKE = Statement(
    update(shares)
    .where(shares.c.id == bindparam("share"), shares.c.user_id == bindparam("owner"), shares.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
# What lies in the trash is not shown to others any more.
_SHOWN = or_(shares.c.image_id.is_(None), exists().where(images.c.id == shares.c.image_id, ~IN_TRASH))
_FIND = Statement(
    select(shares).where(
        shares.c.token_hash == bindparam("hash"),
        shares.c.expires_at > bindparam("at"),
        shares.c.revoked_at.is_(None),
        _SHOWN,
    )
)
_VIEW = Statement(
    update(shares).where(shares.c.id == bindparam("share")).values(views=shares.c.views + 1, viewed_at=bindparam("at"))
)


class SqlShares:
    """The `Shares` of `domain.collecting`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, share: Share, token_hash: str) -> None:
        """Writes a link down. Raises NotFound where what it shows is not the person's own."""
        await self._database.write(lambda connection: _add(connection, share, token_hash), owner=share.owner)

    async def all(self, owner: str, picture_id: str | None, collection_id: str | None) -> Sequence[Share]:
        """One person's links that were not revoked, newest first: all, or those of one picture or collection."""
        query = select(shares).where(shares.c.user_id == owner, shares.c.revoked_at.is_(None))
        if picture_id is not None:
            query = query.where(shares.c.image_id == picture_id)
        if collection_id is not None:
            query = query.where(shares.c.collection_id == collection_id)
        query = query.order_by(shares.c.created_at.desc(), shares.c.id.desc())

        def read(connection: Connection) -> list[Share]:
            return [_share(dict(row)) for row in connection.execute(query).mappings()]

        return await self._database.read(read, owner=owner)

    async def revoke(self, share_id: str, owner: str, at: datetime) -> None:
        """Ends a link for good. Raises NotFound."""
        values = {"share": share_id, "owner": owner, "at": codec.stamp(at)}
        if not await self._database.write(lambda connection: _REVOKE.run(connection, values), owner=owner):
            raise NotFound(f"There is no share link {share_id}. Look at the list of links.")

    async def find(self, token_hash: str, at: datetime) -> Share:
        """The link that works now. Raises NotFound, whether it never was, has expired or was revoked."""
        values = {"hash": token_hash, "at": codec.stamp(at)}
        row = await self._database.read(lambda connection: _FIND.row(connection, values), owner=EVERYBODY)
        if row is None:
            raise NotFound("This link does not exist, or not any more. Ask whoever sent it for a new one.")
        return _share(row)

    async def view(self, share_id: str, at: datetime) -> None:
        """Counts one look at it."""
        values = {"share": share_id, "at": codec.stamp(at)}
        await self._database.write(lambda connection: _VIEW.run(connection, values), owner=EVERYBODY)


def _add(connection: Connection, share: Share, token_hash: str) -> None:
    if share.collection_id is not None:
        collections.find(connection, share.collection_id, share.owner)
    elif _OWN_PICTURE.row(connection, {"picture": share.picture_id, "owner": share.owner}) is None:
        raise NotFound(f"There is no picture {share.picture_id}. Look in the gallery.")
    row = {
        "id": share.id,
        "user_id": share.owner,
        "token_hash": token_hash,
        "image_id": share.picture_id,
        "collection_id": share.collection_id,
        "created_at": codec.stamp(share.created),
        "expires_at": codec.stamp(share.expires),
        "revoked_at": None,
        "views": 0,
        "viewed_at": None,
    }
    _INSERT.many(connection, [row])


def _share(row: Columns) -> Share:
    return Share(
        id=row["id"],
        owner=row["user_id"],
        picture_id=row["image_id"],
        collection_id=row["collection_id"],
        created=codec.moment(row["created_at"]),
        expires=codec.moment(row["expires_at"]),
        revoked=codec.optional_moment(row["revoked_at"]),
        views=row["views"],
        viewed=codec.optional_moment(row["viewed_at"]),
    )
