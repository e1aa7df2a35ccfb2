"""Makes more of a prompt without a text model: adds words about what it leaves open."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from limner.words.reading import holds


@dataclass(frozen=True, kw_only=True, slots=True)
class Aspect:
    """Something that a prompt may say or leave open."""

    name: str
    words: tuple[str, ...]
    """Any of them in a prompt says it."""
    addition: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Phrasebook:
    """The aspects of a picture, and other ways to paint the same thing."""

    aspect: tuple[Aspect, ...]
    suggestions: tuple[str, ...]
    negative: tuple[str, ...]
    """What hardly anybody wants to see."""

    def more_of(self, prompt: str, style: str) -> str:
        """The prompt with the style behind it, and a few words about each aspect that it leaves open."""
        begun = prompt.strip().rstrip(".,;")
        wanted = [style, *(each.addition for each in self.aspect if not self._says(f"{prompt} {style}", each))]
        return ", ".join([begun, *(words for words in wanted if words and not holds(prompt, words))])

    def others(self, prompt: str) -> tuple[str, ...]:
        """The same thing, painted in other ways."""
        begun = prompt.strip().rstrip(".,;")
        return tuple(each.replace("{prompt}", begun) for each in self.suggestions)

    @staticmethod
    def _says(text: str, aspect: Aspect) -> bool:
        return any(holds(text, word) for word in aspect.words)


@cache
def phrasebook() -> Phrasebook:
    """What `phrasebook.toml` says, read once."""
    text = files("limner.words").joinpath("phrasebook.toml").read_text(encoding="utf-8")
    return TypeAdapter(Phrasebook).validate_python(tomllib.loads(text))
