"""What can be measured about a prompt: how much is in it, how well it reads, what it is about."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from limner.words.reading import clauses_of, sentences_of, words_of
from limner.words.vocabulary import vocabulary

FULL_CLAUSES, FULL_WORDS, FULL_SENTENCE = 40, 150, 40
"""Clauses, different words and words a sentence at which a prompt counts as wholly complex."""
LONGEST_PHRASE = 4
"""Words of a key phrase; of a longer run the last ones count, for the end of a group names the thing."""
VOWELS = re.compile(r"[aeiouy]+")
SILENT = re.compile(r"(?<![aeiouyl])e$|(?<![aeiouyscgxzh])es$|(?<![aeiouytd])ed$")
"""Ends that are written with a vowel and spoken without: house, waves, painted is none."""
LATIN = re.compile(r"[a-z]")


@dataclass(frozen=True, slots=True)
class Keyword:
    """A key phrase in small letters, and its RAKE score: the higher, the more it is about this."""

    phrase: str
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """The measures of one prompt."""

    characters: int
    words: int
    sentences: int
    complexity: float
    """0 (one plain thing) to 100."""
    readability: float | None
    """Flesch reading ease, 0 (hard) to 100 (easy); None where nothing is written in Latin letters."""
    keywords: tuple[Keyword, ...]


def analysed(text: str, *, most: int = 10) -> Analysis:
    """All measures of a text, with its `most` highest key phrases."""
    return Analysis(
        characters=len(text),
        words=len(words_of(text)),
        sentences=len(sentences_of(text)),
        complexity=complexity(text),
        readability=reading_ease(text),
        keywords=tuple(keywords(text)[:most]),
    )


def complexity(text: str) -> float:
    """How much whoever paints has to hold in mind, 0 to 100.

    The mean of three shares, each full at 1: clauses of 40, different words of 150, words in a sentence of 40.
    """
    words = [word.casefold() for word in words_of(text)]
    if not words:
        return 0.0
    sentences = max(1, len(sentences_of(text)))
    shares = (
        len(clauses_of(text)) / FULL_CLAUSES,
        len(set(words) - set(vocabulary().empty)) / FULL_WORDS,
        len(words) / sentences / FULL_SENTENCE,
    )
    return round(100 * fmean(min(1.0, share) for share in shares), 1)


def reading_ease(text: str) -> float | None:
    """Flesch's reading ease (1948): 206.835 - 1.015 x words a sentence - 84.6 x syllables a word, kept in 0 to 100.

    It was made for English; other languages in Latin letters come out harder than they are.
    """
    words = [word for word in map(str.lower, words_of(text)) if LATIN.search(word)]
    if not words:
        return None
    sentences = max(1, len(sentences_of(text)))
    ease = 206.835 - 1.015 * len(words) / sentences - 84.6 * sum(map(syllables, words)) / len(words)
    return round(min(100.0, max(0.0, ease)), 1)


def syllables(word: str) -> int:
    """The syllables of an English word: groups of vowels, without an e at the end that is not spoken; at least one."""
    return max(1, len(VOWELS.findall(word)) - (SILENT.search(word) is not None))


def keywords(text: str) -> list[Keyword]:
    """The key phrases of a text by RAKE (Rose, Engel, Cramer and Cowley, 2010), the best first.

    Phrases lie between signs and words that say nothing by themselves. A word's score is its degree (how many words
    stand in its phrases) over its frequency; a phrase's score is the sum of its words'.
    """
    phrases = list(_phrases(text))
    frequency: defaultdict[str, int] = defaultdict(int)
    degree: defaultdict[str, int] = defaultdict(int)
    for phrase in phrases:
        for word in phrase:
            frequency[word] += 1
            degree[word] += len(phrase)
    scores = {" ".join(phrase): sum(degree[word] / frequency[word] for word in phrase) for phrase in phrases}
    ranked = sorted(scores.items(), key=lambda item: -item[1])  # equal ones in the order of the text
    return [Keyword(phrase, round(score, 2)) for phrase, score in ranked]


def _phrases(text: str) -> Iterator[tuple[str, ...]]:
    empty = vocabulary().empty
    for clause, _ in clauses_of(text):
        run: list[str] = []
        for word in (*map(str.casefold, words_of(clause)), ""):
            if word and word not in empty:
                run.append(word)
                continue
            if run:
                yield tuple(run[-LONGEST_PHRASE:])
            run = []
