"""Leaderboards: what all votes together say of models, or of prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from limner.domain.money import Money

CERTAINTY = 1.96
"""Standard deviations to either side: what is measured lies between them in 95 of 100 cases."""


class By(StrEnum):
    """What a leaderboard sets against each other."""

    MODEL = "model"
    """Models that painted the same words."""
    PROMPT = "prompt"
    """Words that the same model painted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """How one model, or one prompt, has done."""

    name: str
    """`service/name` of the model, or the prompt."""
    title: str
    points: float
    """Meetings won; a half for each that was equal."""
    meetings: int
    """With others of the same rounds: the best of a round beats each of them, and they do not meet each other."""
    votes: int
    """Rounds in which it met somebody."""
    cost: Money | None
    """Of a picture, on average; None where nothing is known."""
    seconds: float | None
    """The same."""

    @property
    def won(self) -> float:
        """The share of its meetings that it won, 0 to 1; a half is what chance gives, however many took part."""
        return self.points / self.meetings

    @property
    def bounds(self) -> tuple[float, float]:
        """Between what the share lies for certain enough: Wilson's interval.

        It counts votes, not meetings: those of one vote are not independent of each other.
        """
        return wilson(self.won, self.votes)

    @property
    def counted(self) -> dict[str, object]:
        """What votes alone say of it, as programs read it."""
        low, high = self.bounds
        return {
            "name": self.name,
            "title": self.title,
            "won": self.won,
            "low": low,
            "high": high,
            "meetings": self.meetings,
            "votes": self.votes,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """All that were ever compared."""

    scores: Sequence[Score]
    """Best first: by what is certain at least, so that one lucky vote leads nothing."""
    votes: int
    """How many they rest on."""


def wilson(share: float, count: int) -> tuple[float, float]:
    """Wilson's score interval of a share of `count` trials (Wilson 1927): sound for few, and for shares of 0 and 1."""
    square = CERTAINTY**2
    centre = share + square / (2 * count)
    spread = CERTAINTY * sqrt(share * (1 - share) / count + square / (4 * count**2))
    whole = 1 + square / count
    return max(0.0, (centre - spread) / whole), min(1.0, (centre + spread) / whole)
