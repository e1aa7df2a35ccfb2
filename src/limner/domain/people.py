"""Who asks, and the people that an installation knows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from limner.domain.errors import Forbidden, LimnerError, PolicyError


class SignInRequired(LimnerError):
    """The request carries no sign-in, or one that has ended."""

    code = "sign_in_required"


class SignInRefused(SignInRequired):
    """The sign-in is wrong; which part of it is not told."""

    code = "sign_in_refused"


class PasswordRefused(SignInRefused):
    """Address and password do not go together; `left` is how often they may be tried again before one has to wait."""

    def __init__(self, message: str, *, left: int) -> None:
        super().__init__(message)
        self.left = left


class Role(StrEnum):
    """What a person may do in the whole installation."""

    OWNER = "owner"
    """Everything; there is always at least one."""
    ADMIN = "admin"
    """Everything but change owners."""
    MEMBER = "member"
    """Make pictures, and keep house among their own things."""
    VIEWER = "viewer"
    """Look, at their own things and at what is shared with them."""


ADMINISTRATORS = frozenset({Role.OWNER, Role.ADMIN})


class TokenScope(StrEnum):
    """What an API token may be used for; never for more than its person may do."""

    READ = "read"
    """Look at pictures, jobs, models and prices."""
    GENERATE = "generate"
    """Make pictures and change things of one's own."""
    MANAGE = "manage"
    """What an administrator may do, where the person is one; sign-in and tokens as well."""


ALL_SCOPES = frozenset(TokenScope)
USUAL_SCOPES = frozenset({TokenScope.READ, TokenScope.GENERATE})
"""Of a token for which nothing else is asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """Whoever a request is carried out for; every row they make carries their id."""

    id: str
    name: str
    administrator: bool = False
    token: str | None = None
    """Id of the API token they came with; None where they came without one."""
    address: str | None = None
    """The network address they ask from; None on this machine's own hands."""
    role: Role = Role.MEMBER
    scopes: frozenset[TokenScope] = ALL_SCOPES

    def at(self, address: str | None) -> Principal:
        """The same one, asking from an address."""
        return self if address is None else replace(self, address=address)

    @property
    def may_change(self) -> bool:
        """Whether they may make pictures, or change anything at all."""
        return self.role is not Role.VIEWER and TokenScope.GENERATE in self.scopes

    def check_may_change(self) -> None:
        """Raises Forbidden for whoever may only look."""
        if self.may_change:
            return
        if self.role is Role.VIEWER:
            raise Forbidden("Your account may look, not make or change anything. Ask an administrator for more.")
        raise Forbidden("This API token may only read. Make one with the scope 'generate'.")

    def check_may_manage(self) -> None:
        """Raises Forbidden for a token that may not touch sign-ins and tokens: one that leaks makes no others."""
        if TokenScope.MANAGE not in self.scopes:
            raise Forbidden("This API token may not change sign-ins or tokens. Use one with the scope 'manage'.")

    def check_administrator(self, what: str) -> None:
        """Raises PolicyError for whoever is no administrator; `what` is what only those do, as a clause."""
        if not self.administrator:
            raise PolicyError(f"Only an administrator {what}. Ask one.", code="administrators_only")


LOCAL = Principal(id="local", name="You", administrator=True, role=Role.OWNER)
"""The one person of an installation without sign-in, and whoever sits at its command line."""


def signed_in(principal: Principal | None) -> Principal:
    """Whoever asks. Raises SignInRequired where nobody has signed in."""
    if principal is None:
        raise SignInRequired("Sign in first: at /login, or with an API token in `Authorization: Bearer lim_...`.")
    return principal


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """A person with an account."""

    id: str
    email: str
    """In lower case; no two have the same."""
    role: Role
    created: datetime
    password: str | None = field(default=None, repr=False)
    """Its Argon2 hash; None where they sign in elsewhere only."""

    def principal(self, *, token: str | None = None, scopes: frozenset[TokenScope] = ALL_SCOPES) -> Principal:
        """The same person, as they ask for something."""
        return Principal(
            id=self.id,
            name=self.email,
            administrator=self.role in ADMINISTRATORS and TokenScope.MANAGE in scopes,
            token=token,
            role=self.role,
            scopes=scopes,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """A browser that somebody has signed in with."""

    digest: str
    """SHA-256 of its id, which stands in its cookie and nowhere else."""
    user_id: str
    created: datetime
    seen: datetime
    """When it was last used, to a few minutes."""
    expires: datetime
    """When it ends, however much it is used."""
    stays: bool
    """Whether the browser keeps it when it is closed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiToken:
    """What a program signs in with for somebody."""

    id: str
    owner: str
    name: str
    digest: str = field(repr=False)
    """SHA-256 of the token, which is shown once and kept nowhere."""
    last_four: str
    """Its last signs, to tell tokens apart."""
    scopes: frozenset[TokenScope]
    created: datetime
    expires: datetime | None = None
    used: datetime | None = None
    """When it was last used, to a minute."""
