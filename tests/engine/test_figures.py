"""What was read of days that are over is good for a while; today is read every time."""

from collections.abc import Sequence
from datetime import datetime

from limner.domain.analytics import Kept, Lens, Measured, Period, ServiceTotals, Span, Spending
from limner.engine.figures import LATER, MOST_KNOWN, SOON, Figures
from limner.testing.fakes import NOON, FakeClock


class CountedAnalytics:
    """Notes what is read."""

    def __init__(self) -> None:
        self.read: list[tuple[str, object]] = []

    async def measure(self, lens: Lens) -> Measured:
        """Nothing was booked."""
        self.read.append(("measure", (lens.period.first, lens.period.last)))
        return Measured()

    async def booked(self, lens: Lens) -> Sequence[Spending]:
        """Nothing was booked."""
        self.read.append(("booked", (lens.period.first, lens.period.last)))
        return []

    async def kept(self, owner: str | None) -> Kept:
        """Nothing is kept."""
        self.read.append(("kept", owner))
        return Kept(0, 0)

    async def totals(self) -> Sequence[ServiceTotals]:
        """Nothing was asked for."""
        return []

    async def since(self, moment: datetime) -> tuple[int, int]:
        """Nothing has ended."""
        return 0, 0


def seven_days(owner: str = "ann") -> Lens:
    return Lens(owner=owner, project=None, period=Period.of(Span.WEEK, NOON.date()))


async def test_days_that_are_over_are_read_once_in_a_while_and_today_every_time() -> None:
    analytics, clock = CountedAnalytics(), FakeClock()
    figures = Figures(analytics=analytics, clock=clock)
    week = seven_days().period
    today = ("measure", (week.last, week.last))
    await figures.find(seven_days())
    first, analytics.read = analytics.read, []
    assert len(first) == 4
    assert today in first
    await figures.find(seven_days())
    assert analytics.read == [today]
    clock.advance(SOON)
    analytics.read = []
    await figures.find(seven_days())
    assert sorted(analytics.read, key=str) == [("kept", "ann"), today]
    clock.advance(LATER)
    analytics.read = []
    await figures.find(seven_days())
    assert sorted(analytics.read, key=str) == sorted(first, key=str)


async def test_of_many_answers_the_oldest_are_forgotten() -> None:
    analytics = CountedAnalytics()
    figures = Figures(analytics=analytics, clock=FakeClock())
    for number in range(MOST_KNOWN):
        await figures.find(seven_days(f"person {number}"))
    analytics.read = []
    await figures.find(seven_days("person 0"))
    assert len(analytics.read) == 4


async def test_what_is_wholly_over_or_wholly_today_is_read_as_one() -> None:
    analytics = CountedAnalytics()
    figures = Figures(analytics=analytics, clock=FakeClock())
    day = Period.of(Span.DAY, NOON.date())
    await figures.find(Lens(owner=None, project=None, period=day, hourly=True))
    assert [what for what, _ in analytics.read].count("measure") == 1
    before = day.before
    assert before is not None
    await figures.find(Lens(owner=None, project=None, period=before, hourly=True))
    assert [what for what, _ in analytics.read].count("measure") == 2
