"""The words that Limner knows: quality, style, and what says nothing by itself."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """Known words, in small letters."""

    quality: tuple[str, ...]
    """How well and in what light it is to be made."""
    style: tuple[str, ...]
    """In what manner."""
    articles: frozenset[str]
    """What stands before a thing."""
    function: frozenset[str]
    """What joins words and says nothing by itself."""

    @property
    def things(self) -> Collection[str]:
        """What works of art are: painting and drawing are things, although they end like doings."""
        return {term.split()[-1] for term in self.style}

    @property
    def empty(self) -> Collection[str]:
        """Every word that says nothing by itself."""
        return self.articles | self.function


@cache
def vocabulary() -> Vocabulary:
    """The words of `vocabulary.toml`, read once."""
    text = files("limner.words").joinpath("vocabulary.toml").read_text(encoding="utf-8")
    return TypeAdapter(Vocabulary).validate_python(tomllib.loads(text))
