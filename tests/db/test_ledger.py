"""Money booked, and whether the sums are the sums of the rows."""

import pytest
from sqlalchemy import Connection

from limner.domain.job import CallState
from limner.domain.money import Money
from limner.domain.records import ServiceSpend
from tests.db.conftest import Stores
from tests.db.test_leases import taken
from tests.db.values import a_job, a_scope, closed, later, settled


async def test_bookings_are_summed_by_service_since_a_moment(stores: Stores) -> None:
    for seconds, owner in ((0, "ann"), (10, "ann"), (10, "bob"), (20, "ann")):
        new = a_job(owner=owner, worker="w1")
        await stores.jobs.close_call(await taken(stores, new), settled(new, at=later(seconds)), [])
    assert await stores.ledger.spent("ann", later(10)) == [ServiceSpend(service="openai", pictures=2, cost=Money(1200))]
    assert await stores.ledger.spent("ann", later(21)) == []


async def test_an_unused_budget_has_nothing_in_it(stores: Stores) -> None:
    assert await stores.held(a_scope(5)) == (Money(0), Money(0))


@pytest.mark.parametrize(
    "damage, said",
    [
        (
            "UPDATE budget_counters SET held = held + 1",
            "has 1001 set aside; its jobs have 1000",
        ),
        ("UPDATE budget_counters SET spent = 0", "has 0 spent; its entries add up to 600"),
        ("DELETE FROM budget_counters", "is missing; its jobs have 1600"),
        ("UPDATE job_holds SET amount = 1", "has 1 micro-dollars set aside in one of its budgets and 1000"),
        ("UPDATE generation_jobs SET held_micro = 900", "calls that are not ended need 1000"),
        ("UPDATE generation_jobs SET state = 'failed', held_micro = 5000", "calls that are not ended need 1000"),
        ("UPDATE generation_jobs SET cost_micro = 1", "cost 1 micro-dollars; its entries add up to 600"),
        ("UPDATE generation_jobs SET cost_micro = NULL", "cost None micro-dollars; its entries add up to 600"),
        ("DELETE FROM ledger_entries", "was bought and has no entry"),
        ("UPDATE daily_bookings SET cost_micro = 1", "add up to 1 micro-dollars by day; the entries have 600"),
        ("DELETE FROM daily_outcomes", "0 calls ended by the sums of days, and 1 by what was noted of each"),
    ],
)
async def test_every_difference_is_found(stores: Stores, damage: str, said: str) -> None:
    new = a_job(a_scope(5000), holds=(1000, 1000), worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.close_call(lease, settled(new, 0), [])
    await stores.jobs.close_call(lease, closed(new, 1, CallState.AMBIGUOUS), [])
    assert await stores.ledger.check() == []

    def change(connection: Connection) -> None:
        connection.exec_driver_sql(damage)

    await stores.database.write(change)
    assert any(said in sentence for sentence in await stores.ledger.check())
