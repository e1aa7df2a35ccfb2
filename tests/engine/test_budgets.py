"""Limits of the settings and budgets of one's own, from the request to the books."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from limner.domain.audit import Act
from limner.domain.budgets import Counted, Kind, Standing, Window
from limner.domain.call import Finished
from limner.domain.errors import (
    BudgetExceeded,
    FailureCode,
    InvalidRequest,
    LimitReached,
    NotFound,
    PolicyError,
    Problem,
    ProviderError,
    Spent,
    TooManyRequests,
)
from limner.domain.job import JobState
from limner.domain.money import Money
from limner.domain.people import LOCAL, Principal
from limner.domain.request import ImageRequest, Size
from limner.engine.budgeting import BudgetExists, Wanted
from limner.engine.limits import Limits
from limner.testing.fakes import FakeProvider
from tests.engine.house import House, facts, house

ACME = facts("acme", usd="0.04")
FREE = facts("easel", usd=None, local=True)
ANN = Principal(id="ann", name="Ann", token="t1")
BOB = Principal(id="bob", name="Bob")
ONE = ImageRequest(prompt="a fox", model="acme")
FOUR = ImageRequest(prompt="a fox", model="acme", count=4)

OVERLOADED = ProviderError(Problem(code=FailureCode.OVERLOADED, message="Too busy.", spent=Spent.NO))


class Paid(FakeProvider):
    """A service that charges what its price list says."""

    def finished(self, count: int, *, size: Size | None = None, seed: int | None = None) -> Finished:
        return replace(super().finished(count, size=size, seed=seed), cost=None)


def wanted(
    kind: Kind = Kind.EVERYONE,
    name: str = "",
    limit: int = 0,
    *,
    window: Window = Window.DAY,
    counted: Counted = Counted.PICTURES,
) -> Wanted:
    return Wanted(kind=kind, name=name, window=window, counted=counted, limit=limit)


async def refused(here: House, request: ImageRequest, principal: Principal = LOCAL) -> LimitReached:
    with pytest.raises(LimitReached) as error:
        await here.engine.submit(request, principal)
    return error.value


@pytest.mark.req("S3-082", "S3-084")
async def test_pictures_of_an_hour(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": Paid()}, ACME, limits=Limits(images_per_hour=10)) as here:
        for request in (FOUR, FOUR, ONE, ONE):
            assert (await here.engine.generate(request, LOCAL, timeout=20)).state is JobState.SUCCEEDED
        error = await refused(here, ONE)
        assert error.message.startswith("Hourly limit exceeded (10 images/hour). ")
        assert error.code == "image_limit_exceeded"
        assert error.retry_after is not None
        assert 3590 <= error.retry_after <= 3600
        assert (await here.engine.submit(ONE, BOB)).owner == "bob"
        here.clock.advance(3600)
        assert (await here.engine.generate(ONE, LOCAL, timeout=20)).state is JobState.SUCCEEDED
        await here.books_are_right()


@pytest.mark.req("S3-083", "S3-085")
async def test_pictures_of_a_day(tmp_path: Path) -> None:
    limits = Limits(images_per_hour=50, images_per_day=50)
    async with house(tmp_path, {"acme": Paid()}, ACME, limits=limits) as here:
        outcomes = await asyncio.gather(
            *(here.engine.generate(FOUR, LOCAL, timeout=20) for _ in range(13)), return_exceptions=True
        )
        assert sum(isinstance(outcome, BudgetExceeded) for outcome in outcomes) == 1
        here.clock.advance(3600)
        assert (await refused(here, FOUR)).message.startswith("Daily limit exceeded (50 images/day). ")
        await here.books_are_right()


@pytest.mark.req("S1-071", "S1-072")
async def test_the_budget_of_a_day_in_the_words_of_document_1(tmp_path: Path) -> None:
    limits = Limits(daily_cost=Money.usd(10), daily_budget=Money.usd("0.05"))
    async with house(tmp_path, {"acme": Paid()}, ACME, limits=limits) as here:
        await here.engine.generate(ONE, LOCAL, timeout=20)
        error = await refused(here, ONE)
        assert error.message.startswith("Daily budget exceeded. ")
        assert error.code == "budget_exceeded"


@pytest.mark.req("S3-089")
async def test_the_message_carries_the_number_in_force(tmp_path: Path) -> None:
    for number, (amount, said) in enumerate([("10", "$10"), ("0.002", "$0.002")]):
        folder = tmp_path / str(number)
        folder.mkdir()
        costly = facts("acme", usd="11")
        async with house(folder, {"acme": Paid()}, costly, daily=Money.usd(amount)) as here:
            assert (await refused(here, ONE)).message.startswith(f"Daily cost limit exceeded ({said}/day). ")


async def test_what_costs_nothing_by_nature_counts_nowhere(tmp_path: Path) -> None:
    limits = Limits(images_per_hour=1, images_per_day=1, daily_cost=Money(1))
    async with house(tmp_path, {"easel": FakeProvider()}, FREE, limits=limits) as here:
        await here.budgeting.add(wanted(), LOCAL)
        for _ in range(3):
            assert (await here.paint(model="easel", count=2)).state is JobState.SUCCEEDED
        assert all(standing.use.spent == standing.use.held == 0 for standing in await here.budgeting.visible(LOCAL))


@pytest.mark.req("S0-062", "S0-063")
async def test_requests_of_a_minute_for_each_person_and_for_everyone(tmp_path: Path) -> None:
    limits = Limits(requests_per_minute=2, global_requests_per_minute=3)
    sketch = ImageRequest(prompt="a fox", model="easel")
    async with house(tmp_path, {"easel": FakeProvider()}, FREE, limits=limits, work=False) as here:
        for _ in range(2):
            await here.engine.submit(sketch, ANN)
        error = await refused(here, sketch, ANN)
        assert isinstance(error, TooManyRequests)
        assert "you may make 2 a minute" in error.message
        assert (error.retry_after, error.retryable) == (60.0, True)
        await here.engine.submit(sketch, BOB)
        assert "all persons together may make 3 a minute" in (await refused(here, sketch, BOB)).message
        await here.engine.submit(sketch, BOB, counted=False)  # from this machine's own hands
        here.clock.advance(60)
        await here.engine.submit(sketch, ANN)


async def test_the_same_request_again_under_its_key_counts_once(tmp_path: Path) -> None:
    limits = Limits(requests_per_minute=1, images_per_hour=1)
    async with house(tmp_path, {"acme": Paid()}, ACME, limits=limits) as here:
        jobs = [await here.engine.submit(ONE, LOCAL, key="k") for _ in range(3)]
        assert len({job.id for job in jobs}) == 1


async def test_a_quote_counts_as_a_request_when_it_is_confirmed(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": Paid()}, ACME, limits=Limits(requests_per_minute=1)) as here:
        quotes = [await here.engine.estimate(ONE, LOCAL) for _ in range(3)]
        await here.engine.confirm(quotes[0].token, LOCAL)
        with pytest.raises(TooManyRequests):
            await here.engine.confirm(quotes[1].token, LOCAL)
        await here.engine.confirm(quotes[1].token, LOCAL, counted=False)  # it was not used up by the refusal


async def test_a_failure_gives_back_what_it_held(tmp_path: Path) -> None:
    provider = Paid()
    provider.script(OVERLOADED, provider.finished(1))
    async with house(tmp_path, {"acme": provider}, ACME, limits=Limits(images_per_hour=4)) as here:
        assert (await here.engine.generate(FOUR, LOCAL, timeout=20)).state is JobState.FAILED
        job = await here.engine.generate(FOUR, LOCAL, timeout=20)
        assert (job.state, len(job.pictures)) == (JobState.PARTIAL, 1)
        (standing,) = await here.budgeting.visible(LOCAL)
        assert (standing.use.held, standing.use.spent, standing.left) == (0, 1, 3)
        await here.books_are_right()


async def test_only_administrators_set_up_and_remove_budgets(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": Paid()}, ACME) as here:
        with pytest.raises(PolicyError) as error:
            await here.budgeting.add(wanted(), ANN)
        assert error.value.code == "administrators_only"
        budget = (await here.budgeting.add(wanted(limit=5), LOCAL)).budget
        assert budget is not None
        with pytest.raises(PolicyError):
            await here.budgeting.remove(budget.id, ANN)
        await here.budgeting.remove(budget.id, LOCAL)
        assert list(await here.budgeting.visible(LOCAL)) == []


async def test_a_person_sees_what_covers_them_and_not_that_there_is_more(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": Paid()}, ACME, daily=Money.usd(10)) as here:
        added: list[Standing] = []
        for kind, name in ((Kind.USER, "ann"), (Kind.USER, "bob"), (Kind.TOKEN, "t1"), (Kind.EVERYONE, "")):
            added.append(await here.budgeting.add(wanted(kind, name, 5), LOCAL))
        await here.engine.generate(ONE, ANN, timeout=20)
        seen = [(each.kind, each.name, each.use.spent) for each in await here.budgeting.visible(ANN)]
        assert seen == [
            (Kind.USER, "ann", 40_000),
            (Kind.EVERYONE, "", 1),
            (Kind.TOKEN, "t1", 1),
            (Kind.USER, "ann", 1),
        ]
        theirs = added[1].budget
        assert theirs is not None
        assert (await here.budgeting.get(theirs.id, LOCAL)).name == "bob"
        with pytest.raises(NotFound):
            await here.budgeting.get(theirs.id, ANN)


@pytest.mark.parametrize(
    ("budget", "field"),
    [
        (wanted(Kind.EVERYONE, "ann", 1), "name"),
        (wanted(Kind.USER, " ", 1), "name"),
        (wanted(Kind.PROJECT, "a\nb", 1), "name"),
        (wanted(Kind.PROJECT, "a" * 201, 1), "name"),
        (wanted(limit=-1), "limit"),
        (wanted(limit=2**53), "limit"),
    ],
)
async def test_budgets_that_make_no_sense_are_refused(tmp_path: Path, budget: Wanted, field: str) -> None:
    async with house(tmp_path, {"acme": Paid()}, ACME, work=False) as here:
        with pytest.raises(InvalidRequest) as error:
            await here.budgeting.add(budget, LOCAL)
        assert error.value.field == field


async def test_only_administrators_change_a_limit_in_what_it_counts_and_the_audit_log_says_so(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": Paid()}, ACME, work=False) as here:
        found = (await here.budgeting.add(wanted(limit=3), LOCAL)).budget
        assert found is not None
        with pytest.raises(PolicyError, match="administrator"):
            await here.budgeting.change(found.id, Counted.PICTURES, 2, ANN)
        for counted, limit in ((Counted.USD, 2), (Counted.PICTURES, -1)):
            with pytest.raises(InvalidRequest) as error:
                await here.budgeting.change(found.id, counted, limit, LOCAL)
            assert error.value.field == "limit"
        assert (await here.budgeting.change(found.id, Counted.PICTURES, 2, LOCAL)).limit == 2
        page = await here.budgeting.audit.page(limit=10, cursor=None, act=Act.BUDGET_CHANGED)
        assert [one.deed.detail for one in page.items] == ["2 images/day, was 3 images/day"]


async def test_there_is_one_budget_for_the_same(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": Paid()}, ACME, work=False) as here:
        await here.budgeting.add(wanted(limit=5), LOCAL)
        with pytest.raises(BudgetExists, match="for everyone, a day"):
            await here.budgeting.add(wanted(limit=6), LOCAL)
        await here.budgeting.add(wanted(limit=6, window=Window.HOUR), LOCAL)


def test_every_limit_of_the_minute_has_a_name_of_its_own() -> None:
    limits = Limits(
        requests_per_minute=1,
        global_requests_per_minute=2,
        requests_per_minute_per_token=3,
        requests_per_minute_per_address=4,
        requests_per_minute_per_service=5,
    )
    found = {rate.name: (rate.most, rate.message) for rate in limits.rates(ANN.at("203.0.113.9"), "acme")}
    assert found == {
        "user:ann": (1, "Too many requests: you may make 1 a minute."),
        "everyone": (2, "Too many requests: all persons together may make 2 a minute."),
        "token:t1": (3, "Too many requests: this token may make 3 a minute."),
        "address:203.0.113.9": (4, "Too many requests: this address may make 4 a minute."),
        "service:acme": (5, "Too many requests: acme may be asked 5 times a minute."),
    }
    assert [rate.name for rate in limits.rates(BOB.at(None), None)] == ["user:bob", "everyone"]
    assert Limits().rates(ANN.at("203.0.113.9"), "acme") == ()
