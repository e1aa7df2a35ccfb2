"""The words the artist knows."""

import pytest

from limner.artist.figures import figures
from limner.artist.reading import read
from limner.artist.vocabulary import vocabulary

KNOWN = vocabulary()
ELEMENTS = ("thing", "plant", "place", "sky", "weather", "hour", "season", "mood", "style")
NOUNS = sorted(
    word for word, meaning in KNOWN.meanings.items() if meaning.kind in ("thing", "plant") and not word.endswith("s")
)


def plural(word: str) -> str:
    head, _, last = word.rpartition(" ")
    irregular = {single: many for many, single in KNOWN.plurals.items()}
    if last in irregular:
        many = irregular[last]
    elif last.endswith("y") and last[-2] not in "aeiou":
        many = last[:-1] + "ies"
    elif last.endswith(("s", "x", "ch", "sh")):
        many = last + "es"
    else:
        many = last + "s"
    return f"{head} {many}".strip()


def test_how_many_words_there_are() -> None:
    assert len([word for word, meaning in KNOWN.meanings.items() if meaning.kind in ELEMENTS]) >= 120
    assert len({meaning for meaning in KNOWN.meanings.values() if meaning.kind in ELEMENTS}) >= 80
    assert len(NOUNS) >= 80


@pytest.mark.parametrize("word", [word for word in NOUNS if plural(word) not in KNOWN.meanings])
def test_one_and_many_choose_the_same_element(word: str) -> None:
    meaning = KNOWN.meanings[word]
    for phrase in (word, plural(word)):
        found = KNOWN.find(phrase)
        assert found is not None
        assert found[0].kind == meaning.kind
    one, many = read(f"a {word}"), read(plural(word))
    assert all(scene.understood for scene in (one, many))
    assert not any(scene.abstract for scene in (one, many))


@pytest.mark.parametrize("name", sorted({m.name for m in KNOWN.meanings.values() if m.kind == "thing"} - {"flock"}))
def test_every_thing_has_a_figure(name: str) -> None:
    assert figures()[name].parts


def test_a_plural_may_mean_something_of_its_own() -> None:
    assert read("a building").things[0].name == "house"
    assert read("buildings").places == ("city",)


def test_counts_positions_sizes_and_colours() -> None:
    scene = read("two red boats on the left, a tiny house in the distance and a huge moon")
    boats, house = scene.things
    assert (boats.name, boats.count, boats.x, boats.colour) == ("sailboat", 2, 0.24, "c8352b")
    assert house.name == "house"
    assert house.far
    assert house.scale < 0.6
    assert "moon" in scene.sky


def test_negations_in_the_prompt_and_the_negative_prompt() -> None:
    assert read("a meadow without cows").things == ()
    assert [thing.name for thing in read("cows and sheep in a meadow", "cows").things] == ["sheep"]
    assert read("a sky with no clouds").sky == frozenset()


@pytest.mark.parametrize(
    ("prompt", "hour"),
    [
        ("a lighthouse at dusk", "dusk"),
        ("golden hour over the hills", "golden"),
        ("sunrise", "dawn"),
        ("northern lights", "night"),
        ("the blue hour", "twilight"),
        ("midnight", "night"),
    ],
)
def test_hours(prompt: str, hour: str) -> None:
    assert read(prompt).hour == hour


@pytest.mark.parametrize(("british", "american"), [("grey harbour", "gray harbor"), ("watercolour", "watercolor")])
def test_both_spellings(british: str, american: str) -> None:
    assert read(british).understood == read(american).understood
