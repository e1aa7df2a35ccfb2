"""Shortening without a text model."""

import pytest
from hypothesis import example, given

from limner.words.compressing import compressed
from limner.words.protecting import lost, protected
from limner.words.reading import words_of
from tests.words.samples import long_prompt, long_prompts


@pytest.mark.req("S4-013", "S4-015")
@given(long_prompts())
@example("\u7684" * 5_000)
@example("x" * 10_000)
@example("word " * 2_000)
@example("Aa Bb. " * 1_400)
@example("lighthouse,sea," * 600)
@example('"' + "q" * 79 + '," ' + "a boat " * 1_000)
def test_every_protected_term_stays_and_the_end_is_short_enough(prompt: str) -> None:
    terms = protected(prompt).terms
    short = compressed(prompt, terms, below=3_000)
    assert len(short) < 3_000
    assert lost(terms, short) == ()


def test_what_stays_are_whole_clauses_in_their_order() -> None:
    prompt = long_prompt(8_000)
    terms = protected(prompt).terms
    short = compressed(prompt, terms, below=3_000)
    assert 2_000 < len(short) < 3_000
    assert short.startswith(prompt.partition(",")[0].partition(".")[0])
    assert set(words_of(short)) <= set(words_of(prompt)) | set(" ".join(terms).split())


def test_what_is_said_twice_is_said_once() -> None:
    assert compressed("a red boat. " * 300, ["boat"], below=3_000) == "a red boat."


def test_terms_whose_clauses_are_too_long_stand_at_the_end() -> None:
    prompt = f"{'very ' * 700}large masterpiece"
    assert compressed(prompt, ["masterpiece"], below=100).endswith("masterpiece")
    assert len(compressed(prompt, ["masterpiece"], below=100)) < 100
