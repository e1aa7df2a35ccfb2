"""Figures in words: what the page of figures says about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from limner.domain.analytics import Period, Span
from limner.domain.budgets import Counted, Kind, Standing, Window
from limner.domain.errors import FailureCode
from limner.domain.health import BreakerRules, BreakerState, Condition
from limner.domain.money import MICRO, Money
from limner.engine.figures import Ends, Sums
from limner.web import dates, wording
from limner.web.languages import gettext as _
from limner.web.languages import message, ngettext, number, pointed

NONE = "\u2013"
"""Stands where there is no figure."""
WINDOWS = {
    Window.HOUR: message("%(name)s, this hour"),
    Window.DAY: message("%(name)s, today"),
    Window.MONTH: message("%(name)s, this month"),
    Window.ALL: message("%(name)s, in all"),
}
REASONS = {
    FailureCode.AUTHENTICATION: message("key not accepted"),
    FailureCode.NO_CREDIT: message("out of credit"),
    FailureCode.RATE_LIMITED: message("rate limit"),
    FailureCode.UNREACHABLE: message("could not be reached"),
    FailureCode.OVERLOADED: message("overloaded"),
    FailureCode.TIMED_OUT: message("did not answer"),
    FailureCode.LINE_DROPPED: message("line dropped"),
    FailureCode.UNAVAILABLE: message("resting after failures"),
    FailureCode.MODEL_GONE: message("model is gone"),
    FailureCode.BAD_ANSWER: message("answer could not be read"),
    FailureCode.FORBIDDEN: message("forbidden"),
    FailureCode.REFUSED: message("content refused"),
    FailureCode.BAD_PARAMETER: message("bad parameter"),
    FailureCode.FAILED: message("provider failed"),
    FailureCode.EXPIRED: message("result expired"),
    FailureCode.CANCELLED: message("cancelled"),
}
"""Why a call failed, still to be said."""
BREAKERS = {
    BreakerState.CLOSED: ("ok", "ok", message("Closed")),
    BreakerState.OPEN: ("bad", "bad", message("Open")),
    BreakerState.HALF_OPEN: ("warn", "part", message("Half open")),
}
"""For each state the class of its badge, its icon and its word, still to be said."""
RESTING = frozenset({BreakerState.OPEN, BreakerState.HALF_OPEN})
"""States in which a service is not simply asked."""
SIZES = (
    message("%(size)s bytes"),
    message("%(size)s kB"),
    message("%(size)s MB"),
    message("%(size)s GB"),
    message("%(size)s TB"),
)


def money(amount: Money, unpriced: int = 0) -> str:
    """What was spent; never nothing where something was spent that nobody knows the price of."""
    if amount:
        return wording.price(amount)
    return _("unknown") if unpriced else wording.dollars("0")


def sums(found: Sums) -> str:
    """What bookings came to."""
    return money(found.spent, found.unpriced)


def cost_of_one(found: Sums) -> str:
    """What a picture cost on average."""
    cost = found.picture_cost
    if cost is None:
        return NONE
    return wording.price(cost) if cost or not found.unpriced else _("unknown")


def unknown(count: int) -> str:
    """How many bookings are in no sum."""
    return ngettext("and %(num)s of unknown price", "and %(num)s of unknown price", count) if count else ""


def percent(share: float | None) -> str:
    """97.4%; a share that is nearly all is not all."""
    if share is None:
        return NONE
    if 0.9995 <= share < 1:
        return wording.percent(99.9)
    if 0 < share < 0.0005:
        return _("under %(share)s%%", share=pointed("0.1"))
    return wording.percent(round(100 * share, 1))


def seconds(value: float | None) -> str:
    """9.2 s, 31 s, 1 min 20 s."""
    if value is None:
        return NONE
    if value >= 10:
        return wording.duration(value)
    return _("%(seconds)s s", seconds=number(value, 2 if value < 0.1 else 1))


def size(count: int) -> str:
    """4.2 GB."""
    value, place = float(count), 0
    while value >= 999.5 and place < len(SIZES) - 1:
        value, place = value / 1000, place + 1
    return wording.apart(_(SIZES[place], size=number(value, 1 if place and value < 100 else 0)))


def slot(name: str, period: Period) -> str:
    """An hour or day on the axis: 14:00, 28, 28 Nov."""
    if period.hourly:
        return f"{name[-2:]}:00"
    at = date.fromisoformat(name)
    return str(at.day) if period.span is Span.MONTH else dates.short_day(at)


def slot_in_full(name: str, period: Period) -> str:
    """An hour or day by itself: 14:00, 28 November."""
    if period.hourly:
        return f"{name[-2:]}:00"
    return dates.day_in_full(date.fromisoformat(name))


def period(found: Period) -> str:
    """The whole stretch: Today, November, 22 to 28 Nov 2026."""
    if found.span is Span.DAY:
        return _("Today, %(day)s, UTC", day=dates.short_day(found.first))
    if found.span is Span.MONTH:
        return dates.month_of_year(found.first)
    if found.days == 1:
        return _("%(day)s, UTC", day=dates.day(found.first))
    first = dates.short_day if found.first.year == found.last.year else dates.day
    return _("%(first)s to %(last)s", first=first(found.first), last=dates.day(found.last))


def span(found: Span, today: date) -> str:
    """A period to choose."""
    if found is Span.DAY:
        return _("Today")
    return dates.month(today) if found is Span.MONTH else ngettext("%(num)s day", "%(num)s days", int(found))


def cost_before(found: Sums, period: Period) -> str:
    """$0.04 the 28 days before."""
    cost = cost_of_one(found)
    return ngettext("%(cost)s the day before", "%(cost)s the %(num)s days before", period.days, cost=cost)


def more_or_fewer(now: int, then: int, found: Period) -> str:
    """212 more than the 28 days before."""
    if now == then:
        return ngettext("as many as the day before", "as many as the %(num)s days before", found.days)
    difference = number(abs(now - then))
    if now > then:
        return ngettext(
            "%(more)s more than the day before",
            "%(more)s more than the %(num)s days before",
            found.days,
            more=difference,
        )
    return ngettext(
        "%(fewer)s fewer than the day before",
        "%(fewer)s fewer than the %(num)s days before",
        found.days,
        fewer=difference,
    )


def reason(code: str) -> str:
    """Why a call failed, in a few words."""
    return _(REASONS[FailureCode(code)]) if code in REASONS else code.replace("_", " ")


def budget(standing: Standing, person: str) -> str:
    """Whose a budget is, and for how long; `person` is what its person is called."""
    names = {
        Kind.EVERYONE: _("Everyone"),
        Kind.USER: person,
        Kind.PROJECT: standing.name,
        Kind.PROFILE: _("Profile %(name)s", name=standing.name),
        Kind.TOKEN: _("Token"),
    }
    return _(WINDOWS[standing.window], name=names[standing.kind])


def taken(standing: Standing) -> str:
    """$41.82 of $80.00; 12 of 100 images."""
    used = standing.use.held + standing.use.spent
    if standing.counted is Counted.PICTURES:
        return _("%(used)s of %(limit)s", used=number(used), limit=wording.images(standing.limit))
    return _("%(used)s of %(limit)s", used=money(Money(used)), limit=wording.amount(Money(standing.limit)))


def condition(found: Condition, rules: BreakerRules, now: datetime) -> str:
    """How a service fares."""
    if found.state is BreakerState.OPEN:
        return _resting(found, now)
    if found.state is BreakerState.HALF_OPEN:
        return _("The next picture is the test.")
    values = {"failures": number(found.failures), "time": wording.duration(rules.window.total_seconds())}
    if not found.failures or not found.code:
        return ngettext(
            "%(failures)s of %(num)s failures in %(time)s",
            "%(failures)s of %(num)s failures in %(time)s",
            rules.failures,
            **values,
        )
    return ngettext(
        "%(failures)s of %(num)s failures in %(time)s, at last: %(reason)s",
        "%(failures)s of %(num)s failures in %(time)s, at last: %(reason)s",
        rules.failures,
        **values,
        reason=reason(found.code),
    )


def _resting(found: Condition, now: datetime) -> str:
    wait = wording.duration(0.0 if found.until is None else max(0.0, (found.until - now).total_seconds()))
    if not found.code:
        return ngettext(
            "Resting after %(num)s failure. Tries again in %(time)s.",
            "Resting after %(num)s failures. Tries again in %(time)s.",
            found.failures,
            time=wait,
        )
    return ngettext(
        "Resting after %(num)s failure (%(reason)s). Tries again in %(time)s.",
        "Resting after %(num)s failures (%(reason)s). Tries again in %(time)s.",
        found.failures,
        reason=reason(found.code),
        time=wait,
    )


def axis_money(dollars: float) -> str:
    """An amount on an axis: $0, $0.50, $20.00."""
    return wording.amount(Money(round(dollars * MICRO)))


def axis_seconds(value: float) -> str:
    """A time on an axis: 0 s, 0.5 s, 1 min 20 s."""
    return _("%(seconds)s s", seconds=pointed(f"{value:g}")) if value < 60 else wording.duration(value)


def failed(ends: Ends) -> str:
    """12 of 1,284 calls failed."""
    calls = ends.succeeded + ends.failed
    if not calls:
        return _("nothing was asked for")
    return ngettext(
        "%(failed)s of %(num)s call failed", "%(failed)s of %(num)s calls failed", calls, failed=number(ends.failed)
    )


def spend_label(found: Period, total: Sums, dearest: str, most: Sums, pace: Money | None) -> str:
    """What a chart of money shows, for those who do not see it; `dearest` is the hour or day with `most`."""
    values = {"total": sums(total), "time": slot_in_full(dearest, found), "amount": sums(most)}
    values["period"] = period(found)
    if found.hourly:
        said = _("Spend by hour, %(period)s: %(total)s in total, highest at %(time)s with %(amount)s.", **values)
    else:
        said = _("Spend by day, %(period)s: %(total)s in total, highest on %(time)s with %(amount)s.", **values)
    return f"{said} {_('On pace for %(price)s.', price=wording.price(pace))}" if pace else said


def pictures_label(found: Period, total: int, busiest: str, most: int) -> str:
    """The same of a chart of pictures."""
    values = {"total": number(total), "time": slot_in_full(busiest, found), "count": number(most)}
    values["period"] = period(found)
    if found.hourly:
        return _("Pictures by hour, %(period)s: %(total)s in total, the most at %(time)s with %(count)s.", **values)
    return _("Pictures by day, %(period)s: %(total)s in total, the most on %(time)s with %(count)s.", **values)


def success_label(found: Period, rates: Mapping[str, float], worst: str, cause: str) -> str:
    """The same of the line of success, whose `rates` are percents by hour or day."""
    lowest, highest = rates[worst], max(rates.values())
    values = {"low": percent(lowest / 100), "high": percent(highest / 100)}
    if lowest == highest and found.hourly:
        return _("Success rate by hour, always %(share)s.", share=values["low"])
    if lowest == highest:
        return _("Success rate by day, always %(share)s.", share=values["low"])
    values |= {"time": slot_in_full(worst, found), "reason": cause}
    if found.hourly:
        return _("Success rate by hour, between %(low)s and %(high)s, lowest at %(time)s: %(reason)s.", **values)
    return _("Success rate by day, between %(low)s and %(high)s, lowest on %(time)s: %(reason)s.", **values)
