"""Amounts and times in the words of the pages."""

from decimal import Decimal

import pytest

from limner.domain.money import Money
from limner.web.wording import duration, price, price_line


@pytest.mark.parametrize(
    "dollars,said",
    [
        ("0", "free"),
        ("0.0000004", "under $0.001"),
        ("0.0009", "under $0.001"),
        ("0.011", "$0.011"),
        ("0.04", "$0.04"),
        ("0.0534", "$0.053"),
        ("0.16", "$0.16"),
        ("0.5", "$0.50"),
        ("1", "$1.00"),
        ("38.176", "$38.18"),
    ],
)
def test_money_is_never_nothing_when_it_was_something(dollars: str, said: str) -> None:
    assert price(Money.usd(Decimal(dollars))) == said


def test_an_unknown_price_is_unknown() -> None:
    assert price(None) == "price unknown"


@pytest.mark.parametrize(
    "seconds,said",
    [(0.01, "0.1 s"), (0.4, "0.4 s"), (1.5, "2 s"), (12, "12 s"), (60, "1 min"), (80, "1 min 20 s"), (59.7, "1 min")],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_the_price_line() -> None:
    assert price_line(4, Money.usd("0.16"), 12) == "4 images · $0.16 · about 12 s"
    assert price_line(1, Money(), 2) == "1 image · free · about 2 s"
    assert price_line(4, None, 12) == "4 images · price unknown · about 12 s"
