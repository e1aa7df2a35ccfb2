"""What a share of few votes is worth."""

import pytest

from limner.domain.leaderboards import Score, wilson
from limner.domain.money import Money


@pytest.mark.parametrize(
    ("won", "count", "low", "high"),
    [  # worked out by hand from Wilson's formula, and as statsmodels 0.14 has it (proportion_confint, method="wilson")
        (10, 10, 0.7225, 1.0),
        (0, 10, 0.0, 0.2775),
        (1, 1, 0.2065, 1.0),
        (5, 10, 0.2366, 0.7634),
        (150, 212, 0.6431, 0.7647),
    ],
)
def test_the_interval_of_a_share(won: int, count: int, low: float, high: float) -> None:
    assert wilson(won / count, count) == pytest.approx((low, high), abs=1e-4)


def test_meetings_of_one_vote_make_nothing_more_certain() -> None:
    once = Score(name="a", title="A", points=3, meetings=3, votes=1, cost=Money(), seconds=1.0)
    assert (once.won, once.bounds) == (1.0, wilson(1.0, 1))
