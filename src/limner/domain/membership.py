"""What is written down about people, as protocols: one call is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol

from limner.domain.audit import Record
from limner.domain.errors import NotFound, TooManyRequests
from limner.domain.people import ApiToken, Role, Session, User


class People(Protocol):
    """The accounts of an installation. A `record` is written down with the deed, or not at all."""

    async def add(self, user: User, record: Record | None = None) -> bool:
        """Writes a person down, which ends every setup code; False where the address is taken."""
        ...

    async def add_first(self, owner: User, code: str, record: Record | None = None) -> bool:
        """Writes the first owner down and uses up every setup code; False where this one is used or there are people.

        `code` is the digest of a code that is still good at the moment of `owner.created`.
        """
        ...

    async def offer_setup(self, code: str, expires: datetime) -> bool:
        """Keeps the digest of a code that makes the first owner; False where there are people already."""
        ...

    async def is_open_setup(self, code: str, at: datetime) -> bool:
        """Whether the digest is that of a setup code that is still good."""
        ...

    async def all(self) -> Sequence[User]:
        """Everybody, by address."""
        ...

    async def get(self, user_id: str) -> User:
        """One person. Raises NotFound."""
        ...

    async def named(self, email: str) -> User | None:
        """The person with an address, in lower case."""
        ...

    async def remove(self, user_id: str, at: datetime, record: Record | None = None) -> bool:
        """Forgets a person with what is theirs alone; False for the last owner, who stays. Raises NotFound."""
        ...

    async def change_role(self, user_id: str, role: Role, record: Record | None = None) -> bool:
        """Gives another role and ends all sessions; False where no owner would be left. Raises NotFound."""
        ...

    async def change_password(self, user_id: str, password: str, record: Record | None = None) -> None:
        """Keeps another hash and ends all sessions. Raises NotFound."""
        ...


class Sessions(Protocol):
    """Who is signed in. A `record` is written down with the deed, or not at all."""

    async def begin(self, session: Session, replaced: str | None, record: Record | None = None) -> None:
        """Writes a session down, and ends the one that it takes the place of."""
        ...

    async def find(self, digest: str) -> tuple[Session, User] | None:
        """A session and whose it is."""
        ...

    async def note_seen(self, digest: str, at: datetime) -> None:
        """Notes that it was used."""
        ...

    async def end(self, digest: str) -> None:
        """Ends one, if it is there."""
        ...

    async def end_all(self, user_id: str, record: Record | None = None) -> None:
        """Ends all of one person's."""
        ...

    async def forget_before(self, at: datetime, idle: datetime) -> None:
        """Forgets those that had expired at a moment, or were last seen before `idle`; failed tries as well."""
        ...


class Tokens(Protocol):
    """API tokens. A `record` is written down with the deed, or not at all."""

    async def add(self, token: ApiToken, most: int, record: Record | None = None) -> bool:
        """Writes one down; False where its person has `most` already."""
        ...

    async def all(self, owner: str) -> Sequence[ApiToken]:
        """One person's, oldest first."""
        ...

    async def remove(self, token_id: str, owner: str, record: Record | None = None) -> ApiToken:
        """Forgets one. Raises NotFound, for somebody else's too."""
        ...

    async def find(self, digest: str) -> tuple[ApiToken, User] | None:
        """A token and whose it is."""
        ...

    async def note_used(self, token_id: str, at: datetime) -> None:
        """Notes that it was used."""
        ...


def no_token(token_id: str) -> NotFound:
    """What is said of a token that there is not, or that is somebody else's."""
    return NotFound(f"There is no API token {token_id}. Look at the list of tokens.")


@dataclass(frozen=True, slots=True)
class Tries:
    """How often signing in may go wrong in a stretch of time before one has to wait."""

    name: str
    """Such as `account:ann@example.com`."""
    most: int
    within: timedelta

    def refusal(self, ends: datetime, at: datetime) -> TooManyRequests:
        """The error of one try too many."""
        wait = max((ends - at).total_seconds(), 1.0)
        minutes = ceil(wait / 60)
        return TooManyRequests(
            f"Too many failed sign-ins. Wait {minutes} minute{'s' if minutes > 1 else ''}, then try again.",
            code="too_many_sign_ins",
            retry_after=wait,
        )


class Attempts(Protocol):
    """Tries to sign in that went wrong, counted over all processes."""

    async def begin(self, tries: Sequence[Tries], at: datetime) -> int:
        """Counts one more of each, before it is known how it goes; says how many are left after it.

        Raises TooManyRequests where one has none left, and then counts nothing.
        """
        ...

    async def forgive(self, forgotten: str, refunded: str) -> None:
        """It went well: forgets all of one name and takes the last of another back."""
        ...


class Passwords(Protocol):
    """How passwords are kept: as hashes that are slow to make, in threads, a few at a time."""

    async def hash(self, password: str) -> str:
        """A hash of a password."""
        ...

    async def verify(self, password: str, known: str | None) -> bool:
        """Whether it is the password of a hash; where there is none it takes as long and is not.

        Raises LimitReached where too many others are being verified.
        """
        ...
