"""Whether what is wanted may be painted here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

_WORD = re.compile(r"[^\W_]+")


class Stage(StrEnum):
    """What was looked at."""

    PROMPT = "prompt"
    INPUTS = "inputs"
    OUTPUT = "output"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What somebody who looked has found. Only at the stage of the output something was charged before."""

    stage: Stage
    categories: tuple[str, ...]
    """In the words of who says it, such as violence/graphic."""
    by: str
    """Who says it, as it stands in a sentence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WordRule:
    """A prompt breaks it that has a word of each group."""

    category: str
    groups: tuple[tuple[str, ...], ...]
    """Words and phrases in small letters, with one space between words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A picture to be looked at."""

    media_type: str
    data: bytes


def plain_words(text: str) -> str:
    """The words of a text in small letters with one space between them, as rules and what they look at are compared.

    Signs that show nothing, such as a space without width, do not divide a word.
    """
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    return " ".join(_WORD.findall(seen.casefold()))


class LooksAtWords(Protocol):
    """Looks at words before they are sent to anybody."""

    async def check_words(self, words: str, *, paid: bool) -> None:
        """Raises ContentRefused, and NotConfigured or ProviderError where the service that looks cannot be asked.

        That one is asked only before what is `paid` for.
        """
        ...


class Judges(Protocol):
    """A service that says what is wrong with words and pictures, at no cost."""

    async def judge(self, prompt: str, pictures: Sequence[Shown]) -> Iterable[Verdict]:
        """What is wrong with them; nothing where all is well. Raises ProviderError."""
        ...
