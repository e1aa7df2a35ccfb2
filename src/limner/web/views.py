"""What each page is given: plain, frozen values, one class for each page and each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from limner.web.languages import Language
from limner.web.places import Place


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
    language: Language
    places: tuple[Place, ...]
    """The entries of the navigation."""
    letters: bool
    """Whether keys that are single letters do something."""
    nonce: str
    """Allows the style block that carries the colours and shapes of this page's pictures."""
    person: str = ""
    """Who is signed in, where people sign in."""
    makes: bool = True
    """Whether they may make and change things, or only look."""
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
class Another:
    """Another model that would paint the same, to be chosen in place of the first."""

    model: str
    name: str
    price: str
    ready: bool = True
    """Whether it can be used now."""


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
    front: str
    """What stands before the paths where others show a card of the page: they take whole addresses only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemPage:
    """Something that went wrong."""

    template: ClassVar[str] = "pages/problem.html"
    shell: Shell
    message: str
    place: Place | None
    """The entry of the navigation that the address belongs to, which leads back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StrangerPage:
    """The same for somebody who is not in the studio."""

    template: ClassVar[str] = "pages/stranger.html"
    shell: Shell
    message: str
    may_sign_in: bool
    """Whether an account could lead on; a link that is gone is gone for all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SignInPage:
    """Where people sign in, or make an account: the first one, or one that they are invited to."""

    template: ClassVar[str] = "pages/signin.html"
    shell: Shell
    place: str
    """The server, as it was asked."""
    onward: str
    """Where they go from here."""
    email: str
    stays: bool
    code: str
    """Makes an account; empty for a sign-in."""
    invited: bool
    """Whether the account is one that they are invited to."""
    inviter: str
    """Who invites them; empty where that was done on the server itself."""
    elsewhere: str
    """What the issuer is called that people may sign in with as well; empty where there is none."""
    error: str


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
