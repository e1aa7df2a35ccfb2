"""The circuit breaker by itself: document 3's numbers, and a plain model that it must agree with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.domain.errors import FailureCode
from limner.domain.health import Breaker, BreakerKey, BreakerRules, BreakerState
from limner.engine.breaker import COUNTED, Health, as_of, entered, failed, released, succeeded
from limner.testing.fakes import NOON

RULES = BreakerRules()
CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
TEN_MINUTES = timedelta(minutes=10)


def opened(at: datetime = NOON, rules: BreakerRules = RULES, code: str = FailureCode.TIMED_OUT) -> Breaker:
    """One that has just had as many failures as open it."""
    found = Breaker()
    for number in range(rules.failures):
        found = failed(found, f"call {number}", code, at, rules)
    return found


@pytest.mark.req("S3-019", "S3-023", "S3-024")
def test_five_failures_within_ten_minutes_open_it_and_four_do_not() -> None:
    found = Breaker()
    for minute in range(4):
        found = failed(found, f"a{minute}", FailureCode.OVERLOADED, NOON + timedelta(minutes=minute), RULES)
        assert found.state is CLOSED
    assert failed(found, "a", FailureCode.OVERLOADED, NOON + timedelta(minutes=9), RULES).state is OPEN


@pytest.mark.req("S3-020")
def test_failures_older_than_the_window_are_forgotten() -> None:
    found = Breaker()
    for number in range(4):
        found = failed(found, f"a{number}", FailureCode.OVERLOADED, NOON, RULES)
    assert failed(found, "a", FailureCode.OVERLOADED, NOON + TEN_MINUTES, RULES).state is CLOSED
    assert failed(found, "a", FailureCode.OVERLOADED, NOON + TEN_MINUTES - timedelta(seconds=1), RULES).state is OPEN


def test_a_success_between_them_begins_the_count_anew() -> None:
    found = Breaker()
    for number in range(4):
        found = failed(found, f"a{number}", FailureCode.OVERLOADED, NOON, RULES)
    found = succeeded(found, "b", NOON, RULES)
    assert failed(found, "c", FailureCode.OVERLOADED, NOON, RULES).state is CLOSED


@pytest.mark.req("S3-021", "S3-025", "S3-028", "S3-108")
def test_it_blocks_for_ten_minutes_and_then_lets_one_through() -> None:
    found = opened()
    until = NOON + timedelta(hours=1)
    assert entered(found, "b", NOON + TEN_MINUTES - timedelta(milliseconds=1), until, RULES) is None
    trial = entered(found, "b", NOON + TEN_MINUTES, until, RULES)
    assert trial is not None
    assert trial.state is HALF_OPEN
    assert entered(trial, "c", NOON + TEN_MINUTES, until, RULES) is None
    assert entered(trial, "b", NOON + TEN_MINUTES, until, RULES) == trial


def on_trial(rules: BreakerRules = RULES) -> Breaker:
    found = entered(opened(rules=rules), "trial", NOON + TEN_MINUTES, NOON + timedelta(hours=1), rules)
    assert found is not None
    return found


@pytest.mark.req("S3-022", "S3-026", "S3-108")
def test_one_success_on_trial_closes_it() -> None:
    assert succeeded(on_trial(), "trial", NOON + TEN_MINUTES, RULES) == Breaker()


def test_as_many_successes_as_are_wanted_close_it() -> None:
    rules = BreakerRules(successes=2)
    once = succeeded(on_trial(rules), "trial", NOON + TEN_MINUTES, rules)
    assert once.state is HALF_OPEN
    again = entered(once, "next", NOON + TEN_MINUTES, NOON + timedelta(hours=1), rules)
    assert again is not None
    assert succeeded(again, "next", NOON + TEN_MINUTES, rules) == Breaker()


@pytest.mark.req("S3-027", "S3-108")
def test_a_failure_on_trial_opens_it_for_another_ten_minutes() -> None:
    later = NOON + TEN_MINUTES
    again = failed(on_trial(), "trial", FailureCode.TIMED_OUT, later, RULES)
    assert again.state is OPEN
    assert len(again.failures) == 5
    assert entered(again, "b", later + TEN_MINUTES - timedelta(seconds=1), later + TEN_MINUTES, RULES) is None
    assert entered(again, "b", later + TEN_MINUTES, later + timedelta(hours=1), RULES) is not None


def test_stragglers_that_were_sent_before_say_nothing_about_now() -> None:
    found = opened()
    assert succeeded(found, "early", NOON, RULES) == found
    assert failed(found, "early", FailureCode.TIMED_OUT, NOON + timedelta(minutes=5), RULES) == found
    assert succeeded(on_trial(), "early", NOON + TEN_MINUTES, RULES) == on_trial()


def test_a_trial_that_says_nothing_or_is_lost_makes_way_for_the_next() -> None:
    at, until = NOON + TEN_MINUTES, NOON + timedelta(hours=1)
    assert entered(released(on_trial(), "trial"), "next", at, until, RULES) is not None
    assert entered(released(on_trial(), "other"), "next", at, until, RULES) is None
    assert entered(on_trial(), "next", NOON + timedelta(hours=1), NOON + timedelta(hours=2), RULES) is not None


def test_a_threshold_of_nothing_never_blocks() -> None:
    rules, found = BreakerRules(failures=0), Breaker()
    for number in range(50):
        found = failed(found, f"a{number}", FailureCode.TIMED_OUT, NOON, rules)
    assert found.state is CLOSED


def test_an_attempt_counts_once_however_many_of_its_calls_fail() -> None:
    found = Breaker()
    for attempt in ("a", "b", "a", "a", "b", "b", "a"):
        found = failed(found, attempt, FailureCode.OVERLOADED, NOON, RULES)
    assert (found.state, len(found.failures)) == (CLOSED, 2)


@pytest.mark.req("S3-029")
@pytest.mark.parametrize(
    "code", [FailureCode.TIMED_OUT, FailureCode.AUTHENTICATION, FailureCode.OVERLOADED, FailureCode.RATE_LIMITED]
)
def test_five_of_a_kind_open_it_and_one_does_not(code: FailureCode) -> None:
    assert code in COUNTED
    assert failed(Breaker(), "a", code, NOON, RULES).state is CLOSED
    assert opened(code=code).state is OPEN


def test_what_a_person_did_is_not_counted() -> None:
    assert not COUNTED & {FailureCode.BAD_PARAMETER, FailureCode.REFUSED, FailureCode.CANCELLED, FailureCode.EXPIRED}


@pytest.mark.req("S3-032", "S3-050")
def test_its_words_are_document_3s_and_a_wrong_key_is_called_configuration() -> None:
    known = {
        BreakerKey("acme", "k"): opened(code=FailureCode.AUTHENTICATION),
        BreakerKey("acme/two", "k"): opened(code=FailureCode.OVERLOADED),
        BreakerKey("acme/two", "old key"): opened(),
    }
    health = Health(known, RULES, NOON + timedelta(minutes=1))
    found = health.obstacle("acme/one", "k")
    assert found is not None
    assert found.why.startswith("Circuit breaker OPEN: provider unavailable. ")
    assert "configuration" in found.why
    assert found.short == "Circuit breaker OPEN"
    assert found.until == NOON + TEN_MINUTES
    standing = health.standing("acme", "k")
    assert (standing.own.cause, standing.own.words) == (
        "configuration",
        "Circuit breaker OPEN (5 failures, configuration)",
    )
    assert {model: one.words for model, one in standing.models.items()} == {
        "acme/two": "Circuit breaker OPEN (5 failures)"
    }
    assert health.standing("other", "k").own.words == "Provider operational"
    assert Health(known, RULES, NOON + TEN_MINUTES).standing("acme", "k").own.state is HALF_OPEN


# --- against a plain model -----------------------------------------------------------------------


@dataclass
class Plain:
    """The same, as slowly and plainly as it can be said: from the whole history, with words instead of states."""

    rules: BreakerRules
    row: list[tuple[datetime, str]] = field(default_factory=list)
    blocked_since: datetime | None = None
    holder: str | None = None
    holds_until: datetime | None = None
    well: int = 0

    def trying(self, now: datetime) -> bool:
        return self.blocked_since is not None and now - self.blocked_since >= self.rules.timeout

    def state(self, now: datetime) -> BreakerState:
        if self.blocked_since is None:
            return CLOSED
        return HALF_OPEN if self.trying(now) else OPEN

    def enter(self, call: str, now: datetime, until: datetime) -> bool:
        if self.blocked_since is None:
            return True
        if not self.trying(now):
            return False
        if self.holder not in (None, call) and self.holds_until is not None and now < self.holds_until:
            return False
        self.holder, self.holds_until = call, until
        return True

    def succeed(self, call: str) -> None:
        if self.blocked_since is None:
            self.row = []
        elif self.holder == call:
            self.well += 1
            self.holder = None
            if self.well >= self.rules.successes:
                self.row, self.blocked_since, self.well = [], None, 0

    def fail(self, call: str, now: datetime) -> None:
        if self.blocked_since is None:
            self.row = [(at, by) for at, by in self.row if now - at < self.rules.window]
            if call in [by for _, by in self.row]:
                return
            self.row.append((now, call))
            if len(self.row) >= self.rules.failures:
                self.blocked_since = now
        elif self.holder == call:
            self.blocked_since, self.holder, self.well = now, None, 0

    def release(self, call: str) -> None:
        if self.holder == call:
            self.holder = None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["enter", "enter", "succeed", "fail", "fail", "fail", "release"]),
        st.sampled_from("abcdefgh"),
        st.integers(0, 700),
    ),
    max_size=60,
)


@given(steps=STEPS, failures=st.integers(1, 5), successes=st.integers(1, 3), patience=st.integers(1, 2000))
def test_it_agrees_with_a_plain_model(
    steps: list[tuple[str, str, int]], failures: int, successes: int, patience: int
) -> None:
    rules = BreakerRules(failures=failures, successes=successes)
    found, plain, now = Breaker(), Plain(rules), NOON
    for what, call, seconds in steps:
        now += timedelta(seconds=seconds)
        if what == "enter":
            until = now + timedelta(seconds=patience)
            let = entered(found, call, now, until, rules)
            assert (let is not None) == plain.enter(call, now, until)
            found = let or found
        elif what == "succeed":
            found = succeeded(found, call, now, rules)
            plain.succeed(call)
        elif what == "fail":
            found = failed(found, call, FailureCode.TIMED_OUT, now, rules)
            plain.fail(call, now)
        else:
            found = released(found, call)
            plain.release(call)
        assert as_of(found, now, rules).state is plain.state(now)
