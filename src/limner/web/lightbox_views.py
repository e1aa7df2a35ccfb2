"""What the pages of one picture are given: plain, frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from limner.web.views import Fact, ModelGroup, ReceiptRow, Shell, Tile


@dataclass(frozen=True, kw_only=True, slots=True)
class Kin:
    """A picture in its family, and what was made from it."""

    tile: Tile
    here: str
    how: str
    """What was done: generated, edited."""
    current: bool
    """Whether it is the one that is looked at."""
    children: tuple[Kin, ...] = ()
    more: int = 0
    """How many children are left out, at least."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Neighbour:
    """Where a picture lies among others."""

    position: str
    """4 of 35; empty where it lies among none."""
    newer: str
    """The page of the one before it; empty at the beginning."""
    older: str
    strip: tuple[tuple[Tile, str], ...]
    """Those around it, itself too, each with its page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShareRow:
    """A link by which others see the picture."""

    id: str
    expires: datetime
    views: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PicturePage:
    """One picture and its story."""

    template: ClassVar[str] = "pages/picture.html"
    shell: Shell
    tile: Tile
    job_id: str
    prompt: str
    model: str
    colour: str
    tags: tuple[str, ...]
    favorite: bool
    may_mark: bool
    """Whether whoever looks may make it a favourite of theirs, whoever made it."""
    trashed: bool
    withheld: str
    """Why its file is not handed out; empty where it is."""
    own: bool
    """Whether whoever looks at it made it, and may change it."""
    reruns: bool
    """Whether it was made here, so that another model may make it again."""
    formats: tuple[tuple[str, str, str], ...]
    """Formats to download, what each is called, and what to say beside it."""
    own_format: tuple[str, str]
    """The one that it was made in, and what that is called."""
    recipe: tuple[Fact, ...]
    cost: tuple[Fact, ...]
    provenance: tuple[Fact, ...]
    signed: str
    family: Kin | None
    """From the oldest ancestor down; None where it has no kin."""
    before: Tile | None
    """The picture that it was made from, to compare with."""
    position: str
    newer: str
    older: str
    strip: tuple[tuple[Tile, str], ...]
    back: str
    """The gallery that it was opened in."""
    here: str
    context: str
    """The query of that gallery, with its question mark; empty for all of it."""
    keeps_for: str
    """How long pictures stay in the trash, in words."""
    shares: tuple[ShareRow, ...]
    lives: tuple[tuple[str, str], ...]
    """How long a link may work, in seconds, and what that is called."""
    reasons: tuple[tuple[str, str], ...]
    """What may be wrong with it, and that in the language of the page."""
    link: str = ""
    """A share link that has just been made, shown this once."""
    done: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What it would take to make a picture again with another model."""

    model: str
    price: str
    """$0.04."""
    button: str
    """What the button says that spends it."""
    difference: str
    """$0.01 more than this picture cost."""
    seconds: str
    receipt: tuple[ReceiptRow, ...]
    summary: str
    token: str
    """Carries it out, once, within a quarter of an hour."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RerunPage:
    """A picture to be made again with another model: which, how its settings are translated, and what it costs."""

    template: ClassVar[str] = "pages/rerun.html"
    shell: Shell
    tile: Tile
    back: str
    groups: tuple[ModelGroup, ...]
    chosen: str
    made: str
    """What made it, and what it cost."""
    offer: Offer | None
    key: str
    """Sent with the form, so that sending it twice buys once."""
    error: str = ""
