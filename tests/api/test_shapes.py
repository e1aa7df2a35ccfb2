"""How values are written into answers."""

import pytest

from limner.api.shapes import amount
from limner.domain.money import Money


@pytest.mark.parametrize(
    ("micro", "usd"),
    [
        (0, "0.00"),
        (1, "0.000001"),
        (53_000, "0.053"),
        (50_000, "0.05"),
        (1_500_000, "1.50"),
        (12_000_000, "12.00"),
        (1_234_567, "1.234567"),
        (-40_000, "-0.04"),
    ],
)
def test_amounts_are_exact_with_two_places_or_as_many_as_they_need(micro: int, usd: str) -> None:
    assert amount(Money(micro)) == {"micro_usd": micro, "usd": usd}


def test_an_unknown_amount_is_not_nothing() -> None:
    assert amount(None) is None
