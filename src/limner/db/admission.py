"""Sessions, API tokens and failed sign-ins in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, or_, select, text, update

from limner.db import codec
from limner.db.audit import together, write
from limner.db.database import Database
from limner.db.people import person
from limner.db.people_tables import attempts, sessions, tokens, users
from limner.db.statements import Columns, Statement, insertion
from limner.db.walls import EVERYBODY
from limner.domain.audit import Record
from limner.domain.errors import NotFound
from limner.domain.membership import Tries, no_token
from limner.domain.people import ApiToken, Session, TokenScope, User

_OF_USER = "user_"
_WHOSE = tuple(column.label(_OF_USER + column.name) for column in users.c)
_DIGEST: BindParameter[str] = bindparam("key")

_BEGIN = insertion(sessions)
_FIND_SESSION = Statement(
    select(sessions.c.digest, sessions.c.user_id.label("owner"), sessions.c.created_at, sessions.c.seen_at)
    .add_columns(sessions.c.expires_at, sessions.c.stays, *_WHOSE)
    .join_from(sessions, users)
    .where(sessions.c.digest == _DIGEST)
)
_SEEN = Statement(update(sessions).where(sessions.c.digest == _DIGEST).values(seen_at=bindparam("at")))
_END = Statement(delete(sessions).where(sessions.c.digest == _DIGEST))
_END_ALL = Statement(delete(sessions).where(sessions.c.user_id == bindparam("person")))
_FORGET = Statement(
    delete(sessions).where(or_(sessions.c.expires_at <= bindparam("at"), sessions.c.seen_at <= bindparam("idle")))
)

_ADD_TOKEN = insertion(tokens)
# The row is locked so that of two tokens at once the second is counted with the first.
_LOCK_USER = Statement(select(users.c.id).where(users.c.id == bindparam("person")).with_for_update())
_COUNT_TOKENS = Statement(
    select(func.count().label("number")).select_from(tokens).where(tokens.c.user_id == bindparam("person"))
)
_ALL_TOKENS = Statement(
    select(tokens).where(tokens.c.user_id == bindparam("person")).order_by(tokens.c.created_at, tokens.c.id)
)
_REMOVE_TOKEN = Statement(
    delete(tokens).where(tokens.c.id == bindparam("token"), tokens.c.user_id == bindparam("person")).returning(tokens)
)
_FIND_TOKEN = Statement(
    select(tokens.c.id, tokens.c.user_id.label("owner"), tokens.c.name, tokens.c.digest, tokens.c.last_four)
    .add_columns(tokens.c.scopes, tokens.c.created_at, tokens.c.expires_at, tokens.c.used_at, *_WHOSE)
    .join_from(tokens, users)
    .where(tokens.c.digest == _DIGEST)
)
_USED = Statement(update(tokens).where(tokens.c.id == bindparam("token")).values(used_at=bindparam("at")))

_COUNT = Statement(
    text(
        """
        INSERT INTO sign_in_attempts (name, number, ends_at) VALUES (:name, 1, :ends)
        ON CONFLICT (name) DO UPDATE SET
            number = CASE WHEN sign_in_attempts.ends_at <= :at THEN 1 ELSE sign_in_attempts.number + 1 END,
            ends_at = CASE WHEN sign_in_attempts.ends_at <= :at THEN :ends ELSE sign_in_attempts.ends_at END
        RETURNING number, ends_at
        """
    )
)
_FORGIVE = Statement(delete(attempts).where(attempts.c.name == bindparam("which")))
_REFUND = Statement(
    update(attempts)
    .where(attempts.c.name == bindparam("which"), attempts.c.number > 0)
    .values(number=attempts.c.number - 1)
)
_over = select(attempts.c.name).where(attempts.c.ends_at <= bindparam("at")).with_for_update(skip_locked=True)
_FORGET_ATTEMPTS = Statement(delete(attempts).where(attempts.c.name.in_(_over)))


class SqlSessions:
    """The `Sessions` of `domain.membership`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, session: Session, replaced: str | None, record: Record | None = None) -> None:
        """Writes a session down, and ends the one that it takes the place of."""
        row = {
            "digest": session.digest,
            "user_id": session.user_id,
            "created_at": codec.stamp(session.created),
            "seen_at": codec.stamp(session.seen),
            "expires_at": codec.stamp(session.expires),
            "stays": session.stays,
        }

        def begin(connection: Connection) -> None:
            if replaced is not None:
                _END.run(connection, {"key": replaced})
            _BEGIN.many(connection, [row])
            write(connection, record)

        await self._database.write(begin, owner=EVERYBODY)

    async def find(self, digest: str) -> tuple[Session, User] | None:
        """A session and whose it is."""
        row = await self._database.read(
            lambda connection: _FIND_SESSION.row(connection, {"key": digest}), owner=EVERYBODY
        )
        return None if row is None else (_session(row), _whose(row))

    async def note_seen(self, digest: str, at: datetime) -> None:
        """Notes that it was used."""
        values = {"key": digest, "at": codec.stamp(at)}
        await self._database.write(lambda connection: _SEEN.run(connection, values), owner=EVERYBODY)

    async def end(self, digest: str) -> None:
        """Ends one, if it is there."""
        await self._database.write(lambda connection: _END.run(connection, {"key": digest}), owner=EVERYBODY)

    async def end_all(self, user_id: str, record: Record | None = None) -> None:
        """Ends all of one person's."""

        def end(connection: Connection) -> None:
            _END_ALL.run(connection, {"person": user_id})
            write(connection, record)

        await self._database.write(end, owner=EVERYBODY)

    async def forget_before(self, at: datetime, idle: datetime) -> None:
        """Forgets those that had expired at a moment, or were last seen before `idle`; failed tries as well."""
        values = {"at": codec.stamp(at)}

        def forget(connection: Connection) -> None:
            _FORGET.run(connection, {**values, "idle": codec.stamp(idle)})
            _FORGET_ATTEMPTS.run(connection, values)

        await self._database.write(forget, owner=EVERYBODY)


class SqlTokens:
    """The `Tokens` of `domain.membership`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token: ApiToken, most: int, record: Record | None = None) -> bool:
        """Writes one down; False where its person has `most` already."""
        row = {
            "id": token.id,
            "user_id": token.owner,
            "name": token.name,
            "digest": token.digest,
            "last_four": token.last_four,
            "scopes": codec.words().write(tuple(sorted(token.scopes))),
            "created_at": codec.stamp(token.created),
            "expires_at": codec.optional_stamp(token.expires),
            "used_at": None,
        }

        def add(connection: Connection) -> bool:
            if _LOCK_USER.row(connection, {"person": token.owner}) is None:
                raise NotFound(f"There is no user {token.owner}. Tokens are for people with an account.")
            if (_COUNT_TOKENS.row(connection, {"person": token.owner}) or {})["number"] >= most:
                return False
            _ADD_TOKEN.many(connection, [row])
            write(connection, record)
            return True

        return await self._database.write(add, owner=together(token.owner, record))

    async def all(self, owner: str) -> Sequence[ApiToken]:
        """One person's, oldest first."""
        found = await self._database.read(
            lambda connection: _ALL_TOKENS.rows(connection, {"person": owner}), owner=owner
        )
        return [_token(row, row["user_id"]) for row in found]

    async def remove(self, token_id: str, owner: str, record: Record | None = None) -> ApiToken:
        """Forgets one. Raises NotFound, for somebody else's too."""

        def remove(connection: Connection) -> ApiToken:
            row = _REMOVE_TOKEN.row(connection, {"token": token_id, "person": owner})
            if row is None:
                raise no_token(token_id)
            write(connection, record)
            return _token(row, row["user_id"])

        return await self._database.write(remove, owner=together(owner, record))

    async def find(self, digest: str) -> tuple[ApiToken, User] | None:
        """A token and whose it is."""
        row = await self._database.read(
            lambda connection: _FIND_TOKEN.row(connection, {"key": digest}), owner=EVERYBODY
        )
        return None if row is None else (_token(row, row["owner"]), _whose(row))

    async def note_used(self, token_id: str, at: datetime) -> None:
        """Notes that it was used."""
        values = {"token": token_id, "at": codec.stamp(at)}
        await self._database.write(lambda connection: _USED.run(connection, values), owner=EVERYBODY)


class SqlAttempts:
    """The `Attempts` of `domain.membership`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, tries: Sequence[Tries], at: datetime) -> int:
        """Counts one more of each, before it is known how it goes; says how many are left after it.

        Raises TooManyRequests, and then counts nothing.
        """
        return await self._database.write(lambda connection: _count(connection, tries, at), owner=EVERYBODY)

    async def forgive(self, forgotten: str, refunded: str) -> None:
        """It went well: forgets all of one name and takes the last of another back."""

        def forgive(connection: Connection) -> None:
            _FORGIVE.run(connection, {"which": forgotten})
            _REFUND.run(connection, {"which": refunded})

        await self._database.write(forgive, owner=EVERYBODY)


def _count(connection: Connection, tries: Sequence[Tries], at: datetime) -> int:
    left: list[int] = []
    for each in sorted(tries, key=lambda each: each.name):  # in one order: two never wait for each other
        values = {"name": each.name, "at": codec.stamp(at), "ends": codec.stamp(at + each.within)}
        row = _COUNT.row(connection, values) or {}
        if row["number"] > each.most:
            raise each.refusal(codec.moment(row["ends_at"]), at)
        left.append(each.most - row["number"])
    return min(left)


def _session(row: Columns) -> Session:
    return Session(
        digest=row["digest"],
        user_id=row["owner"],
        created=codec.moment(row["created_at"]),
        seen=codec.moment(row["seen_at"]),
        expires=codec.moment(row["expires_at"]),
        stays=bool(row["stays"]),
    )


def _token(row: Columns, owner: str) -> ApiToken:
    return ApiToken(
        id=row["id"],
        owner=owner,
        name=row["name"],
        digest=row["digest"],
        last_four=row["last_four"],
        scopes=frozenset(TokenScope(word) for word in codec.words().read(row["scopes"])),
        created=codec.moment(row["created_at"]),
        expires=codec.optional_moment(row["expires_at"]),
        used=codec.optional_moment(row["used_at"]),
    )


def _whose(row: Columns) -> User:
    return person({name.removeprefix(_OF_USER): value for name, value in row.items() if name.startswith(_OF_USER)})
