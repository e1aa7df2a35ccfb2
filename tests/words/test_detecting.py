"""In which language a prompt is."""

from __future__ import annotations

from pathlib import Path

import pytest

from limner.domain.languages import NAMES
from limner.words.detecting import _tongues, language_of

SAID = {
    "ar": ["بحيرة في الضباب"],
    "bn": ["কুয়াশায় হ্রদ"],
    "cs": ["černá kočka na střeše", "žena v lese"],
    "da": ["en sort kat på taget", "en kvinde med hat i regnen"],
    "de": ["ein See im Nebel", "die Katze schläft auf dem Sofa", "Straße bei Regen"],
    "el": ["λίμνη στην ομίχλη"],
    "en": ["a cat", "a lighthouse at dusk", "portrait of an old man with a beard, oil painting"],
    "es": ["un gato negro en el tejado", "una mujer con sombrero"],
    "fi": ["musta kissa katolla", "järvi ja metsä"],
    "fr": ["un phare au crépuscule", "chat noir sur un toit"],
    "he": ["אגם בערפל"],
    "hi": ["कोहरे में झील"],
    "hu": ["egy fekete macska a tetőn", "az erdő éjszaka"],
    "id": ["seekor kucing hitam di atap", "rumah dan laut"],
    "it": ["un gatto nero sul tetto", "il mare di notte"],
    "ja": ["霧の中の湖", "猫が寝ている"],
    "ko": ["안개 낀 호수"],
    "nl": ["een zwarte kat op het dak", "een vrouw met een hoed in de regen"],
    "pl": ["czarny kot na dachu", "stara kobieta w lesie"],
    "pt": ["um gato preto no telhado", "uma mulher com chapéu"],
    "ro": ["o pisică neagră pe acoperiș", "un oraș noaptea"],
    "ru": ["озеро в тумане"],
    "sv": ["en svart katt på taket", "en kvinna med hatt i regnet"],
    "th": ["ทะเลสาบในหมอก"],
    "tr": ["bir siyah kedi ve deniz"],
    "uk": ["озеро в тумані, їжак"],
    "vi": ["một con mèo đen trên mái nhà"],
    "zh": ["湖上的雾", "一只猫"],
}


@pytest.mark.parametrize(("code", "prompt"), [(code, prompt) for code, said in SAID.items() for prompt in said])
def test_a_language_is_known_by_its_letters_and_small_words(code: str, prompt: str) -> None:
    assert language_of(prompt) == code


def test_every_language_that_has_a_name_is_known() -> None:
    assert set(SAID) == set(NAMES)
    assert {tongue.code for tongue in _tongues()} < set(NAMES)


@pytest.mark.parametrize("prompt", ["Leuchtturm", "", "8k, 35mm", "die cast toy car on a table", "fox"])
def test_what_cannot_be_told_is_not_guessed(prompt: str) -> None:
    assert language_of(prompt) == ""


def test_words_that_are_to_be_read_in_the_picture_do_not_count() -> None:
    assert language_of('a sign that says "Bäckerei und Café für alle und jeden"') == "en"
    assert language_of("a poster with the word „Привет, озеро в тумане“ on it") == "en"


def test_english_prompts_are_never_taken_for_others() -> None:
    lines = Path(__file__).with_name("prompts.txt").read_text(encoding="utf-8").splitlines()
    found = [language_of(line) for line in lines if line.strip()]
    assert set(found) <= {"en", ""}
    assert found.count("en") > 0.9 * len(found)
