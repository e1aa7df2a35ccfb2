"""Administrators are told who is refused again and again, what fails, is slow, or costs too much: once an hour each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from limner.domain.alerts import Alert, AlertKind, AlertRules
from limner.domain.audit import Act
from limner.domain.call import Pending
from limner.domain.errors import BudgetExceeded, ContentRefused, FailureCode, Problem, ProviderError, TooManyRequests
from limner.domain.events import EventKind, News
from limner.domain.moderation import WordRule
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.request import ImageRequest
from limner.engine.limits import Limits
from limner.testing.fakes import FakeProvider
from tests.engine.house import House, facts, house

ACME = facts("acme", usd="0.04")
ANN = Principal(id="ann", name="ann@ids.example")
BEN = Principal(id="ben", name="ben@ids.example")
QUIET = AlertRules(error_percent=0, burst_percent=0, slow_seconds=0, p95_seconds=0)
RULE = WordRule(category="things nobody paints", groups=(("wasp",),))


async def raised(here: House) -> Sequence[Alert]:
    """All alerts, the oldest first, once everything due is raised."""
    await here.alarm.look()
    return (await here.alerts.page(limit=100, cursor=None)).items[::-1]


async def ask(here: House, prompt: str, principal: Principal) -> None:
    await here.engine.generate(ImageRequest(prompt=prompt, model="acme/one"), principal, timeout=20)


@pytest.mark.req("S0-064", "S0-065", "S1-109")
async def test_who_is_refused_again_and_again_is_told_of_once_and_stands_in_the_audit_log(tmp_path: Path) -> None:
    rules = replace(QUIET, refusals=3)
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, words=[RULE], alerts=rules) as here:
        for principal in (ANN, BEN, ANN):
            with pytest.raises(ContentRefused):
                await ask(here, "a wasp", principal)
        assert await raised(here) == ()
        for _ in range(3):
            with pytest.raises(ContentRefused):
                await ask(here, "a wasp", ANN)
        (alert,) = await raised(here)
        assert (alert.kind, alert.subject) == (AlertKind.ABUSE, ANN.name)
        assert alert.message == f"{ANN.name}: 3 requests or pictures were refused for their content within 10 minutes."
        (record,) = (await here.budgeting.audit.page(limit=9, cursor=None, act=Act.ABUSE_SUSPECTED)).items
        assert (record.deed.who, record.deed.name) == (ANN.id, ANN.name)
        here.clock.advance(3600)
        with pytest.raises(ContentRefused):
            await ask(here, "a wasp", ANN)
        assert len(await raised(here)) == 1  # what lies further back counts no more


@pytest.mark.req("S0-065", "S1-109")
async def test_what_services_refuse_counts_too_and_so_does_asking_too_often(tmp_path: Path) -> None:
    no = ProviderError(Problem(code=FailureCode.REFUSED, message="Not this."))
    limits, rules = Limits(requests_per_minute=2), replace(QUIET, refusals=2, rate_hits=2)
    async with house(tmp_path, {"acme": FakeProvider(no, no)}, ACME, limits=limits, alerts=rules) as here:
        for _ in range(2):
            await ask(here, "a fox", ANN)
        assert [(alert.kind, alert.subject) for alert in await raised(here)] == [(AlertKind.ABUSE, "ann")]
        here.clock.advance(61)
        for _ in range(2):
            await ask(here, "a fox", BEN)
        for _ in range(2):
            with pytest.raises(TooManyRequests):
                await ask(here, "a fox", BEN)
        last = (await raised(here))[-1]
        assert last.message == f"{BEN.name}: 2 requests came too soon within 10 minutes."


@pytest.mark.req("S1-118")
async def test_a_budget_that_has_too_little_left_is_told_of(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, daily=Money.usd("0.01"), alerts=QUIET) as here:
        for _ in range(2):
            with pytest.raises(BudgetExceeded):
                await ask(here, "a fox", ANN)
        (alert,) = await raised(here)
        assert (alert.kind, alert.subject) == (AlertKind.BUDGET, ANN.name)
        assert "Daily cost limit exceeded ($0.01/day)" in alert.message


@pytest.mark.req("S1-119", "S3-097")
async def test_keys_that_are_not_taken_and_services_that_are_left_alone(tmp_path: Path) -> None:
    wrong = ProviderError(Problem(code=FailureCode.AUTHENTICATION, message="Wrong key.", provider="acme"))
    async with house(tmp_path, {"acme": FakeProvider(*[wrong] * 5)}, ACME, alerts=QUIET) as here:
        await ask(here, "a fox", ANN)
        assert [(alert.kind, alert.message) for alert in await raised(here)] == [(AlertKind.KEY, "acme: Wrong key.")]
        for _ in range(4):
            await ask(here, "a fox", ANN)
        found = await raised(here)
        assert {alert.kind for alert in found} == {AlertKind.KEY, AlertKind.BREAKER}
        assert {alert.subject for alert in found} == {"acme"}
        here.clock.advance(3600)
        await ask(here, "a fox", ANN)
        assert len(await raised(here)) == 2  # it is blocked, and was told of


@pytest.mark.req("S1-116", "S3-096", "S4-069")
@pytest.mark.parametrize(
    ("failed", "good", "told"),
    [
        (3, 3, []),
        (3, 2, ["3 of 5 jobs failed within five minutes, more than 50 %."]),
        (1, 19, []),
        (2, 18, ["2 of 20 jobs failed within an hour, more than 5 %."]),
    ],
)
async def test_too_many_failures_are_told_of(tmp_path: Path, failed: int, good: int, told: list[str]) -> None:
    broken = ProviderError(Problem(code=FailureCode.BAD_PARAMETER, message="It broke."))
    rules = replace(QUIET, error_percent=5.0, burst_percent=50.0)
    async with house(tmp_path, {"acme": FakeProvider(*[broken] * failed)}, ACME, alerts=rules) as here:
        for _ in range(failed + good):
            await ask(here, "a fox", ANN)
        assert [alert.message for alert in await raised(here)] == told
        here.clock.advance(3601)
        assert len(await raised(here)) == len(told)


async def test_a_service_that_fails_texts_is_told_of_too(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, alerts=QUIET) as here:
        moved = {"breaker": "anthropic", "from": "CLOSED", "to": "OPEN", "code": "authentication_failed"}
        here.alarm.hear_health([News(kind=EventKind.HEALTH, data=moved)])
        (alert,) = await raised(here)
        assert (alert.kind, alert.subject) == (AlertKind.BREAKER, "anthropic")


@pytest.mark.req("S1-117")
async def test_slow_jobs_are_told_of(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, alerts=replace(QUIET, slow_seconds=40.0)) as here:
        provider = here.services.provider("acme")
        assert isinstance(provider, FakeProvider)
        provider.script(Pending(ticket={"id": "t"}, poll_after=45.0))
        await ask(here, "a fox", ANN)
        (alert,) = await raised(here)
        assert alert.kind is AlertKind.SLOW
        assert alert.message == "A job took 45 s with acme/one, more than 40 s."


@pytest.mark.req("S3-099")
async def test_one_in_twenty_that_is_slow_is_told_of(tmp_path: Path) -> None:
    provider = FakeProvider(*[Pending(ticket={"id": f"{number}"}, poll_after=31.0) for number in range(2)])
    async with house(tmp_path, {"acme": provider}, ACME, alerts=replace(QUIET, p95_seconds=30.0)) as here:
        for _ in range(19):
            await ask(here, "a fox", ANN)
        assert await raised(here) == ()
        await ask(here, "a fox", ANN)
        assert [alert.message for alert in await raised(here)] == ["2 of 20 jobs took more than 30 s within an hour."]


@pytest.mark.req("S3-098")
async def test_what_is_spent_within_an_hour_is_told_of(tmp_path: Path) -> None:
    provider = FakeProvider()
    provider.script(*[replace(provider.finished(1), cost=Money.usd("0.04")) for _ in range(3)])
    rules = replace(QUIET, cost_per_hour=Money.usd("0.10"))
    async with house(tmp_path, {"acme": provider}, ACME, alerts=rules) as here:
        for _ in range(2):
            await ask(here, "a fox", ANN)
        assert await raised(here) == ()
        here.clock.advance(timedelta(minutes=30).total_seconds())
        await ask(here, "a fox", ANN)
        (alert,) = await raised(here)
        assert (alert.kind, alert.subject) == (AlertKind.COST, "")
        assert alert.message == "$0.12 were spent within an hour, more than $0.10."
