"""How a prompt falls into sentences, clauses and words."""

from __future__ import annotations

import re
from functools import lru_cache

from limner.words.vocabulary import vocabulary

LONGEST_WORD = 40
"""Letters; what is longer is no word."""
UNSPACED = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
"""Kana and Chinese characters: written without blanks, each counts as a word."""
WORD = re.compile(rf"[{UNSPACED}]|(?![{UNSPACED}])[^\W\d_](?:(?![{UNSPACED}])[\w'\u2019-])*")
"""Begins with a letter; hyphens and apostrophes belong to it, digits may follow."""
SENTENCE_END = re.compile(r"[.!?\u3002\uff01\uff1f]+(?:\s+|$)|[\u3002\uff01\uff1f]|\n+")
CLAUSE_END = re.compile(r"[,;:](?!\d)\s*|[.!?]+(?:\s+|$)|[\uff0c\u3001\uff1b\u3002\uff01\uff1f]\s*|\s*\n+\s*")
"""A comma in a number, a dot in a weight such as 1.2, are none."""


def words_of(text: str) -> list[str]:
    """The words of a text as they stand there."""
    return [word for word in WORD.findall(text) if len(word) <= LONGEST_WORD]


def content_words(text: str) -> list[str]:
    """Its words in small letters, without those that say nothing by themselves."""
    empty = vocabulary().empty
    return [word for word in map(str.casefold, words_of(text)) if word not in empty]


def sentences_of(text: str) -> list[str]:
    """Its sentences; the end of a line ends one too."""
    return [part.strip() for part in SENTENCE_END.split(text) if part.strip()]


def clauses_of(text: str) -> list[tuple[str, str]]:
    """Its clauses with the sign that ends each, a comma where only a line ends there."""
    found: list[tuple[str, str]] = []
    begin = 0
    for end in CLAUSE_END.finditer(text):
        found.append((" ".join(text[begin : end.start()].split()), end[0].strip() or ","))
        begin = end.end()
    found.append((" ".join(text[begin:].split()), ""))
    return [(clause, sign) for clause, sign in found if clause]


def holds(text: str, term: str) -> bool:
    """Whether a term stands in a text, by whole words and in any case; blanks between its words may be any."""
    return _pattern(term).search(text) is not None


@lru_cache(maxsize=4096)
def _pattern(term: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)" + r"\s+".join(map(re.escape, term.split())) + r"(?!\w)", re.IGNORECASE)
