"""What the pages of people, shared projects, access tokens and one's own account are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from limner.web.gallery_views import Choice
from limner.web.settings_views import Frame
from limner.web.views import Shell


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonRow:
    """Somebody with an account."""

    id: str
    email: str
    role: str
    """In a word."""
    role_key: str
    created: datetime
    is_oneself: bool
    has_password: bool
    """Whether there is one to change; whoever signs in elsewhere has none."""
    may_change: bool
    """Whether whoever looks may change them: owners are changed by owners only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InvitedRow:
    """Somebody who is invited and has not come yet."""

    id: str
    email: str
    role: str
    """In a word."""
    expires: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PeoplePage:
    """Everybody with an account, who is invited, and the form that adds somebody or changes them."""

    template: ClassVar[str] = "pages/settings_people.html"
    shell: Shell
    frame: Frame
    people: tuple[PersonRow, ...]
    invited: tuple[InvitedRow, ...]
    link: str
    """Of an invitation that has just been made, shown this once; empty for none."""
    roles: tuple[Choice, ...]
    email: str
    role: str
    editing: PersonRow | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberRow:
    """Somebody who shares a project."""

    id: str
    email: str
    role: str
    may_go: bool
    """Whether whoever looks may send them out, or leave."""
    is_oneself: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectRow:
    """A shared project."""

    id: str
    name: str
    mine: bool
    members: tuple[MemberRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectsPage:
    """The projects that somebody shares with others."""

    template: ClassVar[str] = "pages/settings_projects.html"
    shell: Shell
    frame: Frame
    projects: tuple[ProjectRow, ...]
    names: tuple[str, ...]
    """Projects of one's own, to choose from."""
    name: str
    email: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenRow:
    """An access token among one's own."""

    id: str
    name: str
    last_four: str
    scopes: tuple[str, ...]
    used: datetime | None
    expires: datetime | None
    expired: bool
    budget: str
    """What it may spend; empty where nothing but its person's budgets says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokensPage:
    """What programs sign in with."""

    template: ClassVar[str] = "pages/settings_tokens.html"
    shell: Shell
    frame: Frame
    tokens: tuple[TokenRow, ...]
    scopes: tuple[Choice, ...]
    """What a new token may be for."""
    lives: tuple[Choice, ...]
    """How long it may be good, in days."""
    made: str = ""
    """A token that has just been made, shown this once."""
    name: str = ""
    budget: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountPage:
    """One's own account: the password, and the way out of everywhere."""

    template: ClassVar[str] = "pages/settings_account.html"
    shell: Shell
    frame: Frame
    email: str
    role: str
    has_password: bool
    """Whether there is one to change; whoever signs in elsewhere has none."""
