"""Many at once who confirm, in two processes, on both databases: one quote is one job, and no budget is overdrawn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from limner.db import submission
from limner.domain.budgets import Budget, Counted, Kind, Window
from limner.domain.errors import BudgetExceeded, QuoteRefused
from limner.domain.job import Job
from limner.domain.money import Money
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest
from limner.engine.budgeting import Wanted
from limner.testing.fakes import FakeProvider
from tests.db.conftest import Stores, plain_connection
from tests.db.test_pausing import waits_for_a_lock
from tests.db.values import a_budget, a_job
from tests.engine.house import House, facts, house

ACME = facts("acme", usd="0.01", count=1)
FOX = ImageRequest(prompt="a fox", model="acme")
CENT = 10_000
MANY = 25


@asynccontextmanager
async def two_processes(folder: Path, url: str) -> AsyncIterator[tuple[House, House]]:
    """Two installations over one database; what they begin waits."""
    places = [folder / name for name in ("here", "there")]
    for place in places:
        place.mkdir()
    providers = {"acme": FakeProvider()}
    async with (
        house(places[0], providers, ACME, url=url, work=False) as here,
        house(places[1], providers, ACME, url=url, work=False, ids_from=10**6) as there,
    ):
        yield here, there


async def confirmed(place: House, token: str, key: str | None = None) -> Job | str:
    """The job, or the code of the refusal."""
    try:
        return await place.engine.confirm(token, LOCAL, key=key)
    except (QuoteRefused, BudgetExceeded) as error:
        return error.code


async def test_of_many_who_confirm_one_quote_exactly_one_has_a_job(stores: Stores, tmp_path: Path) -> None:
    async with two_processes(tmp_path, stores.url) as sides:
        quote = await sides[0].engine.estimate(FOX, LOCAL)
        found = await asyncio.gather(
            *(
                confirmed(side, quote.token, key=f"{number} {side is sides[0]}" if number % 2 else None)
                for number in range(MANY)
                for side in sides
            )
        )
        (job,) = [each for each in found if isinstance(each, Job)]
        assert [each for each in found if each is not job] == ["quote_used"] * (2 * MANY - 1)
        page = await stores.jobs.page(LOCAL.id, limit=200, cursor=None, states=frozenset())
        assert [each.id for each in page.items] == [job.id]
        assert job.held == quote.ceiling
        assert await stores.ledger.check() == []


async def test_of_many_who_confirm_one_quote_with_one_key_all_have_the_same_job(stores: Stores, tmp_path: Path) -> None:
    async with two_processes(tmp_path, stores.url) as sides:
        quote = await sides[0].engine.estimate(FOX, LOCAL)
        found = await asyncio.gather(
            *(confirmed(side, quote.token, key="the same") for _ in range(MANY) for side in sides)
        )
        assert len({each.id if isinstance(each, Job) else each for each in found}) == 1
        page = await stores.jobs.page(LOCAL.id, limit=200, cursor=None, states=frozenset())
        assert len(page.items) == 1
        assert await stores.ledger.check() == []


async def test_confirms_while_a_budget_is_lowered_never_go_over_it_as_it_stands_then(
    stores: Stores, other: Stores, tmp_path: Path
) -> None:
    """What was set aside when the lowering was answered may be more than the new limit; nothing is added to it."""
    async with two_processes(tmp_path, stores.url) as sides:
        wanted = Wanted(kind=Kind.EVERYONE, name="", window=Window.ALL, counted=Counted.USD, limit=40 * CENT)
        budget = (await sides[0].budgeting.add(wanted, LOCAL)).budget
        assert budget is not None
        answers: list[int] = []
        quotes = [await sides[number % 2].engine.estimate(FOX, LOCAL) for number in range(2 * MANY)]
        waiting, some = iter(enumerate(quotes)), asyncio.Event()
        jobs: list[Job] = []

        async def confirm(side: House) -> None:
            """One of several who confirm, one quote after the other."""
            for number, quote in waiting:
                found = await confirmed(side, quote.token)
                jobs.extend([found] if isinstance(found, Job) else [])
                if number == MANY // 2:
                    some.set()

        async def lower() -> None:
            await some.wait()
            answers.append((await sides[1].budgeting.change(budget.id, Counted.USD, 15 * CENT, LOCAL)).use.held)

        await asyncio.gather(*(confirm(side) for side in sides * 3), lower())
        (use,) = await other.budgets.used([budget.scope(sides[0].clock.now())])
        assert use.held == len(jobs) * CENT == sum(job.held.micro for job in jobs)
        assert 15 * CENT <= use.held <= max(*answers, 15 * CENT)
        assert await stores.ledger.check() == []


@pytest.mark.parametrize("set_up", ["changed", "added"])
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_budget_waits_for_money_that_is_about_to_be_set_aside(stores: Stores, set_up: str) -> None:
    budget = a_budget(Kind.EVERYONE, "", 5000)
    if set_up == "changed":
        await stores.budgets.add(budget)
    with plain_connection(stores.url) as connection:
        submission.submit(connection, a_job())
        setting = asyncio.ensure_future(given(stores, budget, 500, set_up))
        for _ in range(2000):
            if setting.done() or await asyncio.to_thread(waits_for_a_lock, stores.url):
                break
        else:
            raise AssertionError("nobody waits")
        assert not setting.done()
        connection.connection.commit()
        await setting
    with pytest.raises(BudgetExceeded):
        await stores.jobs.submit(a_job())


async def given(stores: Stores, budget: Budget, limit: int, set_up: str) -> None:
    """Gives a budget a limit, or sets it up with that."""
    if set_up == "changed":
        await stores.budgets.change(budget.id, limit)
    else:
        await stores.budgets.add(replace(budget, limit=limit))


async def test_a_budget_with_another_limit_goes_on_where_it_was(stores: Stores) -> None:
    budget = a_budget(Kind.EVERYONE, "", 2000)
    await stores.budgets.add(budget)
    await stores.jobs.submit(a_job(holds=(2000,)))
    assert await stores.budgets.change(budget.id, 3000) == replace(budget, limit=3000)
    await stores.jobs.submit(a_job(holds=(1000,)))
    await stores.budgets.change(budget.id, 2999)
    with pytest.raises(BudgetExceeded):
        await stores.jobs.submit(a_job(holds=(1,)))
    (use,) = await stores.budgets.used([budget.scope(budget.created)])
    assert Money(use.held) == Money(3000)
