"""Who somebody is elsewhere, where they have proved it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from limner.domain.audit import Record
from limner.domain.errors import LimnerError
from limner.domain.people import User

Claims = Mapping[str, object]
"""What an issuer says of somebody, by the names of OpenID Connect."""


class IssuerUnavailable(LimnerError):
    """Whoever should say who somebody is cannot be asked now."""

    code = "issuer_unavailable"
    retryable = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """A person as an issuer knows them."""

    issuer: str
    subject: str
    """Their id there: an address may change hands, this never does."""
    email: str
    """In lower case."""
    vouched: bool
    """Whether the issuer itself runs the mailbox, so that nobody else can have the address."""
    verified: bool = True
    """Whether the issuer has seen that they have it; else no account that is there already is theirs."""


Entry = Callable[[User, bool], Record]
"""What the audit log says of an account that was made for somebody (true), or linked to them (false)."""


class Issuer(Protocol):
    """Asks issuers, over the network. All of it raises IssuerUnavailable where one cannot be asked."""

    async def google(self, token: str) -> Claims | None:
        """What Google says of an access token; None where it does not take it."""
        ...

    async def document(self, address: str) -> Claims:
        """A document that an issuer publishes for everybody."""
        ...

    async def redeem(self, address: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Claims | None:
        """What a token endpoint gives for a form; None where it refuses it."""
        ...

    async def described(self, address: str, headers: Mapping[str, str]) -> Claims | None:
        """What an issuer tells those who come with a token of it; None where it does not take the token."""
        ...


class Identities(Protocol):
    """Which accounts belong to whom elsewhere."""

    async def find(self, issuer: str, subject: str) -> User | None:
        """The account of somebody who has been here before."""
        ...

    async def enter(self, identity: Identity, new: User | None, entry: Entry | None = None) -> tuple[User, bool]:
        """The account of somebody, and whether it was made now, as `new`; None makes none.

        Where it was made or linked now, `entry` is written down with it; whoever was here before leaves none.

        An account with the same address is theirs where the issuer vouches for it, or has verified it and the account
        has no password. Raises SignInRefused otherwise.
        """
        ...
