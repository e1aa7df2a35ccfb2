"""Accounts of people who sign in elsewhere, in the database."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, select, text

from limner.db import codec
from limner.db.audit import write
from limner.db.database import Database
from limner.db.people import add_person, person, person_named
from limner.db.people_tables import identities, users
from limner.db.statements import Statement
from limner.db.walls import EVERYBODY
from limner.domain.identity import Entry, Identity
from limner.domain.people import SignInRefused, User

_FIND = Statement(
    select(users)
    .join_from(identities, users)
    .where(identities.c.issuer == bindparam("from_issuer"), identities.c.subject == bindparam("as_subject"))
)
_LINK = Statement(
    text(
        """
        INSERT INTO user_identities (issuer, subject, user_id, created_at)
        VALUES (:issuer, :subject, :person, :at) ON CONFLICT (issuer, subject) DO NOTHING
        """
    )
)
_REMOVE = Statement(delete(users).where(users.c.id == bindparam("person")))


class SqlIdentities:
    """The `Identities` of `domain.identity`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, issuer: str, subject: str) -> User | None:
        """The account of somebody who has been here before."""
        return await self._database.read(lambda connection: _find(connection, issuer, subject), owner=EVERYBODY)

    async def enter(self, identity: Identity, new: User | None, entry: Entry | None = None) -> tuple[User, bool]:
        """The account of somebody, and whether it was made now, as `new`. Raises SignInRefused."""
        known = await self.find(identity.issuer, identity.subject)
        if known is not None:
            return known, False

        def enter(connection: Connection) -> tuple[User, bool]:
            user, is_new, is_linked = _enter(connection, identity, new)
            write(connection, entry(user, is_new) if entry is not None and is_linked else None)
            return user, is_new

        return await self._database.write(enter, owner=EVERYBODY)


def _find(connection: Connection, issuer: str, subject: str) -> User | None:
    row = _FIND.row(connection, {"from_issuer": issuer, "as_subject": subject})
    return None if row is None else person(row)


def _enter(connection: Connection, identity: Identity, new: User | None) -> tuple[User, bool, bool]:
    """The account of somebody, whether it was made now, and whether it was linked to them now. Raises SignInRefused."""
    is_new = new is not None and add_person(connection, new)
    known = None if is_new else _find(connection, identity.issuer, identity.subject)
    if known is not None:  # they came a moment ago as well
        return known, False, False
    user = new if is_new else person_named(connection, identity.email)
    if user is None:
        raise SignInRefused("Nobody with your address may make an account here. Ask the person who runs this server.")
    if not is_new and not _is_theirs(user, identity):
        how = "with its password" if user.password is not None else "as you did before"
        raise SignInRefused(f"{identity.email} has an account here. Sign in to it {how}.")
    values = {"issuer": identity.issuer, "subject": identity.subject, "person": user.id}
    at = codec.stamp(user.created if new is None else new.created)
    if _LINK.run(connection, {**values, "at": at}):
        return user, is_new, True
    # They came a moment ago with another address: that account is theirs, and the one made for this address nobody's.
    if is_new:
        _REMOVE.run(connection, {"person": user.id})
    return _find(connection, identity.issuer, identity.subject) or user, False, False


def _is_theirs(user: User, identity: Identity) -> bool:
    """Whether an account is that of somebody who has its address."""
    return identity.vouched or (identity.verified and user.password is None)
