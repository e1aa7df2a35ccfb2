"""What of a prompt has to stay."""

import pytest

from limner.words.protecting import CONCEPT_ROOM, VOCABULARY_ROOM, lost, protected
from limner.words.vocabulary import vocabulary
from tests.words.samples import PROMPTS


def test_known_terms_stay_by_whole_words_in_any_case() -> None:
    found = protected("An Oil  Painting of a harbour, (masterpiece:1.2), 8K, realistically lit, not a cartoonist")
    assert found.quality == ("masterpiece", "8k")
    assert found.style == ("oil painting",)


@pytest.mark.parametrize(
    ("prompt", "concepts"),
    [
        ("an old red lighthouse on a cliff", {"lighthouse", "cliff"}),
        ("A small dog running quickly after three balls", {"dog", "balls"}),
        ('a shop with a sign that says "Fresh Bread, daily"', {"Fresh Bread, daily", "shop", "sign"}),
        ("The Eiffel Tower beside Big Ben. Paris is asleep.", {"Eiffel Tower", "Big Ben"}),
        ("an oil painting", set()),
        ("NASA engineers in the desert", {"desert"}),
    ],
)
def test_core_concepts_are_what_is_to_be_read_names_and_things(prompt: str, concepts: set[str]) -> None:
    assert concepts <= set(protected(prompt).concepts)


def test_the_most_frequent_things_come_first_and_they_have_an_end() -> None:
    prompt = "a boat. a boat. a pier. " + " ".join(f"a thing{number}x." for number in range(400))
    concepts = protected(prompt).concepts
    assert concepts[:2] == ("boat", "pier")
    assert sum(len(term) + 2 for term in concepts) <= CONCEPT_ROOM


def test_all_known_terms_together_fit() -> None:
    known = vocabulary()
    assert sum(len(term) + 2 for term in (*known.quality, *known.style)) <= VOCABULARY_ROOM
    assert VOCABULARY_ROOM + CONCEPT_ROOM < 3_000


def test_no_term_is_lost_in_the_prompt_itself() -> None:
    for prompt in PROMPTS:
        assert lost(protected(prompt).terms, prompt) == ()
    assert lost(["red boat", "sea"], "a red\nboat on the seashore") == ("sea",)
