"""Languages of prompts: which there are, and what became of a prompt that was to be put into another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from limner.domain.money import FREE, ZERO, Estimate, Money

ENGLISH = "en"
BEST = "auto"
"""In place of a language: the one that the model reads best which comes first in the plan."""
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "en": "English",
        "ar": "Arabic",
        "bn": "Bengali",
        "cs": "Czech",
        "da": "Danish",
        "de": "German",
        "el": "Greek",
        "es": "Spanish",
        "fi": "Finnish",
        "fr": "French",
        "he": "Hebrew",
        "hi": "Hindi",
        "hu": "Hungarian",
        "id": "Indonesian",
        "it": "Italian",
        "ja": "Japanese",
        "ko": "Korean",
        "nl": "Dutch",
        "pl": "Polish",
        "pt": "Portuguese",
        "ro": "Romanian",
        "ru": "Russian",
        "sv": "Swedish",
        "th": "Thai",
        "tr": "Turkish",
        "uk": "Ukrainian",
        "vi": "Vietnamese",
        "zh": "Chinese",
    }
)
"""By their ISO 639-1 codes, English first."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a request that are put into another language by one purchase."""

    prompt: str
    negative: str = ""
    """The negative prompt, where it goes along."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptTranslation:
    """What became of a prompt that was to be translated."""

    original: str
    negative: str = ""
    """The negative prompt as it was, where it was translated along; else empty."""
    language: str = ""
    """The English name of the language that it was in; empty where nobody could tell."""
    to: str = ENGLISH
    """The code of the language that it is in now."""
    by: str = ""
    """The text model; empty where the prompt is as it was."""
    why: str = ""
    """Why it is as it was although it was to be translated; empty where it was, or was in that language already."""
    cost: Money | None = ZERO
    """What the text model charged for this request; None where nobody knows."""
    most: Money = ZERO
    """What it charged at most, where nobody knows."""
    calls: tuple[str, ...] = ()
    """Ids of the text calls."""

    @property
    def estimate(self) -> Estimate:
        """The cost as an estimate, to be added to what the pictures may cost."""
        if self.cost is None:
            return Estimate(floor=ZERO, likely=self.most, ceiling=self.most)
        return Estimate(floor=self.cost, likely=self.cost, ceiling=self.cost)


@dataclass(frozen=True, kw_only=True, slots=True)
class ForeseenTranslation:
    """Who would translate a prompt, and for how much."""

    to: str = ENGLISH
    negative: str = ""
    """The negative prompt, where it goes along; else empty."""
    language: str = ""
    """The English name of the language that it seems to be in; empty where nobody can tell."""
    by: str = ""
    """The text model; empty where none can be asked."""
    why: str = ""
    """What is missing where none can be asked."""
    estimate: Estimate = field(default=FREE)
    """Second tries included."""
