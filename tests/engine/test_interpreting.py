"""Prompts that are put into the language that their model reads best, on their way to whoever paints."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from limner.catalog.layers import Source
from limner.domain.errors import (
    BudgetExceeded,
    ConfirmationRequired,
    FailureCode,
    InvalidRequest,
    Problem,
    ProviderError,
    Spent,
    TooManyRequests,
)
from limner.domain.interpreting import wanted_language
from limner.domain.job import Job, JobState
from limner.domain.languages import BEST
from limner.domain.money import Money
from limner.domain.people import LOCAL
from limner.domain.plan import ReceiptLine, Treatment
from limner.domain.request import ImageRequest, Size, Strictness
from limner.domain.text_repeats import AnswerLost
from limner.engine.limits import Limits
from limner.testing.fakes import FakeProvider
from limner.testing.text_fakes import ScriptedTexts, buyer_over
from tests.engine.house import House, facts, house

ACME = facts("acme", usd="0.04")
CHINESE = replace(ACME, text=ACME.text.replace("prompt_limit = 1000", 'prompt_limit = 1000\nlanguages = ["zh", "en"]'))
GERMAN = 'ein Schild mit "Bäckerei" an der Wand'
ENGLISH = 'a sign with "Bäckerei" on the wall'
WISH = ImageRequest(prompt=GERMAN, translate=BEST, model="acme/one", size=Size(64, 64))


def saying(prompt: str = ENGLISH, language: str = "German", *, times: int = 1) -> ScriptedTexts:
    sends = ScriptedTexts()
    for _ in range(times):
        sends.say(orjson.dumps({"prompt": prompt, "language": language}).decode(), input=1000, output=100)
    return sends


def line_of(lines: tuple[ReceiptLine, ...]) -> ReceiptLine:
    (found,) = (line for line in lines if line.field == "translate")
    return found


async def none_written(here: House) -> bool:
    return not (await here.jobs.page(LOCAL.id, limit=5, cursor=None, states=frozenset())).items


@pytest.mark.req("S1-127")
async def test_the_translation_is_painted_and_the_receipt_tells_of_it(tmp_path: Path) -> None:
    provider, sends = FakeProvider(), saying()
    async with house(tmp_path, {"acme": provider}, ACME, texts=buyer_over(sends)) as here:
        job = await here.engine.generate(WISH, LOCAL, timeout=20)
        assert {call.call.prompt for call in job.calls} == {ENGLISH}
        told = job.request.translated
        assert told is not None
        assert (told.original, told.language, told.to) == (GERMAN, "German", "en")
        assert (told.by, told.cost, len(told.calls)) == ("anthropic/claude-sonnet-5-5", Money(3000), 1)
        line = line_of(job.receipt)
        assert (line.treatment, line.wanted, line.sent) == (Treatment.MAPPED, "true", "English")
        assert line.why == ("Translated from German by anthropic/claude-sonnet-5-5, for $0.003; the original is kept.")
        assert job.plan.ceiling(1) == Money.usd("0.04")
        assert job.pictures[0].prompt == ENGLISH
        again = await here.engine.generate(job.request, LOCAL, timeout=20)
        assert again.request.prompt == ENGLISH
        assert len(sends.sent) == 1


@pytest.mark.req("S1-073")
async def test_kept_pictures_of_a_translated_prompt_are_given_without_another_translation(tmp_path: Path) -> None:
    provider, sends = FakeProvider(), saying(times=2)
    wish = replace(WISH, reuse=True)
    async with house(tmp_path, {"acme": provider}, ACME, texts=buyer_over(sends)) as here:
        first = await here.engine.generate(wish, LOCAL, timeout=20)
        quote = await here.engine.estimate(wish, LOCAL)
        for job in (
            await here.engine.generate(wish, LOCAL, timeout=20),
            await here.engine.confirm(quote.token, LOCAL),
            await here.engine.generate(replace(first.request, reuse=True), LOCAL, timeout=20),
        ):
            assert [picture.file for picture in job.pictures] == [picture.file for picture in first.pictures]
            assert (job.state, job.cost, job.request.prompt) == (JobState.SUCCEEDED, Money(), ENGLISH)
            told = job.request.translated
            assert told is not None
            assert (told.original, told.cost) == (GERMAN, Money())
            assert job.pictures[0].prompt == ENGLISH
        assert (provider.purchases, len(sends.sent)) == (1, 1)
        await here.engine.generate(replace(wish, translate="fr"), LOCAL, timeout=20)
        assert (provider.purchases, len(sends.sent)) == (2, 2)


NOT_WANTED, UNWANTED = "Bäume, ein Mann mit Hut", "trees, a man with a hat"


def saying_both() -> ScriptedTexts:
    sends = ScriptedTexts()
    both = {"prompt": ENGLISH, "negative": UNWANTED, "language": "German"}
    sends.say(orjson.dumps(both).decode(), input=1000, output=100)
    return sends


async def test_the_negative_prompt_is_translated_in_the_same_purchase(tmp_path: Path) -> None:
    sends, wish = saying_both(), replace(WISH, negative_prompt=NOT_WANTED)
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, texts=buyer_over(sends)) as here:
        quote = await here.engine.estimate(wish, LOCAL)
        assert (
            "It and the negative prompt will be translated from German" in line_of(quote.plan.candidates[0].receipt).why
        )
        job = await here.engine.confirm(quote.token, LOCAL, key="k")
        again = await here.engine.confirm(quote.token, LOCAL, key="k")
        assert (job.request.prompt, job.request.negative_prompt) == (ENGLISH, UNWANTED)
        assert (again.id, len(sends.sent)) == (job.id, 1)
        told = job.request.translated
        assert told is not None
        assert (told.original, told.negative, told.cost) == (GERMAN, NOT_WANTED, Money(3000))
        assert line_of(job.receipt).why.endswith("; so was the negative prompt; both originals are kept.")


@pytest.mark.parametrize("negative", ["a man with a hat", "  "])
async def test_a_negative_prompt_that_the_model_reads_does_not_go_along(tmp_path: Path, negative: str) -> None:
    sends = saying()
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, texts=buyer_over(sends)) as here:
        job = await here.engine.generate(replace(WISH, negative_prompt=negative), LOCAL, timeout=20)
        assert (job.request.prompt, job.request.negative_prompt) == (ENGLISH, negative)
        assert line_of(job.receipt).why.endswith("; the original is kept.")
        assert "negative" not in str(sends.sent[0][1].schema)


async def test_an_answer_without_the_negative_prompt_is_not_believed(tmp_path: Path) -> None:
    sends, wish = saying(times=2), replace(WISH, negative_prompt=NOT_WANTED)
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, texts=buyer_over(sends)) as here:
        job = await here.engine.generate(wish, LOCAL, timeout=20)
        assert (job.request.prompt, job.request.negative_prompt) == (GERMAN, NOT_WANTED)
        assert 'it has no text in "negative"' in line_of(job.receipt).why
        assert len(sends.sent) == 2


@pytest.mark.parametrize(
    ("source", "prompt", "translate"),
    [
        (ACME, "a sign with „Bäckerei“ on the wall", BEST),
        (CHINESE, "a sign on the wall", BEST),
        (CHINESE, "墙上的标志", BEST),
        (ACME, GERMAN, "de"),
    ],
)
async def test_nobody_is_asked_about_what_the_model_reads_already(
    tmp_path: Path, source: Source, prompt: str, translate: str
) -> None:
    sends = saying()
    async with house(tmp_path, {"acme": FakeProvider()}, source, texts=buyer_over(sends)) as here:
        job = await here.engine.generate(replace(WISH, prompt=prompt, translate=translate), LOCAL, timeout=20)
        assert job.request.prompt == prompt
        assert line_of(job.receipt).treatment is Treatment.USED
        assert "already; no text model was asked" in line_of(job.receipt).why
        assert not sends.sent


async def test_the_card_says_into_which_language(tmp_path: Path) -> None:
    sends = saying("墙上写着“Bäckerei”的标志")
    async with house(tmp_path, {"acme": FakeProvider()}, CHINESE, texts=buyer_over(sends)) as here:
        job = await here.engine.generate(WISH, LOCAL, timeout=20)
        assert line_of(job.receipt).sent == "Chinese"
        assert "in Chinese" in sends.sent[0][1].instructions


async def test_a_language_that_cannot_be_told_is_left_unless_one_is_named(tmp_path: Path) -> None:
    sends = saying("lighthouse")
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, texts=buyer_over(sends)) as here:
        job = await here.engine.generate(replace(WISH, prompt="Leuchtturm"), LOCAL, timeout=20)
        assert job.request.prompt == "Leuchtturm"
        assert line_of(job.receipt).treatment is Treatment.IGNORED
        named = await here.engine.generate(replace(WISH, prompt="Leuchtturm", translate="en"), LOCAL, timeout=20)
        assert named.request.prompt == "lighthouse"
        assert line_of(named.receipt).wanted == "en"


async def test_without_a_text_model_it_is_painted_as_it_is_unless_it_is_strict(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.engine.generate(WISH, LOCAL, timeout=20)
        assert (job.request.prompt, line_of(job.receipt).treatment) == (GERMAN, Treatment.IGNORED)
        assert "No text model can be used" in line_of(job.receipt).why
        strict = replace(WISH, strictness=Strictness.STRICT)
        for verb in (here.engine.submit, here.engine.estimate):
            with pytest.raises(InvalidRequest, match="No text model can be used") as refused:
                await verb(strict, LOCAL)
            assert refused.value.field == "translate"
        assert provider.purchases == 1


async def test_a_quote_holds_the_price_of_the_translation_and_buys_none(tmp_path: Path) -> None:
    sends = saying(times=2)
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, texts=buyer_over(sends)) as here:
        quote = await here.engine.estimate(WISH, LOCAL)
        assert not sends.sent
        assert quote.plan.translation is not None
        most = quote.plan.translation.estimate.ceiling
        assert quote.ceiling == Money.usd("0.04") + most
        assert quote.estimate is not None
        assert quote.estimate.ceiling == quote.ceiling
        line = line_of(quote.plan.candidates[0].receipt)
        assert line.why == (
            "It will be translated from German by anthropic/claude-sonnet-5-5 before it is painted, "
            f"for up to {most}, which the price holds."
        )
        first = await here.engine.confirm(quote.token, LOCAL, key="k")
        second = await here.engine.confirm(quote.token, LOCAL, key="k")
        assert (first.id, len(sends.sent)) == (second.id, 1)
        assert first.request.prompt == ENGLISH


async def test_max_cost_is_for_both(tmp_path: Path) -> None:
    provider, sends = FakeProvider(), saying()
    async with house(tmp_path, {"acme": provider}, ACME, texts=buyer_over(sends)) as here:
        with pytest.raises(ConfirmationRequired):
            await here.engine.submit(replace(WISH, max_cost=Money.usd("0.04")), LOCAL)
        assert not sends.sent
        assert await none_written(here)
        quote = await here.engine.estimate(WISH, LOCAL)
        await here.engine.generate(replace(WISH, max_cost=quote.ceiling), LOCAL, timeout=20)
        assert provider.purchases == 1


async def test_what_dies_between_translation_and_job_pays_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sends = saying(times=2)
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, texts=buyer_over(sends)) as here:
        with monkeypatch.context() as dying:
            dying.setattr(type(here.jobs), "submit", _dies)
            with pytest.raises(KeyboardInterrupt):
                await here.engine.submit(WISH, LOCAL, key="k")
        job = await here.engine.generate(WISH, LOCAL, key="k", timeout=20)
        assert (job.request.prompt, len(sends.sent)) == (ENGLISH, 1)


async def test_what_dies_before_the_answer_is_kept_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends, provider = saying(times=2), FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME, texts=buyer_over(sends)) as here:
        with monkeypatch.context() as dying:
            dying.setattr(type(here.engine.interpreter.repeats), "keep", _dies)
            with pytest.raises(KeyboardInterrupt):
                await here.engine.submit(WISH, LOCAL, key="k")
        with pytest.raises(AnswerLost, match="translation of this request's prompt"):
            await here.engine.submit(WISH, LOCAL, key="k")
        assert (len(sends.sent), provider.purchases) == (1, 0)
        await here.engine.generate(WISH, LOCAL, key="another", timeout=20)


async def _dies(*_: object, **__: object) -> Job:
    raise KeyboardInterrupt


async def test_two_at_once_under_one_key_are_translated_once(tmp_path: Path) -> None:
    provider, sends = FakeProvider(), saying(times=2)
    async with house(tmp_path, {"acme": provider}, ACME, texts=buyer_over(sends)) as here:
        first, second = await asyncio.gather(*(here.engine.submit(WISH, LOCAL, key="k") for _ in range(2)))
        assert (first.id, len(sends.sent)) == (second.id, 1)


@pytest.mark.parametrize(("spent", "said"), [(Spent.NO, "nothing"), (Spent.UNKNOWN, "nobody knows")])
async def test_a_text_model_that_fails_leaves_the_prompt_as_it_is(tmp_path: Path, spent: Spent, said: str) -> None:
    problem = Problem(code=FailureCode.OVERLOADED, message="It is overloaded.", spent=spent)
    sends = ScriptedTexts()
    sends.scripts.append((ProviderError(problem),))
    sends.scripts.append((ProviderError(problem),))
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, texts=buyer_over(sends)) as here:
        job = await here.engine.generate(WISH, LOCAL, timeout=20)
        assert (job.state, job.request.prompt) == (JobState.SUCCEEDED, GERMAN)
        assert line_of(job.receipt).why == "It is overloaded."
        told = job.request.translated
        assert told is not None
        assert told.cost == (Money(0) if spent is Spent.NO else None)
        with pytest.raises(InvalidRequest, match=said if spent is Spent.UNKNOWN else "cannot be"):
            await here.engine.submit(replace(WISH, strictness=Strictness.STRICT), LOCAL)


async def test_a_budget_that_forbids_the_translation_refuses_the_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer = buyer_over(saying())

    async def full(*_: object) -> None:
        raise BudgetExceeded("Daily budget exceeded.")

    async with house(tmp_path, {"acme": FakeProvider()}, ACME, texts=buyer) as here:
        with monkeypatch.context() as poor:
            poor.setattr(type(buyer.calls), "begin", full)
            with pytest.raises(BudgetExceeded):
                await here.engine.submit(WISH, LOCAL, key="k")
        assert await none_written(here)
        await here.engine.generate(WISH, LOCAL, key="k", timeout=20)


def test_languages_are_named_by_code_or_by_name() -> None:
    assert [wanted_language(said) for said in (True, False, "auto", "", "de", "German", "EN")] == [
        BEST,
        "",
        BEST,
        "",
        "de",
        "de",
        "en",
    ]
    with pytest.raises(InvalidRequest, match="There is no language 'Klingon' here"):
        wanted_language("Klingon")


async def test_what_the_rate_forbids_pays_for_no_translation(tmp_path: Path) -> None:
    sends = saying(times=2)
    once = Limits(requests_per_minute=1)
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, texts=buyer_over(sends), limits=once) as here:
        await here.engine.generate(WISH, LOCAL, timeout=20)
        for key in (None, "k"):
            with pytest.raises(TooManyRequests):
                await here.engine.submit(WISH, LOCAL, key=key)
        assert len(sends.sent) == 1
        here.clock.advance(61)
        job = await here.engine.generate(WISH, LOCAL, key="k", timeout=20)
        assert (job.request.prompt, len(sends.sent)) == (ENGLISH, 2)


@pytest.mark.parametrize("daily", ["0.039", "0.041"])
async def test_what_the_budget_forbids_pays_for_no_translation_and_sets_nothing_aside(
    tmp_path: Path, daily: str
) -> None:
    """With $0.041 there is enough for the picture, and for the translation, and not for both."""
    sends, limit = saying(), Money.usd(daily)
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, texts=buyer_over(sends), daily=limit) as here:
        with pytest.raises(BudgetExceeded):
            await here.engine.submit(WISH, LOCAL, key="k")
        assert not sends.sent
        assert await none_written(here)
        if limit > Money.usd("0.04"):
            untranslated = await here.engine.generate(replace(WISH, translate=""), LOCAL, timeout=20)
            assert untranslated.state is JobState.SUCCEEDED


async def test_what_is_called_off_before_the_translation_is_bought_may_be_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leaves(*_: object) -> None:
        raise asyncio.CancelledError

    sends = saying()
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, texts=buyer_over(sends)) as here:
        with monkeypatch.context() as leaving:
            leaving.setattr(type(here.jobs), "rehearse", leaves)
            with pytest.raises(asyncio.CancelledError):
                await here.engine.submit(WISH, LOCAL, key="k")
        job = await here.engine.generate(WISH, LOCAL, key="k", timeout=20)
        assert (job.request.prompt, len(sends.sent)) == (ENGLISH, 1)
