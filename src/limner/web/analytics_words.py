"""Figures in words: what the page of figures says about them."""

from __future__ import annotations

from datetime import date, datetime

from limner.domain.analytics import Period, Span
from limner.domain.budgets import Counted, Kind, Standing, Window, plain
from limner.domain.errors import FailureCode
from limner.domain.health import BreakerRules, BreakerState, Condition
from limner.domain.money import MICRO, Money
from limner.engine.figures import Sums
from limner.web import wording

NONE = "\u2013"
"""Stands where there is no figure."""
WINDOWS = {Window.HOUR: ", this hour", Window.DAY: ", today", Window.MONTH: ", this month", Window.ALL: ", in all"}
REASONS = {
    FailureCode.AUTHENTICATION: "key not accepted",
    FailureCode.NO_CREDIT: "out of credit",
    FailureCode.RATE_LIMITED: "rate limit",
    FailureCode.UNREACHABLE: "could not be reached",
    FailureCode.OVERLOADED: "overloaded",
    FailureCode.TIMED_OUT: "did not answer",
    FailureCode.LINE_DROPPED: "line dropped",
    FailureCode.UNAVAILABLE: "resting after failures",
    FailureCode.MODEL_GONE: "model is gone",
    FailureCode.BAD_ANSWER: "answer could not be read",
}
"""For codes that say little by themselves."""
BREAKERS = {
    BreakerState.CLOSED: ("ok", "ok", "Closed"),
    BreakerState.OPEN: ("bad", "bad", "Open"),
    BreakerState.HALF_OPEN: ("warn", "part", "Half open"),
}
"""For each state the class of its badge, its icon and its word."""
RESTING = frozenset({BreakerState.OPEN, BreakerState.HALF_OPEN})
"""States in which a service is not simply asked."""
SIZES = ("bytes", "kB", "MB", "GB", "TB")


def money(amount: Money, unpriced: int = 0) -> str:
    """What was spent; never nothing where something was spent that nobody knows the price of."""
    if amount:
        return wording.price(amount)
    return "unknown" if unpriced else "$0"


def sums(found: Sums) -> str:
    """What bookings came to."""
    return money(found.spent, found.unpriced)


def cost_of_one(found: Sums) -> str:
    """What a picture cost on average."""
    cost = found.picture_cost
    if cost is None:
        return NONE
    return wording.price(cost) if cost or not found.unpriced else "unknown"


def unknown(count: int) -> str:
    """How many bookings are in no sum."""
    return f"and {count:,} of unknown price" if count else ""


def percent(share: float | None) -> str:
    """97.4%; a share that is nearly all is not all."""
    if share is None:
        return NONE
    if 0.9995 <= share < 1:
        return "99.9%"
    if 0 < share < 0.0005:
        return "under 0.1%"
    return f"{100 * share:.1f}".removesuffix(".0") + "%"


def seconds(value: float | None) -> str:
    """9.2 s, 31 s, 1 min 20 s."""
    if value is None:
        return NONE
    return f"{value:.2f} s" if value < 0.1 else f"{value:.1f} s" if value < 10 else wording.duration(value)


def size(count: int) -> str:
    """4.2 GB."""
    value, place = float(count), 0
    while value >= 999.5 and place < len(SIZES) - 1:
        value, place = value / 1000, place + 1
    return f"{value:.1f} {SIZES[place]}" if place and value < 100 else f"{value:,.0f} {SIZES[place]}"


def day(at: date, *, year: bool = False) -> str:
    """28 Nov, or with its year."""
    return f"{at.day} {at:%b %Y}" if year else f"{at.day} {at:%b}"


def slot(name: str, period: Period) -> str:
    """An hour or day on the axis: 14:00, 28, 28 Nov."""
    if period.hourly:
        return f"{name[-2:]}:00"
    at = date.fromisoformat(name)
    return str(at.day) if period.span is Span.MONTH else day(at)


def slot_in_full(name: str, period: Period) -> str:
    """An hour or day by itself: 14:00, 28 November."""
    if period.hourly:
        return f"{name[-2:]}:00"
    at = date.fromisoformat(name)
    return f"{at.day} {at:%B}"


def period(found: Period) -> str:
    """The whole stretch: Today, November, 22 to 28 Nov 2026."""
    if found.span is Span.DAY:
        return f"Today, {day(found.first)}, UTC"
    if found.span is Span.MONTH:
        return f"{found.first:%B %Y}"
    if found.days == 1:
        return f"{day(found.first, year=True)}, UTC"
    return f"{day(found.first, year=found.first.year != found.last.year)} to {day(found.last, year=True)}"


def span(found: Span, today: date) -> str:
    """A period to choose."""
    if found is Span.DAY:
        return "Today"
    return f"{today:%B}" if found is Span.MONTH else f"{found} days"


def stretch(found: Period) -> str:
    """As many days before: the day before, the 28 days before."""
    return "the day before" if found.days == 1 else f"the {found.days} days before"


def more_or_fewer(now: int, then: int, found: Period) -> str:
    """212 more than the 28 days before."""
    if now == then:
        return f"as many as {stretch(found)}"
    return f"{abs(now - then):,} {'more' if now > then else 'fewer'} than {stretch(found)}"


def reason(code: str) -> str:
    """Why a call failed, in a few words."""
    return REASONS[FailureCode(code)] if code in REASONS else code.replace("_", " ")


def budget(standing: Standing, person: str) -> str:
    """Whose a budget is, and for how long; `person` is what its person is called."""
    names = {
        Kind.EVERYONE: "Everyone",
        Kind.USER: person,
        Kind.PROJECT: standing.name,
        Kind.PROFILE: f"Profile {standing.name}",
        Kind.TOKEN: "Token",
    }
    return names[standing.kind] + WINDOWS[standing.window]


def taken(standing: Standing) -> str:
    """$41.82 of $80; 12 of 100 images."""
    used = standing.use.held + standing.use.spent
    if standing.counted is Counted.PICTURES:
        return f"{used:,} of {wording.images(standing.limit)}"
    return f"{money(Money(used))} of {plain(Money(standing.limit))}"


def condition(found: Condition, rules: BreakerRules, now: datetime) -> str:
    """How a service fares."""
    if found.state is BreakerState.OPEN:
        times = "1 failure" if found.failures == 1 else f"{found.failures} failures"
        wait = 0.0 if found.until is None else max(0.0, (found.until - now).total_seconds())
        why = f" ({reason(found.code)})" if found.code else ""
        return f"Resting after {times}{why}. Tries again in {wording.duration(wait)}."
    if found.state is BreakerState.HALF_OPEN:
        return "The next picture is the test."
    window = wording.duration(rules.window.total_seconds())
    last = f", at last: {reason(found.code)}" if found.failures and found.code else ""
    return f"{found.failures} of {rules.failures} failures in {window}{last}"


def axis_money(dollars: float) -> str:
    """An amount on an axis: $0, $0.5, $20."""
    return plain(Money(round(dollars * MICRO)))


def axis_seconds(value: float) -> str:
    """A time on an axis: 0 s, 0.5 s, 1 min 20 s."""
    return f"{value:g} s" if value < 60 else wording.duration(value)
