"""What the pages are given that make something else of a whole picture: plain, frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from limner.web.able import AbleGroup, AbleModel
from limner.web.views import ReceiptRow, Shell, Tile


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A cheap way to see first what would come of it."""

    name: str
    """Who makes it, and how."""
    price: str
    seconds: str
    token: str
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """What it would take, signed."""

    model: str
    price: str
    """$0.04."""
    spends: str
    """What the button says after its word: for $0.04; empty where it spends nothing that is known."""
    seconds: str
    receipt: tuple[ReceiptRow, ...]
    summary: str
    token: str
    """Carries it out, once, within a quarter of an hour."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StyleChoice:
    """A style to choose."""

    id: str
    name: str
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RemakePage:
    """A picture, and what somebody may have made of it for what price."""

    template: ClassVar[str] = "pages/remake.html"
    shell: Shell
    tile: Tile
    back: str
    here: str
    way: str
    button: str
    """What the button says before its price."""
    groups: tuple[AbleGroup, ...]
    chosen: AbleModel | None
    able: int
    of: int
    counts: tuple[str, ...]
    count: str
    scales: tuple[tuple[str, str], ...]
    """Each with the pixels that it comes to."""
    scale: str
    width: str
    narrowest: str
    widest: str
    styles: tuple[StyleChoice, ...]
    preset: str
    words: str
    strength: str
    images: str
    """How many it makes: 4 images."""
    offer: Proposal | None
    key: str
    """Sent with the form, so that sending it twice buys once."""
    trials: tuple[Trial, ...]
    error: str = ""
    field: str = ""
