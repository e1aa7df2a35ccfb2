"""What measured values say, and how they are shown."""

import pytest

from bench.figures import Figure, as_markdown, as_text, of_runs, percentile, shown


def test_a_ceiling_is_met_from_below() -> None:
    assert Figure(name="a", value=1.0, unit="ms", goal=1.0).verdict == "ok"
    assert Figure(name="a", value=1.1, unit="ms", goal=1.0).verdict == "over"


def test_a_floor_is_met_from_above() -> None:
    assert Figure(name="a", value=0.95, unit="", goal=0.95, at_least=True).verdict == "ok"
    assert Figure(name="a", value=0.94, unit="", goal=0.95, at_least=True).verdict == "under"


def test_errors_have_a_goal_of_none_at_all() -> None:
    assert Figure(name="errors", value=0, unit="answers", goal=0).verdict == "ok"
    errors = Figure(name="errors", value=1, unit="answers", goal=0)
    assert (errors.verdict, errors.ratio) == ("over", None)


def test_without_a_goal_nothing_is_judged() -> None:
    figure = Figure(name="a", value=3.0, unit="ms")
    assert (figure.verdict, figure.ratio) == ("", None)


def test_runs_give_their_median_and_their_ends() -> None:
    figure = of_runs("a", [5.0, 1.0, 2.0], "ms", goal=4.0)
    assert (figure.value, figure.spread, figure.ratio) == (2.0, (1.0, 5.0), 0.5)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (0.999, 100), (0.0, 1)])
def test_a_percentile_is_one_of_the_values(share: float, expected: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == expected


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.03251, "0.0325"), (1.4142, "1.41"), (29.96, "30.0"), (1234567, "1,234,567")]
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert shown(value) == text


def test_tables_hold_every_figure_and_its_note() -> None:
    figures = [
        Figure(name="first", value=1.0, unit="ms", goal=2.0, note="why it is so"),
        Figure(name="second", value=3.0, unit="MB"),
    ]
    lines = as_text(figures).splitlines()
    assert [line.split()[0] for line in lines] == ["measured", "first", "why", "second"]
    assert lines[1].split() == ["first", "1.00", "ms", "<=", "2.00", "0.50", "ok"]
    assert as_markdown(figures).splitlines()[2:] == [
        "| first | 1.00 ms |  | <= 2.00 | 0.50 | ok |",
        "| second | 3.00 MB |  |  |  |  |",
    ]
