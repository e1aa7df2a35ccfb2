"""What the pages of comparisons are given: plain, frozen values. None of them says before a vote who painted what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from limner.web.views import ReceiptRow, Shell, Tile


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A model that may take part."""

    id: str
    title: str
    facts: str
    """What a picture costs and how long it takes."""
    note: str
    chosen: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryGroup:
    """The models of one service."""

    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundDraft:
    """What stands in the fields of a new round."""

    prompt: str = ""
    second: str = ""
    """Other words, to be compared with the first ones."""
    models: tuple[str, ...] = ()
    shape: str = "1:1"


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundPrice:
    """What the round in the fields costs."""

    line: str
    hint: str
    token: str = ""
    """Begins exactly this round; empty where it has no price yet."""
    quoted: str = ""
    """Tells whether the fields are still those that were priced."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PricePart:
    """The price alone, for the script that shows it as the fields change."""

    template: ClassVar[str] = "parts/roundprice.html"
    price: RoundPrice


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundComposer:
    """The form that begins a round."""

    draft: RoundDraft
    number: int
    ready: tuple[EntryGroup, ...]
    others: tuple[EntryGroup, ...]
    """Those that cannot paint now, each with the reason."""
    shapes: tuple[str, ...]
    chosen: str
    """2 chosen, of 2 to 4."""
    picked: str
    """The names of those that are chosen."""
    price: RoundPrice
    key: str
    """Sent with the form, so that sending it twice buys once."""
    asks_again: bool = False
    """Whether the price is another one than the models' own prices let expect: somebody has to see it first."""
    error: str = ""
    field: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindTile:
    """A place of a round, and whether there is a picture."""

    letter: str
    key: int
    """The key that votes for it."""
    shown: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindRound:
    """A round before its vote."""

    id: str
    number: int
    prompts: tuple[str, ...]
    summary: str
    painting: bool
    progress: str
    missing: str
    """That some could not paint, not who; empty where all could."""
    ratio: float
    width: int
    height: int
    tiles: tuple[BlindTile, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A contender after the vote."""

    letter: str
    title: str
    colour: str
    prompt: str
    """Where each had words of its own; else empty."""
    tile: Tile | None
    page: str
    won: bool
    facts: str
    """Price and time."""
    missing: str
    """What stands in place of a picture that is not there; empty where one is."""
    reason: str
    """Why; may be empty."""
    receipt: tuple[ReceiptRow, ...]
    summary: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldRound:
    """A round after its vote."""

    id: str
    number: int
    prompt: str
    verdict: str
    ratio: float
    told: tuple[Told, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class BoardRow:
    """A line of the leaderboard."""

    rank: int
    title: str
    colour: str
    """Of its service; empty for a prompt."""
    won: str
    bar: int
    """In percent."""
    bounds: str
    price: str
    time: str
    votes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BoardView:
    """What votes say."""

    rows: tuple[BoardRow, ...]
    votes: str
    by_prompt: bool
    everybody: bool
    may_see_all: bool
    other: str
    """The same by the other measure."""
    widened: str
    """The same for everybody, or for oneself again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundLink:
    """A round that waits for its vote."""

    id: str
    number: int
    prompt: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparePage:
    """A round to vote on or to begin, the last one with its names, and the leaderboard."""

    template: ClassVar[str] = "pages/compare.html"
    shell: Shell
    blind: BlindRound | None
    composer: RoundComposer | None
    last: ToldRound | None
    board: BoardView
    waiting: tuple[RoundLink, ...]
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """A kept picture among those that it is looked at with."""

    tile: Tile
    page: str
    file: str
    title: str
    colour: str
    facts: str
    prompt: str
    """Where they have different ones; else empty."""
    withheld: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class BesidePage:
    """Kept pictures beside each other, with their names."""

    template: ClassVar[str] = "pages/beside.html"
    shell: Shell
    pictures: tuple[Beside, ...]
    prompt: str
    """Of all of them, where it is the same."""
    ratio: float
    """Of the widest: all stand in frames of one shape, so that they are zoomed alike."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindPart:
    """A round before its vote alone, for the script that waits for its pictures."""

    template: ClassVar[str] = "parts/blindround.html"
    blind: BlindRound
