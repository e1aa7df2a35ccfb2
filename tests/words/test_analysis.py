"""What is measured about a prompt."""

import pytest

from limner.words.analysis import analysed, complexity, keywords, reading_ease, syllables
from limner.words.reading import clauses_of, sentences_of, words_of
from tests.words.samples import PROMPTS, long_prompt


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cat", 1),
        ("lighthouse", 2),
        ("table", 2),
        ("beautiful", 3),
        ("the", 1),
        ("tree", 1),
        ("tv", 1),
        ("waves", 1),
        ("houses", 2),
    ],
)
def test_syllables_are_groups_of_vowels(word: str, count: int) -> None:
    assert syllables(word) == count


def test_reading_ease_is_flesch() -> None:
    # 6 words, 1 sentence, 6 syllables: 206.835 - 6.09 - 84.6 = 116.1, kept to 100.
    assert reading_ease("The cat sat on the mat.") == 100.0
    # 8 words, 2 sentences, 12 syllables: 206.835 - 4.06 - 126.9.
    assert reading_ease("A majestic lighthouse stands tall. Waves hammer rocks.") == pytest.approx(75.9, abs=0.1)
    assert reading_ease("\u6d77\u8fb9\u7684\u706f\u5854") is None


def test_complexity_grows_with_what_is_in_a_prompt() -> None:
    plain, rich = complexity("a cat"), complexity(long_prompt())
    assert 0 < plain < 5
    assert 60 < rich <= 100
    assert complexity("") == 0


def test_key_phrases_are_rakes() -> None:
    found = keywords("an ancient stone lighthouse, a stone pier, the sea")
    # stone: degree 3 + 2 over frequency 2; the others stand once.
    assert [(each.phrase, each.score) for each in found] == [
        ("ancient stone lighthouse", 8.5),
        ("stone pier", 4.5),
        ("sea", 1.0),
    ]


def test_numbers_and_weights_end_no_clause() -> None:
    assert clauses_of("1,000 birds, (red:1.2) sky\na pier") == [
        ("1,000 birds", ","),
        ("(red:1.2) sky", ","),
        ("a pier", ""),
    ]
    assert sentences_of("One. Two!\nThree") == ["One", "Two", "Three"]
    assert words_of("\u706f\u5854 tower") == ["\u706f", "\u5854", "tower"]


@pytest.mark.req("S4-016")
def test_every_prompt_has_its_measures() -> None:
    for prompt in PROMPTS:
        found = analysed(prompt)
        assert found.characters == len(prompt)
        assert 0 < found.complexity <= 100
        assert found.readability is not None
        assert found.keywords
        assert all(word in prompt.casefold() for each in found.keywords for word in each.phrase.split())
