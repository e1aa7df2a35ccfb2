"""Who may ask text models how often, with what words, and how fast."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from limner.db.database import Database
from limner.db.text_calls import SqlTextCalls
from limner.domain.describing import Wish
from limner.domain.errors import ContentRefused, NotConfigured, ProviderError, TooManyRequests
from limner.domain.moderation import Stage, Verdict, WordRule
from limner.domain.steering import Configs, ServiceConfig
from limner.domain.text_calls import TextChoice
from limner.engine.limits import Limits
from limner.engine.moderation import Moderator
from limner.storage.imaging import PillowImaging
from limner.testing.fakes import FakeClock, FakeTextModel, MemoryBlobs
from limner.testing.text_fakes import NothingSaid, ScriptedTexts, buyer_over
from limner.wire import pace
from limner.words.desk import Desk
from limner.words.enhancing import Enhancer
from limner.words.helping import Helper
from limner.words.pacing import TextPaces
from limner.words.translating import Translator
from tests.engine.test_texts import ANN, ORDER

RULES = (WordRule(category="blocked words", groups=(("zeppelin",),)),)
CLAUDE = "anthropic/claude-sonnet-5-5"
AWAY = replace(ANN, token="t1", address="203.0.113.7")


class Judge:
    """Flags what has a wasp in it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def judge(self, prompt: str, pictures: object) -> list[Verdict]:
        assert not pictures
        self.asked.append(prompt)
        flagged = Verdict(stage=Stage.PROMPT, categories=("insects",), by="the judge")
        return [flagged] if "wasp" in prompt else []


def moderator(judge: Judge) -> Moderator:
    return Moderator(rules=RULES, judge=lambda: judge, blobs=MemoryBlobs(), imaging=PillowImaging(), clock=FakeClock())


class Off(NothingSaid):
    """An administrator has switched Anthropic off."""

    def of(self, service: str) -> ServiceConfig:
        return ServiceConfig(service=service, enabled=service != "anthropic")


@pytest.fixture
async def calls(tmp_path: Path) -> AsyncIterator[SqlTextCalls]:
    database = await Database.open(f"sqlite:///{tmp_path / 'limner.db'}")
    yield SqlTextCalls(database)
    await database.close()


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(requests_per_minute=1), "you may make 1 a minute"),
        (Limits(global_requests_per_minute=1), "all persons together may make 1 a minute"),
        (Limits(requests_per_minute_per_token=1), "this token may make 1 a minute"),
        (Limits(requests_per_minute_per_address=1), "this address may make 1 a minute"),
        (Limits(requests_per_minute_per_service=1), "anthropic may be asked 1 times a minute"),
    ],
)
async def test_the_limits_of_the_minute_hold_for_texts(calls: SqlTextCalls, limits: Limits, said: str) -> None:
    sends = ScriptedTexts()
    enhancer = Enhancer(Helper(buyer_over(sends, calls, limits=limits), nobody()), FakeClock())
    wish = Wish(principal=AWAY)
    await enhancer.enhanced("a lake", wish, "")  # two tries, and one request
    assert len(sends.sent) == 2
    with pytest.raises(TooManyRequests, match=said):
        await enhancer.enhanced("a lake", wish, "")
    assert len(sends.sent) == 2
    await enhancer.enhanced("a lake", replace(wish, counted=False), "")
    await enhancer.enhanced("a lake", replace(wish, admitted=True), "")
    assert len(sends.sent) == 6


def nobody() -> Desk:
    return Desk(FakeTextModel(), FakeClock(), deadline=60)


@pytest.mark.parametrize("prompt", ["a Zeppelin over a lake", "a\nzeppelin", "a wasp"])
async def test_words_are_looked_at_before_they_are_sent(prompt: str) -> None:
    sends, judge = ScriptedTexts(), Judge()
    helper = Helper(buyer_over(sends, moderator=moderator(judge)), nobody())
    with pytest.raises(ContentRefused):
        await Translator(helper).translated(prompt, "English", Wish(principal=ANN))
    with pytest.raises(ContentRefused):
        await Enhancer(helper, FakeClock()).enhanced("a lake", Wish(principal=ANN), prompt)
    assert not sends.sent
    assert judge.asked == ([prompt, f"a lake {prompt}"] if "wasp" in prompt else [])


async def test_the_service_that_looks_is_not_asked_about_what_stays_here() -> None:
    judge, buyer = Judge(), buyer_over(ScriptedTexts(), moderator=moderator(Judge()))
    card = replace(buyer.catalog.find("ollama/gpt-oss:20b"))
    here = TextChoice(card=card, why="It is here.")
    await replace(buyer, moderator=moderator(judge)).admit("a wasp", here, ANN)
    assert judge.asked == []
    with pytest.raises(ContentRefused):
        await buyer.admit("a zeppelin", here, ANN)


async def test_a_service_that_is_switched_off_is_passed_over_and_said_so() -> None:
    buyer = buyer_over(ScriptedTexts(), steering=Off())
    with pytest.raises(NotConfigured, match="anthropic is switched off by an administrator"):
        await buyer.choose(None, ANN)
    with pytest.raises(NotConfigured, match="anthropic is switched off by an administrator"):
        await buyer.choose(CLAUDE, ANN)


async def test_the_pace_of_a_service_is_kept_and_who_waits_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "PATIENCE", 0.05)
    paces, sends = TextPaces(["anthropic"]), ScriptedTexts()
    paces.steer(said(0.001))  # one in a thousand seconds
    buyer = buyer_over(sends, turns=paces)
    choice = await buyer.choose(None, ANN)
    await buyer.answer(ORDER, choice, ANN)
    with pytest.raises(ProviderError, match="There was no turn at anthropic") as late:
        await buyer.answer(ORDER, choice, ANN)
    assert (late.value.spent, late.value.retryable, len(sends.sent)) == ("no", True, 1)
    assert paces.turn("anthropic").load == 0
    paces.steer({})
    await asyncio.gather(*(buyer.answer(ORDER, choice, ANN) for _ in range(5)))
    assert len(sends.sent) == 6


def said(pace: float) -> Configs:
    return {"anthropic": ServiceConfig(service="anthropic", requests_per_second=pace)}
