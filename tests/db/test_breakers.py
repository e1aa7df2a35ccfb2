"""Circuit breakers: kept, shared, changed by one at a time."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

from limner.catalog.loader import read_catalog
from limner.catalog.texts import load_texts
from limner.db.breaker_rows import peek
from limner.db.breakers import KEPT, SqlBreakers, _change
from limner.db.database import Database
from limner.db.walls import EVERYBODY
from limner.domain.errors import FailureCode, Problem, StorageError
from limner.domain.health import Breaker, BreakerKey, BreakerRules, BreakerState, Failure
from limner.domain.stores import Breakers, BreakerStep
from limner.engine.breaker import entered, failed
from limner.engine.health import HealthWatch
from limner.engine.mishaps import NotSent
from limner.testing.fakes import FakeClock, FakeProvider, FakeServices
from tests.db.conftest import Stores
from tests.db.values import NOON
from tests.engine.house import facts

SERVICE, MODEL = BreakerKey("acme", "k"), BreakerKey("acme/one", "k")
RULES = BreakerRules(failures=1000)

Known = Mapping[BreakerKey, Breaker]


def failing(before: Known, attempt: str = "a") -> Known:
    return {key: failed(found, attempt, FailureCode.TIMED_OUT, NOON, RULES) for key, found in before.items()}


WHOLE = Breaker(
    state=BreakerState.HALF_OPEN,
    failures=(Failure(NOON, "job/0"), Failure(NOON + timedelta(microseconds=1), "job two/1")),
    code=FailureCode.TIMED_OUT,
    opened=NOON,
    successes=1,
    trial="call",
    trial_ends=NOON + timedelta(minutes=5),
)


async def test_what_is_written_comes_back_equal(stores: Stores) -> None:
    breakers = SqlBreakers(stores.database)
    assert await breakers.all() == {}
    before, after = await breakers.change([MODEL, SERVICE], lambda known: {**known, MODEL: WHOLE}, NOON)
    assert before == {SERVICE: Breaker(), MODEL: Breaker()}
    assert after[MODEL] == WHOLE
    assert await breakers.all() == {SERVICE: Breaker(), MODEL: WHOLE}


async def test_a_service_is_forgotten_with_its_models_and_a_model_alone(stores: Stores) -> None:
    breakers = SqlBreakers(stores.database)
    keys = [SERVICE, MODEL, BreakerKey("acme", "other key"), BreakerKey("acmes/one", "k"), BreakerKey("acme/two", "k")]
    await breakers.change(keys, failing, NOON)
    await breakers.forget("acme/one")
    assert set(await breakers.all()) == {*keys} - {MODEL}
    await breakers.forget("acme")
    assert set(await breakers.all()) == {BreakerKey("acmes/one", "k")}


async def test_what_nobody_has_touched_for_a_month_goes(stores: Stores) -> None:
    breakers = SqlBreakers(stores.database)
    await breakers.change([SERVICE], failing, NOON)
    await breakers.change([MODEL], failing, NOON + KEPT)
    assert set(await breakers.all()) == {SERVICE, MODEL}
    await breakers.change([MODEL], failing, NOON + KEPT + timedelta(seconds=1))
    assert set(await breakers.all()) == {MODEL}


async def test_failures_at_the_same_moment_in_several_processes_all_count(stores: Stores) -> None:
    others = [await Database.open(stores.url) for _ in range(2)]
    shared = [SqlBreakers(database) for database in (stores.database, *others)]
    steps = [partial(failing, attempt=f"job {number}") for number in range(30)]
    await asyncio.gather(*(shared[number % 3].change([MODEL, SERVICE], steps[number], NOON) for number in range(30)))
    found = await shared[0].all()
    assert [len(found[key].failures) for key in (SERVICE, MODEL)] == [30, 30]
    for database in others:
        await database.close()


async def test_of_many_that_would_be_the_trial_one_is(stores: Stores) -> None:
    breakers = SqlBreakers(stores.database)
    rules, later = BreakerRules(failures=1), NOON + timedelta(minutes=10)
    opened = Breaker(state=BreakerState.OPEN, failures=(Failure(NOON, "a"),), code="x", opened=NOON)
    await breakers.change([MODEL], lambda _: {MODEL: opened}, NOON)

    async def enter(call: str) -> bool:
        def step(before: Known) -> Known:
            let = entered(before[MODEL], call, later, later + timedelta(minutes=1), rules)
            return before if let is None else {MODEL: let}

        _, after = await breakers.change([MODEL], step, later)
        return after[MODEL].trial == call

    assert sum(await asyncio.gather(*(enter(f"call {number}") for number in range(20)))) == 1


async def test_a_look_at_a_file_finds_the_same_and_makes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "limner.db"
    assert peek(file) == {}
    assert not file.exists()
    database = await Database.open(f"sqlite:///{file}")
    breakers = SqlBreakers(database)
    await breakers.change([MODEL], lambda _: {MODEL: WHOLE}, NOON)
    assert peek(file) == await breakers.all() == {MODEL: WHOLE}
    await database.close()
    other = tmp_path / "other.db"
    other.write_bytes(b"this is no database, whatever its name says")
    with pytest.raises(StorageError, match=r"other\.db"):
        peek(other)


# --- as processes meet them -----------------------------------------------------------------------

CATALOG = read_catalog([facts("acme", usd="0.04")], [])
CARD = CATALOG.find("acme/one")
TAKERS = 25
ROUNDS = 3


def watch(store: Breakers, clock: FakeClock) -> HealthWatch:
    """What a process knows of the services' health."""
    return HealthWatch(
        catalog=CATALOG,
        texts=load_texts(),
        services=FakeServices({"acme": FakeProvider()}),
        store=store,
        clock=clock,
        rules=BreakerRules(),
    )


async def opened(here: HealthWatch) -> None:
    """Has the breakers of a service and of its model open, the one for its key and the other for its load."""
    for number in range(5):
        for code in (FailureCode.AUTHENTICATION, FailureCode.OVERLOADED):
            await here.failed(CARD, f"job {number} {code}", Problem(code=code, message="It failed."))


async def entering(here: HealthWatch, attempts: list[str]) -> list[str]:
    """Those of many attempts at once that are let through."""

    async def enter(attempt: str) -> bool:
        try:
            await here.enter(CARD, attempt)
        except NotSent:
            return False
        return True

    let = await asyncio.gather(*(enter(attempt) for attempt in attempts))
    return [attempt for attempt, through in zip(attempts, let, strict=True) if through]


async def test_of_two_processes_with_many_calls_each_exactly_one_call_is_the_trial(
    stores: Stores, other: Stores
) -> None:
    clock = FakeClock(NOON)
    sides = [watch(SqlBreakers(place.database), clock) for place in (stores, other)]
    await opened(sides[0])
    for number in range(ROUNDS):
        clock.advance(600)
        winner, trial = await the_trial(sides, number)
        stored = await SqlBreakers(other.database).all()
        assert {(one.state, one.trial) for one in stored.values()} == {(BreakerState.HALF_OPEN, trial)}
        await winner.failed(CARD, trial, Problem(code=FailureCode.AUTHENTICATION, message="It failed again."))
    clock.advance(600)
    winner, trial = await the_trial(sides, ROUNDS)
    await winner.succeeded(CARD, trial)
    clock.advance(1)
    assert [len(await entering(side, [f"{taker}" for taker in range(TAKERS)])) for side in sides] == [TAKERS, TAKERS]


async def the_trial(sides: list[HealthWatch], number: int) -> tuple[HealthWatch, str]:
    """The only one of many calls of two processes that is let through, and whose it is."""
    names = [[f"{side}/{number}/{taker}" for taker in range(TAKERS)] for side in "ab"]
    found = await asyncio.gather(*(entering(side, mine) for side, mine in zip(sides, names, strict=True)))
    (trial,) = [(side, let) for side, each in zip(sides, found, strict=True) for let in each]
    return trial


class Late(SqlBreakers):
    """A change that is to be `late` begins when another one was carried out meanwhile, or a while later."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.late = False
        self.asked, self.carried_out = asyncio.Event(), asyncio.Event()
        self._overtaken = threading.Event()

    async def change(self, keys: Sequence[BreakerKey], step: BreakerStep, at: datetime) -> tuple[Known, Known]:
        if not self.late:
            outcome = await super().change(keys, step, at)
            self._overtaken.set()
            return outcome
        self.late = False
        self._overtaken.clear()
        self.asked.set()

        def slowly(connection: Connection) -> tuple[Known, Known]:
            self._overtaken.wait(0.5)
            return _change(connection, keys, step, at)

        return await self._database.write(slowly, owner=EVERYBODY, after=lambda _: self.carried_out.set())


async def left(stores: Stores, *, times: int) -> tuple[Late, HealthWatch]:
    """A watch whose trial is left while it begins, by somebody who is called off so often."""
    clock, store = FakeClock(NOON), Late(stores.database)
    here = watch(store, clock)
    await opened(here)
    await asyncio.gather(*(store.all() for _ in range(4)))  # so that there is more than one connection
    clock.advance(600)
    store.late = True
    leaving = asyncio.create_task(here.enter(CARD, "left"))
    await store.asked.wait()
    for _ in range(times):
        leaving.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await store.carried_out.wait()
    return store, here


async def test_a_trial_that_is_left_while_it_begins_is_none_however_slow_its_connection(stores: Stores) -> None:
    """On PostgreSQL another connection could carry out its end before its beginning."""
    store, here = await left(stores, times=1)
    assert {one.trial for one in (await store.all()).values()} == {""}
    assert await entering(here, ["next"]) == ["next"]


async def test_whoever_leaves_twice_is_no_trial_either(stores: Stores) -> None:
    _, here = await left(stores, times=2)
    assert await entering(here, ["next"]) == ["next"]
