"""Which text model is asked, and what becomes of the money."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from limner.catalog.texts import load_texts
from limner.db import text_calls
from limner.db.database import Database
from limner.db.ledger import SqlLedger
from limner.db.text_calls import SqlTextCalls
from limner.domain.errors import (
    BudgetExceeded,
    ConfirmationRequired,
    NotConfigured,
    PriceUnknown,
    Problem,
    ProviderError,
    Spent,
    StorageError,
    UnknownModel,
)
from limner.domain.money import FREE, ZERO, Money
from limner.domain.people import Principal
from limner.domain.text_calls import NewTextCall, Purpose, TextCall, TextOrder, TextState
from limner.domain.text_models import TextUsage
from limner.domain.texts import (
    Finish,
    PlainText,
    Speaker,
    TextDelta,
    TextEnd,
    TextMessage,
    TextPicture,
    TextRequest,
)
from limner.domain.vault import StoredKey, UsableKey
from limner.engine.keyrings import Keyrings
from limner.engine.limits import Limits
from limner.engine.texts import TextBuyer
from limner.testing.fakes import NOON, CountingIds, FakeClock
from limner.testing.text_fakes import AlwaysPresent, AtOnce, NoRules, NothingSaid, ScriptedTexts, health_over

CATALOG = load_texts()
ANN = Principal(id="ann", name="Ann")
ASKED = TextRequest(
    instructions="Be brief.",
    messages=(TextMessage(speaker=Speaker.USER, parts=(PlainText(text="Hello."),)),),
    most_tokens=1000,
)
ORDER = TextOrder(request=ASKED, purpose=Purpose.ENHANCE)


class Keys:
    """Stored keys in memory: what `Keyrings` reads."""

    def __init__(self, *keys: UsableKey) -> None:
        self.keys = keys

    async def usable(self, owner: str) -> Sequence[UsableKey]:
        return [key for key in self.keys if key.key.shared or key.key.owner == owner]


def a_key(service: str, secret: str | None, *, owner: str = "ann", shared: bool = False) -> UsableKey:
    stored = StoredKey(
        id=f"key-{secret}", owner=owner, service=service, label=service, last_four="1234", shared=shared,
        created=NOON, changed=NOON,
    )  # fmt: skip
    return UsableKey(key=stored, secret=secret)


@dataclass
class House:
    """A buyer and what it writes down."""

    buyer: TextBuyer
    sends: ScriptedTexts
    calls: SqlTextCalls
    ledger: SqlLedger

    def keyed(self, *keys: UsableKey) -> TextBuyer:
        return replace(self.buyer, keyrings=Keyrings(keys=Keys(*keys), clock=FakeClock()))

    async def last(self) -> TextCall:
        return (await self.calls.page("ann", limit=1, cursor=None)).items[0]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    database = await Database.open(f"sqlite:///{tmp_path / 'limner.db'}")
    sends, calls, clock = ScriptedTexts(), SqlTextCalls(database), FakeClock()
    buyer = TextBuyer(
        catalog=CATALOG,
        sends=sends,
        calls=calls,
        keyrings=Keyrings(keys=Keys(), clock=clock),
        limits=Limits(daily_cost=Money.usd(1)),
        clock=clock,
        ids=CountingIds(),
        presence=AlwaysPresent(),
        moderator=NoRules(),
        turns=AtOnce(),
        steering=NothingSaid(),
        health=health_over(sends, clock),
    )
    yield House(buyer, sends, calls, SqlLedger(database))
    await database.close()


async def test_the_first_model_with_a_key_is_taken_and_the_answer_says_so(house: House) -> None:
    choice = await house.buyer.choose(None, ANN)
    assert choice.card.id == "anthropic/claude-sonnet-5-5"
    assert choice.why == "It is the first text model whose service has a key in the environment."


async def test_what_is_asked_for_comes_before_the_setting_and_that_before_the_catalog(house: House) -> None:
    usual = replace(house.buyer, usual="claude-haiku-4-5")
    assert (await usual.choose(None, ANN)).card.id == "anthropic/claude-haiku-4-5"
    assert (await usual.choose(None, ANN)).why == "LIMNER_TEXT_MODEL names it."
    assert (await usual.choose("anthropic/claude-opus-5", ANN)).card.id == "anthropic/claude-opus-5"


async def test_stored_keys_come_first_ones_own_before_shared_ones(house: House) -> None:
    buyer = house.keyed(a_key("anthropic", "shared", owner="root", shared=True), a_key("anthropic", "own"))
    choice = await buyer.choose(None, ANN)
    assert choice.why.endswith("a key that is stored.")
    await buyer.answer(ORDER, choice, ANN)
    other = await buyer.choose(None, Principal(id="bob", name="Bob"))
    await buyer.answer(ORDER, other, Principal(id="bob", name="Bob"))
    assert [secret for _, _, secret in house.sends.sent] == ["own", "shared"]


async def test_a_key_under_another_secret_is_told_and_no_other_takes_its_place(house: House) -> None:
    buyer = house.keyed(a_key("anthropic", None))
    with pytest.raises(NotConfigured, match="sealed under another LIMNER_SECRET_KEY"):
        await buyer.choose(None, ANN)


async def test_ollama_comes_last_and_costs_nothing(house: House) -> None:
    house.sends.keys = frozenset({"ollama"})
    house.sends.models["ollama"] = "gpt-oss:20b"
    with pytest.raises(NotConfigured, match="ollama/gpt-oss:20b is not there") as caught:
        await house.buyer.choose(None, ANN)
    assert caught.value.code == "no_text_model"
    assert "Set a key, such as ANTHROPIC_API_KEY" in caught.value.message
    card = replace(CATALOG.find("ollama/gpt-oss:20b"), sees=False)
    house.sends.there[card.id] = card
    choice = await house.buyer.choose(None, ANN)
    assert house.buyer.estimate(choice.card, ASKED) == FREE
    answer = await house.buyer.answer(ORDER, choice, ANN)
    assert (answer.call.cost, answer.call.spent) == (ZERO, Spent.NO)
    with pytest.raises(NotConfigured, match="cannot be shown pictures"):
        await house.buyer.choose(None, ANN, sees=True)


async def test_an_unknown_price_needs_leave(house: House) -> None:
    house.sends.keys = frozenset({"openai"})
    with pytest.raises(NotConfigured, match="LIMNER_UNPRICED_CEILING_USD"):
        await house.buyer.choose(None, ANN)
    with pytest.raises(PriceUnknown):
        await house.buyer.choose("openai/gpt-6-luna", ANN)
    allowed = replace(house.buyer, unpriced_ceiling=Money.usd("0.05"))
    choice = await allowed.choose(None, ANN)
    assert choice.card.service == "openai"
    answer = await allowed.answer(ORDER, choice, ANN)
    assert (answer.call.cost, answer.call.state) == (None, TextState.SETTLED)
    assert await house.ledger.check() == []


async def test_a_model_that_was_shut_down_is_not_asked(house: House) -> None:
    gone = replace(house.buyer, clock=FakeClock(NOON.replace(month=12)))
    with pytest.raises(NotConfigured, match="shut down on 2026-11-30"):
        await gone.choose("claude-sonnet-4-5", ANN)
    with pytest.raises(UnknownModel, match="claude-sonnet-5"):
        await house.buyer.choose("claude-sonnet-55", ANN)


async def test_the_ceiling_is_never_below_what_a_service_may_count() -> None:
    card = CATALOG.find("claude-sonnet-5-5")
    text = "ein Leuchtturm \u706f\u53f0 " * 50
    picture = TextPicture(data=b"", media_type="image/png", width=1568, height=1000)
    said = TextMessage(speaker=Speaker.USER, parts=(picture, PlainText(text=text)))
    request = replace(ASKED, messages=(said,))
    assert request.most_input(card) >= len(text.encode()) + 1568 * 1000 / 750
    assert request.most_output(card) == 1000
    assert replace(ASKED, most_tokens=10**9).most_output(card) == card.longest_answer


async def test_a_call_is_held_at_its_ceiling_and_booked_by_what_was_counted(house: House) -> None:
    house.sends.say("A lighthouse.", input=1000, output=100)
    choice = await house.buyer.choose(None, ANN)
    estimate = house.buyer.estimate(choice.card, ASKED)
    assert estimate is not None
    async with aclosing(house.buyer.stream(ORDER, choice, ANN)) as pieces:
        assert await anext(pieces) == TextDelta(text="A lighthouse.")
        assert (await house.last()).hold == estimate.ceiling
        rest = [piece async for piece in pieces]
    call = rest[-1]
    assert isinstance(call, TextCall)
    assert (call.cost, call.usage) == (Money(3000), TextUsage(input=1000, output=100))
    assert call == await house.last()
    assert await house.ledger.check() == []


async def test_nothing_is_sent_that_no_budget_has_room_for(house: House) -> None:
    choice = await house.buyer.choose(None, ANN)
    with pytest.raises(ConfirmationRequired):
        await house.buyer.answer(replace(ORDER, max_cost=Money(1)), choice, ANN)
    poor = replace(house.buyer, limits=Limits(daily_cost=Money(10)))
    with pytest.raises(BudgetExceeded):
        await poor.answer(ORDER, choice, ANN)
    assert house.sends.sent == []


@pytest.mark.parametrize(("spent", "state"), [(Spent.NO, TextState.FAILED), (Spent.UNKNOWN, TextState.AMBIGUOUS)])
async def test_a_failure_frees_the_hold_only_where_nothing_was_bought(
    house: House, spent: Spent, state: TextState
) -> None:
    problem = Problem(code="line_dropped", message="Connection lost.", spent=spent)
    house.sends.scripts.append((TextDelta(text="Half"), ProviderError(problem, request_id="req_7")))
    choice = await house.buyer.choose(None, ANN)
    with pytest.raises(ProviderError):
        await house.buyer.answer(ORDER, choice, ANN)
    call = await house.last()
    assert (call.state, call.spent, call.problem, call.request_id) == (state, spent, problem, "req_7")
    assert bool(call.hold) is (state is TextState.AMBIGUOUS)
    assert len(house.sends.sent) == 1


async def test_a_refusal_by_moderation_is_booked_and_told(house: House) -> None:
    usage = TextUsage(input=500, output=0)
    house.sends.scripts.append((TextEnd(finish=Finish.REFUSED, usage=usage),))
    choice = await house.buyer.choose(None, ANN)
    with pytest.raises(ProviderError, match="refuses this as unsafe") as caught:
        await house.buyer.answer(ORDER, choice, ANN)
    assert (caught.value.code, caught.value.spent) == ("content_refused", Spent.YES)
    assert (await house.last()).cost == Money(1000)
    assert await house.ledger.check() == []


async def test_a_caller_that_leaves_in_the_middle_leaves_an_ambiguous_call(house: House) -> None:
    house.sends.say("A long story.")
    choice = await house.buyer.choose(None, ANN)
    pieces = house.buyer.stream(ORDER, choice, ANN)
    await anext(pieces)
    await pieces.aclose()
    assert (await house.last()).state is TextState.AMBIGUOUS
    resolved = await house.buyer.resolve((await house.last()).id, ANN, charged=False)
    assert resolved.state is TextState.FAILED
    assert await house.ledger.check() == []


async def test_a_task_that_is_cancelled_writes_down_how_it_stands(house: House) -> None:
    house.sends.say("A long story.")
    choice = await house.buyer.choose(None, ANN)
    begun = asyncio.Event()

    async def listen() -> None:
        async with aclosing(house.buyer.stream(ORDER, choice, ANN)) as pieces:
            async for _ in pieces:
                begun.set()
                await asyncio.Event().wait()

    task = asyncio.create_task(listen())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await house.last()).state is TextState.AMBIGUOUS


async def test_a_caller_that_leaves_while_the_call_is_written_down_sends_and_holds_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, gone, whole = asyncio.get_running_loop(), threading.Event(), text_calls._begin
    choice = await house.buyer.choose(None, ANN)
    asking = asyncio.create_task(house.buyer.answer(ORDER, choice, ANN))

    def begin(connection: Connection, new: NewTextCall) -> None:
        loop.call_soon_threadsafe(asking.cancel)
        loop.call_soon_threadsafe(asking.cancel)  # as often as whoever stops it likes
        loop.call_soon_threadsafe(gone.set)
        assert gone.wait(60)
        whole(connection, new)

    monkeypatch.setattr(text_calls, "_begin", begin)
    with pytest.raises(asyncio.CancelledError):
        await asking
    await house.calls.abandon("nobody", NOON)  # stands behind what was asked for so far
    call = await house.last()
    assert (call.state, call.hold, call.spent, house.sends.sent) == (TextState.FAILED, ZERO, Spent.NO, [])
    assert await house.ledger.check() == []


async def test_a_call_whose_commit_broke_off_and_came_to_pass_all_the_same_holds_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, lost = house.calls.begin, StorageError("The connection broke off.")

    async def broken(new: NewTextCall) -> None:
        await begin(new)
        raise lost

    choice = await house.buyer.choose(None, ANN)
    monkeypatch.setattr(house.calls, "begin", broken)
    with pytest.raises(StorageError):
        await house.buyer.answer(ORDER, choice, ANN)
    call = await house.last()
    assert (call.state, call.hold, call.problem, house.sends.sent) == (TextState.FAILED, ZERO, lost.problem(), [])
    assert await house.ledger.check() == []
