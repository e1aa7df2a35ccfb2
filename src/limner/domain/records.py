"""What is written down, as values: what a transaction takes in and what a page gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from limner.domain.budgets import Rate, Scope
from limner.domain.call import Call
from limner.domain.errors import Problem
from limner.domain.events import News
from limner.domain.job import CallState, Job, JobState
from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.domain.plan import Plan
from limner.domain.request import ImageRequest

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows, newest first, and the cursor of the next page; None at the end."""

    items: tuple[Row, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewCall:
    """A call about to be written down."""

    call: Call
    number: int
    hold: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class Reused:
    """How a job ends as it begins, because an earlier one has made its pictures already."""

    earlier: str
    """The job whose pictures these are; they share their files."""
    pictures: tuple[Picture, ...]
    news: tuple[News, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Try:
    """One time that a request was carried out, in short."""

    job_id: str
    state: JobState
    created: datetime
    finished: datetime | None


class PicturesGone(Exception):
    """The pictures that were to be reused are gone meanwhile, or may not be given any more; nothing was written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewJob:
    """Everything one submission writes, or nothing of it."""

    id: str
    owner: str
    request: ImageRequest
    plan: Plan
    calls: tuple[NewCall, ...]
    scopes: tuple[Scope, ...]
    """The limits of the settings; budgets that somebody has set up are found when the job is written down."""
    worker: str | None
    at: datetime
    begin: bool = False
    """Whether the worker has a place for it and begins at once: it is written down as running."""
    key: str | None = None
    """Idempotency-Key of the caller."""
    fingerprint: str = ""
    """Of the body that came with the key."""
    quote_id: str | None = None
    recipe: str = ""
    """A fingerprint of all that decides how its pictures look; empty where they are not to be found again by it."""
    reused: Reused | None = None
    news: tuple[News, ...] = ()
    """What there is to tell of it already."""
    token: str | None = None
    """Id of the API token it came with."""
    rates: tuple[Rate, ...] = ()
    """How often may be asked; none where it does not count."""
    retry_of: str | None = None
    """The job whose missing pictures it buys; there is one such job for each at most."""

    @property
    def hold(self) -> Money:
        """What is set aside in every budget of money."""
        return Money(sum(call.hold.micro for call in self.calls))

    @property
    def pictures(self) -> int:
        """What is set aside in every budget of pictures."""
        return sum(call.call.count for call in self.calls)

    @property
    def unit(self) -> int:
        """What is held for each picture, in micro-dollars. Raises ValueError where it is not the same for all."""
        unit, rest = divmod(self.hold.micro, self.pictures)
        if rest or any(call.hold.micro != unit * call.call.count for call in self.calls):
            raise ValueError(f"The pictures of the job {self.id} are not held at one price.")
        return unit


@dataclass(frozen=True, kw_only=True, slots=True)
class Leftover:
    """How far a job came."""

    job: Job
    delivered: int
    """Pictures that it brought, also those that were deleted since."""
    retry: Job | None
    """The job that buys, or bought, the rest."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write about a running job."""

    job_id: str
    attempt: int


class LeaseLost(Exception):
    """Another worker has the job; stop, send nothing, write nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Closing:
    """How a call ends: what is kept, what is booked, what is set free."""

    call_id: str
    state: CallState
    at: datetime
    pictures: tuple[Picture, ...] = ()
    charge: Money | None = field(default_factory=Money)
    """None: money was spent and nobody knows how much."""
    basis: str = "list"
    """Where the charge comes from: usage, service, list, or none."""
    keep_hold: bool = False
    """True while the purchase may still turn out to have happened."""
    problem: Problem | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How a job ends."""

    state: JobState
    at: datetime
    problem: Problem | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Conclusion:
    """The end of a job together with its last event."""

    ending: Ending
    news: News


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A job that is not finished, and the process that has it in hand."""

    id: str
    worker: str | None
    owner: str = field(default="", compare=False)
    front: int = field(default=0, compare=False)
    waits: bool = field(default=False, compare=False)
    """Whether nobody takes it, because its person has paused the queue and nothing of it is on its way."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureFilter:
    """Which of a person's pictures are wanted; None and empty are all."""

    service: str | None = None
    model: str | None = None
    project: str | None = None
    words: str | None = None
    """Words of the prompt."""
    job_id: str | None = None
    tag: str | None = None
    collection: str | None = None
    """Id of one that they are in."""
    favorite: bool = False
    """Only those that their owner has marked."""
    since: datetime | None = None
    """Made then or later."""
    until: datetime | None = None
    """Made before then."""
    trashed: bool = False
    """Those in the trash, rather than all others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceSpend:
    """What one service has cost a person since some moment."""

    service: str
    pictures: int
    cost: Money
    """Of what is known."""
    unknown: int = 0
    """Purchases whose price nobody knows: they are in no sum."""
