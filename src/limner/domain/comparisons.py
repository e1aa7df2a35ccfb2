"""Comparisons: one round of pictures side by side, nobody knows whose, a vote, and then the names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from limner.domain.job import OPEN_STATES, Job
from limner.domain.leaderboards import Board, By
from limner.domain.money import Estimate, Money
from limner.domain.picture import Picture
from limner.domain.records import NewJob, Page
from limner.domain.request import Aspect
from limner.domain.telling import Deliver

LEAST, MOST = 2, 4
"""Contenders of a round."""
LETTERS = "ABCD"
"""What the places of a round are called, until the names are known and after that."""


class Outcome(StrEnum):
    """What somebody says of the pictures of a round."""

    BEST = "best"
    """One of them is the best."""
    EQUAL = "equal"
    NONE = "none"
    """None of them will do."""
    SKIPPED = "skipped"
    """They would rather not say: it counts nowhere."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """A vote."""

    outcome: Outcome
    place: int | None = None
    """Which one is the best, where one is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewContender:
    """A contender about to be written down, with the job that paints it."""

    place: int
    """From 0, drawn by lot."""
    model: str
    """`service/name`."""
    title: str
    job: NewJob


@dataclass(frozen=True, kw_only=True, slots=True)
class NewComparison:
    """Everything that beginning a round writes, its jobs too, or nothing of it."""

    id: str
    owner: str
    shape: Aspect
    estimate: Estimate | None
    """Of all its pictures together, as it was shown; None where a price is unknown."""
    at: datetime
    contenders: tuple[NewContender, ...]
    key: str | None = None
    """Idempotency-Key of the caller."""
    fingerprint: str = ""
    """Of what came with the key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What a contender came to, as it was when somebody voted."""

    place: int
    picture_id: str | None
    """None where it could not paint."""
    cost: Money | None
    """Booked; None where that is unknown."""
    seconds: float | None
    """From its beginning to its end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contender:
    """Who painted one picture of a round, or should have. Not to be told before the vote."""

    place: int
    model: str
    title: str
    prompt: str
    job_id: str
    result: Result | None = None
    """Once somebody has voted."""

    @property
    def letter(self) -> str:
        """What its place is called."""
        return LETTERS[self.place]


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A round as it is written down."""

    id: str
    owner: str
    number: int
    """Of its owner's rounds, from 1."""
    shape: Aspect
    estimate: Estimate | None
    created: datetime
    contenders: tuple[Contender, ...]
    """In the order of their places."""
    ballot: Ballot | None = None
    decided: datetime | None = None
    """When somebody voted, or skipped it."""

    @property
    def prompts(self) -> Sequence[str]:
        """The words that were painted, each once and in an order that tells nothing."""
        return sorted({contender.prompt for contender in self.contenders})


class RoundState(StrEnum):
    """How far a round is."""

    PAINTING = "painting"
    VOTING = "voting"
    """All that can be painted is there."""
    DECIDED = "decided"
    """Somebody has voted, or skipped it: the names are known."""
    VOID = "void"
    """Fewer than two pictures came: there is nothing to compare, and the names are known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """A round with its jobs, as they stand."""

    comparison: Comparison
    jobs: Mapping[int, Job] = field(default_factory=dict)
    """By place; without those that have been cleared away."""

    @property
    def waiting(self) -> int:
        """How many pictures are still to come."""
        return sum(job.state in OPEN_STATES for job in self.jobs.values())

    @property
    def shown(self) -> Mapping[int, Picture]:
        """The pictures that can be looked at, by place; none before all have come: the first would tell its model."""
        if self.waiting:
            return {}
        found = {place: job.pictures[0] for place, job in sorted(self.jobs.items()) if job.pictures}
        return {place: picture for place, picture in found.items() if picture.withheld is None}

    @property
    def state(self) -> RoundState:
        """How far it is."""
        if self.comparison.ballot is not None:
            return RoundState.DECIDED
        if self.waiting:
            return RoundState.PAINTING
        return RoundState.VOTING if len(self.shown) >= LEAST else RoundState.VOID

    @property
    def is_blind(self) -> bool:
        """Whether nobody may be told yet who painted what."""
        return self.state in (RoundState.PAINTING, RoundState.VOTING)

    def result(self, place: int) -> Result:
        """What a contender came to: as it was written down at the vote; without one, or skipped, as it is now."""
        known, ballot = self.comparison.contenders[place].result, self.comparison.ballot
        job = self.jobs.get(place)
        if job is None or (known is not None and ballot is not None and ballot.outcome is not Outcome.SKIPPED):
            return known or Result(place=place, picture_id=None, cost=None, seconds=None)
        picture = self.shown.get(place)
        return Result(
            place=place,
            picture_id=None if picture is None else picture.id,
            cost=job.cost,
            seconds=None if job.finished is None else (job.finished - (job.started or job.created)).total_seconds(),
        )


class Comparisons(Protocol):
    """Rounds as they are written down."""

    async def begin(self, new: NewComparison, *, deliver: Deliver | None = None) -> str:
        """Writes a round and all its jobs down with their money set aside, or nothing of it.

        Its id, or that of the round which its key had already. Each job of a new one is handed to `deliver` as
        `Jobs.submit` does it. Raises IdempotencyConflict, and what `Jobs.submit` raises.
        """
        ...

    async def remembered(self, owner: str, key: str, fingerprint: str) -> str | None:
        """The round that an Idempotency-Key already has. Raises IdempotencyConflict for another body."""
        ...

    async def get(self, comparison_id: str, owner: str) -> Comparison:
        """One of one person's. Raises NotFound."""
        ...

    async def page(self, owner: str, *, limit: int, cursor: str | None) -> Page[Comparison]:
        """One person's, newest first."""
        ...

    async def decide(self, comparison: Comparison, ballot: Ballot, results: Sequence[Result], at: datetime) -> bool:
        """Writes a vote down, and what was known then; False where there was one already, and nothing is changed."""
        ...

    async def board(self, owner: str | None, by: By) -> Board:
        """What one person's votes say, or everybody's."""
        ...
