"""What callers may send about people, sign-ins and tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field

from limner.api.bodies import NO_NUL, StrictBody
from limner.domain.people import USUAL_SCOPES, Role, TokenScope

Email = Annotated[str, Field(min_length=1, max_length=254, pattern=NO_NUL)]
Secret = Annotated[str, Field(min_length=1, max_length=1000, pattern=NO_NUL)]


class LoginBody(StrictBody):
    """Who signs in."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "ann@example.com", "password": "correct horse battery"}]}
    )

    email: Email
    password: Secret
    stays: bool = Field(default=True, description="Whether the browser stays signed in when it is closed.")


class GoogleBody(StrictBody):
    """A Google account that signs in."""

    access_token: Annotated[str, Field(min_length=1, max_length=4096, pattern=NO_NUL)]
    stays: bool = Field(default=True, description="Whether the browser stays signed in when it is closed.")


class OwnPasswordBody(StrictBody):
    """Another password for oneself."""

    present: Secret = Field(description="The password that holds until now.")
    password: Secret


class UserBody(StrictBody):
    """A person to add."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"email": "ben@example.com", "password": "correct horse battery", "role": "member"}]
        }
    )

    email: Email
    password: Secret
    role: Role = Role.MEMBER


class InvitationBody(StrictBody):
    """Somebody to invite."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "ben@example.com", "role": "member"}]})

    email: Email
    role: Role = Role.MEMBER


class UserChangeBody(StrictBody):
    """What is to be different about a person; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "admin"}]})

    role: Role | None = None
    password: Secret | None = None


class ProjectBody(StrictBody):
    """A project to share."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "harbour"}]})

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL, description="As requests call it.")]


class MemberBody(StrictBody):
    """Who is to share a project."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "ben@example.com", "role": "member"}]})

    email: Email
    role: Role = Field(default=Role.MEMBER, description="member makes pictures in it, viewer looks.")


class TokenBody(StrictBody):
    """An API token to make."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "my notebook", "scopes": ["read", "generate"]}]})

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
    scopes: list[TokenScope] = Field(
        default=sorted(USUAL_SCOPES),
        max_length=10,
        description="`read` is always among them; `manage` does what you may.",
    )
    expires: AwareDatetime | None = Field(default=None, description="Never where left out.")

    def ends(self) -> datetime | None:
        """When it expires, in UTC. Raises OverflowError at the ends of the calendar."""
        return None if self.expires is None else self.expires.astimezone(UTC)
