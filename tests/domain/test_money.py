"""Amounts are whole micro-dollars, rounded so that nothing is ever held or booked short."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.domain.money import MICRO, Money, share

amounts = st.decimals(min_value=0, max_value=10**6, places=12, allow_nan=False, allow_infinity=False)


@given(amount=amounts)
def test_dollars_round_up_by_less_than_one_micro_dollar(amount: Decimal) -> None:
    money = Money.usd(amount)
    assert 0 <= money.dollars - amount < Decimal(1) / MICRO


@given(total=st.integers(0, 10**12), parts=st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_shares_of_all_parts_cover_the_whole(total: int, parts: list[int]) -> None:
    whole = sum(parts)
    if whole:
        shares = [share(Money(total), part=part, whole=whole).micro for part in parts]
        assert total <= sum(shares) < total + len(parts)


@given(micro=st.integers(-(10**12), 10**12))
def test_a_cost_never_reads_as_nothing(micro: int) -> None:
    text = str(Money(micro))
    assert (text == "$0.00") == (micro == 0)
    shown = Decimal(text.replace("$", ""))
    assert abs(shown - Money(micro).dollars) <= Decimal("0.005")


@pytest.mark.parametrize(
    ("micro", "text"),
    [
        (0, "$0.00"),
        (40_000, "$0.04"),
        (160_000, "$0.16"),
        (6_000, "$0.006"),
        (5, "$0.000005"),
        (1_500_000, "$1.50"),
        (38_180_000, "$38.18"),
        (-250_000, "-$0.25"),
    ],
)
def test_how_amounts_read(micro: int, text: str) -> None:
    assert str(Money(micro)) == text


@pytest.mark.parametrize("text", ["", "ten", "NaN", "inf", "1e", "0x1"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Money.usd(text)
