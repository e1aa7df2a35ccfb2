"""Whether a service, or one of its models, keeps failing: what is remembered of it, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class BreakerState(StrEnum):
    """Whether calls go through, in the words of document 3."""

    CLOSED = "CLOSED"
    """They do."""
    OPEN = "OPEN"
    """None does, for a time."""
    HALF_OPEN = "HALF_OPEN"
    """One attempt at a time does, on trial."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakerRules:
    """When a circuit breaker opens and when it tries again. The defaults are document 3's."""

    failures: int = 5
    """So many in a row open it; 0 never does."""
    window: timedelta = timedelta(minutes=10)
    """Older failures no longer count."""
    timeout: timedelta = timedelta(minutes=10)
    """How long it stays open."""
    successes: int = 1
    """So many trials in a row that go well close it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One attempt that failed; however many calls it was made of, it counts once."""

    at: datetime
    attempt: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Breaker:
    """What is remembered of one service or model under one key."""

    state: BreakerState = BreakerState.CLOSED
    failures: tuple[Failure, ...] = ()
    """The last ones in a row, oldest first; no more than open it."""
    code: str = ""
    """What the last failure was."""
    opened: datetime | None = None
    successes: int = 0
    """Trials that went well since it was half open."""
    trial: str = ""
    """The attempt that is on trial; empty where none is."""
    trial_ends: datetime | None = None
    """From here on the trial is taken for lost: its process has died."""


@dataclass(frozen=True, slots=True)
class BreakerKey:
    """Whose breaker it is: under another key or address a service starts anew."""

    name: str
    """The id of a service or of a model."""
    credential: str
    """Stands for the key and the address; nobody can use it."""

    @property
    def service(self) -> str:
        """The service that it belongs to."""
        return self.name.partition("/")[0]


class Watched(Protocol):
    """A model of which is remembered how its calls went: one that paints, or one that writes."""

    @property
    def id(self) -> str:
        """`service/name`; no model that writes has the id of one that paints."""
        ...

    @property
    def service(self) -> str:
        """The service's id, and the name of the breaker of all its models."""
        ...

    @property
    def timeout(self) -> float:
        """Seconds that a call may take at most."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """How one service or model stands now."""

    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    """In a row, of late."""
    code: str = ""
    """What the last failure was."""
    cause: str = ""
    """`configuration` where a key or an account has to be changed, `outage` where waiting helps; else empty."""
    since: datetime | None = None
    """When it was blocked."""
    until: datetime | None = None
    """When a call is let through on trial."""

    @property
    def words(self) -> str:
        """The state in the words of document 3, with the cause where waiting does not help."""
        if self.state is BreakerState.CLOSED:
            return "Provider operational"
        plural = "" if self.failures == 1 else "s"
        why = f", {self.cause}" if self.cause == "configuration" else ""
        return f"Circuit breaker {self.state} ({self.failures} failure{plural}{why})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a service stands now, and those of its models that have failed by themselves."""

    own: Condition = field(default_factory=Condition)
    models: Mapping[str, Condition] = field(default_factory=dict)
    """By id."""

    def by_default(self, model: str) -> Condition:
        """What whoever names only the service meets: its own condition, else that of its default model."""
        return self.own if self.own.state is not BreakerState.CLOSED else self.models.get(model, self.own)


@dataclass(frozen=True, kw_only=True, slots=True)
class Obstacle:
    """Why a model may not be asked now, although it is configured."""

    why: str
    short: str
    """In a few words, for a list of services."""
    until: datetime | None
    """When it may be tried again."""
