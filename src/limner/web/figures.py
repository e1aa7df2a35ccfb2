"""From figures to charts, tables and words."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from limner.domain.analytics import Period, Span
from limner.domain.money import MICRO
from limner.domain.ports import Catalog
from limner.engine.figures import Ends, Findings, Sums, service_of
from limner.web import analytics_words as words
from limner.web import charts, showing, wording
from limner.web.analytics_views import FallRow, Figure, Named, ShareRow, Sheet
from limner.web.charts import BOTTOM, TOP, WIDTH, ColumnChart, Guide, LineChart, Mark, Reach, ReachChart, Tick
from limner.web.languages import gettext as _
from limner.web.languages import ngettext, number
from limner.web.services import called

NOTHING = Sums.of(())
NONE_ENDED = Ends.of(())
MOST_ROWS = 50
"""Lines of a table of people or projects, the most expensive first; the export has all of them."""
LOWEST = 88
"""Where the axis of the success rate begins, in percent, unless it was worse."""
ROW, AXIS = 2.75, 1.75
"""How high a reach with its name is, and what stands under all of them, in lines of text."""
NAME = 0.75
"""Where its name stands in a row; the reach is under it."""
REACH_LEFT, REACH_RIGHT = 2, 98


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """Draws what was found."""

    found: Findings
    catalog: Catalog
    writers: Mapping[str, str]
    """What services are called whose text models write, by id."""
    left: str
    """What is left under the tightest budget; may be empty."""

    @property
    def period(self) -> Period:
        """The stretch of time."""
        return self.found.lens.period

    def named(self, service: str) -> Named:
        """A service as people call it."""
        card = showing.service_of(self.catalog, service)
        name = self.writers.get(service, service) if card is None else called(card)
        return Named(name=name, css=showing.colour(service))

    # --- figures ------------------------------------------------------------------------

    def figures(self) -> tuple[Figure, ...]:
        """The figures at the top."""
        found, sums, ends, taken = self.found, self.found.sums, self.found.ends, self.found.times
        kept, slow = found.kept, taken.ninety_fifth
        return (
            Figure(name=_("Spent"), value=words.sums(sums), note=words.unknown(sums.unpriced) or self.left),
            self._pictures(sums),
            Figure(
                name=_("Succeeded"),
                value=words.percent(ends.rate),
                note=words.failed(ends),
            ),
            Figure(
                name=_("Median time"),
                value=words.seconds(taken.median),
                note="" if slow is None else _("95%% within %(time)s", time=words.seconds(slow)),
            ),
            Figure(
                name=_("Fallback used"),
                value=words.percent(found.fallback_share),
                note=wording.pictures(found.fallbacks),
            ),
            self._cost_of_one(sums),
            Figure(
                name=_("Kept"),
                value=words.size(kept.bytes),
                note=ngettext("%(num)s picture is there now", "%(num)s pictures are there now", kept.pictures),
            ),
        )

    def _pictures(self, sums: Sums) -> Figure:
        then = self.found.before.pictures
        kind = "up" if sums.pictures > then else ""
        note = words.more_or_fewer(sums.pictures, then, self.period) if then or sums.pictures else ""
        return Figure(name=_("Pictures"), value=number(sums.pictures), note=note, kind=kind)

    def _cost_of_one(self, sums: Sums) -> Figure:
        now, then = sums.picture_cost, self.found.before.picture_cost
        value = words.cost_of_one(sums)
        if then is None:
            return Figure(name=_("A picture costs"), value=value)
        kind = "up" if now is not None and now < then else ""
        return Figure(
            name=_("A picture costs"),
            value=value,
            note=words.cost_before(self.found.before, self.period),
            kind=kind,
        )

    # --- columns ------------------------------------------------------------------------

    def legend(self) -> tuple[Named, ...]:
        """The services that money went to, in the order in which they are stacked."""
        spent = self.found.spending_by(lambda row: row.service)
        return tuple(self.named(service) for service in self._order() if spent[service].spent)

    def painters(self) -> tuple[Named, ...]:
        """The services that made pictures, in the same order."""
        spent = self.found.spending_by(lambda row: row.service)
        return tuple(self.named(service) for service in self._order() if spent[service].pictures)

    def _order(self) -> Sequence[str]:
        """Services, the most expensive at the bottom."""
        spent = self.found.spending_by(lambda row: row.service)
        return sorted(spent, key=lambda name: (-spent[name].spent.micro, -spent[name].pictures, name))

    def spend(self) -> ColumnChart | None:
        """What was spent by hour or day and service; None where nothing was."""
        total = self.found.sums
        if not total.spent:
            return None
        slots = self.found.spending_by(lambda row: row.slot)
        dearest = max(slots, key=lambda slot: slots[slot].spent.micro)
        said = words.spend_label(self.period, total, dearest, slots[dearest], self.found.pace)
        return self._columns(said, lambda sums: sums.spent.micro / MICRO, words.sums, money=True)

    def pictures(self) -> ColumnChart | None:
        """What was made by hour or day and service; None where nothing was."""
        total = self.found.sums.pictures
        if not total:
            return None
        slots = self.found.spending_by(lambda row: row.slot)
        busiest = max(slots, key=lambda slot: slots[slot].pictures)
        said = words.pictures_label(self.period, total, busiest, slots[busiest].pictures)
        return self._columns(said, lambda sums: float(sums.pictures), lambda sums: wording.pictures(sums.pictures))

    @property
    def _step(self) -> str:
        """What a column stands for, as the head of a table."""
        return _("Hour") if self.period.hourly else _("Day")

    def _columns(
        self, label: str, value: Callable[[Sums], float], said: Callable[[Sums], str], *, money: bool = False
    ) -> ColumnChart:
        slots, cells, order = self.found.spending_by(lambda row: row.slot), self.found.cells(), self._order()
        names = self._shown()
        grid = charts.steps(max(value(sums) for sums in slots.values()), about=4)
        edges = charts.places(len(names))
        columns = []
        for place, slot in enumerate(names):
            parts = [(value(cells.get((slot, name), NOTHING)), showing.colour(name)) for name in order]
            when, what = words.slot_in_full(slot, self.period), said(slots.get(slot, NOTHING))
            title = _("%(time)s, %(what)s", time=when, what=what)
            columns.append(charts.Column(title, charts.stacked(parts, edges[place], edges[place + 1], grid[-1])))
        texts = [words.axis_money(each) if money else number(each) for each in grid]
        return ColumnChart(
            label=label,
            grid=tuple(
                Tick(charts.height_of(each, grid[-1]), text)
                for each, text in zip(grid, texts, strict=True)
                if money or each == int(each)
            ),
            columns=tuple(columns),
            axis=charts.labelled([words.slot(slot, self.period) for slot in names]),
            guide=self._pace(edges, grid[-1]) if money else None,
        )

    def _shown(self) -> Sequence[str]:
        """The hours or days on the axis: a month is shown whole, with the days that are to come."""
        if self.period.span is not Span.MONTH or self.period.hourly:
            return self.period.slots
        return Period(self.period.first, self.period.first + timedelta(days=self._month - 1)).slots

    @property
    def _month(self) -> int:
        return monthrange(self.period.first.year, self.period.first.month)[1]

    def _pace(self, edges: Sequence[float], most: float) -> Guide | None:
        """A day's share of what the month comes to, over the days to come."""
        pace, begins = self.found.pace, self.period.days
        if not pace or begins >= len(edges) - 1:
            return None
        daily = pace.micro / MICRO / self._month
        y = charts.height_of(min(daily, most), most)
        return Guide(x=round(edges[begins], 1), y=y, text=_("on pace for %(price)s", price=wording.price(pace)))

    def spend_sheet(self) -> Sheet:
        """The columns of money as a table."""
        return self._sheet(words.sums)

    def pictures_sheet(self) -> Sheet:
        """The columns of pictures as a table."""
        return self._sheet(lambda sums: number(sums.pictures))

    def _sheet(self, said: Callable[[Sums], str]) -> Sheet:
        slots, cells, order = self.found.spending_by(lambda row: row.slot), self.found.cells(), self._order()
        return Sheet(
            heads=(self._step, *(self.named(name).name for name in order), _("In all")),
            rows=tuple(
                (
                    words.slot_in_full(slot, self.period),
                    *(said(cells.get((slot, name), NOTHING)) for name in order),
                    said(slots[slot]),
                )
                for slot in self.period.slots
                if slot in slots
            ),
        )

    # --- success ------------------------------------------------------------------------

    def success(self) -> LineChart | None:
        """The success rate by hour or day; None where there was no call."""
        rates = self._rates()
        if not rates:
            return None
        lowest = min(rates.values())
        floor = LOWEST if lowest >= LOWEST else int(lowest // 20) * 20
        points = [(self._across(slot), self._down(rate, floor)) for slot, rate in rates.items()]
        if len(points) == 1:  # a line needs two ends
            points = [(0, points[0][1]), (WIDTH, points[0][1])]
        worst = min(rates, key=lambda slot: rates[slot])
        step = (100 - floor) // 4
        base = f"L{points[-1][0]:.2f} {BOTTOM}L{points[0][0]:.2f} {BOTTOM}z"
        low = Mark(x=round(self._across(worst), 2), y=self._down(lowest, floor), text=self._lowest(worst, lowest))
        return LineChart(
            label=words.success_label(self.period, rates, worst, self._cause(worst)),
            grid=tuple(Tick(self._down(each, floor), words.percent(each / 100)) for each in range(floor, 101, step)),
            line=charts.path(points),
            ground=charts.path(points) + base,
            axis=(
                Tick(0, words.slot_in_full(self.period.slots[0], self.period)),
                Tick(WIDTH, words.slot_in_full(self.period.slots[-1], self.period)),
            ),
            low=None if lowest == 100 else low,
        )

    def _lowest(self, slot: str, rate: float) -> str:
        """The worst hour or day in the legend: Lowest: 60%, 28 November · OpenAI: overloaded."""
        when = words.slot_in_full(slot, self.period)
        said = _("Lowest: %(share)s, %(time)s", share=words.percent(rate / 100), time=when)
        return " \u00b7 ".join(each for each in (said, self._cause(slot)) if each)

    def _rates(self) -> Mapping[str, float]:
        """Percent by hour or day, in order, where there were calls."""
        ends = self.found.ends_by_slot()
        found = {slot: ends.get(slot, NONE_ENDED).rate for slot in self.period.slots}
        return {slot: 100 * rate for slot, rate in found.items() if rate is not None}

    def _cause(self, slot: str) -> str:
        """What failed most."""
        failures = self.found.failures_of(slot)
        if not failures:
            return ""
        service, code, _calls = failures[0]
        return _("%(name)s: %(reason)s", name=self.named(service).name, reason=words.reason(code))

    def _across(self, slot: str) -> float:
        slots = self.period.slots
        return WIDTH * slots.index(slot) / max(len(slots) - 1, 1)

    def _down(self, rate: float, floor: int) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (rate - floor) / (100 - floor), 2)

    def success_sheet(self) -> Sheet:
        """The same as a table."""
        ends = self.found.ends_by_slot()
        return Sheet(
            heads=(self._step, _("Succeeded"), _("Failed"), _("Rate")),
            rows=tuple(
                (
                    words.slot_in_full(slot, self.period),
                    number(ends[slot].succeeded),
                    number(ends[slot].failed),
                    words.percent(ends[slot].rate),
                )
                for slot in self.period.slots
                if slot in ends
            ),
        )

    # --- times --------------------------------------------------------------------------

    def times(self) -> ReachChart | None:
        """From the median to the 95th percentile by service, the quickest first; None where nothing was timed."""
        rows = self._timed()
        if not rows:
            return None
        grid = charts.steps(max(row[2] for row in rows), about=4)
        wide = (REACH_RIGHT - REACH_LEFT) / grid[-1]
        named = [(self.named(service), middle, slow) for service, middle, slow in rows]
        medians = [_("%(name)s %(time)s", name=each.name, time=words.seconds(middle)) for each, middle, _slow in named]
        return ReachChart(
            label=_(
                "Median time by service: %(times)s. The 95th percentiles are in the table.", times=_(", ").join(medians)
            ),
            height=len(rows) * ROW + AXIS,
            grid=tuple(Tick(round(REACH_LEFT + each * wide, 2), words.axis_seconds(each)) for each in grid),
            reaches=tuple(
                Reach(
                    each.name,
                    each.css,
                    NAME + ROW * place,
                    round(REACH_LEFT + middle * wide, 2),
                    round(REACH_LEFT + slow * wide, 2),
                )
                for place, (each, middle, slow) in enumerate(named)
            ),
        )

    def _timed(self) -> Sequence[tuple[str, float, float]]:
        found = self.found.times_by_service()
        rows = [(name, each.median or 0.0, each.ninety_fifth or 0.0) for name, each in found.items()]
        return sorted(rows, key=lambda row: (row[1], row[0]))

    def times_sheet(self) -> Sheet:
        """The same as a table."""
        return Sheet(
            heads=(_("Provider"), _("Median"), _("95th percentile")),
            rows=tuple(
                (self.named(name).name, words.seconds(middle), words.seconds(slow))
                for name, middle, slow in self._timed()
            ),
        )

    # --- rows ---------------------------------------------------------------------------

    def falls(self) -> tuple[FallRow, ...]:
        """Where fallback went, and why, the most first."""
        rows = [row for row in self.found.falls if row.pictures]
        most = max((row.pictures for row in rows), default=0)
        return tuple(
            FallRow(
                origin=self._from(row.origin, row.model),
                instead=self._from(row.model, row.origin),
                text=_("%(count)s · %(reason)s", count=number(row.pictures), reason=words.reason(row.code)),
                percent=round(100 * row.pictures / most) if most else 0,
            )
            for row in rows[:MOST_ROWS]
        )

    def _from(self, model: str, other: str) -> Named:
        """A service; its model where both are of one service."""
        if service_of(model) != service_of(other):
            return self.named(service_of(model))
        return Named(name=model.partition("/")[2], css=showing.colour(model))

    def services(self) -> tuple[ShareRow, ...]:
        """What each service made, and how well."""
        spent, ends = self.found.spending_by(lambda row: row.service), self.found.ends_by_service()
        ordered = sorted({*spent, *ends}, key=lambda name: (-spent.get(name, NOTHING).spent.micro, name))
        return tuple(
            self._row(self.named(name), spent.get(name, NOTHING), words.percent(ends.get(name, NONE_ENDED).rate))
            for name in ordered
        )

    def shares(self, sums: Mapping[str, Sums], called: Callable[[str], str]) -> tuple[ShareRow, ...]:
        """What each person or project had of it, the most expensive first."""
        ordered = sorted(sums, key=lambda name: (-sums[name].spent.micro, -sums[name].pictures, name))
        return tuple(self._row(Named(name=called(name), css=""), sums[name], "") for name in ordered[:MOST_ROWS])

    def _row(self, named: Named, sums: Sums, rate: str) -> ShareRow:
        return ShareRow(
            name=named.name,
            css=named.css,
            pictures=number(sums.pictures),
            spent=words.sums(sums),
            rate=rate,
            picture_cost=words.cost_of_one(sums),
        )
