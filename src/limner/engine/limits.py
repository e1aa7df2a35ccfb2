"""The limits that the settings of an installation set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from limner.domain.budgets import ADDRESS, Counted, Kind, Rate, Scope, Window, plain, scope_name
from limner.domain.money import Money
from limner.domain.people import Principal

REMEMBERED = 1000
"""Limits of a person and an hour that are held in memory: those that were looked at last."""
_SPOKEN = {Window.HOUR: "Hourly", Window.DAY: "Daily"}
_NEXT = {Window.HOUR: "for the next hour", Window.DAY: "until tomorrow (UTC)"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What each person may spend and how often they may ask; None is no limit.

    The first sentence of each message is that of document 3, for the daily budget that of document 1.
    """

    daily_cost: Money | None = None
    """For each person and day (UTC)."""
    daily_budget: Money | None = None
    """The same, in the words of document 1."""
    images_per_hour: int | None = None
    images_per_day: int | None = None
    requests_per_minute: int | None = None
    global_requests_per_minute: int | None = None
    """For all persons together."""
    requests_per_minute_per_token: int | None = None
    requests_per_minute_per_address: int | None = None
    requests_per_minute_per_service: int | None = None
    """For all persons together, for each service that is to paint."""

    def scopes(self, principal: Principal, at: datetime) -> tuple[Scope, ...]:
        """Every budget that a request of this person must fit into now."""
        return _scopes(self, principal.id, at.replace(minute=0, second=0, microsecond=0))

    def rates(self, principal: Principal, service: str | None) -> tuple[Rate, ...]:
        """How often this person, their token and their address, and everybody together, may ask.

        `service` is the one that is to paint; None where none is asked.
        """
        whole = (
            (f"user:{principal.id}", self.requests_per_minute, "you may make {} a minute"),
            ("everyone", self.global_requests_per_minute, "all persons together may make {} a minute"),
        )
        parts = (
            ("token:", principal.token, self.requests_per_minute_per_token, "this token may make {} a minute"),
            (ADDRESS, principal.address, self.requests_per_minute_per_address, "this address may make {} a minute"),
            ("service:", service, self.requests_per_minute_per_service, f"{service} may be asked {{}} times a minute"),
        )
        named = [*whole, *((f"{kind}{whose}", most, said) for kind, whose, most, said in parts if whose is not None)]
        return tuple(
            Rate(name=name, most=most, message=f"Too many requests: {said.format(most)}.")
            for name, most, said in named
            if most is not None
        )


@lru_cache(maxsize=REMEMBERED)
def _scopes(limits: Limits, person: str, hour: datetime) -> tuple[Scope, ...]:
    """What holds for somebody all through an hour: no stretch of the calendar is shorter."""
    found = []
    if limits.daily_cost is not None:
        said = f"Daily cost limit exceeded ({plain(limits.daily_cost)}/day)"
        found.append(_of_money(person, hour, limits.daily_cost, said, "LIMNER_DAILY_COST_LIMIT_USD"))
    if limits.daily_budget is not None:
        found.append(_of_money(person, hour, limits.daily_budget, "Daily budget exceeded", "LIMNER_DAILY_BUDGET_USD"))
    if limits.images_per_hour is not None:
        found.append(_of_pictures(person, hour, limits.images_per_hour, Window.HOUR, "LIMNER_IMAGES_PER_HOUR"))
    if limits.images_per_day is not None:
        found.append(_of_pictures(person, hour, limits.images_per_day, Window.DAY, "LIMNER_IMAGES_PER_DAY"))
    return tuple(found)


def _of_money(person: str, at: datetime, limit: Money, said: str, setting: str) -> Scope:
    return Scope(
        name=scope_name(Kind.USER, person, Window.DAY, Counted.USD),
        period=Window.DAY.period(at),
        limit=limit.micro,
        message=f"{said}. Choose a cheaper model, wait {_NEXT[Window.DAY]}, or raise {setting}.",
    )


def _of_pictures(person: str, at: datetime, limit: int, window: Window, setting: str) -> Scope:
    return Scope(
        name=scope_name(Kind.USER, person, window, Counted.PICTURES),
        period=window.period(at),
        limit=limit,
        message=(
            f"{_SPOKEN[window]} limit exceeded ({limit} images/{window}). "
            f"Ask for fewer, wait {_NEXT[window]}, or raise {setting}."
        ),
        counted=Counted.PICTURES,
        window=window,
    )
