"""No more requests in any sixty seconds than are allowed, whoever takes them in."""

import asyncio
import tempfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.db.database import Database
from limner.domain.budgets import Rate
from limner.domain.errors import BudgetExceeded, TooManyRequests
from tests.db.conftest import Stores, count_rows, stores_of
from tests.db.values import a_job, a_scope, later


def a_rate(most: int, name: str = "user:ann") -> Rate:
    return Rate(name=name, most=most, message="Too many requests.")


async def let_in(stores: Stores, seconds: float, *rates: Rate) -> bool:
    try:
        await stores.jobs.submit(replace(a_job(at=later(seconds)), rates=rates))
    except TooManyRequests:
        return False
    return True


async def test_the_window_slides(stores: Stores) -> None:
    asked = [(0, True), (10, True), (20, False), (59, False), (60, True), (69, False), (70, True), (71, False)]
    for seconds, wanted in asked:
        assert await let_in(stores, seconds, a_rate(2)) is wanted, seconds


async def test_it_says_how_long_to_wait(stores: Stores) -> None:
    await let_in(stores, 0, a_rate(1))
    for seconds, wait in ((18, 42.0), (59.9, 1.0)):
        with pytest.raises(TooManyRequests) as refused:
            await stores.jobs.submit(replace(a_job(at=later(seconds)), rates=(a_rate(1),)))
        assert refused.value.retry_after == wait


async def test_who_is_turned_away_leaves_nothing_behind(stores: Stores) -> None:
    await let_in(stores, 0, a_rate(1), a_rate(5, "everyone"))
    before = await stores.database.read(count_rows)
    assert not await let_in(stores, 1, a_rate(1), a_rate(5, "everyone"))
    with pytest.raises(BudgetExceeded):
        await stores.jobs.submit(replace(a_job(a_scope(1), at=later(2)), rates=(a_rate(9),)))
    assert await stores.database.read(count_rows) == before


async def test_everyone_together_and_each_alone(stores: Stores) -> None:
    everyone = a_rate(3, "everyone")
    people = ["user:ann", "user:ann", "user:bob", "user:bob"]
    outcomes = [await let_in(stores, number, a_rate(1, name), everyone) for number, name in enumerate(people)]
    assert outcomes == [True, False, True, False]
    assert await let_in(stores, 5, a_rate(1, "user:eve"), everyone)
    assert not await let_in(stores, 6, a_rate(1, "user:dan"), everyone)


async def test_only_what_may_matter_is_remembered(stores: Stores) -> None:
    for number in range(12):
        await let_in(stores, number * 30, a_rate(3))
    assert (await stores.database.read(count_rows))["request_marks"] <= 3


async def test_idle_addresses_are_forgotten_when_new_ones_come(stores: Stores) -> None:
    for number in range(30):
        await let_in(stores, number / 10, a_rate(2, f"address:10.0.0.{number}"), a_rate(99))
    assert (await stores.database.read(count_rows))["request_counts"] == 31
    await let_in(stores, 50, a_rate(2, "address:10.0.0.29"))
    for second in (70, 71):  # of the thirty, 29 are idle, and each new one forgets twenty
        await let_in(stores, second, a_rate(2, f"address:10.0.1.{second}"))
    rows = await stores.database.read(count_rows)
    assert (rows["request_counts"], rows["request_marks"]) == (4, 30 + 4)
    assert not await let_in(stores, 72, a_rate(1, "address:10.0.0.29"))
    assert await let_in(stores, 72, a_rate(1, "address:10.0.0.0"))


@pytest.mark.req("S1-108")
async def test_processes_that_share_a_database_count_together(stores: Stores, other: Stores) -> None:
    rates = (a_rate(20), a_rate(30, "everyone"), a_rate(25, "address:2001:db8::/64"))
    outcomes = await asyncio.gather(*(let_in(side, 0, *rates) for _ in range(20) for side in (stores, other)))
    assert sum(outcomes) == 20


async def test_a_restart_forgets_nothing(url: str, stores: Stores) -> None:
    await let_in(stores, 0, a_rate(1))
    again = await Database.open(url)
    assert not await let_in(stores_of(again, url), 30, a_rate(1))
    await again.close()


@given(
    asked=st.lists(st.tuples(st.integers(0, 25), st.integers(1, 4)), max_size=40),
)
@settings(max_examples=30, deadline=None)
def test_the_same_as_counting_by_hand_even_where_the_limit_changes(asked: list[tuple[int, int]]) -> None:
    async def compare(folder: str) -> None:
        url = f"sqlite:///{folder}/limner.db"
        database = await Database.open(url)
        stores, passed, now = stores_of(database, url), list[int](), 0
        for pause, most in asked:
            now += pause
            wanted = sum(now - each < 60 for each in passed) < most
            assert await let_in(stores, now, a_rate(most)) is wanted
            passed += [now] if wanted else []
        await database.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(compare(folder))
