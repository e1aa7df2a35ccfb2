"""Budgets of one's own: what they cover, that they are never overdrawn, and that their sums outlive them."""

import asyncio
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import PIPE

import pytest
from sqlalchemy import Connection

from limner.db import schema
from limner.db.database import Database
from limner.domain.budgets import Budget, Counted, Kind, Use, Window
from limner.domain.errors import BudgetExceeded, NotFound
from limner.domain.job import CallState
from limner.domain.records import NewJob
from limner.domain.request import ImageRequest
from tests.db.conftest import Stores, plain_connection, stores_of
from tests.db.test_leases import taken
from tests.db.values import NOON, a_budget, a_job, a_scope, closed, later, settled

ROOT = Path(__file__).parents[2]
SUBMITTER = """
import asyncio, sys
from dataclasses import replace
from limner.db.database import Database
from limner.db.jobs import SqlJobs
from limner.domain.errors import BudgetExceeded
from tests.db.values import a_job

async def main(url, mine, number):
    database = await Database.open(url)
    jobs = SqlJobs(database, lambda events, ended=None: None)

    async def one(number):
        new = a_job(holds=(100,))
        call = replace(new.calls[0], call=replace(new.calls[0].call, id=f"{mine}-call-{number}"))
        try:
            await jobs.submit(replace(new, id=f"{mine}-{number}", calls=(call,)))
        except BudgetExceeded:
            return 0
        return 1

    print(sum(await asyncio.gather(*(one(each) for each in range(number)))))
    await database.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


async def fits(stores: Stores, new: NewJob) -> bool:
    """Whether a job is taken."""
    try:
        await stores.jobs.submit(new)
    except BudgetExceeded:
        return False
    return True


async def use(stores: Stores, budget: Budget, at: datetime = NOON) -> tuple[int, int]:
    (found,) = await stores.budgets.used([budget.scope(at)])
    return found.held, found.spent


async def test_budgets_are_kept_found_and_forgotten(stores: Stores) -> None:
    budgets = [
        a_budget(Kind.USER, "bob", 7),
        a_budget(Kind.EVERYONE, "", 9, window=Window.ALL),
        a_budget(Kind.EVERYONE, "", 5, window=Window.ALL, counted=Counted.PICTURES),
    ]
    for budget in budgets:
        assert await stores.budgets.add(budget)
    assert list(await stores.budgets.all()) == [budgets[2], budgets[1], budgets[0]]
    assert await stores.budgets.get(budgets[0].id) == budgets[0]
    assert not await stores.budgets.add(replace(budgets[0], id="another", limit=8))
    assert await stores.budgets.remove(budgets[0].id) == budgets[0]
    for again in (stores.budgets.get, stores.budgets.remove):
        with pytest.raises(NotFound):
            await again(budgets[0].id)


async def test_whoever_asks_sees_what_covers_them(stores: Stores) -> None:
    await stores.jobs.submit(a_job(owner="ann", request=ImageRequest(prompt="a boat", project="harbour")))
    hers = [
        a_budget(Kind.EVERYONE, "", 1),
        a_budget(Kind.PROJECT, "default", 1),
        a_budget(Kind.PROJECT, "harbour", 1),
        a_budget(Kind.TOKEN, "t1", 1),
        a_budget(Kind.USER, "ann", 1),
    ]
    others = [a_budget(Kind.PROJECT, "quay", 1), a_budget(Kind.TOKEN, "t2", 1), a_budget(Kind.USER, "bob", 1)]
    for budget in [*hers, *others]:
        await stores.budgets.add(budget)
    assert list(await stores.budgets.covering("ann", "t1")) == hers
    assert list(await stores.budgets.covering("ann", None)) == [hers[0], hers[1], hers[2], hers[4]]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.USER, "ann"),
        (Kind.PROJECT, "harbour"),
        (Kind.PROFILE, "fine"),
        (Kind.TOKEN, "t1"),
        (Kind.EVERYONE, ""),
    ],
)
@pytest.mark.parametrize("counted", list(Counted))
async def test_each_kind_covers_its_own_requests_and_no_others(
    stores: Stores, kind: Kind, name: str, counted: Counted
) -> None:
    budget = a_budget(kind, name, 2500 if counted is Counted.USD else 2, counted=counted)
    await stores.budgets.add(budget)
    hers = ImageRequest(prompt="a boat", project="harbour", profile="fine")
    theirs = ImageRequest(prompt="a boat", project="quay", profile="quick")
    taken_ones = [await fits(stores, replace(a_job(owner="ann", request=hers), token="t1")) for _ in range(4)]
    assert taken_ones == [True, True, False, False]
    others = await fits(stores, replace(a_job(owner="bob", request=theirs), token="t2"))
    assert others is (kind is not Kind.EVERYONE)
    assert await fits(stores, a_job(owner="bob", request=theirs)) is (kind is not Kind.EVERYONE)
    assert await use(stores, budget) == ((2000, 0) if counted is Counted.USD else (2, 0))
    assert await stores.ledger.check() == []


async def test_what_costs_nothing_counts_nowhere(stores: Stores) -> None:
    for counted in Counted:
        await stores.budgets.add(a_budget(Kind.EVERYONE, "", 0, counted=counted))
    scope = a_scope(0, counted=Counted.PICTURES)
    assert await fits(stores, a_job(scope, holds=(0,)))
    assert not await fits(stores, a_job(holds=(1,)))
    assert await stores.ledger.check() == []


async def test_a_setting_and_a_budget_of_one_name_count_together_and_the_lower_one_holds(stores: Stores) -> None:
    budget = a_budget(Kind.USER, "ann", 2500)
    setting = a_scope(9000, name=budget.scope(NOON).name)
    await stores.jobs.submit(a_job(setting))
    await stores.budgets.add(budget)
    await stores.jobs.submit(a_job(setting))
    with pytest.raises(BudgetExceeded, match="user ann"):
        await stores.jobs.submit(a_job(setting))
    assert await use(stores, budget) == (2000, 0)


@pytest.mark.parametrize(
    ("charge", "came", "counted"), [(600, 1, 1), (None, 1, 1), (0, 1, 0), (600, 0, 3), (None, 0, 3), (0, 0, 0)]
)
async def test_pictures_count_that_came_or_where_none_came_that_were_paid_for(
    stores: Stores, charge: int | None, came: int, counted: int
) -> None:
    budget = a_budget(Kind.USER, "ann", 5, counted=Counted.PICTURES)
    await stores.budgets.add(budget)
    new = a_job(holds=(3000, 2000), counts=(3, 2), worker="w1")
    lease = await taken(stores, new)
    assert await use(stores, budget) == (5, 0)
    closing = settled(new, 0, charge=charge)
    await stores.jobs.close_call(lease, closing if came else replace(closing, pictures=()), [])
    assert await use(stores, budget) == (2, counted)
    await stores.jobs.close_call(lease, closed(new, 1, CallState.AMBIGUOUS), [])
    assert await use(stores, budget) == (2, counted)
    assert await stores.ledger.check() == []


async def test_a_budget_removed_while_jobs_hold_on_to_it_settles_cleanly(stores: Stores) -> None:
    budgets = [a_budget(Kind.USER, "ann", 5000), a_budget(Kind.USER, "ann", 5, counted=Counted.PICTURES)]
    for budget in budgets:
        await stores.budgets.add(budget)
    new = a_job(holds=(1000, 1000), worker="w1")
    lease = await taken(stores, new)
    for budget in budgets:
        await stores.budgets.remove(budget.id)
    await stores.jobs.close_call(lease, settled(new, 0), [])
    await stores.jobs.close_call(lease, closed(new, 1, CallState.FAILED, charge=900), [])
    assert [await use(stores, budget) for budget in budgets] == [(0, 1500), (0, 2)]
    assert await stores.ledger.check() == []
    # One that is set up anew for the same goes on from there.
    await stores.budgets.add(replace(budgets[1], id="anew", limit=3))
    assert [await fits(stores, a_job()) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("window", [Window.HOUR, Window.DAY, Window.MONTH])
@pytest.mark.parametrize("counted", list(Counted))
async def test_what_is_finished_in_the_next_window_is_booked_where_it_was_held(
    stores: Stores, window: Window, counted: Counted
) -> None:
    midnight = datetime(2026, 12, 1, tzinfo=NOON.tzinfo)
    before, after = midnight - timedelta(seconds=1), midnight + timedelta(seconds=1)
    amount = 1000 if counted is Counted.USD else 1
    budget = a_budget(Kind.USER, "ann", amount, window=window, counted=counted)
    await stores.budgets.add(budget)
    new = a_job(worker="w1", at=before)
    lease = await taken(stores, new)
    assert not await fits(stores, a_job(at=before))
    fresh = a_job(at=after)
    assert await fits(stores, fresh)
    await stores.jobs.close_call(lease, settled(new, charge=1000, at=after), [])
    assert await use(stores, budget, before) == (0, amount)
    assert await use(stores, budget, after) == (amount, 0)
    assert await stores.ledger.check() == []


async def test_of_500_at_once_a_budget_for_100_admits_exactly_100(stores: Stores, other: Stores) -> None:
    money = a_budget(Kind.EVERYONE, "", 100 * 1000)
    pictures = a_budget(Kind.USER, "ann", 100, counted=Counted.PICTURES)
    for budget in (money, pictures):
        await stores.budgets.add(budget)
    admitted = await asyncio.gather(*(fits(side, a_job()) for _ in range(250) for side in (stores, other)))
    assert sum(admitted) == 100
    assert await use(stores, money) == (100_000, 0)
    assert await use(stores, pictures) == (100, 0)
    assert await stores.ledger.check() == []


async def test_of_500_from_several_processes_a_budget_for_100_admits_exactly_100(stores: Stores) -> None:
    budget = a_budget(Kind.USER, "ann", 100, counted=Counted.PICTURES)
    await stores.budgets.add(budget)
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", SUBMITTER, stores.url, mine, "125", stdout=PIPE, cwd=ROOT
        )
        for mine in ("one", "two", "three", "four")
    ]
    printed = [(await process.communicate())[0] for process in processes]
    assert sum(int(text) for text in printed) == 100
    assert await use(stores, budget) == (100, 0)
    assert await stores.ledger.check() == []


async def test_sums_from_before_there_were_budgets_of_pictures_are_kept(empty_url: str) -> None:
    with plain_connection(empty_url) as connection:
        schema.upgrade(connection, "0001")
        _fill_first_version(connection)
        connection.commit()
    database = await Database.open(empty_url)
    stores = stores_of(database, empty_url)
    assert list(await stores.budgets.used([a_scope(1, name="user:ann/day")])) == [Use(700, 0)]
    assert await stores.ledger.check() == []
    await database.close()


def _fill_first_version(connection: Connection) -> None:
    for statement in (
        """
        INSERT INTO generation_jobs (id, user_id, project, state, attempt, candidate, created_at, held_micro,
            cost_micro, cancel_requested, last_event)
        VALUES ('j1', 'ann', 'default', 'queued', 0, 0, '2026-11-21T12:00:00.000000Z', 700, 0, false, 1)
        """,
        """
        INSERT INTO budget_counters (scope, period, held_micro, spent_micro)
        VALUES ('user:ann/day', '2026-11-21', 700, 0)
        """,
        "INSERT INTO job_holds (job_id, scope, period, amount_micro) VALUES ('j1', 'user:ann/day', '2026-11-21', 700)",
    ):
        connection.exec_driver_sql(statement)


async def test_an_hour_later_there_is_room_again(stores: Stores) -> None:
    await stores.budgets.add(a_budget(Kind.USER, "ann", 1, window=Window.HOUR, counted=Counted.PICTURES))
    assert await fits(stores, a_job())
    with pytest.raises(BudgetExceeded) as refused:
        await stores.jobs.submit(a_job(at=later(1800)))
    assert refused.value.retry_after == 1800
    assert await fits(stores, a_job(at=later(3600)))
