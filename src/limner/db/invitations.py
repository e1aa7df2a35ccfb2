"""Invitations in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select

from limner.db import codec
from limner.db.audit import write
from limner.db.database import Database
from limner.db.people import add_person, person_named
from limner.db.people_tables import invitations
from limner.db.statements import Columns, Statement, insertion
from limner.db.walls import EVERYBODY
from limner.domain.audit import Record
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.invitations import Invitation
from limner.domain.people import Role, User

_ADD = insertion(invitations)
_GOOD = invitations.c.expires_at > bindparam("now")
_ALL = Statement(select(invitations).where(_GOOD).order_by(invitations.c.email))
_FIND = Statement(select(invitations).where(invitations.c.digest == bindparam("code"), _GOOD))
_COUNT = Statement(select(func.count().label("number")).select_from(invitations))
_USE = Statement(delete(invitations).where(invitations.c.digest == bindparam("code"), _GOOD))
_WITHDRAW = Statement(delete(invitations).where(invitations.c.id == bindparam("withdrawn")))
_REPLACE = Statement(delete(invitations).where(invitations.c.email == bindparam("address")))
_FORGET = Statement(delete(invitations).where(invitations.c.expires_at <= bindparam("now")))


class SqlInvitations:
    """The `Invitations` of `domain.invitations`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def offer(self, invitation: Invitation, most: int, record: Record) -> bool:
        """Writes one down in place of an earlier one; False where somebody with an account has the address."""

        def offer(connection: Connection) -> bool:
            if person_named(connection, invitation.email) is not None:
                return False
            _FORGET.run(connection, {"now": codec.stamp(invitation.created)})
            _REPLACE.run(connection, {"address": invitation.email})
            found = _COUNT.row(connection, {})
            if found is not None and found["number"] >= most:
                raise InvalidRequest(f"There are {most} open invitations. Withdraw one first.", field="email")
            _ADD.many(connection, [_row(invitation)])
            write(connection, record)
            return True

        return await self._database.write(offer, owner=EVERYBODY)

    async def all(self, at: datetime) -> Sequence[Invitation]:
        """Those that are good at a moment, by address."""
        rows = await self._database.read(
            lambda connection: _ALL.rows(connection, {"now": codec.stamp(at)}), owner=EVERYBODY
        )
        return [_invitation(row) for row in rows]

    async def find(self, digest: str, at: datetime) -> Invitation | None:
        """The one of a code, if it is good at a moment."""
        values = {"code": digest, "now": codec.stamp(at)}
        row = await self._database.read(lambda connection: _FIND.row(connection, values), owner=EVERYBODY)
        return None if row is None else _invitation(row)

    async def withdraw(self, invitation_id: str, record: Record) -> None:
        """Forgets one. Raises NotFound."""

        def withdraw(connection: Connection) -> None:
            if not _WITHDRAW.run(connection, {"withdrawn": invitation_id}):
                raise NotFound("There is no open invitation with this id.")
            write(connection, record)

        await self._database.write(withdraw, owner=EVERYBODY)

    async def accept(self, digest: str, user: User, record: Record) -> bool:
        """Uses one up and writes its person down; False where it is not good any more."""

        def accept(connection: Connection) -> bool:
            # The invitation first: its row makes a second one who comes with it wait and find none.
            if not _USE.run(connection, {"code": digest, "now": codec.stamp(user.created)}):
                return False
            if not add_person(connection, user):
                return False
            write(connection, record)
            return True

        return await self._database.write(accept, owner=EVERYBODY)


def _row(invitation: Invitation) -> Columns:
    return {
        "id": invitation.id,
        "digest": invitation.digest,
        "email": invitation.email,
        "role": invitation.role.value,
        "inviter": invitation.inviter,
        "created_at": codec.stamp(invitation.created),
        "expires_at": codec.stamp(invitation.expires),
    }


def _invitation(row: Columns) -> Invitation:
    return Invitation(
        id=row["id"],
        digest=row["digest"],
        email=row["email"],
        role=Role(row["role"]),
        inviter=row["inviter"],
        created=codec.moment(row["created_at"]),
        expires=codec.moment(row["expires_at"]),
    )
