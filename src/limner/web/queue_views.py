"""What the queue's pages are given: plain, frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from limner.web.analytics_views import Named, Way
from limner.web.views import Shell, Tile


@dataclass(frozen=True, kw_only=True, slots=True)
class Lane:
    """How busy a service is."""

    name: Named
    text: str
    """1 of 4, 2 waiting, Idle."""
    idle: bool
    """Whether nothing is made or waits there."""
    label: str
    """The same in full."""
    gauges: tuple[int, ...]
    """How full each place is in percent; one for all of them where there are many, or no limit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueRow:
    """A job in the list."""

    id: str
    tile: Tile | None
    prompt: str
    model: Named
    badge: str
    icon: str
    word: str
    running: bool
    percent: int | None
    """How far it is; None where nobody knows."""
    stage: str
    note: str
    """What became of it, or what it waits for."""
    fallback: bool
    when: str
    at: str
    """The moment, for programs."""
    cost: str
    stoppable: bool
    front: bool
    """Whether it can be brought before others."""
    retry: str
    """Where what is missing can be bought; empty where nothing can."""
    decides: bool
    """Whether it waits for a person's word."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueView:
    """Lanes and one page of jobs."""

    paused: str
    """What it means that the queue is paused, and since when; empty while it goes on."""
    of_a_process: bool
    """Whether the lanes are those of the process that answers, and not only one's own jobs in all of them."""
    lanes: tuple[Lane, ...]
    ways: tuple[Way, ...]
    rows: tuple[QueueRow, ...]
    older: str
    """Where older jobs are; empty at the end."""
    narrowed: bool
    retry_all: str
    """Where everything that can be bought again is; empty where nothing can."""
    tally: str
    """2 running, 2 queued; empty where nothing goes on."""
    every: int
    """Milliseconds after which all this is asked for again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuePart:
    """The same alone, for the script that keeps it as it is."""

    template: ClassVar[str] = "parts/queue.html"
    part: QueueView


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuePage:
    """All jobs."""

    template: ClassVar[str] = "pages/jobs.html"
    shell: Shell
    fresh: str
    """Where lanes and jobs alone are."""
    part: QueueView


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryRow:
    """A job whose missing pictures can be bought, or why they cannot."""

    id: str
    prompt: str
    model: Named
    missing: str
    price: str
    most: str
    """The ceiling in micro-dollars; empty where nobody knows it."""
    problem: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPage:
    """What buying again would cost, before it is bought."""

    template: ClassVar[str] = "pages/retry.html"
    shell: Shell
    rows: tuple[RetryRow, ...]
    price_line: str
    """4 images · $0.16 at most · about 12 s; empty where nothing can be bought."""
    error: str
    batch: str
    """The batch whose rows they are; empty where they are none."""
    back: str
