"""Tells in which language a prompt is, by its letters and its small words; nobody is asked.

What it cannot do: a few words without any small one ("Leuchtturm") and languages that `languages.toml` does not know
stay untold, and languages that share their letters with a greater one (Bulgarian, Persian, Marathi) are taken for it.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from limner.words.protecting import QUOTED
from limner.words.reading import words_of

LETTER = re.compile(r"[^\W\d_]")
SCRIPTS: tuple[tuple[str, str], ...] = (
    ("ko", r"[\uac00-\ud7af\u1100-\u11ff]"),
    ("ja", r"[\u3040-\u30ff]"),
    ("zh", r"[\u3400-\u4dbf\u4e00-\u9fff]"),
    ("uk", r"[іїєґІЇЄҐ]"),
    ("ru", r"[\u0400-\u04ff]"),
    ("el", r"[\u0370-\u03ff]"),
    ("he", r"[\u0590-\u05ff]"),
    ("ar", r"[\u0600-\u06ff]"),
    ("hi", r"[\u0900-\u097f]"),
    ("bn", r"[\u0980-\u09ff]"),
    ("th", r"[\u0e00-\u0e7f]"),
)
"""Letters that say which language it is; the first that are there decide, so those that one language has alone come
before those that several have: kana before Chinese characters."""
FOREIGN = re.compile("|".join(letters for _, letters in SCRIPTS))
MUCH = 0.3
"""The share of all letters that others than Latin ones need to decide: a name in Greek makes no Greek prompt."""
LEAST = 0.5
"""What the words of a language have to come to before it is believed: one that no other has comes to 1."""

AHEAD = 1.5
"""How many times as much as those of any other language."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tongue:
    """How one language is known."""

    code: str
    words: str
    letters: str = ""


def language_of(prompt: str) -> str:
    """The code of the language of a prompt; empty where it cannot be told.

    Words in quotation marks do not count: they are to be read in the picture.
    """
    text = QUOTED.sub(" ", prompt)
    letters, foreign = len(LETTER.findall(text)), len(FOREIGN.findall(text))
    if letters and foreign / letters >= MUCH:
        return next(code for code, sign in SCRIPTS if re.search(sign, text))
    return _latin(text)


def _latin(text: str) -> str:
    scores: dict[str, float] = defaultdict(float)
    for word in map(str.casefold, words_of(text)):
        found = _by_word().get(word) or _by_letters(word)
        for code in found:
            scores[code] += 1 / len(found)
    best = sorted(scores, key=lambda code: scores[code], reverse=True)[:2]
    if not best or scores[best[0]] < LEAST or (len(best) > 1 and scores[best[0]] < AHEAD * scores[best[1]]):
        return ""
    return best[0]


def _by_letters(word: str) -> tuple[str, ...]:
    return tuple(tongue.code for tongue in _tongues() if any(sign in word for sign in tongue.letters))


@cache
def _by_word() -> Mapping[str, tuple[str, ...]]:
    """The languages that have a word."""
    found: dict[str, tuple[str, ...]] = {}
    for tongue in _tongues():
        for word in dict.fromkeys(tongue.words.split()):
            found[word] = (*found.get(word, ()), tongue.code)
    return found


@cache
def _tongues() -> tuple[Tongue, ...]:
    """What `languages.toml` says, read once."""
    text = files("limner.words").joinpath("languages.toml").read_text(encoding="utf-8")
    return TypeAdapter(tuple[Tongue, ...]).validate_python(tomllib.loads(text)["language"])
