"""The circuit breaker: when calls to what keeps failing are blocked, and when one is let through on trial.

Nothing here knows the time or the database: each function takes what is remembered and gives what is to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from limner.domain.errors import FailureCode
from limner.domain.health import Breaker, BreakerKey, BreakerRules, BreakerState, Condition, Failure, Obstacle, Standing

CONFIGURATION = frozenset({FailureCode.AUTHENTICATION, FailureCode.FORBIDDEN, FailureCode.NO_CREDIT})
"""Failures that waiting does not mend: the key or the account has to be changed."""
OF_THE_SERVICE = frozenset({FailureCode.AUTHENTICATION, FailureCode.NO_CREDIT, FailureCode.UNREACHABLE})
"""Failures that every model of the service would meet; the others count against the model alone."""
COUNTED = OF_THE_SERVICE | {
    FailureCode.FORBIDDEN,
    FailureCode.RATE_LIMITED,
    FailureCode.MODEL_GONE,
    FailureCode.OVERLOADED,
    FailureCode.FAILED,
    FailureCode.LINE_DROPPED,
    FailureCode.TIMED_OUT,
    FailureCode.BAD_ANSWER,
}
"""What speaks against a service. A bad request, refused content, a wish to stop and a late fetch do not."""


def as_of(breaker: Breaker, now: datetime, rules: BreakerRules) -> Breaker:
    """What time has made of it: old failures are forgotten, what was open long enough is half open."""
    if breaker.state is BreakerState.CLOSED:
        recent = tuple(failure for failure in breaker.failures if now - failure.at < rules.window)
        return breaker if len(recent) == len(breaker.failures) else replace(breaker, failures=recent)
    if breaker.state is BreakerState.OPEN and breaker.opened is not None and now - breaker.opened >= rules.timeout:
        return replace(breaker, state=BreakerState.HALF_OPEN, successes=0, trial="", trial_ends=None)
    return breaker


def entered(breaker: Breaker, attempt: str, now: datetime, until: datetime, rules: BreakerRules) -> Breaker | None:
    """Lets an attempt through, on trial until some moment where it is half open; None where it is blocked."""
    here = as_of(breaker, now, rules)
    if here.state is BreakerState.CLOSED:
        return here
    if here.state is BreakerState.OPEN or on_trial(here, now) not in ("", attempt):
        return None
    return replace(here, trial=attempt, trial_ends=until)


def on_trial(breaker: Breaker, now: datetime) -> str:
    """The attempt that has the way to itself; empty where none has."""
    return breaker.trial if breaker.trial_ends is not None and now < breaker.trial_ends else ""


def succeeded(breaker: Breaker, attempt: str, now: datetime, rules: BreakerRules) -> Breaker:
    """The service delivered. A straggler that was sent before it opened says nothing about now."""
    here = as_of(breaker, now, rules)
    if here.state is BreakerState.CLOSED:
        return Breaker()
    if here.trial != attempt:
        return breaker
    well = here.successes + 1
    return Breaker() if well >= rules.successes else replace(here, successes=well, trial="", trial_ends=None)


def failed(breaker: Breaker, attempt: str, code: str, now: datetime, rules: BreakerRules) -> Breaker:
    """The service failed: once for each attempt. A straggler does not keep it open for longer."""
    here = as_of(breaker, now, rules)
    if not rules.failures or (here.state is not BreakerState.CLOSED and here.trial != attempt):
        return breaker
    if here.state is BreakerState.CLOSED and any(failure.attempt == attempt for failure in here.failures):
        return here
    failures = (*here.failures, Failure(now, attempt))[-rules.failures :]
    if here.state is BreakerState.CLOSED and len(failures) < rules.failures:
        return replace(here, failures=failures, code=code)
    return Breaker(state=BreakerState.OPEN, failures=failures, code=code, opened=now)


def released(breaker: Breaker, attempt: str) -> Breaker:
    """An attempt says nothing about the service: where it was the trial, the next one may be."""
    return replace(breaker, trial="", trial_ends=None) if breaker.trial == attempt else breaker


@dataclass(frozen=True, slots=True)
class Health:
    """Everything that is remembered, read at one moment."""

    known: Mapping[BreakerKey, Breaker]
    rules: BreakerRules
    now: datetime

    def breaker(self, name: str, credential: str) -> Breaker:
        """One service's or model's own breaker as it stands now."""
        found = self.known.get(BreakerKey(name, credential))
        return Breaker() if found is None else as_of(found, self.now, self.rules)

    def standing(self, service: str, credential: str) -> Standing:
        """A service with its models that have failed."""
        names = sorted(
            key.name
            for key in self.known
            if key.service == service and key.name != service and key.credential == credential
        )
        models = {name: self.condition(name, credential) for name in names}
        return Standing(
            own=self.condition(service, credential),
            models={name: condition for name, condition in models.items() if condition.failures},
        )

    def condition(self, name: str, credential: str) -> Condition:
        """One service or model for people to read."""
        found = self.breaker(name, credential)
        return Condition(
            state=found.state,
            failures=len(found.failures),
            code=found.code if found.failures else "",
            cause=cause(found),
            since=found.opened,
            until=None if found.opened is None else found.opened + self.rules.timeout,
        )

    def obstacle(self, model: str, credential: str, attempt: str = "") -> Obstacle | None:
        """Why a model may not be asked now, by its service's breaker or its own; None where it may.

        An attempt does not stand in its own way.
        """
        for name in (model.partition("/")[0], model):
            found = self._blocked(name, self.breaker(name, credential), attempt)
            if found is not None:
                return found
        return None

    def _blocked(self, name: str, breaker: Breaker, attempt: str) -> Obstacle | None:
        """What stands in the way of a call; None where nothing does."""
        if breaker.state is BreakerState.OPEN and breaker.opened is not None:
            until = breaker.opened + self.rules.timeout
            why = f"Circuit breaker OPEN: provider unavailable. {because(name, breaker)} {_advice(name, until)}"
            return Obstacle(why=why, short="Circuit breaker OPEN", until=until)
        if breaker.state is BreakerState.HALF_OPEN and on_trial(breaker, self.now) not in ("", attempt):
            why = f"Circuit breaker HALF_OPEN: a trial of {name} is under way. Try again when it has ended."
            return Obstacle(why=why, short="Circuit breaker HALF_OPEN", until=breaker.trial_ends)
        return None


def cause(breaker: Breaker) -> str:
    """`configuration` where a key or an account has to be changed, `outage` where waiting helps, else nothing."""
    if not breaker.failures:
        return ""
    return "configuration" if breaker.code in CONFIGURATION else "outage"


def because(name: str, breaker: Breaker) -> str:
    """Why a breaker has opened, in a sentence."""
    times = f"{len(breaker.failures)} times" if len(breaker.failures) > 1 else "once"
    said = breaker.code.replace("_", " ")
    if cause(breaker) == "configuration":
        return f"{name} failed {times}, at last with '{said}' (configuration): another key is tried at once."
    return f"{name} failed {times}, at last with '{said}'."


def _advice(name: str, until: datetime) -> str:
    return f"It is tried again from {until:%H:%M:%S} UTC on; to try now: limner providers reset {name}"
