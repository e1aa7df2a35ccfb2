"""People in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from limner.db import codec
from limner.db.audit import noted, write
from limner.db.database import Database
from limner.db.people_tables import codes, invitations, sessions, users
from limner.db.removing import remove_belongings
from limner.db.statements import Columns, Statement
from limner.db.walls import EVERYBODY
from limner.domain.audit import Record
from limner.domain.errors import NotFound
from limner.domain.people import Role, User

_ADD = Statement(
    text(
        """
        INSERT INTO users (id, email, password, role, created_at)
        VALUES (:id, :email, :password, :role, :created_at) ON CONFLICT (email) DO NOTHING
        """
    )
)
_ANYBODY = Statement(select(users.c.id).limit(1))
_THIS = users.c.id == bindparam("person")
_ALL = Statement(select(users).order_by(users.c.email))
_GET = Statement(select(users).where(_THIS))
_NAMED = Statement(select(users).where(users.c.email == bindparam("address")))
# Locked in one order, so that of two who take each other's role away one waits and is refused.
_OWNERS = Statement(select(users.c.id).where(users.c.role == Role.OWNER.value).order_by(users.c.id).with_for_update())
_REMOVE = Statement(delete(users).where(_THIS))
_CHANGE_ROLE = Statement(update(users).where(_THIS).values(role=bindparam("becomes")))
_CHANGE_PASSWORD = Statement(update(users).where(_THIS).values(password=bindparam("hash")))
_END_SESSIONS = Statement(delete(sessions).where(sessions.c.user_id == bindparam("person")))
# Whoever may not invite any more has invited nobody who has not come yet.
_WITHDRAW_THEIRS = Statement(
    delete(invitations).where(invitations.c.inviter == select(users.c.email).where(_THIS).scalar_subquery())
)
_OFFER = Statement(insert(codes).values(digest=bindparam("code"), expires_at=bindparam("ends")))
_GOOD = (codes.c.digest == bindparam("code"), codes.c.expires_at > bindparam("at"))
_IS_OPEN = Statement(select(codes.c.digest).where(*_GOOD))
_USE = Statement(delete(codes).where(*_GOOD))
# Locked in one order, so that of two who come with different codes one waits and neither stands in the other's way.
_IN_TURN = Statement(select(codes.c.digest).order_by(codes.c.digest).with_for_update())
_FORGET_CODES = Statement(delete(codes))


class SqlPeople:
    """The `People` of `domain.membership`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, user: User, record: Record | None = None) -> bool:
        """Writes a person down, which ends every setup code; False where the address is taken."""

        def add(connection: Connection) -> bool:
            return noted(connection, record, done=add_person(connection, user))

        return await self._database.write(add, owner=EVERYBODY)

    async def add_first(self, owner: User, code: str, record: Record | None = None) -> bool:
        """Writes the first owner down and uses up every setup code; False where there is nothing to set up."""

        def add(connection: Connection) -> bool:
            return noted(connection, record, done=_add_first(connection, owner, code))

        return await self._database.write(add, owner=EVERYBODY)

    async def offer_setup(self, code: str, expires: datetime) -> bool:
        """Keeps the digest of a code that makes the first owner; False where there are people already."""
        values = {"code": code, "ends": codec.stamp(expires)}

        def offer(connection: Connection) -> bool:
            return not _ANYBODY.row(connection, {}) and bool(_OFFER.run(connection, values))

        return await self._database.write(offer, owner=EVERYBODY)

    async def is_open_setup(self, code: str, at: datetime) -> bool:
        """Whether the digest is that of a setup code that is still good."""
        values = {"code": code, "at": codec.stamp(at)}
        return (
            await self._database.read(lambda connection: _IS_OPEN.row(connection, values), owner=EVERYBODY) is not None
        )

    async def all(self) -> Sequence[User]:
        """Everybody, by address."""
        return [
            person(row)
            for row in await self._database.read(lambda connection: _ALL.rows(connection, {}), owner=EVERYBODY)
        ]

    async def get(self, user_id: str) -> User:
        """One person. Raises NotFound."""
        row = await self._database.read(lambda connection: _GET.row(connection, {"person": user_id}), owner=EVERYBODY)
        if row is None:
            raise _nobody(user_id)
        return person(row)

    async def named(self, email: str) -> User | None:
        """The person with an address, in lower case."""
        return await self._database.read(lambda connection: person_named(connection, email), owner=EVERYBODY)

    async def remove(self, user_id: str, at: datetime, record: Record | None = None) -> bool:
        """Forgets a person with what is theirs alone; False for the last owner, who stays. Raises NotFound."""

        def remove(connection: Connection) -> bool:
            if not _spares_an_owner(connection, user_id):
                return False
            remove_belongings(connection, user_id, at)
            _WITHDRAW_THEIRS.run(connection, {"person": user_id})
            return noted(connection, record, done=bool(_REMOVE.run(connection, {"person": user_id})))

        return await self._database.write(remove, owner=EVERYBODY)

    async def change_role(self, user_id: str, role: Role, record: Record | None = None) -> bool:
        """Gives another role and ends all sessions; False where no owner would be left. Raises NotFound."""

        def change(connection: Connection) -> bool:
            return noted(connection, record, done=_change_role(connection, user_id, role))

        return await self._database.write(change, owner=EVERYBODY)

    async def change_password(self, user_id: str, password: str, record: Record | None = None) -> None:
        """Keeps another hash and ends all sessions. Raises NotFound."""

        def change(connection: Connection) -> None:
            _change_password(connection, user_id, password)
            write(connection, record)

        await self._database.write(change, owner=EVERYBODY)


def add_person(connection: Connection, user: User) -> bool:
    """Writes a person down; False where the address is taken."""
    _IN_TURN.rows(connection, {})
    _FORGET_CODES.run(connection, {})  # from now on there is somebody; in the order of `_add_first`
    return bool(_ADD.run(connection, _row(user)))


def person_named(connection: Connection, email: str) -> User | None:
    """The person with an address, in lower case."""
    row = _NAMED.row(connection, {"address": email})
    return None if row is None else person(row)


def _add_first(connection: Connection, owner: User, code: str) -> bool:
    # All codes first, in their order: a second one who comes, with whichever code, waits here and finds none.
    _IN_TURN.rows(connection, {})
    if not _USE.run(connection, {"code": code, "at": codec.stamp(owner.created)}):
        return False
    _FORGET_CODES.run(connection, {})
    return _ANYBODY.row(connection, {}) is None and bool(_ADD.run(connection, _row(owner)))


def _spares_an_owner(connection: Connection, user_id: str) -> bool:
    """Whether there is an owner without this person. Raises NotFound."""
    owners = {row["id"] for row in _OWNERS.rows(connection, {})}
    if _GET.row(connection, {"person": user_id}) is None:
        raise _nobody(user_id)
    return owners != {user_id}


def _change_role(connection: Connection, user_id: str, role: Role) -> bool:
    if not _spares_an_owner(connection, user_id) and role is not Role.OWNER:
        return False
    for statement in (_END_SESSIONS, _WITHDRAW_THEIRS):
        statement.run(connection, {"person": user_id})
    return bool(_CHANGE_ROLE.run(connection, {"person": user_id, "becomes": role.value}))


def _change_password(connection: Connection, user_id: str, password: str) -> None:
    if not _CHANGE_PASSWORD.run(connection, {"person": user_id, "hash": password}):
        raise _nobody(user_id)
    _END_SESSIONS.run(connection, {"person": user_id})


def _row(user: User) -> Columns:
    return {
        "id": user.id,
        "email": user.email,
        "password": user.password,
        "role": user.role.value,
        "created_at": codec.stamp(user.created),
    }


def person(row: Columns) -> User:
    """A person from their row."""
    return User(
        id=row["id"],
        email=row["email"],
        role=Role(row["role"]),
        created=codec.moment(row["created_at"]),
        password=row["password"],
    )


def _nobody(user_id: str) -> NotFound:
    return NotFound(f"There is no user {user_id}. `limner users list` shows them all.")
