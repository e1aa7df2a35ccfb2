"""Services that keep failing are left alone, whatever door the failure came through."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from limner.domain.call import Call, Finished
from limner.domain.errors import FailureCode, NotConfigured, PolicyError, Problem, ProviderError, Spent, StorageError
from limner.domain.events import EventKind
from limner.domain.health import BreakerRules, BreakerState
from limner.domain.job import Job, JobState
from limner.domain.people import LOCAL, Principal
from limner.domain.readiness import Readiness
from limner.domain.request import ImageRequest
from limner.testing.fakes import FakeProvider
from limner.wire.pace import Pace
from tests.engine.house import House, facts, house

ACME = facts("acme", usd="0.04")
ZEN = facts("zen", usd="0.03", rank=2)
TEN_MINUTES = 600.0


def failure(code: FailureCode, *, spent: Spent = Spent.NO, retryable: bool = False) -> ProviderError:
    return ProviderError(Problem(code=code, message=f"{code} happened.", spent=spent, retryable=retryable))


async def break_acme(here: House, code: FailureCode = FailureCode.OVERLOADED, times: int = 5) -> FakeProvider:
    """Lets acme fail so many times; gives the service."""
    acme = here.services.provider("acme")
    assert isinstance(acme, FakeProvider)
    acme.script(*[failure(code)] * times)
    for _ in range(times):
        await here.paint(model="acme")
    return acme


async def moves_of(here: House, job: Job) -> list[tuple[object, object]]:
    """The changes of state that a job's listeners were told of."""
    story = [event.data for event in await here.story(job) if event.kind is EventKind.HEALTH]
    return [(data["from"], data["to"]) for data in story]


def state_of(here: House, model: str = "acme/one") -> BreakerState:
    standing = here.health.standing("acme")
    return standing.models[model].state if model in standing.models else standing.own.state


@pytest.mark.req("S3-024", "S3-028", "S3-029", "S3-032", "S3-034")
@pytest.mark.parametrize(
    "code", [FailureCode.OVERLOADED, FailureCode.AUTHENTICATION, FailureCode.TIMED_OUT, FailureCode.RATE_LIMITED]
)
async def test_the_sixth_request_after_five_failures_is_blocked_without_a_call(
    tmp_path: Path, code: FailureCode
) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        acme = await break_acme(here, code, times=4)
        assert state_of(here) is BreakerState.CLOSED
        await break_acme(here, code, times=1)
        assert (len(acme.submits), state_of(here)) == (5, BreakerState.OPEN)
        with pytest.raises(ProviderError, match="Circuit breaker OPEN: provider unavailable") as blocked:
            await here.paint(model="acme")
        told = blocked.value.problem()
        assert (told.code, told.spent, told.retryable) == (FailureCode.UNAVAILABLE, Spent.NO, True)
        assert told.retry_after == TEN_MINUTES
        assert len(acme.submits) == 5
        await here.books_are_right()


@pytest.mark.req("S3-107", "S3-031")
async def test_a_wrong_key_blocks_the_whole_service_says_configuration_and_the_fallback_works(tmp_path: Path) -> None:
    two = ACME.text[ACME.text.index("[[model]]") :].replace('name = "one"', 'name = "two"')
    acme = facts("acme", usd="0.04")
    acme = type(acme)(label=acme.label, text=f"{acme.text}\n{two}", rank=0)
    async with house(tmp_path, {"acme": FakeProvider(), "zen": FakeProvider()}, acme, ZEN) as here:
        service = await break_acme(here, FailureCode.AUTHENTICATION)
        assert here.health.standing("acme").own.cause == "configuration"
        job = await here.paint(tier="high")
        assert (job.state, job.model) == (JobState.SUCCEEDED, "zen/one")
        assert len(service.submits) == 5
        with pytest.raises(ProviderError, match="configuration"):
            await here.paint(model="acme/two")


async def test_a_failure_of_one_model_leaves_the_others_of_its_service_alone(tmp_path: Path) -> None:
    two = ACME.text[ACME.text.index("[[model]]") :].replace('name = "one"', 'name = "two"')
    acme = type(ACME)(label=ACME.label, text=f"{ACME.text}\n{two}", rank=0)
    async with house(tmp_path, {"acme": FakeProvider()}, acme) as here:
        await break_acme(here, FailureCode.OVERLOADED)
        assert (await here.paint(model="acme/two")).state is JobState.SUCCEEDED


@pytest.mark.parametrize("code", [FailureCode.BAD_PARAMETER, FailureCode.REFUSED, FailureCode.CANCELLED])
async def test_what_a_person_did_never_opens_it(tmp_path: Path, code: FailureCode) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        await break_acme(here, code, times=8)
        assert (await here.paint(model="acme")).state is JobState.SUCCEEDED


async def test_a_call_that_is_sent_several_times_counts_once(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        acme = here.services.provider("acme")
        assert isinstance(acme, FakeProvider)
        acme.script(*[failure(FailureCode.RATE_LIMITED, retryable=True)] * 20)
        for _ in range(4):
            await here.paint(model="acme")
        assert len(acme.submits) == 20
        assert here.health.standing("acme").models["acme/one"].failures == 4
        assert (await here.paint(model="acme")).state is JobState.SUCCEEDED
        assert not here.health.standing("acme").models


async def test_an_attempt_of_several_calls_counts_once(tmp_path: Path) -> None:
    single = facts("acme", usd="0.04", count=1)
    async with house(tmp_path, {"acme": FakeProvider(*[failure(FailureCode.OVERLOADED)] * 8)}, single) as here:
        for times in (1, 2):
            await here.paint(model="acme", count=4)
            assert here.health.standing("acme").models["acme/one"].failures == times


async def test_an_answer_that_got_lost_counts_although_it_may_have_been_bought(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        acme = here.services.provider("acme")
        assert isinstance(acme, FakeProvider)
        acme.script(*[failure(FailureCode.LINE_DROPPED, spent=Spent.UNKNOWN)] * 5)
        for _ in range(5):
            assert (await here.paint(model="acme")).state is JobState.AMBIGUOUS
        assert state_of(here) is BreakerState.OPEN
        await here.books_are_right()


async def test_another_key_begins_anew_and_the_old_one_is_still_known(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        await break_acme(here, FailureCode.AUTHENTICATION)
        here.services.keys["acme"] = "another"
        assert (await here.paint(model="acme")).state is JobState.SUCCEEDED
        here.services.keys["acme"] = ""
        with pytest.raises(ProviderError, match="OPEN"):
            await here.paint(model="acme")


async def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        await break_acme(here)
    acme = FakeProvider()
    async with house(tmp_path, {"acme": acme}, ACME, ids_from=1000) as here:
        with pytest.raises(ProviderError, match="OPEN"):
            await here.paint(model="acme")
        here.clock.advance(TEN_MINUTES)
        assert (await here.paint(model="acme")).state is JobState.SUCCEEDED


async def test_other_processes_learn_of_it_within_a_moment(tmp_path: Path) -> None:
    acme = FakeProvider()
    async with house(tmp_path, {"acme": acme}, ACME, work=False, ids_from=1000) as other:
        await other.health.renew()
        async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
            await break_acme(here)
            other.clock.advance(1.0)
            with pytest.raises(ProviderError, match="OPEN"):
                await other.engine.submit(ImageRequest(prompt="a fox", model="acme"), LOCAL)
            await here.health.reset("acme", LOCAL)
            other.clock.advance(1.0)
            await other.engine.submit(ImageRequest(prompt="a fox", model="acme"), LOCAL)
    assert not acme.submits


@pytest.mark.req("S3-023", "S3-025", "S3-026", "S3-027", "S3-033")
async def test_all_four_transitions_are_logged_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        with caplog.at_level(logging.WARNING, "limner.engine"):
            acme = await break_acme(here, times=4)
            acme.script(failure(FailureCode.OVERLOADED), failure(FailureCode.OVERLOADED))
            opened = await here.paint(model="acme")
            here.clock.advance(TEN_MINUTES)
            reopened = await here.paint(model="acme")
            here.clock.advance(TEN_MINUTES)
            closed = await here.paint(model="acme")
        moves = [await moves_of(here, job) for job in (opened, reopened, closed)]
        wanted = [
            [("CLOSED", "OPEN")],
            [("OPEN", "HALF_OPEN"), ("HALF_OPEN", "OPEN")],
            [("OPEN", "HALF_OPEN"), ("HALF_OPEN", "CLOSED")],
        ]
        assert moves == wanted
        logged = [record.getMessage() for record in caplog.records if "circuit breaker" in record.getMessage()]
        assert logged == [
            f"The circuit breaker of acme/one went from {before} to {after}." for job in wanted for before, after in job
        ]
        story = [event.kind for event in await here.story(closed)]
        assert story[-1] is EventKind.FINISHED


async def test_one_trial_at_a_time_is_let_through(tmp_path: Path) -> None:
    acme = FakeProvider()
    async with house(tmp_path, {"acme": acme}, ACME) as here:
        jobs = [await here.engine.estimate(ImageRequest(prompt="a fox", model="acme"), LOCAL) for _ in range(4)]
        await break_acme(here)
        here.clock.advance(TEN_MINUTES)
        is_there, goes_on = asyncio.Event(), asyncio.Event()

        async def slow(call: Call) -> Finished:
            is_there.set()
            await goes_on.wait()
            return acme.paint(call)

        acme.script(slow)
        first = await here.engine.confirm(jobs[0].token, LOCAL)
        await is_there.wait()
        with pytest.raises(ProviderError, match="HALF_OPEN"):
            await here.engine.confirm(jobs[1].token, LOCAL)
        goes_on.set()
        assert (await here.engine.wait(first.id, LOCAL, timeout=10)).state is JobState.SUCCEEDED
        assert len(acme.submits) == 6
        assert (await here.paint(model="acme")).state is JobState.SUCCEEDED


async def test_jobs_that_were_waiting_for_their_turn_when_it_opened_are_not_sent_either(tmp_path: Path) -> None:
    all_wait = asyncio.Event()

    async def slow(_: Call) -> Finished:
        await all_wait.wait()
        raise failure(FailureCode.OVERLOADED)

    acme = FakeProvider(slow, *[failure(FailureCode.OVERLOADED)] * 11)
    async with house(tmp_path, {"acme": acme}, ACME) as here:
        here.services.turns["acme"] = Pace(requests_per_second=0, concurrency=1)
        jobs = [await here.engine.submit(ImageRequest(prompt="a fox", model="acme"), LOCAL) for _ in range(12)]
        all_wait.set()
        ended = [await here.engine.wait(job.id, LOCAL, timeout=20) for job in jobs]
        codes = [job.problem.code for job in ended if job.problem]
        # One may have its turn while the fifth failure is still being written down.
        assert len(acme.submits) in (5, 6)
        assert codes.count(FailureCode.UNAVAILABLE) == 12 - len(acme.submits)
        await here.books_are_right()


async def test_an_administrator_resets_it_and_nobody_else(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        await break_acme(here)
        with pytest.raises(PolicyError, match="administrator"):
            await here.health.reset("acme", Principal(id="eve", name="Eve"))
        assert await here.health.reset("acme/one", LOCAL) == "acme/one"
        assert (await here.paint(model="acme")).state is JobState.SUCCEEDED


async def test_engines_of_this_machine_are_never_blocked(tmp_path: Path) -> None:
    home = facts("acme", usd=None, local=True)
    async with house(tmp_path, {"acme": FakeProvider()}, home) as here:
        await break_acme(here, FailureCode.UNREACHABLE, times=8)
        assert (await here.paint(model="acme")).state is JobState.SUCCEEDED


async def test_a_threshold_of_its_own_holds(tmp_path: Path) -> None:
    rules = BreakerRules(failures=2, timeout=timedelta(seconds=30))
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, rules=rules) as here:
        await break_acme(here, times=2)
        assert state_of(here) is BreakerState.OPEN
        here.clock.advance(30)
        assert state_of(here) is BreakerState.HALF_OPEN


async def test_where_nothing_fails_nothing_is_written_about_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        monkeypatch.setattr(here.health._store, "change", None)
        assert (await here.paint(model="acme", count=2)).state is JobState.SUCCEEDED


async def test_a_database_that_cannot_note_it_takes_no_picture_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StorageError("The database is away.")

    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        await break_acme(here, times=1)
        monkeypatch.setattr(here.health._store, "change", away)
        monkeypatch.setattr(here.health._store, "all", away)
        assert (await here.paint(model="acme")).state is JobState.SUCCEEDED


@pytest.mark.req("S3-034")
async def test_a_service_that_is_switched_off_is_not_asked_and_is_told_of(tmp_path: Path) -> None:
    acme = FakeProvider()
    async with house(tmp_path, {"acme": acme, "zen": FakeProvider()}, ACME, ZEN) as here:
        queued = await here.engine.estimate(ImageRequest(prompt="a fox", model="acme"), LOCAL)
        off = Readiness(ready=False, reason="Switched off: X is false.", short="Switched off", code="switched_off")
        here.services.switched_off["acme"] = off
        with pytest.raises(NotConfigured, match="Switched off"):
            await here.paint(model="acme")
        with pytest.raises(NotConfigured, match="Switched off"):
            await here.engine.confirm(queued.token, LOCAL)
        job = await here.paint(tier="high")
        assert job.model == "zen/one"
        assert job.fallback is not None
        assert (job.fallback.original, "Switched off" in job.fallback.why) == ("acme/one", True)
    assert not acme.submits
