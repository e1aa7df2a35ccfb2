"""Text calls: held before they are sent, booked once, and never forgotten."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import Connection

from limner.db.text_calls import SqlTextCalls
from limner.domain.budgets import Budget, Counted, Kind, Scope, Window
from limner.domain.errors import BudgetExceeded, FailureCode, InvalidRequest, NotFound, Problem, Spent, StorageError
from limner.domain.money import ZERO, Money
from limner.domain.records import ServiceSpend
from limner.domain.text_calls import NewTextCall, Purpose, TextClosing, TextState
from limner.domain.text_models import TextUsage
from tests.db.conftest import Stores
from tests.db.values import NOON, a_scope, later, new_id

USAGE = TextUsage(input=300, output=40, cached_input=10)


def a_text(
    *scopes: Scope, hold: int = 1000, owner: str = "ann", at: datetime = NOON, worker: str = "w1"
) -> NewTextCall:
    return NewTextCall(
        id=new_id("text"),
        owner=owner,
        project="default",
        purpose=Purpose.ENHANCE,
        model="anthropic/claude-sonnet-5-5",
        hold=Money(hold),
        scopes=scopes,
        worker=worker,
        at=at,
    )


def settled(new: NewTextCall, charge: int | None = 600) -> TextClosing:
    money = None if charge is None else Money(charge)
    return TextClosing(
        call_id=new.id,
        state=TextState.SETTLED,
        at=later(2),
        charge=money,
        basis="usage",
        usage=USAGE,
        request_id="req_1",
    )


async def test_a_call_is_held_booked_and_kept_with_what_it_took(stores: Stores) -> None:
    texts, scope = SqlTextCalls(stores.database), a_scope(5000)
    new = a_text(scope)
    await texts.begin(new)
    assert await stores.held(scope) == (Money(1000), ZERO)
    assert (await texts.get(new.id, "ann")).spent is Spent.UNKNOWN
    call = await texts.close(settled(new))
    assert await stores.held(scope) == (ZERO, Money(600))
    assert (call.provider, call.model, call.state) == ("anthropic", "anthropic/claude-sonnet-5-5", TextState.SETTLED)
    assert (call.usage, call.cost, call.milliseconds, call.request_id) == (USAGE, Money(600), 2000, "req_1")
    assert call.spent is Spent.YES
    spent = await stores.ledger.spent("ann", NOON)
    assert spent == [ServiceSpend(service="anthropic", pictures=0, cost=Money(600))]
    assert await stores.ledger.check() == []


async def test_a_call_ends_once(stores: Stores) -> None:
    texts, scope = SqlTextCalls(stores.database), a_scope(5000)
    new = a_text(scope)
    await texts.begin(new)
    first = await texts.close(settled(new))
    assert await texts.close(settled(new, 900)) == first
    assert await stores.held(scope) == (ZERO, Money(600))


@pytest.mark.parametrize("order", ["begun first", "withdrawn first", "both at once"])
async def test_a_call_that_is_withdrawn_holds_nothing_whenever_it_is_begun(stores: Stores, order: str) -> None:
    texts, scope = SqlTextCalls(stores.database), a_scope(5000)
    new, problem = a_text(scope), Problem(code=FailureCode.CANCELLED, message="Cancelled.")
    if order == "begun first":
        await texts.begin(new)
    withdrawn = texts.withdraw(new, later(1), problem)
    if order == "both at once":
        await asyncio.gather(texts.begin(new), withdrawn, return_exceptions=True)
    else:
        await withdrawn
    if order == "withdrawn first":
        with pytest.raises(StorageError):
            await texts.begin(new)
    call = await texts.get(new.id, "ann")
    assert (call.state, call.hold, call.problem, call.finished) == (TextState.FAILED, ZERO, problem, later(1))
    assert await stores.held(scope) == (ZERO, ZERO)
    assert await stores.ledger.check() == []


async def test_an_unknown_charge_counts_as_all_that_was_held(stores: Stores) -> None:
    texts, scope = SqlTextCalls(stores.database), a_scope(5000)
    new = a_text(scope)
    await texts.begin(new)
    assert (await texts.close(settled(new, None))).cost is None
    assert await stores.held(scope) == (ZERO, Money(1000))
    assert await stores.ledger.check() == []


async def test_what_bought_nothing_frees_its_hold(stores: Stores) -> None:
    texts, scope = SqlTextCalls(stores.database), a_scope(5000)
    new = a_text(scope)
    await texts.begin(new)
    problem = Problem(code=FailureCode.AUTHENTICATION, message="Invalid API key.")
    call = await texts.close(TextClosing(call_id=new.id, state=TextState.FAILED, at=later(1), problem=problem))
    assert (call.spent, call.problem) == (Spent.NO, problem)
    assert await stores.held(scope) == (ZERO, ZERO)
    assert await stores.ledger.spent("ann", NOON) == []


@pytest.mark.parametrize("charged", [True, False])
async def test_an_ambiguous_call_keeps_its_hold_until_a_person_decides(stores: Stores, charged: bool) -> None:
    texts, scope = SqlTextCalls(stores.database), a_scope(5000)
    new = a_text(scope)
    await texts.begin(new)
    call = await texts.close(TextClosing(call_id=new.id, state=TextState.AMBIGUOUS, at=later(1)))
    assert (call.spent, call.hold) == (Spent.UNKNOWN, Money(1000))
    assert await stores.held(scope) == (Money(1000), ZERO)
    with pytest.raises(NotFound):
        await texts.resolve(new.id, "bob", charged=charged, at=later(2))
    for _ in range(2):
        call = await texts.resolve(new.id, "ann", charged=charged, at=later(2))
    assert call.spent is (Spent.YES if charged else Spent.NO)
    assert await stores.held(scope) == (ZERO, Money(1000 if charged else 0))
    with pytest.raises(InvalidRequest):
        await texts.resolve(new.id, "ann", charged=not charged, at=later(3))
    assert await stores.ledger.check() == []


async def test_calls_of_a_process_that_died_may_have_been_bought(stores: Stores) -> None:
    texts, scope = SqlTextCalls(stores.database), a_scope(5000)
    dead, living = a_text(scope, worker="dead"), a_text(scope, worker="living")
    for new in (dead, living):
        await texts.begin(new)
    assert set(await texts.workers()) == {"dead", "living"}
    assert await texts.abandon("dead", later(60)) == 1
    assert await texts.abandon("dead", later(60)) == 0
    assert (await texts.get(dead.id, "ann")).state is TextState.AMBIGUOUS
    assert (await texts.get(living.id, "ann")).state is TextState.SENDING
    assert await stores.held(scope) == (Money(2000), ZERO)
    # The dead one's answer comes no more; should it come all the same, it changes nothing.
    assert (await texts.close(settled(dead))).state is TextState.AMBIGUOUS


async def test_budgets_of_all_kinds_cover_texts_and_those_of_pictures_do_not(stores: Stores) -> None:
    texts = SqlTextCalls(stores.database)

    def budget(counted: Counted, limit: int) -> Budget:
        return Budget(
            id=new_id("budget"), kind=Kind.EVERYONE, name="", window=Window.DAY, counted=counted, limit=limit,
            created=NOON, created_by="ann",
        )  # fmt: skip

    await stores.budgets.add(budget(Counted.PICTURES, 0))
    await texts.begin(a_text())
    await stores.budgets.add(budget(Counted.USD, 1500))
    await texts.begin(a_text())
    with pytest.raises(BudgetExceeded, match="everyone has"):
        await texts.begin(a_text())
    await texts.begin(a_text(hold=0))
    assert len((await texts.page("ann", limit=10, cursor=None)).items) == 3


async def test_no_more_is_bought_at_once_than_a_budget_has(stores: Stores) -> None:
    texts, scope = SqlTextCalls(stores.database), a_scope(3000)

    async def begun() -> bool:
        try:
            await texts.begin(a_text(scope))
        except BudgetExceeded:
            return False
        return True

    assert sorted(await asyncio.gather(*(begun() for _ in range(8)))) == [False] * 5 + [True] * 3
    assert await stores.held(scope) == (Money(3000), ZERO)
    assert await stores.ledger.check() == []


async def test_calls_are_listed_newest_first_and_to_their_owner_alone(stores: Stores) -> None:
    texts = SqlTextCalls(stores.database)
    made = [a_text(at=later(number)) for number in range(3)]
    for new in (*made, a_text(owner="bob")):
        await texts.begin(new)
    first = await texts.page("ann", limit=2, cursor=None)
    assert [call.id for call in first.items] == [made[2].id, made[1].id]
    rest = await texts.page("ann", limit=2, cursor=first.next)
    assert ([call.id for call in rest.items], rest.next) == ([made[0].id], None)
    with pytest.raises(NotFound):
        await texts.get(made[0].id, "bob")


@pytest.mark.parametrize(
    "damage, said",
    [
        ("UPDATE text_holds SET amount = 1", "The text call"),
        ("DELETE FROM ledger_entries", "was bought and has no entry"),
        ("UPDATE budget_counters SET held = 0", "its jobs have 1000"),
    ],
)
async def test_every_difference_is_found(stores: Stores, damage: str, said: str) -> None:
    texts, scope = SqlTextCalls(stores.database), a_scope(5000)
    bought, open_call = a_text(scope), a_text(scope)
    for new in (bought, open_call):
        await texts.begin(new)
    await texts.close(settled(bought))
    assert await stores.ledger.check() == []

    def change(connection: Connection) -> None:
        connection.exec_driver_sql(damage)

    await stores.database.write(change)
    assert any(said in sentence for sentence in await stores.ledger.check())
