"""Alerts: what administrators are told without asking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID, uuid5

from limner.domain.money import Money
from limner.domain.records import Page

_ALERTS = UUID("6c2f4d1e-0a57-5c1b-9d2e-6c696d6e6572")


class AlertKind(StrEnum):
    """What it is about."""

    ABUSE = "abuse"
    """Somebody is refused, or runs into limits, again and again."""
    ERRORS = "errors"
    """Too many jobs fail."""
    SLOW = "slow"
    """Jobs take too long."""
    COST = "cost"
    """Too much is spent in an hour."""
    BUDGET = "budget"
    """Somebody's budget has too little left for what they want."""
    KEY = "key"
    """A service does not take a key, or its account pays for nothing."""
    BREAKER = "breaker"
    """A service or a model keeps failing, and is left alone for a while."""


class Sign(StrEnum):
    """What is counted of one person's ways."""

    REFUSED = "refused"
    """A request or a picture was refused for its content, here or by a service."""
    LIMITED = "limited"
    """A request came too soon after the others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertRules:
    """When administrators are told; None and 0 never do."""

    refusals: int | None = None
    """So many refusals of one person within `window`."""
    rate_hits: int | None = None
    """The same for requests that came too soon."""
    window: timedelta = timedelta(minutes=10)
    error_percent: float = 5.0
    """More than this share of an hour's jobs fails; of MANY jobs or more."""
    burst_percent: float = 50.0
    """The same of five minutes' jobs; of FEW or more."""
    slow_seconds: float = 60.0
    """A job takes longer."""
    p95_seconds: float = 30.0
    """Of an hour's jobs more than one in twenty takes longer; of MANY jobs or more."""
    cost_per_hour: Money | None = None
    """More is booked within an hour."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """One thing that administrators were told."""

    kind: AlertKind
    subject: str
    """Whom or what it is about: a person, a service, a model; empty for the whole installation."""
    message: str
    raised: datetime

    @property
    def id(self) -> str:
        """Of the same thing there is one alert an hour, whichever process raises it."""
        return str(uuid5(_ALERTS, f"{self.kind} {self.raised:%Y-%m-%dT%H} {self.subject}"))


class Alerts(Protocol):
    """Where alerts are kept, and what is counted for them."""

    async def raise_(self, alert: Alert) -> bool:
        """Writes it down, with a message for each webhook of an administrator that wants it; False if it is there."""
        ...

    async def count(self, person: str, sign: Sign, at: datetime, since: datetime) -> int:
        """Notes one more sign, and says how many there were since a moment."""
        ...

    async def page(self, *, limit: int, cursor: str | None, kind: AlertKind | None = None) -> Page[Alert]:
        """The newest first; of one kind only where that is given."""
        ...
