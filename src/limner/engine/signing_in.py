"""Who is let in: passwords, sessions and API tokens, and who sets the installation up."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from limner.domain.audit import Act, Audit, Deed
from limner.domain.errors import InvalidRequest
from limner.domain.membership import Attempts, Passwords, People, Sessions, Tokens, Tries
from limner.domain.people import PasswordRefused, Principal, Role, Session, SignInRefused, SignInRequired, User
from limner.domain.ports import Clock, Ids
from limner.engine.passwords import check_password

TOKEN_PREFIX = "lim_"
SECRET_BYTES = 32
"""Of a session id, an API token, a setup code: 256 bits of chance, so that a plain SHA-256 of them tells nothing."""

STAYS_FOR = timedelta(days=30)
"""The life of a session in a browser that is to stay signed in, however much it is used."""
LASTS_FOR = timedelta(hours=24)
"""The same in one that is not."""
IDLE_FOR = timedelta(days=7)
"""A session that is not used ends earlier."""
SEEN_EVERY = timedelta(minutes=5)
"""How exactly it is known when a session was last used: each note is a write."""
USED_EVERY = timedelta(minutes=1)
"""The same of a token."""
SETUP_FOR = timedelta(hours=24)
"""How long the link that makes the first owner is good."""

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 5
"""Failed sign-ins of one account in a window, from wherever."""
PER_ADDRESS = 30
"""The same from one address, to whatever account."""

REFUSED = "The e-mail address or the password is wrong."
SETUP_REFUSED = "This setup link is not valid any more. Start the server again to get another one."
LONGEST_EMAIL = 254


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A session that has just begun."""

    secret: str
    """What the cookie holds."""
    session: Session
    user: User


def digest_of(secret: str) -> str:
    """What is kept of a secret that was drawn by chance."""
    return hashlib.sha256(secret.encode()).hexdigest()


def email_of(text: str) -> str:
    """An e-mail address as it is kept. Raises InvalidRequest for what cannot be one."""
    email = text.strip().lower()
    name, _, host = email.rpartition("@")
    if not name or not host or len(email) > LONGEST_EMAIL or not email.isprintable() or " " in email:
        raise InvalidRequest("This is no e-mail address. Give one such as ann@example.com.", field="email")
    return email


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningIn:
    """Lets people in, and knows them again."""

    people: People
    sessions: Sessions
    tokens: Tokens
    attempts: Attempts
    passwords: Passwords
    audit: Audit
    clock: Clock
    ids: Ids

    async def sign_in(
        self, email: str, password: str, address: str, *, stays: bool = True, replaced: str | None = None
    ) -> Opened:
        """A new session for whoever knows the password; `replaced` is the one their browser had before.

        Every try counts until it went well. An unknown address takes as long and is told the same as a wrong
        password. Raises SignInRefused and TooManyRequests.
        """
        named = email.strip().lower()[:LONGEST_EMAIL]
        account, origin = f"account:{named}", f"address:{address}"
        tries = (Tries(account, PER_ACCOUNT, WINDOW), Tries(origin, PER_ADDRESS, WINDOW))
        left = await self.attempts.begin(tries, self.clock.now())
        user = await self.people.named(named)
        if not await self.passwords.verify(password, None if user is None else user.password) or user is None:
            # What is no address may be a password, typed into the wrong field: it is not written down.
            name = named if "@" in named else ""
            await self.audit.note(Deed(act=Act.SIGN_IN_FAILED, who="", name=name, address=address))
            raise PasswordRefused(REFUSED, left=left)
        await self.attempts.forgive(account, origin)
        return await self.let_in(user, address, stays=stays, replaced=replaced)

    async def let_in(self, user: User, address: str, *, stays: bool, replaced: str | None = None) -> Opened:
        """A new session for somebody whose identity is proved."""
        now, secret = self.clock.now(), secrets.token_urlsafe(SECRET_BYTES)
        session = Session(
            digest=digest_of(secret),
            user_id=user.id,
            created=now,
            seen=now,
            expires=now + (STAYS_FOR if stays else LASTS_FOR),
            stays=stays,
        )
        await self.sessions.forget_before(now, now - IDLE_FOR)
        deed = Deed(act=Act.SIGNED_IN, who=user.id, name=user.email, address=address)
        await self.sessions.begin(session, None if replaced is None else digest_of(replaced), self.audit.record(deed))
        return Opened(secret=secret, session=session, user=user)

    async def with_session(self, secret: str) -> Principal:
        """Whoever a session's id stands for. Raises SignInRequired where it has ended or never was."""
        found = await self.sessions.find(digest_of(secret))
        now = self.clock.now()
        if found is None or now >= found[0].expires or now >= found[0].seen + IDLE_FOR:
            raise SignInRequired("Your session has ended. Sign in again.")
        session, user = found
        if now - session.seen >= SEEN_EVERY:
            await self.sessions.note_seen(session.digest, now)
        return user.principal()

    async def with_token(self, secret: str) -> Principal:
        """Whoever an API token stands for. Raises SignInRequired for one that is unknown, removed or expired."""
        found = await self.tokens.find(digest_of(secret)) if secret.startswith(TOKEN_PREFIX) else None
        now = self.clock.now()
        if found is None or (found[0].expires is not None and now >= found[0].expires):
            raise SignInRequired("This API token is unknown, expired or removed. Make a new one at /api/v1/tokens.")
        token, user = found
        if token.used is None or now - token.used >= USED_EVERY:
            await self.tokens.note_used(token.id, now)
        return user.principal(token=token.id, scopes=token.scopes)

    async def sign_out(self, secret: str) -> None:
        """Ends a session, if it is one."""
        await self.sessions.end(digest_of(secret))

    async def sign_out_everywhere(self, principal: Principal) -> None:
        """Ends all sessions of a person; their API tokens stay. Raises Forbidden as the keeping of tokens does."""
        principal.check_may_manage()
        deed = Deed(act=Act.SIGNED_OUT_EVERYWHERE, who=principal.id, name=principal.name)
        await self.sessions.end_all(principal.id, self.audit.record(deed))

    async def offer_setup(self) -> str | None:
        """A code that makes the first owner, once and for a day; None where there are people already."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        offered = await self.people.offer_setup(digest_of(secret), self.clock.now() + SETUP_FOR)
        return secret if offered else None

    async def check_setup(self, code: str) -> None:
        """Raises SignInRefused for a code that is used, expired or invented."""
        if not await self.people.is_open_setup(digest_of(code), self.clock.now()):
            raise SignInRefused(SETUP_REFUSED, code="setup_refused")

    async def set_up(self, code: str, email: str, password: str, address: str) -> Opened:
        """Makes the first owner and lets them in. Raises SignInRefused and InvalidRequest."""
        named = email_of(email)
        check_password(password)
        await self.check_setup(code)
        hashed = await self.passwords.hash(password)
        owner = User(id=self.ids.new(), email=named, role=Role.OWNER, created=self.clock.now(), password=hashed)
        deed = Deed(act=Act.USER_ADDED, who=owner.id, name=named, subject=named, detail="owner")
        if not await self.people.add_first(owner, digest_of(code), self.audit.record(deed)):
            raise SignInRefused(SETUP_REFUSED, code="setup_refused")
        return await self.let_in(owner, address, stays=True)
