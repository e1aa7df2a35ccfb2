"""What the page of figures is given: plain, frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from limner.web.charts import ColumnChart, LineChart, ReachChart
from limner.web.gallery_views import Choice
from limner.web.views import Shell


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A period to choose, as a link."""

    name: str
    href: str
    current: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A figure with its name, and what to say about it."""

    name: str
    value: str
    note: str = ""
    kind: str = ""
    """up, down, or nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A chart's values as a table."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A service and its pigment."""

    name: str
    css: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Gauge:
    """How much of something is taken."""

    name: str
    text: str
    percent: int
    kind: str
    """warn, bad, or nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FallRow:
    """What was tried elsewhere."""

    origin: Named
    instead: Named
    text: str
    percent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakerRow:
    """Whether a service or model is asked."""

    name: Named
    badge: str
    icon: str
    word: str
    detail: str
    reset: str
    """Where it is asked again at once; empty where there is nothing to do, or somebody else has to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShareRow:
    """What somebody, a project or a service had of it."""

    name: str
    css: str
    pictures: str
    spent: str
    rate: str
    picture_cost: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FiguresView:
    """All figures."""

    period: str
    figures: tuple[Figure, ...]
    legend: tuple[Named, ...]
    spend: ColumnChart | None
    spend_sheet: Sheet
    painters: tuple[Named, ...]
    pictures: ColumnChart | None
    pictures_sheet: Sheet
    hourly: bool
    """Whether a column is an hour; else it is a day."""
    gauges: tuple[Gauge, ...]
    success: LineChart | None
    success_sheet: Sheet
    times: ReachChart | None
    times_sheet: Sheet
    falls: tuple[FallRow, ...]
    fallen: str
    breakers: tuple[BreakerRow, ...]
    services: tuple[ShareRow, ...]
    people: tuple[ShareRow, ...]
    projects: tuple[ShareRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FiguresPart:
    """All figures alone, for the script that keeps them as they are."""

    template: ClassVar[str] = "parts/figures.html"
    part: FiguresView


@dataclass(frozen=True, kw_only=True, slots=True)
class AnalyticsPage:
    """What was spent and made, how well and how fast."""

    template: ClassVar[str] = "pages/analytics.html"
    shell: Shell
    ways: tuple[Way, ...]
    since: str
    until: str
    people: tuple[Choice, ...]
    projects: tuple[Choice, ...]
    export: str
    live: str
    """Where the figures alone are."""
    part: FiguresView
