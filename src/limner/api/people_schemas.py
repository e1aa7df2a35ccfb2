"""The shapes of answers about people, sign-ins, tokens and deeds."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from limner.api.schemas import EXAMPLE_ID, Answer
from limner.domain.audit import Act
from limner.domain.people import Role, TokenScope


class SignedInUser(Answer):
    """Whoever asks."""

    id: str = Field(examples=[EXAMPLE_ID])
    email: str | None = Field(description="Null where nobody signs in here.")
    role: Role


class SessionAnswer(Answer):
    """Who is signed in."""

    user: SignedInUser


class UserAnswer(Answer):
    """A person with an account."""

    id: str = Field(examples=[EXAMPLE_ID])
    email: str
    role: Role
    created: datetime


class UserList(Answer):
    """Everybody, by address."""

    items: list[UserAnswer]


class InvitationAnswer(Answer):
    """Somebody who may make an account, without the link."""

    id: str = Field(examples=[EXAMPLE_ID])
    email: str
    role: Role
    inviter: str = Field(description="The administrator who invited them; empty for the command line.")
    created: datetime
    expires: datetime


class NewInvitationAnswer(InvitationAnswer):
    """The same when it has just been made."""

    url: str = Field(description="The link. It is shown only now.")


class InvitationList(Answer):
    """Open invitations, by address."""

    items: list[InvitationAnswer]


class TokenAnswer(Answer):
    """An API token, without the token itself."""

    id: str = Field(examples=[EXAMPLE_ID])
    name: str
    last_four: str = Field(description="Its last signs.")
    scopes: list[TokenScope]
    created: datetime
    expires: datetime | None
    used: datetime | None = Field(description="When it was last used, to a minute.")


class NewTokenAnswer(TokenAnswer):
    """A new API token; `token` is shown only now."""

    token: str = Field(examples=["lim_3yE2m0c1Qk6fT0tq9n8bT8v5m7w1rVxJ2y4sK9dLpQe"])


class TokenList(Answer):
    """Your API tokens, oldest first."""

    items: list[TokenAnswer]


class MemberAnswer(Answer):
    """Somebody who shares a project."""

    user: str = Field(examples=[EXAMPLE_ID])
    email: str
    role: Role
    added: datetime


class ProjectAnswer(Answer):
    """A shared project."""

    id: str = Field(examples=[EXAMPLE_ID])
    name: str = Field(description="As requests call it.")
    owner: str = Field(description="The id of the person whose project it is.")
    created: datetime
    members: list[MemberAnswer] = Field(description="By address, the owner among them.")


class ProjectList(Answer):
    """Shared projects, by name."""

    items: list[ProjectAnswer]


class AuditEntry(Answer):
    """What somebody did."""

    id: str = Field(examples=[EXAMPLE_ID])
    at: datetime
    act: Act
    user: str = Field(description="The id of whoever did it; empty where nobody had signed in.")
    name: str = Field(description="Their name at that time.")
    subject: str = Field(description="What it was done to.")
    detail: str
    address: str = Field(description="Where a sign-in came from.")


class AuditPage(Answer):
    """What was done, newest first; `next` is the cursor of the next page."""

    items: list[AuditEntry]
    next: str | None
