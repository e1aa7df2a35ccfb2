"""Services of text models that keep failing are left alone as those of pictures are, before money is held."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime

import pytest

from limner.catalog.texts import load_texts
from limner.domain.describing import Wish
from limner.domain.errors import FailureCode, PolicyError, Problem, ProviderError, Spent, UnknownModel
from limner.domain.events import News
from limner.domain.health import Breaker, BreakerKey, BreakerState
from limner.domain.money import Money
from limner.domain.people import LOCAL, Principal
from limner.domain.stores import BreakerStep
from limner.domain.text_calls import Purpose, TextOrder, TextState
from limner.domain.texts import PlainText, Speaker, TextDelta, TextMessage, TextRequest
from limner.domain.vault import StoredKey, UsableKey
from limner.engine.health import FRESH
from limner.engine.keyrings import Keyrings
from limner.engine.passage import ANOTHER_KEY
from limner.engine.texts import TextBuyer
from limner.testing.fakes import NOON, FakeClock, FakeTextModel
from limner.testing.text_fakes import MemoryTextCalls, Script, ScriptedTexts, buyer_over, health_over
from limner.words.desk import Desk
from limner.words.enhancing import Enhancer
from limner.words.helping import Helper
from tests.shipped import shipped

ANN = Principal(id="ann", name="Ann")
SONNET, HAIKU = "anthropic/claude-sonnet-5-5", "anthropic/claude-haiku-4-5"
ASKED = TextRequest(
    instructions="Be brief.",
    messages=(TextMessage(speaker=Speaker.USER, parts=(PlainText(text="Hello."),)),),
    most_tokens=1000,
)
ORDER = TextOrder(request=ASKED, purpose=Purpose.ENHANCE)
TEN_MINUTES = 600.0


def failure(code: FailureCode, spent: Spent = Spent.NO) -> ProviderError:
    return ProviderError(Problem(code=code, message=f"{code} happened.", spent=spent, provider="anthropic"))


class World:
    """A buyer whose time can be moved, and what it wrote down and told."""

    def __init__(self, *keys: UsableKey) -> None:
        self.sends, self.calls, self.clock = ScriptedTexts(), MemoryTextCalls(), FakeClock()
        self.news: list[News] = []
        health = health_over(self.sends, self.clock, self.news)
        keyrings = Keyrings(keys=_Keys(keys), clock=self.clock)
        self.buyer: TextBuyer = replace(
            buyer_over(self.sends, self.calls), clock=self.clock, health=health, keyrings=keyrings
        )

    async def ask(self, model: str | None = SONNET) -> str:
        choice = await self.buyer.choose(model, ANN)
        return (await self.buyer.answer(ORDER, choice, ANN)).call.model

    async def fail(self, code: FailureCode, times: int = 5, model: str = SONNET, spent: Spent = Spent.NO) -> None:
        for _ in range(times):
            self.sends.scripts.append((failure(code, spent),))
            with pytest.raises(ProviderError, match=f"{code} happened"):
                await self.ask(model)

    def state(self, model: str = SONNET) -> BreakerState:
        standing = self.buyer.health.standing("anthropic", None)
        return standing.models[model].state if model in standing.models else standing.own.state


class _Keys:
    def __init__(self, keys: Sequence[UsableKey]) -> None:
        self.keys = keys

    async def usable(self, owner: str) -> Sequence[UsableKey]:
        del owner
        return self.keys


def a_key(secret: str, *, owner: str = "ann") -> UsableKey:
    stored = StoredKey(
        id=f"key-{secret}", owner=owner, service="anthropic", label=secret, last_four="", shared=owner != "ann",
        created=NOON, changed=NOON,
    )  # fmt: skip
    return UsableKey(key=stored, secret=secret)


@pytest.mark.parametrize(
    ("code", "spent"),
    [
        (FailureCode.OVERLOADED, Spent.UNKNOWN),
        (FailureCode.AUTHENTICATION, Spent.NO),
        (FailureCode.RATE_LIMITED, Spent.NO),
        (FailureCode.TIMED_OUT, Spent.UNKNOWN),
    ],
)
async def test_after_five_failures_the_next_text_is_refused_before_money_is_held(
    code: FailureCode, spent: Spent
) -> None:
    world = World()
    choice = await world.buyer.choose(SONNET, ANN)
    await world.fail(code, times=4, spent=spent)
    assert world.state() is BreakerState.CLOSED
    await world.fail(code, times=1, spent=spent)
    assert (world.state(), len(world.calls.calls)) == (BreakerState.OPEN, 5)
    for refused in (world.ask(), world.buyer.answer(ORDER, choice, ANN)):  # also one that was chosen before
        with pytest.raises(ProviderError, match="Circuit breaker OPEN: provider unavailable") as caught:
            await refused
        told = caught.value.problem()
        assert (told.code, told.spent, told.retryable) == (FailureCode.UNAVAILABLE, Spent.NO, True)
        assert told.retry_after == TEN_MINUTES
    assert (len(world.calls.calls), len(world.sends.sent)) == (5, 5)
    assert [(news.data["from"], news.data["to"]) for news in world.news] == [("CLOSED", "OPEN")]


async def test_a_refused_key_blocks_all_models_of_its_service_and_an_overload_one_of_them() -> None:
    overloaded, refused = World(), World()
    await overloaded.fail(FailureCode.OVERLOADED)
    assert await overloaded.ask(HAIKU) == HAIKU
    assert await overloaded.ask(None) == HAIKU  # where nothing is named, it is passed over
    await refused.fail(FailureCode.AUTHENTICATION)
    with pytest.raises(ProviderError, match="configuration"):
        await refused.ask(HAIKU)
    with pytest.raises(ProviderError, match="Circuit breaker OPEN"):
        await refused.ask(None)


@pytest.mark.parametrize("code", [FailureCode.BAD_PARAMETER, FailureCode.REFUSED])
async def test_what_a_person_wrote_never_opens_it(code: FailureCode) -> None:
    world = World()
    await world.fail(code, times=8)
    assert await world.ask() == SONNET


async def test_one_text_is_let_through_on_trial_and_closes_it_or_opens_it_again() -> None:
    world = World()
    await world.fail(FailureCode.OVERLOADED)
    world.clock.advance(TEN_MINUTES)
    assert world.state() is BreakerState.HALF_OPEN
    world.sends.say("A long story.")
    choice = await world.buyer.choose(SONNET, ANN)
    async with aclosing(world.buyer.stream(ORDER, choice, ANN)) as trial:
        assert await anext(trial) == TextDelta(text="A long story.")
        with pytest.raises(ProviderError, match="Circuit breaker HALF_OPEN: a trial"):
            await world.ask()
    # Whoever leaves says nothing about the service: the next one is the trial.
    await world.fail(FailureCode.OVERLOADED, times=1)
    with pytest.raises(ProviderError, match="Circuit breaker OPEN"):
        await world.ask()
    world.clock.advance(TEN_MINUTES)
    assert await world.ask() == SONNET
    assert world.state() is BreakerState.CLOSED


async def test_a_caller_that_leaves_while_the_trial_is_written_down_leaves_the_way_free() -> None:
    world = World()
    await world.fail(FailureCode.OVERLOADED)
    world.clock.advance(TEN_MINUTES)
    store = world.buyer.health.watch._store
    change = store.change

    async def written(
        keys: Sequence[BreakerKey], step: BreakerStep, at: datetime
    ) -> tuple[Mapping[BreakerKey, Breaker], Mapping[BreakerKey, Breaker]]:
        await change(keys, step, at)
        raise asyncio.CancelledError  # a write that was asked for is carried out all the same

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(store, "change", written)
        with pytest.raises(asyncio.CancelledError):
            await world.ask()
    world.clock.advance(FRESH)
    assert await world.ask() == SONNET


async def test_a_budget_without_room_ends_the_trial_without_a_word_about_the_service() -> None:
    world = World()
    await world.fail(FailureCode.OVERLOADED)
    world.clock.advance(TEN_MINUTES)
    dear = replace(ORDER, max_cost=Money(1))
    choice = await world.buyer.choose(SONNET, ANN)
    with pytest.raises(PolicyError):
        await world.buyer.answer(dear, choice, ANN)
    world.calls.full = True
    with pytest.raises(PolicyError):
        await world.ask()
    world.calls.full = False
    assert await world.ask() == SONNET


def keys_sent(world: World) -> list[str | None]:
    return [secret for _, _, secret in world.sends.sent]


@pytest.mark.parametrize("code", sorted(ANOTHER_KEY))
async def test_a_key_that_is_refused_gives_way_to_the_next_one_as_for_pictures(code: FailureCode) -> None:
    world = World(a_key("first"), a_key("second"), a_key("shared", owner="root"))
    world.sends.scripts.append((failure(code),))
    assert await world.ask() == SONNET
    assert keys_sent(world) == ["first", "second"]
    made = list(world.calls.calls.values())
    assert [(call.state, call.hold.micro) for call in made] == [(TextState.FAILED, 0), (TextState.SETTLED, 0)]


async def test_where_all_keys_of_the_rank_are_refused_the_last_refusal_is_told_and_no_other_rank_is_asked() -> None:
    world = World(a_key("first"), a_key("second"), a_key("shared", owner="root"))
    world.sends.scripts.extend([(failure(FailureCode.NO_CREDIT),), (failure(FailureCode.AUTHENTICATION),)])
    with pytest.raises(ProviderError, match="authentication_failed happened"):
        await world.ask()
    assert keys_sent(world) == ["first", "second"]


@pytest.mark.parametrize(
    "script",
    [
        (failure(FailureCode.AUTHENTICATION, Spent.UNKNOWN),),
        (failure(FailureCode.OVERLOADED),),
        (TextDelta(text="Half"), failure(FailureCode.RATE_LIMITED)),
    ],
    ids=["perhaps bought", "not the key's", "begun"],
)
async def test_no_other_key_is_asked_where_something_may_have_been_bought_or_was_heard(script: Script) -> None:
    world = World(a_key("first"), a_key("second"))
    world.sends.scripts.append(script)
    with pytest.raises(ProviderError):
        await world.ask()
    assert keys_sent(world) == ["first"]


async def test_a_key_that_was_refused_too_often_is_left_alone_and_the_other_is_asked_at_once() -> None:
    world = World(a_key("first"), a_key("second"))
    for _ in range(5):
        world.sends.scripts.append((failure(FailureCode.AUTHENTICATION),))
        assert await world.ask() == SONNET
    assert await world.ask() == SONNET
    assert keys_sent(world) == ["first", "second"] * 5 + ["second"]


async def test_a_person_resets_it_by_the_name_of_the_service_or_the_model() -> None:
    world = World()
    for name in ("anthropic", SONNET, "Anthropic"):
        await world.fail(FailureCode.OVERLOADED)
        with pytest.raises(PolicyError):
            await world.buyer.health.watch.reset(name, ANN)
        await world.buyer.health.watch.reset(name, LOCAL)
        assert await world.ask() == SONNET
    with pytest.raises(UnknownModel):
        await world.buyer.health.watch.reset("nobody/nothing", LOCAL)


async def test_a_prompt_is_enhanced_from_the_phrasebook_meanwhile_unless_a_model_was_named() -> None:
    world = World()
    await world.fail(FailureCode.AUTHENTICATION)
    desk = Desk(FakeTextModel(), FakeClock(), deadline=60)
    enhancer = Enhancer(Helper(world.buyer, desk), FakeClock())
    done = await enhancer.enhanced("a cat", Wish(principal=ANN))
    assert (done.cost, "Circuit breaker OPEN" in done.why) == (Money(), True)
    with pytest.raises(ProviderError, match="Circuit breaker OPEN"):
        await enhancer.enhanced("a cat", Wish(principal=ANN, model=SONNET))


async def test_what_runs_at_home_is_never_left_alone() -> None:
    world = World()
    world.sends.keys = frozenset({"ollama"})
    card = replace(world.buyer.catalog.find("ollama/gpt-oss:20b"), sees=False)
    world.sends.there[card.id] = card
    await world.fail(FailureCode.OVERLOADED, times=8, model=card.id)
    assert await world.ask(card.id) == card.id


def test_no_model_that_writes_has_the_name_of_one_that_paints() -> None:
    painting = {card.id for card in shipped().models}
    assert not painting & {card.id for card in load_texts().models}
