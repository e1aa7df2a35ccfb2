"""Circuit breakers: kept, shared, changed by one at a time."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from limner.db.breaker_rows import peek
from limner.db.breakers import KEPT, SqlBreakers
from limner.db.database import Database
from limner.domain.errors import FailureCode, StorageError
from limner.domain.health import Breaker, BreakerKey, BreakerRules, BreakerState, Failure
from limner.engine.breaker import entered, failed
from tests.db.conftest import Stores
from tests.db.values import NOON

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
