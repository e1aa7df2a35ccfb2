"""Prompts in other languages, and what pictures should not have."""

from __future__ import annotations

import orjson
import pytest

from limner.domain.describing import Wish
from limner.domain.errors import InvalidRequest
from limner.domain.money import Money
from limner.domain.people import LOCAL
from limner.domain.texts import PlainText
from limner.testing.fakes import FakeClock, FakeTextModel
from limner.testing.text_fakes import ScriptedTexts, buyer_over
from limner.words.desk import Desk
from limner.words.enhancing import PHRASEBOOK
from limner.words.helping import Helper
from limner.words.negating import Negator
from limner.words.translating import LONGEST, Translator

HERE = Wish(principal=LOCAL)
GERMAN = 'ein Schild mit "Bäckerei" an der Wand'


def helper(sends: ScriptedTexts, model: FakeTextModel | None = None) -> Helper:
    return Helper(buyer_over(sends), Desk(model or FakeTextModel(), FakeClock(), deadline=60))


def english(prompt: str = 'a sign with "Bäckerei" on the wall') -> str:
    return orjson.dumps({"prompt": prompt, "language": "German"}).decode()


@pytest.mark.req("S1-127")
async def test_a_prompt_is_translated_and_quoted_words_stay() -> None:
    sends = ScriptedTexts()
    sends.say(english(), input=1000, output=100)
    done = await Translator(helper(sends)).translated(GERMAN, "English", HERE)
    assert (done.prompt, done.language) == ('a sign with "Bäckerei" on the wall', "German")
    assert (done.by, done.why, done.cost) == ("anthropic/claude-sonnet-5-5", "", Money(3000))
    _, request, _ = sends.sent[0]
    said = request.messages[0].parts[0]
    assert isinstance(said, PlainText)
    assert orjson.loads(said.text) == {"prompt": GERMAN, "keep": ["Bäckerei"]}
    assert "in English" in request.instructions
    assert "Schild" not in request.instructions


@pytest.mark.parametrize("wrong", [english('a sign with "bakery"'), english("x" * 1_000), "BANANA"])
async def test_what_is_no_translation_is_not_believed(wrong: str) -> None:
    sends = ScriptedTexts()
    for text in (wrong, wrong):
        sends.say(text)
    done = await Translator(helper(sends)).translated(GERMAN, "English", HERE)
    assert (done.prompt, done.by) == (GERMAN, "")
    assert done.why.startswith("The prompt is as it was: ")
    assert len(sends.sent) == 2


async def test_ollama_translates_where_no_service_has_a_key() -> None:
    done = await Translator(helper(ScriptedTexts(keys=()), FakeTextModel(english()))).translated(
        GERMAN, "English", HERE
    )
    assert (done.by, done.cost) == ("fake/writer", Money(0))


async def test_without_any_model_the_prompt_stays_and_says_so() -> None:
    done = await Translator(helper(ScriptedTexts(keys=()))).translated(GERMAN, "English", HERE)
    assert (done.prompt, done.by, done.cost) == (GERMAN, "", Money(0))
    assert "The writer has nothing to say." in done.why
    for wrong in (" ", "x" * (LONGEST + 1)):
        with pytest.raises(InvalidRequest):
            await Translator(helper(ScriptedTexts())).translated(wrong, "English", HERE)


async def test_a_negative_prompt_names_nothing_that_is_asked_for() -> None:
    sends = ScriptedTexts()
    terms = ["extra fingers", "blurry", "Red boat", "x" * 61, 7, "blurry"]
    sends.say(orjson.dumps({"terms": terms}).decode(), input=1000, output=100)
    done = await Negator(helper(sends)).suggested("a red boat", HERE)
    assert (done.prompt, done.by, done.cost) == ("extra fingers, blurry", "anthropic/claude-sonnet-5-5", Money(3000))


async def test_without_a_model_the_phrasebook_says_what_hardly_anybody_wants() -> None:
    done = await Negator(helper(ScriptedTexts(keys=()))).suggested("a page of text, blurry", HERE)
    assert done.by == PHRASEBOOK
    assert done.why == "The writer has nothing to say."
    assert "watermark" in done.terms
    assert not {"text", "blurry"} & set(done.terms)
    for wrong in ("", " ", "x" * 5_000):
        with pytest.raises(InvalidRequest):
            await Negator(helper(ScriptedTexts())).suggested(wrong, HERE)
