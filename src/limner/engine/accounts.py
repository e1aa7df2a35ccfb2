"""The people of an installation: who is added, removed, given another role or password."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from limner.domain.audit import Act, Audit, Deed, Record
from limner.domain.errors import Forbidden, NotFound, UsageError
from limner.domain.membership import Attempts, Passwords, People, Tries
from limner.domain.people import Principal, Role, SignInRefused, User
from limner.domain.ports import Clock, Ids
from limner.engine.passwords import check_password
from limner.engine.signing_in import PER_ACCOUNT, WINDOW, email_of


class UserExists(UsageError):
    """Somebody has this address already."""

    code = "user_exists"


class LastOwner(UsageError):
    """Nobody would own the installation any more."""

    code = "last_owner"


@dataclass(frozen=True, kw_only=True, slots=True)
class Accounts:
    """Keeps the list of people. All but one's own password is for administrators; owners are changed by owners only."""

    people: People
    attempts: Attempts
    passwords: Passwords
    audit: Audit
    clock: Clock
    ids: Ids

    async def add(self, email: str, password: str, role: Role, principal: Principal) -> User:
        """A new person. Raises PolicyError, InvalidRequest, and UserExists where somebody has this address."""
        check_may_give(principal, role)
        named = email_of(email)
        check_password(password)
        hashed = await self.passwords.hash(password)
        user = User(id=self.ids.new(), email=named, role=role, created=self.clock.now(), password=hashed)
        if not await self.people.add(user, self._record(Act.USER_ADDED, principal, user, role.value)):
            raise UserExists(f"There is a user {named} already. Choose another address.", field="email")
        return user

    async def all(self, principal: Principal) -> Sequence[User]:
        """Everybody, by address. Raises PolicyError."""
        principal.check_administrator("sees who else has an account")
        return await self.people.all()

    async def get(self, user_id: str, principal: Principal) -> User:
        """One person: oneself, for administrators anybody. Raises NotFound."""
        if user_id != principal.id and not principal.administrator:
            raise NotFound("There is no user with this id.")
        return await self.people.get(user_id)

    async def remove(self, user_id: str, principal: Principal) -> User:
        """Forgets a person with their sessions and tokens; their pictures are kept, for nobody.

        Raises PolicyError, NotFound, and LastOwner.
        """
        user = await self._changeable(user_id, principal)
        record = self._record(Act.USER_REMOVED, principal, user, "")
        if not await self.people.remove(user_id, self.clock.now(), record):
            raise _last(user)
        return user

    async def change_role(self, user_id: str, role: Role, principal: Principal) -> User:
        """Gives another role and ends all sessions. Raises PolicyError, NotFound, and LastOwner."""
        user = await self._changeable(user_id, principal)
        check_may_give(principal, role)
        record = self._record(Act.ROLE_CHANGED, principal, user, f"{user.role} to {role}")
        if not await self.people.change_role(user_id, role, record):
            raise _last(user)
        return await self.people.get(user_id)

    async def change_password(self, user_id: str, password: str, principal: Principal) -> User:
        """Gives somebody another password and ends all their sessions. Raises PolicyError, NotFound, InvalidRequest."""
        user = await self._changeable(user_id, principal)
        check_password(password)
        record = self._record(Act.PASSWORD_CHANGED, principal, user, "")
        await self.people.change_password(user_id, await self.passwords.hash(password), record)
        return user

    async def change_own_password(self, known: str, password: str, principal: Principal) -> User:
        """The same for oneself, for whoever knows the one that holds. Raises SignInRefused, TooManyRequests too."""
        user = await self.people.get(principal.id)
        check_password(password)
        tries = Tries(f"account:{user.email}", PER_ACCOUNT, WINDOW)
        await self.attempts.begin([tries], self.clock.now())
        if not await self.passwords.verify(known, user.password):
            raise SignInRefused("The password that you gave as your present one is wrong.")
        await self.attempts.forgive(tries.name, "")
        record = self._record(Act.PASSWORD_CHANGED, principal, user, "")
        await self.people.change_password(user.id, await self.passwords.hash(password), record)
        return user

    async def _changeable(self, user_id: str, principal: Principal) -> User:
        """A person whom the principal may change. Raises PolicyError and NotFound."""
        principal.check_administrator("changes accounts")
        user = await self.people.get(user_id)
        if user.role is Role.OWNER and principal.role is not Role.OWNER:
            raise Forbidden(f"{user.email} owns this installation. Only an owner changes owners.")
        return user

    def _record(self, act: Act, principal: Principal, user: User, detail: str) -> Record:
        deed = Deed(act=act, who=principal.id, name=principal.name, subject=user.email, detail=detail)
        return self.audit.record(deed)


def check_may_give(principal: Principal, role: Role) -> None:
    """Raises PolicyError for whoever may not give a role."""
    principal.check_administrator("adds people and gives roles")
    if role is Role.OWNER and principal.role is not Role.OWNER:
        raise Forbidden("Only an owner makes owners. Ask one.")


def _last(user: User) -> LastOwner:
    return LastOwner(f"{user.email} is the only owner. Make somebody else an owner first.")
