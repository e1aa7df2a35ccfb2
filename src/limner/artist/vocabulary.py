"""The words the artist knows, read from `words.toml`."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

KINDS = (
    "thing",
    "plant",
    "place",
    "sky",
    "hour",
    "weather",
    "season",
    "mood",
    "style",
    "colour",
    "count",
    "size",
    "position",
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word chooses: its kind, and which of that kind."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words and phrases to meanings; phrases hold their words with single spaces."""

    meanings: dict[str, Meaning]
    filler: frozenset[str]
    negation: frozenset[str]
    plurals: dict[str, str]
    american: dict[str, str]
    longest: int

    def spelled(self, word: str) -> str:
        """The British spelling."""
        return self.american.get(word, word)

    def find(self, phrase: str) -> tuple[Meaning, bool] | None:
        """The meaning of a word or phrase, and whether it stands in the plural."""
        if phrase in self.meanings:
            return self.meanings[phrase], phrase in self.plurals
        for single in self._singulars(phrase):
            if single in self.meanings:
                return self.meanings[single], True
        return None

    def _singulars(self, phrase: str) -> list[str]:
        head, _, last = phrase.rpartition(" ")
        forms = [self.plurals[last]] if last in self.plurals else []
        if last.endswith("ies"):
            forms.append(last[:-3] + "y")
        if last.endswith("s") and not last.endswith("ss"):
            forms.append(last[:-1])
        if last.endswith("es"):
            forms.append(last[:-2])
        return [f"{head} {form}".strip() for form in forms if form]


@cache
def vocabulary() -> Vocabulary:
    """All words, read once."""
    text = resources.files("limner.artist").joinpath("words.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    meanings: dict[str, Meaning] = {}
    for kind in KINDS:
        for name, words in tables[kind].items():
            for word in split_words(words):
                meanings.setdefault(word, Meaning(kind, name))
    return Vocabulary(
        meanings=meanings,
        filler=frozenset(split_words(tables["filler"]["words"])),
        negation=frozenset(split_words(tables["negation"]["words"])),
        plurals=tables["plural"],
        american=tables["american"],
        longest=max(len(word.split()) for word in meanings),
    )


def split_words(words: str) -> list[str]:
    """The entries of a comma-separated list."""
    return [word for word in (" ".join(entry.split()) for entry in words.split(",")) if word]


def tokens(text: str) -> list[str]:
    """The words of a text, lower case, British spelling, without marks."""
    known = vocabulary()
    plain = text.lower().replace("\u2019", "'").replace("'s ", " ")
    return [known.spelled(word) for word in re.findall(r"[^\W_]+", plain)]
