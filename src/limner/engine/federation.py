"""Signing in with an account that somebody has elsewhere."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from limner.domain.audit import Act, Audit, Deed, Record
from limner.domain.errors import InvalidRequest, NotConfigured
from limner.domain.identity import Claims, Identities, Identity, Issuer
from limner.domain.people import Role, SignInRefused, User
from limner.domain.ports import Clock, Ids
from limner.engine.signing_in import email_of

GOOGLE = "https://accounts.google.com"
LONGEST_SUBJECT = 255
LONGEST_TOKEN = 4096
"""Characters; Google's access tokens have up to 2048 bytes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Federation:
    """Lets in whom others know, and makes them an account when they are new."""

    issuer: Issuer
    identities: Identities
    audit: Audit
    clock: Clock
    ids: Ids
    google_clients: Collection[str]
    """Our own ids at Google: tokens that were made for another program are not for us."""
    domains: Collection[str]
    """What the addresses of those end in who may make an account; everybody's where it is empty."""

    async def sign_in_with_google(self, token: str) -> User:
        """Whoever a Google access token stands for; their account is made when they are new.

        Raises SignInRefused for one that is expired, invented, made for another program, or whose address is not
        verified, NotConfigured where GOOGLE_CLIENT_ID is not set, and IssuerUnavailable.
        """
        if not self.google_clients:
            raise NotConfigured("Google accounts do not sign in here. Set GOOGLE_CLIENT_ID to the id of your program.")
        claims = await self.issuer.google(token) if 0 < len(token) <= LONGEST_TOKEN else None
        if claims is None or not self._is_for_us(claims):
            raise SignInRefused("Google does not take this access token for this server. Sign in again.")
        return await self.enter(_google_identity(claims))

    def _is_for_us(self, claims: Claims) -> bool:
        expires = _seconds(claims.get("exp"))
        is_fresh = expires is not None and self.clock.now().timestamp() < expires
        return is_fresh and claims.get("aud") in self.google_clients

    async def enter(self, identity: Identity) -> User:
        """The account of somebody, made now where they are new and may make one. Raises SignInRefused."""

        def entry(user: User, is_new: bool) -> Record:
            act = Act.USER_ADDED if is_new else Act.IDENTITY_LINKED
            deed = Deed(act=act, who=user.id, name=user.email, subject=user.email, detail=identity.issuer)
            return self.audit.record(deed)

        user, _ = await self.identities.enter(identity, self._new(identity, self.clock.now()), entry)
        return user

    def _new(self, identity: Identity, now: datetime) -> User | None:
        """The account that somebody new gets; None where their address is not among those that may have one."""
        if self.domains and identity.email.rpartition("@")[2] not in self.domains:
            return None
        return User(id=self.ids.new(), email=identity.email, role=Role.MEMBER, created=now)


def subject_in(claims: Claims) -> str:
    """The id of somebody at their issuer; empty where there is none that can be one (Core, section 2)."""
    found = claims.get("sub")
    return found if isinstance(found, str) and len(found) <= LONGEST_SUBJECT and found.isprintable() else ""


def address_in(claims: Claims) -> str:
    """The e-mail address of somebody, as it is kept; empty where there is none that can be one."""
    found = claims.get("email")
    try:
        return email_of(found) if isinstance(found, str) else ""
    except InvalidRequest:
        return ""


def _google_identity(claims: Claims) -> Identity:
    """Who Google says somebody is. Raises SignInRefused where their address is not verified."""
    email, subject = address_in(claims), subject_in(claims)
    if str(claims.get("email_verified")).lower() != "true" or not email or not subject:
        raise SignInRefused("Google has not verified your e-mail address. Verify it there, then sign in again.")
    return Identity(issuer=GOOGLE, subject=subject, email=email, vouched=email.endswith("@gmail.com"))


def _seconds(value: object) -> float | None:
    """A moment in seconds, which Google writes as text."""
    try:
        return float(str(value))
    except ValueError:
        return None
