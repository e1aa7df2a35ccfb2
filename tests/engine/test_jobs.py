"""What becomes of a job, whatever its services do."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from limner.domain.call import Call, Finished, Painted, Pending
from limner.domain.errors import (
    BudgetExceeded,
    ConfirmationRequired,
    FailureCode,
    IdempotencyConflict,
    InvalidRequest,
    LimnerError,
    NotConfigured,
    Problem,
    ProviderError,
    QuoteRefused,
    Spent,
    UnknownModel,
)
from limner.domain.events import EventKind
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.people import LOCAL, Principal
from limner.domain.preset import Preset
from limner.domain.request import ImageRequest, InputImage, Margins, Operation, Role, Size
from limner.domain.turns import Rank
from limner.testing.fakes import FakeCancellableProvider, FakeFindingProvider, FakeProvider, FakeStreamingProvider
from limner.testing.pictures import PictureMaker
from tests.engine.house import House, facts, house

ACME = facts("acme", usd="0.04")
ZEN = facts("zen", usd="0.03", rank=2)


def failure(
    code: FailureCode, *, spent: Spent = Spent.NO, retryable: bool = False, after: float | None = None
) -> ProviderError:
    return ProviderError(
        Problem(code=code, message=f"{code} happened.", spent=spent, retryable=retryable, retry_after=after)
    )


OVERLOADED = failure(FailureCode.OVERLOADED)
LIMITED = failure(FailureCode.RATE_LIMITED, retryable=True, after=2.0)
DROPPED = failure(FailureCode.LINE_DROPPED, spent=Spent.UNKNOWN)
REFUSED = failure(FailureCode.REFUSED)


@pytest.mark.req("S4-043")
async def test_a_job_is_painted_booked_and_told(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        job = await here.paint(model="acme/one", count=2)
        assert (job.state, len(job.pictures), job.held) == (JobState.SUCCEEDED, 2, Money())
        assert [event.kind for event in await here.story(job)] == [
            EventKind.QUEUED,
            EventKind.RUNNING,
            EventKind.PICTURE,
            EventKind.PICTURE,
            EventKind.FINISHED,
        ]
        for picture in job.pictures:
            assert picture.recipe["model"] == "acme/one"
            assert picture.file.digest in here.blobs.files
        await here.books_are_right()


async def test_whoever_waits_is_handed_the_job_as_it_stands_in_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        with monkeypatch.context() as patched:
            patched.setattr(here.jobs, "get", None)  # it is not read back
            job = await here.paint(model="acme/one", count=2)
        assert job == await here.jobs.get(job.id)


@pytest.mark.req("S1-070")
async def test_usage_is_booked_as_the_service_counts_it(tmp_path: Path) -> None:
    provider = FakeProvider()
    provider.script(replace(provider.finished(2), cost=Money.usd("0.0777")))
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.paint(model="acme", count=2)
        assert job.cost == Money.usd("0.0777")
        (spend,) = await here.ledger.spent(LOCAL.id, here.clock.now() - timedelta(days=1))
        assert (spend.service, spend.pictures, spend.cost) == ("acme", 2, Money.usd("0.0777"))
        await here.books_are_right()


async def test_without_a_count_of_the_service_the_list_price_is_booked(tmp_path: Path) -> None:
    provider = FakeProvider()
    provider.script(replace(provider.finished(3), cost=None))
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.paint(model="acme", count=3)
        assert job.cost == Money.usd("0.12")


@pytest.mark.req("S4-007", "S3-035")
async def test_an_unpaid_failure_goes_to_the_next_candidate_of_the_plan(tmp_path: Path) -> None:
    acme, zen = FakeProvider(OVERLOADED), FakeProvider()
    async with house(tmp_path, {"acme": acme, "zen": zen}, ACME, ZEN) as here:
        job = await here.paint(tier="high", count=2)
        assert (job.state, job.model, len(job.pictures)) == (JobState.SUCCEEDED, "zen/one", 2)
        told = [event for event in await here.story(job) if event.kind is EventKind.FALLBACK]
        assert [(event.data["from"], event.data["to"]) for event in told] == [("acme/one", "zen/one")]
        assert (acme.purchases, zen.purchases) == (0, 1)
        await here.books_are_right()


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (DROPPED, JobState.AMBIGUOUS),
        (failure(FailureCode.TIMED_OUT, spent=Spent.UNKNOWN), JobState.AMBIGUOUS),
        (failure(FailureCode.BAD_ANSWER, spent=Spent.YES), JobState.FAILED),
        (REFUSED, JobState.REFUSED),
        (failure(FailureCode.BAD_PARAMETER), JobState.FAILED),
    ],
)
async def test_what_may_have_cost_money_or_was_refused_is_not_tried_elsewhere(
    tmp_path: Path, error: ProviderError, state: JobState
) -> None:
    zen = FakeProvider()
    async with house(tmp_path, {"acme": FakeProvider(error), "zen": zen}, ACME, ZEN) as here:
        job = await here.paint(tier="high")
        assert (job.state, zen.submits) == (state, [])
        assert job.problem is not None
        assert job.problem.code == error.code
        await here.books_are_right()


@pytest.mark.parametrize(
    ("bill", "cost"),
    [(None, "0.08"), (Finished(pictures=(), cost=Money.usd("0.0031")), "0.0031"), (Finished(pictures=()), "0.08")],
)
async def test_a_refused_picture_that_cost_something_is_booked_as_the_service_bills_it(
    tmp_path: Path, bill: Finished | None, cost: str
) -> None:
    problem = failure(FailureCode.REFUSED, spent=Spent.YES).problem()
    provider = FakeProvider(ProviderError(problem, bill=bill))
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.paint(model="acme", count=2)
        assert (job.state, job.cost, job.held) == (JobState.REFUSED, Money.usd(cost), Money())
        await here.books_are_right()


async def test_an_ambiguous_purchase_keeps_its_hold_until_a_person_decides(tmp_path: Path) -> None:
    for charged, cost in ((True, Money.usd("0.04")), (False, Money())):
        folder = tmp_path / str(charged)
        folder.mkdir()
        async with house(folder, {"acme": FakeProvider(DROPPED)}, ACME, daily=Money.usd(1)) as here:
            job = await here.paint(model="acme")
            assert (job.state, job.held) == (JobState.AMBIGUOUS, Money.usd("0.04"))
            resolved = await here.engine.resolve(job.calls[0].id, LOCAL, charged=charged)
            assert (resolved.held, resolved.cost) == (Money(), cost)
            assert resolved.state is JobState.FAILED
            await here.books_are_right()


@pytest.mark.req("S3-029")
async def test_a_429_is_sent_again_after_the_pause_that_the_service_asks_for(tmp_path: Path) -> None:
    provider = FakeProvider(LIMITED, LIMITED)
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.paint(model="acme")
        assert (job.state, len(provider.submits), provider.purchases) == (JobState.SUCCEEDED, 3, 1)
        first, second = [wait for wait in here.clock.slept if 2.0 <= wait <= 2.2]
        assert first != second
        assert len({call.id for call in provider.submits}) == 1


@pytest.mark.req("S0-050")
async def test_a_service_that_cannot_be_reached_is_tried_again_after_ever_longer_pauses(tmp_path: Path) -> None:
    away = failure(FailureCode.UNREACHABLE, retryable=True)
    provider = FakeProvider(away, away, away)
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.paint(model="acme")
        assert (job.state, provider.purchases) == (JobState.SUCCEEDED, 1)
        first, second, third = [wait for wait in here.clock.slept if wait >= 0.25]
        assert 0.25 <= first <= 0.5 <= second <= 1.0 <= third <= 2.0


async def test_a_429_that_does_not_end_is_given_up(tmp_path: Path) -> None:
    provider = FakeProvider(*[LIMITED] * 9)
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.paint(model="acme")
        assert (job.state, len(provider.submits), provider.purchases) == (JobState.FAILED, 5, 0)
        assert job.cost == Money()
        await here.books_are_right()


async def test_three_of_four_are_delivered_and_booked(tmp_path: Path) -> None:
    single = facts("acme", usd="0.04", count=1)
    provider = FakeProvider()
    good = [replace(provider.finished(1), cost=None) for _ in range(3)]
    provider.script(good[0], failure(FailureCode.FAILED), good[1], good[2])
    async with house(tmp_path, {"acme": provider}, single) as here:
        job = await here.paint(model="acme", count=4)
        assert (job.state, len(job.pictures), job.cost) == (JobState.PARTIAL, 3, Money.usd("0.12"))
        assert job.problem is not None
        await here.books_are_right()


async def test_only_the_missing_pictures_are_bought_from_the_next_candidate(tmp_path: Path) -> None:
    acme, zen = FakeProvider(), FakeProvider()
    acme.script(acme.finished(1), OVERLOADED, OVERLOADED, OVERLOADED)
    async with house(tmp_path, {"acme": acme, "zen": zen}, facts("acme", usd="0.04", count=1), ZEN) as here:
        job = await here.paint(tier="high", count=4)
        assert (job.state, len(job.pictures)) == (JobState.SUCCEEDED, 4)
        assert [call.count for call in zen.submits] == [3]
        assert len({picture.number for picture in job.pictures}) == 4
        await here.books_are_right()


async def test_fewer_pictures_than_asked_for_are_kept_and_said(tmp_path: Path) -> None:
    provider = FakeProvider()
    provider.script(provider.finished(1))
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.paint(model="acme", count=3)
        assert (job.state, len(job.pictures)) == (JobState.PARTIAL, 1)
        assert job.problem is not None
        assert "1 of 3" in job.problem.message


async def test_a_broken_picture_is_said_and_its_bytes_are_kept(tmp_path: Path) -> None:
    broken = Finished(pictures=(Painted(content=b"\x89PNG\r\n\x1a\nnot really"),), cost=Money.usd("0.04"))
    async with house(tmp_path, {"acme": FakeProvider(broken)}, ACME) as here:
        job = await here.paint(model="acme")
        assert (job.state, job.pictures, job.cost) == (JobState.FAILED, (), Money.usd("0.04"))
        assert b"\x89PNG\r\n\x1a\nnot really" in here.blobs.files.values()
        await here.books_are_right()


async def test_a_ticket_is_written_down_and_asked_after(tmp_path: Path) -> None:
    waiting = Pending(ticket={"id": "t1"}, poll_after=1.0, progress=0.5, stage="painting")
    lost = failure(FailureCode.UNREACHABLE, retryable=True)
    provider = FakeProvider(waiting, polled=[waiting, lost, replace(waiting, ticket={"id": "t2"})])
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.paint(model="acme")
        assert (job.state, provider.purchases) == (JobState.SUCCEEDED, 1)
        assert [pending.ticket["id"] for pending in provider.polls] == ["t1", "t1", "t1", "t2"]
        assert job.calls[0].ticket == {"id": "t2"}


@pytest.mark.parametrize(
    "failed, times",
    [
        (failure(FailureCode.AUTHENTICATION), 1),
        (failure(FailureCode.EXPIRED), 1),
        (failure(FailureCode.UNREACHABLE, retryable=True), 8),
    ],
    ids=["key", "expired", "unreachable"],
)
async def test_a_call_that_cannot_be_asked_after_may_have_been_bought(
    tmp_path: Path, failed: ProviderError, times: int
) -> None:
    waiting = Pending(ticket={"id": "t1"}, poll_after=1.0)
    provider = FakeProvider(waiting, polled=[failed] * times)
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.paint(model="acme")
        assert (job.state, provider.purchases) == (JobState.AMBIGUOUS, 1)
        assert job.problem is not None
        assert "may have been charged" in job.problem.message
        assert job.held > Money()


async def test_a_call_that_failed_at_no_cost_holds_no_money(tmp_path: Path) -> None:
    waiting = Pending(ticket={"id": "t1"}, poll_after=1.0)
    provider = FakeProvider(waiting, polled=[failure(FailureCode.REFUSED)])
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.paint(model="acme")
        assert (job.state, job.held, job.cost) == (JobState.REFUSED, Money(), Money())


@pytest.mark.req("S1-100")
async def test_a_call_that_never_ends_is_ambiguous_after_its_time(tmp_path: Path) -> None:
    waiting = Pending(ticket={"id": "t1"}, poll_after=10.0)
    provider = FakeProvider(waiting, polled=[waiting] * 50)
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.paint(model="acme")
        assert job.state is JobState.AMBIGUOUS
        assert job.problem is not None
        assert job.problem.code == FailureCode.TIMED_OUT
        assert len(provider.polls) <= 7


@pytest.mark.parametrize(
    "error",
    [
        failure(FailureCode.UNREACHABLE, retryable=True),
        failure(FailureCode.OVERLOADED, retryable=True),
        failure(FailureCode.AUTHENTICATION),
    ],
    ids=["unreachable", "overloaded", "key withdrawn"],
)
async def test_a_call_that_can_no_longer_be_asked_after_is_ambiguous_and_never_sent_again(
    tmp_path: Path, error: ProviderError
) -> None:
    waiting = Pending(ticket={"id": "t1"}, poll_after=1.0)
    acme, zen = FakeProvider(waiting, polled=[error] * 50), FakeProvider()
    async with house(tmp_path, {"acme": acme, "zen": zen}, ACME, ZEN) as here:
        job = await here.paint(tier="high")
        assert (job.state, job.held, len(acme.submits), zen.submits) == (
            JobState.AMBIGUOUS,
            Money.usd("0.04"),
            1,
            [],
        )
        assert job.problem is not None
        assert (job.problem.code, job.problem.spent) == (error.code, Spent.UNKNOWN)
        assert len(acme.polls) == (8 if error.retryable else 1)
        await here.books_are_right()


@pytest.mark.req("S1-100")
async def test_a_purchase_whose_answer_was_lost_is_found_by_our_own_id(tmp_path: Path) -> None:
    maker = FakeProvider()
    done = replace(maker.finished(1), cost=Money.usd("0.03"))
    waiting = Pending(ticket={"id": "t1"}, poll_after=1.0)
    lost = failure(FailureCode.UNREACHABLE, retryable=True)
    searches: list[list[Finished | Pending | LimnerError | None]] = [[done], [None, lost, done], [waiting]]
    for number, found in enumerate(searches):
        folder = tmp_path / str(number)
        folder.mkdir()
        provider = FakeFindingProvider(DROPPED, found=found)
        async with house(folder, {"acme": provider}, ACME) as here:
            job = await here.paint(model="acme")
            assert (job.state, len(job.pictures), len(provider.submits)) == (JobState.SUCCEEDED, 1, 1)
            assert {call.id for call in provider.searches} == {job.calls[0].id}
            assert len(provider.searches) == len(found)
            assert job.cost == (Money() if found == [waiting] else Money.usd("0.03"))
            assert job.calls[0].ticket == ({"id": "t1"} if found == [waiting] else None)
            await here.books_are_right()


async def test_a_purchase_that_cannot_be_found_stays_ambiguous(tmp_path: Path) -> None:
    searches: list[list[LimnerError]] = [[], [failure(FailureCode.AUTHENTICATION)] * 3]
    for number, found in enumerate(searches):
        folder = tmp_path / str(number)
        folder.mkdir()
        provider = FakeFindingProvider(DROPPED, found=found)
        async with house(folder, {"acme": provider}, ACME) as here:
            job = await here.paint(model="acme")
            assert (job.state, job.held, len(provider.submits)) == (JobState.AMBIGUOUS, Money.usd("0.04"), 1)
            assert len(provider.searches) == 3
            assert job.problem is not None
            assert job.problem.code == FailureCode.LINE_DROPPED
            await here.books_are_right()


async def test_a_purchase_that_is_found_refused_is_refused(tmp_path: Path) -> None:
    provider = FakeFindingProvider(DROPPED, found=[REFUSED])
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.paint(model="acme")
        assert (job.state, job.held, job.cost) == (JobState.REFUSED, Money(), Money())


async def held_up(here: House, provider: FakeProvider, job_id: str) -> None:
    """Until the service has been sent something."""
    for _ in range(500):
        if provider.submits:
            return
        await asyncio.sleep(0.005)
    raise AssertionError("nothing was sent")


def gate(provider: FakeProvider) -> tuple[asyncio.Event, Callable[[Call], Awaitable[Finished]]]:
    """A purchase that is answered when the test says so."""
    opened = asyncio.Event()

    async def answer(call: Call) -> Finished:
        await opened.wait()
        return provider.paint(call)

    return opened, answer


@pytest.mark.req("S0-004", "S0-016")
async def test_cancelling_keeps_what_was_already_bought(tmp_path: Path) -> None:
    provider = FakeProvider()
    opened, answer = gate(provider)
    provider.script(answer)
    single = facts("acme", usd="0.04", count=1)
    async with house(tmp_path, {"acme": provider}, single) as here:
        job = await here.engine.submit(ImageRequest(prompt="a fox", model="acme"), LOCAL)
        await held_up(here, provider, job.id)
        stopped = await here.engine.cancel(job.id, LOCAL)
        assert stopped.cancel_requested
        opened.set()
        ended = await here.engine.wait(job.id, LOCAL, timeout=10)
        assert (ended.state, len(ended.pictures)) == (JobState.SUCCEEDED, 1)
        await here.books_are_right()


async def test_cancelling_stops_a_service_that_can_be_stopped(tmp_path: Path) -> None:
    waiting = Pending(ticket={"id": "t1"}, poll_after=0.01)
    provider = FakeCancellableProvider(waiting, polled=[waiting] * 10_000)
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.engine.submit(ImageRequest(prompt="a fox", model="acme"), LOCAL)
        await held_up(here, provider, job.id)
        await here.engine.cancel(job.id, LOCAL)
        ended = await here.engine.wait(job.id, LOCAL, timeout=10)
        assert (ended.state, ended.pictures) == (JobState.CANCELLED, ())
        assert len(provider.cancelled) == 1
        assert ended.held == Money()
        await here.books_are_right()


async def test_a_job_that_nobody_began_is_cancelled_at_once(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, daily=Money.usd(1), work=False) as here:
        job = await here.engine.submit(ImageRequest(prompt="a fox", model="acme"), LOCAL)
        assert job.held == Money.usd("0.04")
        stopped = await here.engine.cancel(job.id, LOCAL)
        assert (stopped.state, stopped.held) == (JobState.CANCELLED, Money())
        await here.books_are_right()


async def broken(call: Call) -> Finished:
    raise RuntimeError("a mistake of ours")


@pytest.mark.parametrize(
    ("local", "state", "held"), [(False, JobState.AMBIGUOUS, Money.usd("0.04")), (True, JobState.FAILED, Money())]
)
async def test_a_mistake_of_ours_ends_the_job_and_forgets_no_purchase(
    tmp_path: Path, local: bool, state: JobState, held: Money
) -> None:
    provider = FakeProvider()
    provider.script(broken)
    source = facts("acme", usd="0.04", local=local)
    async with house(tmp_path, {"acme": provider}, source, daily=Money.usd(1)) as here:
        job = await here.paint(model="acme")
        assert (job.state, job.held, len(provider.submits)) == (state, held, 1)
        assert job.problem is not None
        assert job.problem.code == "internal_error"
        assert (await here.story(job))[-1].kind is EventKind.FINISHED
        await here.books_are_right()
        assert (await here.paint(model="acme")).state is JobState.SUCCEEDED


class Crowd:
    """A turn that does not come."""

    def __init__(self, *, patience: float) -> None:
        self._patience = patience

    async def enter(self, rank: Rank | None = None) -> None:
        async with asyncio.timeout(self._patience):
            await asyncio.Event().wait()

    def leave(self) -> None:
        raise AssertionError("nobody had the turn")


async def test_a_picture_that_was_bought_and_is_lost_is_booked_like_the_others(tmp_path: Path) -> None:
    provider = FakeProvider()
    provider.script(replace(provider.finished(1), cost=None, lost=1))
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.paint(model="acme", count=2)
        assert (job.state, len(job.pictures), job.cost) == (JobState.PARTIAL, 1, Money.usd("0.08"))
        await here.books_are_right()


@pytest.mark.parametrize("crowded", ["acme", "acme/one"])
async def test_a_turn_that_does_not_come_costs_nothing(tmp_path: Path, crowded: str) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        here.services.turns[crowded] = Crowd(patience=0.02)
        job = await here.paint(model="acme")
        assert (job.state, job.cost, provider.submits) == (JobState.FAILED, Money(), [])
        assert job.problem is not None
        assert job.problem.code == FailureCode.RATE_LIMITED
        await here.books_are_right()


async def test_a_job_that_waits_for_its_turn_is_cancelled_with_nothing_sent(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        here.services.turns["acme"] = Crowd(patience=30)
        job = await here.engine.submit(ImageRequest(prompt="a fox", model="acme"), LOCAL)
        await asyncio.sleep(0.02)
        await here.engine.cancel(job.id, LOCAL)
        ended = await here.engine.wait(job.id, LOCAL, timeout=10)
        assert (ended.state, ended.held, provider.submits) == (JobState.CANCELLED, Money(), [])
        await here.books_are_right()


async def test_previews_travel_inside_their_events(tmp_path: Path) -> None:
    provider = FakeStreamingProvider(previews=2)
    streaming = replace(ACME, text=ACME.text.replace("seconds = 5", "seconds = 5\nstreams = true"))
    async with house(tmp_path, {"acme": provider}, streaming) as here:
        job = await here.paint(model="acme", previews=2)
        shown = [event for event in await here.story(job) if event.kind is EventKind.PREVIEW]
        assert len(shown) == 2
        assert all(str(event.data["image"]).startswith("data:image/webp;base64,") for event in shown)


# --- money before anything is sent ------------------------------------------------------------


@pytest.mark.req("S3-088", "S3-089")
async def test_a_budget_admits_what_fits_and_nothing_more(tmp_path: Path) -> None:
    provider = FakeProvider()
    opened, answer = gate(provider)
    provider.script(*[answer] * 5)
    async with house(tmp_path, {"acme": provider}, ACME, daily=Money.usd("0.10")) as here:
        wanted = ImageRequest(prompt="a fox", model="acme")
        outcomes = await asyncio.gather(*(here.engine.submit(wanted, LOCAL) for _ in range(5)), return_exceptions=True)
        refused = [outcome for outcome in outcomes if isinstance(outcome, BudgetExceeded)]
        assert len(refused) == 3
        assert refused[0].message.startswith("Daily cost limit exceeded ($0.1/day)")
        opened.set()
        for job in outcomes:
            if isinstance(job, Job):
                await here.engine.wait(job.id, LOCAL, timeout=10)
        await here.books_are_right()
    assert provider.purchases == 2


@pytest.mark.req("S3-081")
async def test_a_limit_on_one_request_is_obeyed(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        with pytest.raises(ConfirmationRequired):
            await here.paint(model="acme", count=3, max_cost=Money.usd("0.11"))
        assert (await here.paint(model="acme", count=3, max_cost=Money.usd("0.12"))).state is JobState.SUCCEEDED
    assert provider.purchases == 1


@pytest.mark.req("S3-001", "S3-002")
async def test_a_quote_spends_nothing_and_is_good_once(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        quote = await here.engine.estimate(ImageRequest(prompt="a fox", model="acme", count=2), LOCAL)
        assert quote.ceiling == Money.usd("0.08")
        assert provider.submits == []
        job = await here.engine.confirm(quote.token, LOCAL)
        await here.engine.wait(job.id, LOCAL, timeout=10)
        with pytest.raises(QuoteRefused) as refusal:
            await here.engine.confirm(quote.token, LOCAL)
        assert refusal.value.code == "quote_used"
        keyed = await here.engine.estimate(ImageRequest(prompt="a hen", model="acme"), LOCAL)
        first = await here.engine.confirm(keyed.token, LOCAL, key="k")
        assert (await here.engine.confirm(keyed.token, LOCAL, key="k")).id == first.id
        await here.engine.wait(first.id, LOCAL, timeout=10)
        other = await here.engine.estimate(ImageRequest(prompt="a fox", model="acme"), LOCAL)
        with pytest.raises(QuoteRefused):
            await here.engine.confirm(other.token, Principal(id="eve", name="Eve"))
        here.clock.advance(timedelta(minutes=15).total_seconds())
        with pytest.raises(QuoteRefused):
            await here.engine.confirm(other.token, LOCAL)
    assert provider.purchases == 2


async def test_a_quote_is_not_confirmed_at_a_higher_price(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        quote = await here.engine.estimate(ImageRequest(prompt="a fox", model="acme"), LOCAL)
    async with house(tmp_path, {"acme": FakeProvider()}, facts("acme", usd="0.05")) as dearer:
        with pytest.raises(ConfirmationRequired):
            await dearer.engine.confirm(quote.token, LOCAL)


async def test_the_same_key_gives_the_same_job_and_another_body_is_refused(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        wanted = ImageRequest(prompt="a fox", model="acme")
        jobs = await asyncio.gather(*(here.engine.generate(wanted, LOCAL, key="k", timeout=10) for _ in range(8)))
        assert len({job.id for job in jobs}) == 1
        with pytest.raises(IdempotencyConflict):
            await here.engine.submit(replace(wanted, prompt="a hen"), LOCAL, key="k")
    assert provider.purchases == 1


async def test_a_price_that_is_not_known_is_refused(tmp_path: Path) -> None:
    unknown = replace(ACME, text=ACME.text.replace('rates = [{ meter = "image", usd = "0.04" }]', "unknown = true"))
    async with house(tmp_path, {"acme": FakeProvider()}, unknown) as here:
        with pytest.raises(Exception, match="price of acme/one is not known"):
            await here.paint(model="acme")


# --- who paints --------------------------------------------------------------------------------


@pytest.mark.req("S3-078")
async def test_nothing_ready_says_what_to_do(tmp_path: Path) -> None:
    async with house(tmp_path, {}, ACME) as here:
        with pytest.raises(NotConfigured, match="sketch"):
            await here.paint()
        with pytest.raises(NotConfigured, match="acme"):
            await here.paint(model="acme/one")
        with pytest.raises(UnknownModel, match="acme/one"):
            await here.paint(model="acme/on")


async def test_a_plan_stops_at_enough_candidates_and_holds_for_the_dearest_of_them(tmp_path: Path) -> None:
    names = [f"s{number:02}" for number in range(12)]
    sources = [facts(name, usd=f"0.{number + 1:02}", rank=number + 1) for number, name in enumerate(names)]
    async with house(tmp_path, {name: FakeProvider() for name in names}, *sources) as here:
        plan = here.engine.plan(ImageRequest(prompt="a fox", tier="high", count=2))
        assert [candidate.model for candidate in plan.candidates] == [f"{name}/one" for name in names[:8]]
        assert plan.ceiling(2) == Money.usd("0.16")


@pytest.mark.req("S4-006", "S0-020")
async def test_the_default_is_a_paid_service_that_is_ready_else_this_machine(tmp_path: Path) -> None:
    home = facts("home", usd=None, local=True)
    acme = FakeProvider()
    async with house(tmp_path, {"acme": acme, "home": FakeProvider()}, ACME, home) as here:
        assert (await here.paint()).model == "acme/one"
        here.services.unready["acme"] = "Needs a key."
        assert (await here.paint()).model == "home/one"


@pytest.mark.req("S1-081")
async def test_presets_join_the_prompt_and_the_request_keeps_its_own_words(tmp_path: Path) -> None:
    preset = Preset(id="ink", name="Ink", description="", value="ink wash painting")
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME, presets={"ink": preset}) as here:
        job = await here.paint("a fox.", model="acme", presets=("ink",))
        assert provider.submits[0].prompt == "a fox, ink wash painting"
        assert job.request.prompt == "a fox."
        with pytest.raises(InvalidRequest, match="ink"):
            await here.paint(model="acme", presets=("inc",))


# --- pictures as input ---------------------------------------------------------------------------


async def given(here: House, size: Size, role: Role = Role.SOURCE, number: int = 1) -> InputImage:
    landed = await here.blobs.put(PictureMaker().png(size, number))
    return InputImage(role=role, digest=landed.digest, media_type="image/png", width=size.width, height=size.height)


async def test_outpainting_by_canvas_keeps_the_source_and_the_size_that_was_asked_for(tmp_path: Path) -> None:
    provider = FakeProvider()

    async def paint(call: Call) -> Finished:
        assert call.size is not None
        return Finished(pictures=(Painted(content=PictureMaker().png(call.size, 9)),), cost=Money())

    provider.script(paint)
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        source = await given(here, Size(64, 48))
        job = await here.paint(
            model="acme", operation=Operation.OUTPAINT, inputs=(source,), margins=Margins(right=30, top=10)
        )
        (sent,) = provider.submits
        canvas, mask = sent.input(Role.SOURCE), sent.input(Role.MASK)
        assert canvas is not None
        assert mask is not None
        assert (sent.operation, sent.size) == (Operation.INPAINT, Size(canvas.width, canvas.height))
        assert (mask.width, mask.height) == (canvas.width, canvas.height)
        picture = job.pictures[0]
        assert (picture.file.width, picture.file.height) == (94, 58)
        assert picture.original.digest != picture.file.digest
        assert any("put back" in change for change in picture.changes)
        shown, before = here.blobs.files[picture.file.digest], here.blobs.files[source.digest]
        assert pixels(shown, (0, 10, 64, 58)) == pixels(before, (0, 0, 64, 48))


async def test_a_protected_inpaint_changes_nothing_outside_the_mask(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        source = await given(here, Size(64, 64), number=77)
        mask_bytes = half_mask()
        landed = await here.blobs.put(mask_bytes)
        mask = InputImage(role=Role.MASK, digest=landed.digest, media_type="image/png", width=64, height=64)
        for protect in (True, False):
            job = await here.paint(
                model="acme", operation=Operation.INPAINT, inputs=(source, mask), protect=protect, count=1
            )
            shown = here.blobs.files[job.pictures[0].file.digest]
            kept = pixels(shown, (0, 0, 32, 64)) == pixels(here.blobs.files[source.digest], (0, 0, 32, 64))
            assert kept is protect
            assert job.pictures[0].changes


async def test_another_format_is_made_beside_the_original(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        job = await here.paint(model="acme", format="webp")
        picture = job.pictures[0]
        assert (picture.original.media_type, picture.file.media_type) == ("image/png", "image/webp")
        assert picture.changes == ("converted from png to webp",)


def pixels(data: bytes, box: tuple[int, int, int, int]) -> bytes:
    return Image.open(io.BytesIO(data)).convert("RGB").crop(box).tobytes()


def half_mask() -> bytes:
    mask = Image.new("L", (64, 64), 0)
    mask.paste(255, (32, 0, 64, 64))
    out = io.BytesIO()
    mask.save(out, "png")
    return out.getvalue()
