"""Prompts that are shortened before anybody paints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Rewriting:
    """What a prompt was before it was shortened, and how that was done."""

    original: str
    by: str
    """The text model, such as ollama/gpt-oss:20b, or `compressor` for Limner itself."""
    seconds: float
    why: str = ""
    """Why the text model did not do it; empty where it did."""
    kept: tuple[str, ...] = ()
    """The protected terms: all of them stand in the new prompt."""
    dropped: tuple[str, ...] = ()
    """Words of the original that the new prompt has not, the most frequent first; at most forty."""


class Shortens(Protocol):
    """Brings prompts that are too long for most models to a length that all of them take."""

    async def shortened(self, prompt: str) -> tuple[str, Rewriting] | None:
        """A shorter prompt and what became of the old one; None where it is short enough. It costs nothing.

        Raises InvalidRequest for one that is longer than may be shortened.
        """
        ...
