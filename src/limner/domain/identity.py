"""Who somebody is elsewhere, where they have proved it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

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
    """In lower case; the issuer has verified it."""
    vouched: bool
    """Whether the issuer itself runs the mailbox, so that nobody else can have the address."""


class Issuer(Protocol):
    """Asks issuers, over the network."""

    async def google(self, token: str) -> Claims | None:
        """What Google says of an access token; None where it does not take it. Raises IssuerUnavailable."""
        ...


class Identities(Protocol):
    """Which accounts belong to whom elsewhere."""

    async def enter(self, identity: Identity, new: User | None) -> tuple[User, bool]:
        """The account of somebody, and whether it was made now, as `new`; None makes none.

        An account with the same address is theirs where the issuer vouches for it, or where it has no password. Raises
        SignInRefused otherwise.
        """
        ...
