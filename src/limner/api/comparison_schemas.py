"""The shapes of answers about comparisons, for the documentation."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from limner.api.schemas import Amount, Answer, EstimateAnswer, ReceiptLineAnswer, Trouble
from limner.domain.comparisons import Outcome, RoundState

Letter = Literal["A", "B", "C", "D"]


class BlindPicture(Answer):
    """A picture of which nobody may know yet who painted it."""

    letter: Letter
    url: str = Field(description="The whole picture, without a word about its making.")
    thumbnail_url: str


class RevealedContender(Answer):
    """Who painted a picture, or could not."""

    letter: Letter
    model: str
    title: str
    prompt: str
    best: bool
    painted: bool = Field(description="Whether there was a picture to vote on.")
    image_id: str | None
    job_id: str
    cost: Amount | None = Field(description="Booked; null where it is unknown.")
    seconds: float | None
    receipt: list[ReceiptLineAnswer] | None = Field(
        description="What became of each option; null in lists, and where the job has been cleared away."
    )
    problem: Trouble | None


class ComparisonLinks(Answer):
    """Where to go on."""

    self: str
    vote: str
    skip: str
    page: str


class ComparisonAnswer(Answer):
    """A round. Before the vote it says nothing of who paints what, nor what any of them costs by itself."""

    id: str
    number: int = Field(description="Of your rounds, from 1.")
    state: RoundState
    prompts: list[str] = Field(description="What is painted, in an order that tells nothing.")
    aspect: str
    size: int = Field(description="How many take part.")
    waiting: int = Field(description="Pictures that are still to come.")
    estimate: EstimateAnswer | None = Field(description="Of all of them together; null where a price is unknown.")
    pictures: list[BlindPicture] = Field(description="Once all of them have come.")
    outcome: Outcome | None
    best: Letter | None
    contenders: list[RevealedContender] | None = Field(description="Null before the vote.")
    created: datetime
    decided: datetime | None
    links: ComparisonLinks


class ComparisonPage(Answer):
    """One page of rounds, newest first."""

    items: list[ComparisonAnswer]
    next: str | None


class PricedContender(Answer):
    """A contender with what it would cost."""

    model: str
    title: str
    prompt: str
    seconds: float
    estimate: EstimateAnswer | None
    receipt: list[ReceiptLineAnswer]


class ComparisonQuoteAnswer(Answer):
    """A priced round; its token begins it once, until it expires."""

    token: str
    expires: datetime
    aspect: str
    seconds: float = Field(description="How long the slowest takes.")
    estimate: EstimateAnswer | None = Field(description="Of all of them together; null where a price is unknown.")
    contenders: list[PricedContender]


class ScoreAnswer(Answer):
    """How one model, or one prompt, has done."""

    name: str
    title: str
    won: float = Field(description="The share of its meetings that it won, 0 to 1; a half is what chance would give.")
    low: float = Field(description="The lower end of Wilson's 95 % interval of that share.")
    high: float
    meetings: int
    votes: int
    cost: Amount | None = Field(description="Of a picture, on average.")
    seconds: float | None


class LeaderboardAnswer(Answer):
    """What votes say, best first."""

    by: Literal["model", "prompt"]
    everybody: bool
    votes: int
    items: list[ScoreAnswer]
