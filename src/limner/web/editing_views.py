"""What the editor's page is given: plain, frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from limner.web.able import AbleGroup, AbleModel
from limner.web.views import Shell, Tile


@dataclass(frozen=True, kw_only=True, slots=True)
class EditKind:
    """Something that can be done with the picture."""

    id: str
    name: str
    groups: tuple[AbleGroup, ...]
    chosen: AbleModel | None
    able: int
    """Models that can."""
    of: int
    """Models that there are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pricing:
    """What the button will cost, and what somebody agrees to who presses it."""

    line: str
    under: str
    agreed: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PricePart:
    """The price line alone, for the script that keeps it in step."""

    template: ClassVar[str] = "parts/editprice.html"
    price: Pricing


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """The picture itself, or one that was made from it."""

    tile: Tile
    here: str
    """Its editor."""
    name: str
    current: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class EditPage:
    """A picture with tools to change it."""

    template: ClassVar[str] = "pages/edit.html"
    shell: Shell
    tile: Tile
    title: str
    back: str
    here: str
    pricing: str
    """The address of the price line."""
    own_format: str
    too_large: bool
    """Whether it has more pixels than browsers can draw on."""
    kinds: tuple[EditKind, ...]
    kind: str
    prompt: str
    strength: str
    feather: str
    protect: bool
    area: tuple[tuple[str, str, str], ...]
    """Each edge of a rectangle: the field's name, what it is called, what stands in it."""
    margins: tuple[tuple[str, str, str], ...]
    """Each side: the field's name, what it is called, what stands in it."""
    versions: tuple[Version, ...]
    price: Pricing
    key: str
    """Sent with the form, so that sending it twice buys once."""
    error: str = ""
    field: str = ""
