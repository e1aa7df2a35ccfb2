"""Whatever happens to jobs, in whatever order: the money adds up."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection

from limner.db.budgets import use
from limner.db.database import Database
from limner.db.holds import TooLittle, reserve, reserve_each
from limner.db.submission import Reserve
from limner.domain.budgets import Counted, Scope, tightest
from limner.domain.errors import BudgetExceeded
from limner.domain.job import CLOSED_CALLS, OPEN_STATES, CallState, JobState
from limner.domain.money import Money
from limner.domain.records import Closing, Ending, Lease, NewCall, NewJob, OpenJob
from tests.db.conftest import Stores, stores_of
from tests.db.values import NOON, a_call, a_job, a_picture, a_scope

Result = TypeVar("Result")
amounts = st.integers(0, 1500)
counts = st.lists(st.integers(1, 3), min_size=1, max_size=3)
picks = st.integers(0, 10**6)


@dataclass
class Known:
    """What the test itself knows about a job: all that its budgets should say."""

    new: NewJob
    held: int
    unit: int
    spent: int = 0
    pictures_spent: int = 0
    state: JobState = JobState.QUEUED
    attempt: int = 0
    calls: dict[str, tuple[CallState, int]] = field(default_factory=dict)

    @property
    def pictures_held(self) -> int:
        return self.held // self.unit if self.unit else 0

    def pictures_of(self, call_id: str) -> int:
        return self.calls[call_id][1] // self.unit if self.unit else 0

    def of(self, *states: CallState) -> list[str]:
        return [call_id for call_id, (state, _) in self.calls.items() if state in states]


class Holds(RuleBasedStateMachine):
    """Submits, buys, fails, falls back, cancels and decides at random."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        url = self.url or f"sqlite:///{Path(self.folder.name) / 'limner.db'}"
        self.stores: Stores = stores_of(self.wait(Database.open(url)), url)
        self.scopes: tuple[Scope, ...] = (a_scope(4000), a_scope(6000))
        self.pictures = a_scope(9, counted=Counted.PICTURES)
        self.jobs: list[Known] = []

    def wait(self, work: Awaitable[Result]) -> Result:
        return self.loop.run_until_complete(work)

    def pick(self, number: int, *states: JobState) -> Known | None:
        found = [known for known in self.jobs if known.state in states]
        return found[number % len(found)] if found else None

    def running(self) -> list[Known]:
        return [known for known in self.jobs if known.state is JobState.RUNNING]

    def lease(self, known: Known) -> Lease:
        return Lease(known.new.id, known.attempt)

    @rule(unit=amounts, counts=counts, both=st.booleans())
    def submit(self, unit: int, counts: list[int], *, both: bool) -> None:
        scopes = (*(self.scopes if both else self.scopes[:1]), self.pictures)
        holds = tuple(unit * count for count in counts)
        new = a_job(*scopes, holds=holds, counts=tuple(counts), worker="w1")
        fits = all(self.used(scope) + sum(holds) <= scope.limit for scope in scopes if scope is not self.pictures)
        fits = fits and self.used_pictures() + sum(counts) <= self.pictures.limit
        try:
            self.wait(self.stores.jobs.submit(new))
        except BudgetExceeded:
            assert not fits
            return
        assert fits or sum(holds) == 0
        calls = {call.call.id: (CallState.QUEUED, call.hold.micro) for call in new.calls}
        self.jobs.append(Known(new=new, held=sum(holds), unit=unit, calls=calls))

    @initialize(unit=amounts, counts=counts)
    def begin_one(self, unit: int, counts: list[int]) -> None:
        self.submit(unit, counts, both=True)
        for known in self.jobs:
            self.begin(known)

    @rule(number=picks)
    def take(self, number: int) -> None:
        known = self.pick(number, *OPEN_STATES)
        if known is not None:
            self.begin(known)

    def begin(self, known: Known) -> None:
        job = self.wait(self.stores.jobs.get(known.new.id))
        assert self.wait(self.stores.jobs.take(OpenJob(job.id, job.worker), "w2", NOON)) is not None
        known.attempt += 1
        known.state = JobState.RUNNING

    @precondition(lambda self: self.running())
    @rule(number=picks)
    def release(self, number: int) -> None:
        known = self.pick(number, JobState.RUNNING)
        if known is not None:
            self.wait(self.stores.jobs.release(self.lease(known), NOON))
            known.state = JobState.QUEUED

    @precondition(lambda self: any(known.of(CallState.QUEUED) for known in self.running()))
    @rule(number=picks, charge=st.none() | amounts, twice=st.booleans())
    def settle(self, number: int, charge: int | None, *, twice: bool) -> None:
        waiting = [(known, call_id) for known in self.running() for call_id in known.of(CallState.QUEUED)]
        known, call_id = waiting[number % len(waiting)]
        _, hold = known.calls[call_id]
        self.wait(self.stores.jobs.mark_submitting(self.lease(known), call_id, NOON))
        closing = Closing(
            call_id=call_id,
            state=CallState.SETTLED,
            at=NOON,
            pictures=(a_picture(known.new, call_id, cost=charge),),
            charge=None if charge is None else Money(charge),
        )
        for _ in range(1 + twice):
            self.wait(self.stores.jobs.close_call(self.lease(known), closing, []))
        known.calls[call_id] = (CallState.SETTLED, hold)
        known.held -= hold
        known.spent += hold if charge is None else charge
        if charge != 0 and known.unit:
            known.pictures_spent += 1  # the one that came, of however many were bought

    @precondition(lambda self: any(known.of(CallState.QUEUED) for known in self.running()))
    @rule(
        number=picks,
        state=st.sampled_from([CallState.FAILED, CallState.CANCELLED, CallState.AMBIGUOUS]),
        charge=st.just(0) | amounts,
    )
    def lose(self, number: int, state: CallState, charge: int) -> None:
        waiting = [(known, call_id) for known in self.running() for call_id in known.of(CallState.QUEUED)]
        known, call_id = waiting[number % len(waiting)]
        _, hold = known.calls[call_id]
        ambiguous = state is CallState.AMBIGUOUS
        closing = Closing(call_id=call_id, state=state, at=NOON, charge=Money(charge), keep_hold=ambiguous)
        self.wait(self.stores.jobs.close_call(self.lease(known), closing, []))
        known.calls[call_id] = (state, hold)
        if charge and not ambiguous:
            known.held -= hold
            known.spent += charge
            known.pictures_spent += known.pictures_of(call_id)

    @precondition(lambda self: self.running())
    @rule(number=picks, count=st.integers(1, 3))
    def fall_back(self, number: int, count: int) -> None:
        known = self.pick(number, JobState.RUNNING)
        if known is None:
            return
        open_or_kept = set(CallState) - CLOSED_CALLS | {CallState.AMBIGUOUS}
        claimed = sum(amount for state, amount in known.calls.values() if state in open_or_kept)
        call, hold = a_call(count=count), known.unit * count
        added = self.stores.jobs.add_calls(
            self.lease(known), 1, [NewCall(call=call, number=len(known.calls), hold=Money(hold))], []
        )
        if hold > known.held - claimed:
            with pytest.raises(ValueError, match="left"):
                self.wait(added)
            return
        self.wait(added)
        known.calls[call.id] = (CallState.QUEUED, hold)

    @rule(number=picks)
    def finish(self, number: int) -> None:
        known = self.pick(number, JobState.RUNNING)
        if known is not None:
            self.end(known)

    def end(self, known: Known) -> None:
        state = JobState.AMBIGUOUS if known.of(CallState.AMBIGUOUS) else JobState.FAILED
        self.wait(self.stores.jobs.finish(self.lease(known), Ending(state=state, at=NOON), []))
        known.state = state
        self.only_ambiguous_holds(known)

    @rule(number=picks)
    def cancel(self, number: int) -> None:
        known = self.pick(number, *OPEN_STATES)
        if known is None:
            return
        job = self.wait(self.stores.jobs.request_cancel(known.new.id, "ann", NOON))
        if job.state is JobState.CANCELLED:
            assert not known.of(CallState.SUBMITTING, CallState.SUBMITTED, CallState.FETCHED, CallState.AMBIGUOUS)
            known.state = job.state
            self.only_ambiguous_holds(known)

    @precondition(lambda self: any(known.state is JobState.AMBIGUOUS for known in self.jobs))
    @rule(number=picks, charged=st.booleans())
    def resolve(self, number: int, *, charged: bool) -> None:
        known = self.pick(number, JobState.AMBIGUOUS)
        if known is not None:
            self.decide(known, known.of(CallState.AMBIGUOUS)[0], charged=charged)

    def decide(self, known: Known, call_id: str, *, charged: bool) -> None:
        _, hold = known.calls[call_id]
        job = self.wait(self.stores.jobs.resolve(call_id, "ann", charged=charged, at=NOON))
        known.calls[call_id] = (CallState.SETTLED if charged else CallState.FAILED, hold)
        known.held -= hold
        known.spent += hold if charged else 0
        known.pictures_spent += known.pictures_of(call_id) if charged else 0
        assert (job.state is JobState.AMBIGUOUS) == bool(known.of(CallState.AMBIGUOUS))
        known.state = job.state

    def only_ambiguous_holds(self, known: Known) -> None:
        known.held = sum(hold for state, hold in known.calls.values() if state is CallState.AMBIGUOUS)

    def used(self, scope: Scope) -> int:
        return sum(known.held + known.spent for known in self.jobs if scope in known.new.scopes)

    def used_pictures(self) -> int:
        return sum(known.pictures_held + known.pictures_spent for known in self.jobs)

    @invariant()
    def the_money_adds_up(self) -> None:
        assert self.wait(self.stores.ledger.check()) == []
        for scope in self.scopes:
            covered = [known for known in self.jobs if scope in known.new.scopes]
            wanted = Money(sum(known.held for known in covered)), Money(sum(known.spent for known in covered))
            assert self.wait(self.stores.held(scope)) == wanted
        (use,) = self.wait(self.stores.budgets.used([self.pictures]))
        assert use.held == sum(known.pictures_held for known in self.jobs)
        assert use.spent == sum(known.pictures_spent for known in self.jobs)
        assert use.held + use.spent <= self.pictures.limit

    def teardown(self) -> None:
        """Every job ends and every doubt is settled: nothing is held any more."""
        for known in self.jobs:
            if known.state is JobState.QUEUED:
                self.begin(known)
            if known.state in OPEN_STATES:
                self.end(known)
            for call_id in known.of(CallState.AMBIGUOUS):
                self.decide(known, call_id, charged=False)
        self.the_money_adds_up()
        for scope in self.scopes:
            assert self.wait(self.stores.held(scope))[0] == Money(0)
        assert self.wait(self.stores.budgets.used([self.pictures]))[0].held == 0
        self.wait(self.stores.database.close())
        self.loop.close()
        self.folder.cleanup()


@pytest.mark.timeout(240)
def test_the_money_adds_up_on_sqlite() -> None:
    rounds = settings(max_examples=80, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Holds, settings=rounds)


@pytest.mark.timeout(240)
def test_the_money_adds_up_on_postgresql(new_postgres: Callable[[], str]) -> None:
    class OnPostgres(Holds):
        url = new_postgres()

    rounds = settings(max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(OnPostgres, settings=rounds)


async def test_of_several_budgets_the_first_in_order_that_has_too_little_left_is_named(stores: Stores) -> None:
    wide, full, small = a_scope(9000, name="1 wide"), a_scope(1500, name="2 full"), a_scope(900, name="3 small")
    await stores.jobs.submit(a_job(full))
    for scopes, named in (((small, full, wide), full), ((small, wide), small), ((wide, full), full)):
        with pytest.raises(BudgetExceeded, match=named.message):
            await stores.jobs.submit(a_job(*scopes))
    assert [await stores.held(scope) for scope in (wide, full)] == [(Money(0), Money(0)), (Money(1000), Money(0))]
    assert await stores.ledger.check() == []


async def test_budgets_of_one_name_in_several_periods_have_their_own_limits(stores: Stores) -> None:
    today, tomorrow = a_scope(1000, name="user/day"), a_scope(2500, name="user/day", period="2026-11-22")
    await stores.jobs.submit(a_job(today, tomorrow))
    with pytest.raises(BudgetExceeded):
        await stores.jobs.submit(a_job(today, tomorrow))
    await stores.jobs.submit(a_job(tomorrow))
    assert await stores.held(tomorrow) == (Money(2000), Money(0))


async def test_all_at_once_fit_exactly_where_they_fit_one_by_one(stores: Stores) -> None:
    random = Random(7)
    for _ in range(60):
        scopes = tightest(a_scope(random.choice((500, 1000, 2000, 3000))) for _ in range(random.randint(1, 12)))
        for scope in scopes:
            for _ in range(min(random.randint(0, 2), scope.limit // 1000)):
                await stores.jobs.submit(a_job(scope))
        found = [await _outcome(stores, way, scopes) for way in (reserve, reserve_each)]
        assert len(set(found)) == 1, scopes


class _Undone(Exception):
    """Takes everything back."""


async def _outcome(stores: Stores, way: Reserve, scopes: list[Scope]) -> tuple[int, ...] | None:
    """What is set aside in each budget, or None where something does not fit; nothing of it stays."""
    found: list[tuple[int, ...]] = []

    def attempt(connection: Connection) -> None:
        try:
            way(connection, scopes, a_job(*scopes))
        except (TooLittle, BudgetExceeded):
            raise _Undone from None
        found.append(tuple(use(connection, scope).held for scope in scopes))
        raise _Undone

    with suppress(_Undone):
        await stores.database.write(attempt)
    return found[0] if found else None
