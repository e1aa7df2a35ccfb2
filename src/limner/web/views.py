"""What each page is given: plain, frozen values, one class for each page and each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, kw_only=True, slots=True)
class Shell:
    """What surrounds every page."""

    title: str
    heading: str
    current: str
    """Which entry of the navigation this page belongs to; may be empty."""
    here: str
    """The page's own address, to come back to."""
    theme: str
    nonce: str
    """Allows the style block that carries the colours and shapes of this page's pictures."""
    person: str = ""
    """Who is signed in, where people sign in."""
    badge: str = ""
    badge_icon: str = "ok"
    badge_kind: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tile:
    """A picture among others."""

    id: str
    alt: str
    width: int
    height: int
    tone: str
    eager: bool = False

    @property
    def ratio(self) -> float:
        """Width over height."""
        return round(self.width / self.height, 4)

    def wide(self, edge: int) -> int:
        """How wide its thumbnail is whose longer edge is so long; none is larger than the picture."""
        return max(1, round(min(1.0, edge / max(self.width, self.height)) * self.width))

    def across(self, height: int) -> int:
        """How wide it is when it is so high."""
        return max(1, round(height * self.width / self.height))


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiptRow:
    """What became of one option."""

    field: str
    wanted: str
    sent: str
    icon: str
    how: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """A line of a list of facts."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelOption:
    """A model among those to choose from."""

    id: str
    title: str
    label: str
    """Everything in one line, for a plain list."""
    note: str
    """Service, price and time; or why it cannot paint."""
    ready: bool
    short: str
    """Why it cannot paint, in two or three words."""
    local: bool
    price: str
    seconds: str
    abilities: tuple[str, ...]
    kinds: str
    """What it can be found by among others, with blanks between the words."""
    rules: str
    """Which controls it has, as JSON."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelGroup:
    """The models of one service."""

    name: str
    colour: str
    note: str
    options: tuple[ModelOption, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRow:
    """A job in the list."""

    id: str
    tile: Tile | None
    prompt: str
    model: str
    colour: str
    css: str
    badge: str
    icon: str
    word: str
    created: datetime
    cost: str
    live: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuePage:
    """All jobs."""

    template: ClassVar[str] = "pages/jobs.html"
    shell: Shell
    rows: tuple[JobRow, ...]
    older: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SharePage:
    """What a share link shows, to people who know nothing of the rest."""

    template: ClassVar[str] = "pages/share.html"
    shell: Shell
    description: str
    tiles: tuple[Tile, ...]
    here: str
    """The link's own path."""
    next: str | None
    """The cursor of the next page of a collection."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemPage:
    """Something that went wrong."""

    template: ClassVar[str] = "pages/problem.html"
    shell: Shell
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SignInPage:
    """Where people sign in, or make the first account."""

    template: ClassVar[str] = "pages/signin.html"
    shell: Shell
    place: str
    """The server, as it was asked."""
    onward: str
    """Where they go from here."""
    email: str
    stays: bool
    code: str
    """Makes the first account; empty for a sign-in."""
    elsewhere: str
    """What the issuer is called that people may sign in with as well; empty where there is none."""
    error: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenRow:
    """An API token among one's own."""

    id: str
    name: str
    last_four: str
    scopes: tuple[str, ...]
    used: datetime | None
    expires: datetime | None
    expired: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountPage:
    """One's own account: what programs sign in with, the password, and the way out of everywhere."""

    template: ClassVar[str] = "pages/account.html"
    shell: Shell
    email: str
    role: str
    has_password: bool
    """Whether there is one to change; whoever signs in elsewhere has none."""
    tokens: tuple[TokenRow, ...]
    scopes: tuple[tuple[str, str], ...]
    """What a new token may be for, and what that is called."""
    lives: tuple[tuple[str, str], ...]
    """How long it may be good, in days, and what that is called."""
    made: str = ""
    """A token that has just been made, shown this once."""
    name: str = ""
    """What stood in the field of the name."""
    done: str = ""
    error: str = ""
    field: str = ""
    """Which form is wrong: `token` or `password`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One route of the interface."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[tuple[str, str, str], ...]
    """Name, place and meaning."""
    body: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DocsPage:
    """The whole interface, described."""

    template: ClassVar[str] = "pages/docs.html"
    shell: Shell
    version: str
    groups: Mapping[str, tuple[Operation, ...]]
