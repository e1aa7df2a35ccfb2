"""Figures over stretches of time, in both databases."""

from dataclasses import astuple, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from limner.db import schema
from limner.db.analytics import SqlAnalytics
from limner.db.database import Database
from limner.db.tables import entries
from limner.domain.analytics import Durations, Kept, Lens, Measured, Outcomes, Period, Span
from limner.domain.errors import Problem
from limner.domain.job import CallState, JobState
from limner.domain.money import Money
from limner.domain.records import Ending, NewCall
from limner.engine.figures import Ends, Falls, Findings, Sums, Times
from tests.db.conftest import Stores, plain_connection
from tests.db.test_leases import taken
from tests.db.test_statistics import OLD, failed, made
from tests.db.values import NOON, a_call, a_job, closed, later, settled

TODAY = Period.of(Span.DAY, NOON.date())
WEEK = Period.of(Span.WEEK, NOON.date())
TIRED = Problem(code="unavailable", message="It sleeps.", provider="openai")


def lens(owner: str | None = "ann", project: str | None = None, period: Period = WEEK) -> Lens:
    return Lens(owner=owner, project=project, period=period, hourly=period.hourly)


def findings(measured: Measured) -> Findings:
    """What was measured, seen at noon."""
    return Findings(lens=lens(), measured=measured, earlier=(), kept=Kept(0, 0), now=NOON)


async def booked(stores: Stores) -> int:
    """What the ledger itself adds up to."""
    query = select(func.sum(entries.c.amount_micro))
    return int(await stores.database.read(lambda connection: connection.execute(query).scalar_one()))


@pytest.mark.req("S3-100", "S3-101")
async def test_sums_by_hour_and_day_are_those_of_the_ledger(stores: Stores) -> None:
    await made(stores)
    await made(stores, ended=3700)
    await made(stores, ended=-24 * 3600, sent=-24 * 3601)
    await made(stores, owner="bob", charge=70)
    await made(stores, owner="bob", charge=None)
    await failed(stores, charge=50)
    analytics = SqlAnalytics(stores.database)
    everybody = await analytics.measure(lens(None))
    assert sum(row.cost.micro for row in everybody.spending) == await booked(stores) == 3 * 600 + 70 + 50
    assert sum(row.unpriced for row in everybody.spending) == 1
    hours = await analytics.measure(lens(period=TODAY))
    assert [(row.slot, row.pictures) for row in sorted(hours.spending, key=lambda row: row.slot)] == [
        ("2026-11-21T12", 1),
        ("2026-11-21T13", 1),
    ]
    days = await analytics.measure(lens())
    found = {row.slot: (row.pictures, row.cost, row.person) for row in days.spending}
    assert found == {"2026-11-20": (1, Money(600), "ann"), "2026-11-21": (2, Money(1250), "ann")}
    assert (await analytics.measure(lens(project="other"))).spending == []
    next_week = lens(period=Period.of(Span.WEEK, NOON.date() + timedelta(days=7)))
    assert await analytics.measure(next_week) == Measured(spending=[], outcomes=[], durations=[])
    (whole,) = await analytics.booked(lens())
    assert (whole.slot, whole.kind, whole.pictures, whole.cost) == ("", "picture", 3, Money(1850))


async def test_the_sums_of_a_day_are_those_of_its_hours(stores: Stores) -> None:
    for second, took in ((0, 0.004), (60, 0.777), (3700, 12.345), (3701, 222), (7300, 4_000)):
        await made(stores, sent=second, ended=second + took)
    await made(stores, charge=None)
    await made(stores, owner="bob", charge=70)
    await failed(stores, charge=50)
    analytics = SqlAnalytics(stores.database)
    for owner in ("ann", None):
        hours = await analytics.measure(lens(owner, period=TODAY))
        day = await analytics.measure(replace(lens(owner, period=TODAY), hourly=False))
        assert Sums.of(day.spending) == Sums.of(hours.spending)
        assert sum(row.bookings for row in day.spending) == sum(row.bookings for row in hours.spending)
        assert (len(day.spending), len(hours.spending)) == (1 if owner else 2, 3 if owner else 4)
        assert (Ends.of(day.outcomes), Times.of(day.durations)) == (Ends.of(hours.outcomes), Times.of(hours.durations))
        assert sorted(map(astuple, day.durations)) == sorted(map(astuple, hours.durations))
    assert await stores.ledger.check() == []


@pytest.mark.req("S3-102")
async def test_calls_end_well_or_with_a_code_and_take_their_time(stores: Stores) -> None:
    await made(stores, ended=0.123)
    await made(stores, ended=9.876)
    await failed(stores)
    await failed(stores, CallState.AMBIGUOUS)
    measured = await SqlAnalytics(stores.database).measure(lens())
    assert sorted(measured.outcomes, key=lambda row: row.code) == [
        Outcomes(slot="2026-11-21", model="openai/painter-1", code="", calls=2, pictures=2),
        Outcomes(slot="2026-11-21", model="openai/painter-1", code="failed", calls=1, pictures=0),
    ]
    assert sorted(measured.durations, key=lambda row: row.milliseconds) == [
        Durations("openai/painter-1", 120, 1),
        Durations("openai/painter-1", 9800, 1),
    ]
    found = findings(measured)
    assert (found.times.median, found.times.ninety_fifth) == (0.12, 9.8)
    assert found.ends.rate == pytest.approx(2 / 3)
    assert await SqlAnalytics(stores.database).kept("ann") == Kept(2, 2 * 900)
    assert await SqlAnalytics(stores.database).kept("bob") == Kept(0, 0)


@pytest.mark.req("S3-104")
async def test_what_another_model_made_names_the_one_that_failed_and_why(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.close_call(lease, replace(closed(new, 0, CallState.FAILED), problem=TIRED), [])
    second = NewCall(call=a_call(), number=1, hold=Money(1000))
    await stores.jobs.add_calls(lease, 1, [second], [])
    await stores.jobs.mark_submitting(lease, second.call.id, NOON)
    await stores.jobs.close_call(lease, settled(replace(new, calls=(second,)), at=later(2)), [])
    await made(stores)
    measured = await SqlAnalytics(stores.database).measure(lens())
    found = findings(measured)
    assert found.falls == [
        Falls(origin="openai/painter-1", model="stability/painter-2", code="unavailable", calls=1, pictures=1)
    ]
    assert (found.fallbacks, found.fallback_share) == (1, 0.5)
    totals = {row.service: row for row in await SqlAnalytics(stores.database).totals()}
    assert (totals["openai"].succeeded, totals["openai"].failed, totals["openai"].fallbacks) == (1, 1, 0)
    assert (totals["stability"].succeeded, totals["stability"].fallbacks) == (1, 1)


async def test_a_lost_purchase_is_lost_once_somebody_has_said_so(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.close_call(lease, closed(new, 0, CallState.AMBIGUOUS), [])
    await stores.jobs.finish(lease, Ending(state=JobState.AMBIGUOUS, at=later(1)), [])
    await stores.jobs.resolve(new.calls[0].call.id, "ann", charged=True, at=later(9))
    measured = await SqlAnalytics(stores.database).measure(lens())
    assert [(row.code, row.calls) for row in measured.outcomes] == [("lost", 1)]
    assert measured.durations == []
    assert await SqlAnalytics(stores.database).since(later(9)) == (1, 0)
    assert await SqlAnalytics(stores.database).since(later(10)) == (0, 0)


async def test_what_ended_before_there_were_figures_is_in_them(empty_url: str) -> None:
    with plain_connection(empty_url) as connection:
        schema.upgrade(connection, "0004")
        connection.commit()
        for statement in (*OLD, *TRIED):
            connection.exec_driver_sql(statement)
        connection.commit()
    database = await Database.open(empty_url)
    measured = await SqlAnalytics(database).measure(lens())
    totals = await SqlAnalytics(database).totals()
    await database.close()
    assert sorted((row.model, row.code, row.calls, row.pictures) for row in measured.outcomes) == [
        ("openai/painter-1", "", 1, 2),
        ("openai/painter-1", "failed", 1, 0),
        ("openai/painter-1", "timed_out", 1, 0),
        ("stability/painter-2", "", 1, 1),
    ]
    assert measured.durations == [Durations("stability/painter-2", 1500, 1)]
    assert [(row.origin, row.code) for row in findings(measured).falls] == [("openai/painter-1", "timed_out")]
    assert [(row.service, row.fallbacks) for row in totals] == [("openai", 0), ("stability", 1)]


TRIED = (
    """
    INSERT INTO generation_jobs (id, user_id, project, state, attempt, candidate, created_at, held_micro, cost_micro,
                                 cancel_requested, last_event)
    VALUES ('second', 'ann', 'default', 'succeeded', 1, 1, '2026-11-21T12:00:00.000000Z', 0, 7, FALSE, 1)
    """,
    """
    INSERT INTO generation_calls (id, job_id, candidate, number, model, state, call, hold_micro, cost_micro, problem,
                                  submitted_at)
    VALUES ('four', 'second', 0, 0, 'openai/painter-1', 'failed', '{}', 100, 0, '{"code": "timed_out"}', NULL),
           ('five', 'second', 1, 1, 'stability/painter-2', 'settled', '{}', 100, 7, NULL, '2026-11-21T12:00:00.500000Z')
    """,
    """
    INSERT INTO ledger_entries (job_id, call_id, user_id, project, provider, model, pictures, amount_micro,
                                counted_micro, basis, created_at)
    VALUES ('second', 'five', 'ann', 'default', 'stability', 'stability/painter-2', 1, 7, 7, 'list',
            '2026-11-21T12:00:02.000000Z')
    """,
)
