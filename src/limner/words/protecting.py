"""What of a prompt has to stay when it is shortened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from limner.words.reading import clauses_of, holds, sentences_of, words_of
from limner.words.vocabulary import vocabulary

VOCABULARY_ROOM = 2_000
"""Characters that all known quality and style terms have together, each with a comma and a blank."""
CONCEPT_ROOM = 700
"""Characters for core concepts: with the known terms they always fit under the 3,000 of a shortened prompt."""
LONGEST_CONCEPT = 80
QUOTED = re.compile(r"[\"\u201c\u201d\u201e]([^\"\u201c\u201d\u201e\n]{1,80})[\"\u201c\u201d]")
NAMED = re.compile(r"(?:[A-Z][\w'\u2019-]+|[A-Z]{2,})(?: (?:[A-Z][\w'\u2019-]+|[A-Z]{2,})){0,3}")
HOW = ("ing", "ed", "ly")
"""Endings of words that say what a thing does or how, and are not the thing itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Protected:
    """The terms of a prompt that have to stay."""

    quality: tuple[str, ...]
    style: tuple[str, ...]
    concepts: tuple[str, ...]

    @property
    def terms(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((*self.concepts, *self.style, *self.quality)))


def protected(prompt: str) -> Protected:
    """What of a prompt has to stay: known terms of quality and style that stand in it, and its core concepts.

    Core concepts are, in this order and as far as CONCEPT_ROOM reaches: words in quotation marks (they are to be read
    in the picture), names (up to four words with capitals that do not merely begin a sentence), and things: the last
    word of a group that begins with an article, a possessive or a number, the most frequent first.
    """
    known = vocabulary()
    quality = tuple(term for term in known.quality if holds(prompt, term))
    style = tuple(term for term in known.style if holds(prompt, term))
    there = {*quality, *style}
    return Protected(
        quality=quality,
        style=style,
        concepts=tuple(_fitting(term for term in _concepts(prompt) if term.casefold() not in there)),
    )


def lost(terms: Iterable[str], text: str) -> tuple[str, ...]:
    """The terms that a text no longer has."""
    return tuple(term for term in terms if not holds(text, term))


def _concepts(prompt: str) -> Iterator[str]:
    """Candidates, the most important first; some may come twice."""
    yield from (" ".join(found.split()).strip(" ,;:") for found in QUOTED.findall(prompt))
    for sentence in sentences_of(prompt):
        yield from _names(sentence)
    things = Counter(_things(prompt))
    yield from (thing for thing, _ in things.most_common())


def _names(sentence: str) -> Iterator[str]:
    """Runs of words with capitals; the first word of a sentence has one anyway."""
    for found in NAMED.finditer(sentence):
        name = found[0].rstrip("'\u2019-")
        if found.start() == 0:
            name = name.partition(" ")[2]
        if name and name.casefold() not in vocabulary().empty:
            yield name


def _things(prompt: str) -> Iterator[str]:
    """The last word of each group that an article begins, without words at its end that say what it does or how."""
    known = vocabulary()
    for clause, _ in clauses_of(prompt):
        group: list[str] | None = None
        for word in (*map(str.casefold, words_of(clause)), "and"):
            if word in known.articles:
                yield from _head(group)
                group = []
            elif word in known.function:
                yield from _head(group)
                group = None
            elif group is not None:
                group.append(word)


def _head(group: list[str] | None) -> Iterator[str]:
    plain = list(group or ())
    while len(plain) > 1 and plain[-1].endswith(HOW) and plain[-1] not in vocabulary().things:
        plain.pop()
    if plain:
        yield plain[-1]


def _fitting(candidates: Iterable[str]) -> Iterator[str]:
    """The first of them that fit, each once."""
    room = CONCEPT_ROOM
    seen: set[str] = set()
    for term in candidates:
        key, needed = term.casefold(), len(term) + 2
        if key in seen or not key.strip() or len(term) > LONGEST_CONCEPT or needed > room:
            continue
        seen.add(key)
        room -= needed
        yield term
