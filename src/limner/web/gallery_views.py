"""What the gallery's pages are given: plain, frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from limner.web.views import Shell, Tile


@dataclass(frozen=True, kw_only=True, slots=True)
class GalleryTile:
    """A picture in the gallery."""

    tile: Tile
    here: str
    """Its page, which knows among which others it was opened."""
    download: str
    favorite: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DayGroup:
    """What was made on one day, by the clock of this machine; a sheet may begin and end within one."""

    key: str
    """2026-11-28."""
    title: str
    summary: str
    """How many there are of that day and what they cost, over all sheets; empty where nothing was counted."""
    tiles: tuple[GalleryTile, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetView:
    """A sheet of the gallery."""

    groups: tuple[DayGroup, ...]
    newer: str
    """Where the sheet above is; empty at the beginning."""
    older: str
    """Where the sheet below is; empty at the end."""
    count: int
    goes_on: bool
    """Whether its last day has more pictures on the next sheet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetPart:
    """A sheet alone, to be put into the page above or below others."""

    template: ClassVar[str] = "parts/sheet.html"
    sheet: SheetView


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """An entry of a list to choose from."""

    value: str
    name: str
    chosen: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """What stands in the fields that narrow the gallery down."""

    words: str
    services: tuple[Choice, ...]
    models: tuple[Choice, ...]
    projects: tuple[Choice, ...]
    tags: tuple[Choice, ...]
    favorite: bool
    trash: bool
    collection: str
    since: str
    until: str
    dates: str
    """Both days in words; empty where any will do."""
    narrowed: bool
    """Whether any of them says something."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GalleryPage:
    """Pictures by day, narrowed down by whatever stands in the address."""

    template: ClassVar[str] = "pages/gallery.html"
    shell: Shell
    filters: Filters
    sheet: SheetView
    total: int
    total_words: str
    """1,284; or 10,000+."""
    older_page: str
    """The same as the next sheet, as a page of its own; empty at the end."""
    first_page: bool
    sheet_address: str
    """Where sheets from any place are, to which the place is added."""
    clear: str
    """The gallery without any filter."""
    selecting: str
    """The same page, where pictures are ticked."""
    not_selecting: str
    selects: bool
    collections: tuple[Choice, ...]
    keeps_for: str
    """How long pictures stay in the trash, in words."""
    done: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AskPage:
    """A question before something that cannot be undone."""

    template: ClassVar[str] = "pages/ask.html"
    shell: Shell
    question: str
    action: str
    """Where the answer goes."""
    fields: tuple[tuple[str, str], ...]
    yes: str
    no: str
    back: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AlbumCard:
    """A collection among others."""

    id: str
    name: str
    cover: str
    """Id of the picture that stands for it; empty where nothing is in it."""
    many: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AlbumsPage:
    """All collections."""

    template: ClassVar[str] = "pages/albums.html"
    shell: Shell
    albums: tuple[AlbumCard, ...]
    older: str
    name: str
    """What stood in the field of a new one's name."""
    error: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AlbumPage:
    """One collection, its pictures in their order."""

    template: ClassVar[str] = "pages/album.html"
    shell: Shell
    album: AlbumCard
    description: str
    sheet: SheetView
    older_page: str
    first_page: bool
    in_gallery: str
    """The same pictures in the gallery, where they can be ticked."""
    error: str
