"""What the pages of batches are given: plain, frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from limner.web.analytics_views import Named, Way
from limner.web.views import ModelGroup, Shell, Tile


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchDraft:
    """What stands in the fields of a new batch, as it was typed."""

    name: str = ""
    rows: str = ""
    """The list itself."""
    file: str = ""
    """The name of the file that it came in; empty where it was pasted."""
    model: str = ""
    """Who paints rows that name nobody; empty leaves it to Limner."""
    concurrency: str = "8"
    delay: str = "0"
    """Seconds between the beginnings of two rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchLine:
    """A batch in the list, or the head of its page."""

    href: str
    name: str
    state: str
    badge: str
    icon: str
    word: str
    when: str
    at: str
    """The moment, for programs."""
    done: str
    """3 of 12."""
    percent: int
    money: str
    """$0.056 of $0.059 at most: what was booked of what all rows together may cost."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchesView:
    """One page of batches."""

    lines: tuple[BatchLine, ...]
    older: str
    """Where older ones are; empty at the end."""
    every: int
    """Milliseconds after which all this is asked for again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchesPart:
    """The same alone, for the script that keeps it as it is."""

    template: ClassVar[str] = "parts/batches.html"
    part: BatchesView


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchesPage:
    """All batches, and the fields of a new one."""

    template: ClassVar[str] = "pages/batches.html"
    shell: Shell
    fresh: str
    part: BatchesView
    draft: BatchDraft
    groups: tuple[ModelGroup, ...]
    most_rows: str
    most_at_once: int
    may_change: bool
    error: str
    field: str


@dataclass(frozen=True, kw_only=True, slots=True)
class QuotedRow:
    """A row with what it may cost, or why it cannot be painted."""

    number: int
    prompt: str
    price: str
    problem: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchQuotePage:
    """What a batch would cost, before anything of it is bought."""

    template: ClassVar[str] = "pages/batchquote.html"
    shell: Shell
    name: str
    line: str
    """12 images · $0.48 at most."""
    likely: str
    """What all of it probably costs; empty where that is the same."""
    button: str
    action: str
    """Where the button leads."""
    sent: tuple[tuple[str, str], ...]
    """Names and values of what it sends."""
    list: str
    """The rows that it sends; empty where they are known."""
    back: str
    rows: tuple[QuotedRow, ...]
    """Those that cannot be painted first."""
    more: str
    """How many are not shown; empty where all are."""
    faulty: str
    """How many cannot be painted; empty where all can."""
    asks_again: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchRow:
    """One row on a batch's page."""

    number: int
    prompt: str
    model: Named | None
    tiles: tuple[Tile, ...]
    more: int
    """Pictures that are not among them."""
    badge: str
    icon: str
    word: str
    note: str
    """What became of it, and what to do."""
    cost: str
    job: str
    """Where its job is; empty where it has none."""
    retry: str
    """Where what is missing can be bought; empty where nothing can."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchView:
    """A batch and one page of its rows."""

    head: BatchLine
    said: str
    """What goes on, in a sentence."""
    counts: str
    """3 done, 2 failed, 7 waiting."""
    ways: tuple[Way, ...]
    rows: tuple[BatchRow, ...]
    pages: tuple[Way, ...]
    pause: str
    resume: str
    cancel: str
    """Where these are done; empty where they cannot be."""
    retry_all: str
    """Where all failed rows are priced, to be tried again; empty where none failed."""
    zip: str
    """Where all its pictures are in one file; empty where there are none yet."""
    every: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchPart:
    """The same alone, for the script that keeps it as it is."""

    template: ClassVar[str] = "parts/batch.html"
    part: BatchView


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchPage:
    """A batch."""

    template: ClassVar[str] = "pages/batch.html"
    shell: Shell
    fresh: str
    part: BatchView
