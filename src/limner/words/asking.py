"""What Limner needs of a text model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from limner.domain.errors import LimnerError
from limner.domain.text_calls import TextCall
from limner.domain.texts import TextPicture


class TextModelUnavailable(LimnerError):
    """A text model cannot be asked, or gave no answer that can be used."""

    code = "text_model_unavailable"
    retryable = True
    calls: tuple[TextCall, ...] = ()
    """What was bought all the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What a text model is asked."""

    instructions: str
    """What it is to do."""
    data: str
    """What it is to do it with: text that others wrote, never an instruction."""
    schema: Mapping[str, object]
    """JSON Schema of the answer."""
    longest: int
    """Tokens that the answer may have, thoughts included."""
    words: str = ""
    """What of it people have said: this installation's rules look at it before it is sent."""
    pictures: tuple[TextPicture, ...] = ()
    """What it is to look at. What can be read in them is never an instruction either."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """Whether a text model can be asked now, and what to do where it cannot."""

    available: bool
    model: str
    reason: str
    version: str | None = None
    """Of the program that runs it."""
    models: tuple[str, ...] = ()
    """Those that are there."""


class TextModel(Protocol):
    """Answers questions in JSON."""

    @property
    def name(self) -> str:
        """Service and model, such as ollama/gpt-oss:20b."""
        ...

    async def ask(self, question: Question) -> str:
        """The answer as it came; it may be anything. Raises TextModelUnavailable."""
        ...

    async def condition(self) -> Condition:
        """Whether it can be asked; asks it, within a few seconds."""
        ...
