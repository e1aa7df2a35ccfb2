"""Windows of the calendar, the names of sums, and what is said when a budget is used up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.domain.budgets import Budget, Counted, Kind, Scope, Window, scope_name, tightest

LATE = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
moments = st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


def a_budget(
    *, name: str = "harbour", window: Window = Window.DAY, counted: Counted = Counted.USD, limit: int = 5_000_000
) -> Budget:
    kind = Kind.PROJECT if name else Kind.EVERYONE
    return Budget(
        id="b1", kind=kind, name=name, window=window, counted=counted, limit=limit, created=LATE, created_by="boss"
    )


@pytest.mark.parametrize(
    ("window", "period", "resets"),
    [
        (Window.HOUR, "2026-12-31T23", datetime(2027, 1, 1, tzinfo=UTC)),
        (Window.DAY, "2026-12-31", datetime(2027, 1, 1, tzinfo=UTC)),
        (Window.MONTH, "2026-12", datetime(2027, 1, 1, tzinfo=UTC)),
        (Window.ALL, "always", None),
    ],
)
def test_a_window_has_a_name_and_an_end(window: Window, period: str, resets: datetime | None) -> None:
    assert (window.period(LATE), window.resets(LATE)) == (period, resets)


@given(at=moments, window=st.sampled_from([Window.HOUR, Window.DAY, Window.MONTH]))
def test_a_window_ends_where_the_next_one_begins(at: datetime, window: Window) -> None:
    end = window.resets(at)
    assert end is not None
    assert at < end
    assert window.period(end) != window.period(at) == window.period(end - timedelta(microseconds=1))


names = st.text(st.sampled_from("a/:days"), min_size=1, max_size=8) | st.sampled_from(["x/day", "x/day/pictures"])
keys = st.tuples(st.sampled_from(list(Kind)), names, st.sampled_from(list(Window)), st.sampled_from(list(Counted)))


@given(one=keys, other=keys)
def test_no_two_budgets_share_their_sums(
    one: tuple[Kind, str, Window, Counted], other: tuple[Kind, str, Window, Counted]
) -> None:
    one, other = ((key[0], "" if key[0] is Kind.EVERYONE else key[1], key[2], key[3]) for key in (one, other))
    assert (scope_name(*one) == scope_name(*other)) == (one == other)


def test_the_tightest_of_one_name_decides_and_the_order_is_always_the_same() -> None:
    wide, narrow, other = (
        Scope(name=name, period="p", limit=limit, message="") for name, limit in (("b", 9), ("b", 4), ("a", 1))
    )
    assert tightest([wide, narrow, other]) == tightest([other, narrow, wide]) == [other, narrow]


@pytest.mark.parametrize(
    ("budget", "said", "code", "wait"),
    [
        (a_budget(), "project harbour has $5/day", "budget_exceeded", 1e-6),
        (a_budget(counted=Counted.PICTURES, limit=3), "harbour has 3 images/day", "image_limit_exceeded", 1e-6),
        (a_budget(name=""), "everyone has $5/day", "budget_exceeded", 1e-6),
        (a_budget(window=Window.ALL), "project harbour has $5 in all", "budget_exceeded", None),
        (a_budget(window=Window.ALL, counted=Counted.PICTURES, limit=3), "3 images in all", "budget_exceeded", None),
    ],
)
def test_what_is_said_of_a_budget_that_is_used_up(budget: Budget, said: str, code: str, wait: float | None) -> None:
    error = budget.scope(LATE).exceeded(LATE)
    assert said in error.message
    assert (error.code, error.retry_after, error.retryable) == (code, wait, wait is not None)
    assert error.problem().retry_after == wait
