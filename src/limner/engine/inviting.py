"""Invitations: administrators say who may come and as what; whoever comes chooses their own password."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from limner.domain.audit import Act, Audit, Deed
from limner.domain.errors import NotFound
from limner.domain.invitations import Invitation, Invitations
from limner.domain.membership import Passwords
from limner.domain.people import LOCAL, Principal, Role, SignInRefused, User
from limner.domain.ports import Clock, Ids
from limner.engine.accounts import UserExists, check_may_give
from limner.engine.passwords import check_password
from limner.engine.signing_in import SECRET_BYTES, digest_of, email_of

GOOD_FOR = timedelta(days=7)
MOST = 1000
"""Open invitations of an installation."""
REFUSED = "This invitation is used, withdrawn or older than 7 days. Ask for another one."


@dataclass(frozen=True, kw_only=True, slots=True)
class Invited:
    """An invitation that has just been made."""

    invitation: Invitation
    code: str
    """What the link holds, shown this once: only its digest is kept."""

    @property
    def path(self) -> str:
        """The link, below the server's address."""
        return f"/invitation?code={self.code}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inviting:
    """Keeps invitations. All but taking one up is for administrators; owners are invited by owners only."""

    invitations: Invitations
    passwords: Passwords
    audit: Audit
    clock: Clock
    ids: Ids

    async def invite(self, email: str, role: Role, principal: Principal) -> Invited:
        """A new invitation, good for 7 days, in place of an earlier one of the same address.

        Raises PolicyError, InvalidRequest, and UserExists where somebody with an account has the address.
        """
        check_may_give(principal, role)
        named, now, code = email_of(email), self.clock.now(), secrets.token_urlsafe(SECRET_BYTES)
        invitation = Invitation(
            id=self.ids.new(),
            digest=digest_of(code),
            email=named,
            role=role,
            inviter="" if principal.id == LOCAL.id else principal.name,
            created=now,
            expires=now + GOOD_FOR,
        )
        deed = Deed(act=Act.USER_INVITED, who=principal.id, name=principal.name, subject=named, detail=role.value)
        if not await self.invitations.offer(invitation, MOST, self.audit.record(deed)):
            raise UserExists(f"There is a user {named} already. Choose another address.", field="email")
        return Invited(invitation=invitation, code=code)

    async def open(self, principal: Principal) -> Sequence[Invitation]:
        """Those that may still be taken up, by address. Raises PolicyError."""
        principal.check_administrator("sees who is invited")
        return await self.invitations.all(self.clock.now())

    async def get(self, invitation_id: str, principal: Principal) -> Invitation:
        """One of them. Raises PolicyError and NotFound."""
        for each in await self.open(principal):
            if each.id == invitation_id:
                return each
        raise NotFound("There is no open invitation with this id.")

    async def withdraw(self, invitation_id: str, principal: Principal) -> None:
        """Makes a link useless. Raises PolicyError and NotFound."""
        found = await self.get(invitation_id, principal)
        deed = Deed(
            act=Act.INVITATION_WITHDRAWN, who=principal.id, name=principal.name, subject=found.email, detail=found.role
        )
        await self.invitations.withdraw(found.id, self.audit.record(deed))

    async def check(self, code: str) -> Invitation:
        """Whom a code invites. Raises SignInRefused for one that is used, withdrawn, expired or invented."""
        found = await self.invitations.find(digest_of(code), self.clock.now())
        if found is None:
            raise SignInRefused(REFUSED, code="invitation_refused")
        return found

    async def accept(self, code: str, password: str) -> User:
        """Makes the account, once. Raises SignInRefused, and InvalidRequest for a password that is too short."""
        found = await self.check(code)
        check_password(password)
        hashed = await self.passwords.hash(password)
        user = User(id=self.ids.new(), email=found.email, role=found.role, created=self.clock.now(), password=hashed)
        deed = Deed(
            act=Act.USER_ADDED,
            who=user.id,
            name=user.email,
            subject=user.email,
            detail=f"{found.role.value}, invited by {found.inviter or LOCAL.id}",
        )
        if not await self.invitations.accept(found.digest, user, self.audit.record(deed)):
            raise SignInRefused(REFUSED, code="invitation_refused")
        return user
