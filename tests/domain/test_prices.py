"""Price arithmetic: quotes bracket bookings, and an unknown price is unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.domain.money import Money
from limner.domain.prices import Condition, Expectation, Facts, Meter, PriceList, Rate
from limner.domain.request import Operation, Size

TODAY = date(2026, 11, 21)
FACTS = Facts(operation=Operation.GENERATE, count=1, size=Size(1024, 1024), quality="low", prompt="a fox", inputs=0)


def rate(meter: Meter, usd: str, when: Condition | None = None) -> Rate:
    return Rate(meter=meter, usd=Decimal(usd), when=when or Condition(), as_of=TODAY, source="test")


def expects(meter: Meter, floor: int, likely: int, ceiling: int) -> Expectation:
    return Expectation(meter=meter, floor=floor, likely=likely, ceiling=ceiling)


TOKENS = PriceList(
    rates=(
        rate(Meter.INPUT_TEXT_TOKEN, "0.000005"),
        rate(Meter.INPUT_IMAGE_TOKEN, "0.000008"),
        rate(Meter.OUTPUT_IMAGE_TOKEN, "0.00003"),
    ),
    expectations=(
        expects(Meter.OUTPUT_IMAGE_TOKEN, 180, 200, 220),
        replace(expects(Meter.INPUT_IMAGE_TOKEN, 300, 1000, 7000), per_input=True),
    ),
)


@given(count=st.integers(1, 10), inputs=st.integers(0, 16), prompt=st.text(max_size=400), partials=st.integers(0, 3))
def test_estimates_are_ordered_and_never_below_exact(count: int, inputs: int, prompt: str, partials: int) -> None:
    facts = replace(FACTS, count=count, inputs=inputs, prompt=prompt, partials=partials)
    estimate = TOKENS.estimate(facts)
    assert estimate is not None
    assert Money() <= estimate.floor <= estimate.likely <= estimate.ceiling
    assert estimate.likely.dollars >= Decimal("0.00003") * 200 * count


@given(out=st.integers(180, 220), text=st.integers(0, 60), count=st.integers(1, 4))
def test_a_booking_within_expectations_lies_within_the_quote(out: int, text: int, count: int) -> None:
    facts = replace(FACTS, count=count, prompt="x" * 60)
    estimate = TOKENS.estimate(facts)
    usage = {Meter.INPUT_TEXT_TOKEN: Decimal(max(text, 8)), Meter.OUTPUT_IMAGE_TOKEN: Decimal(out * count)}
    charge = TOKENS.charge(usage, facts)
    assert estimate is not None
    assert charge is not None
    assert estimate.floor <= charge <= estimate.ceiling


def test_the_most_exact_rate_wins() -> None:
    prices = PriceList(
        rates=(
            rate(Meter.IMAGE, "0.05"),
            rate(Meter.IMAGE, "0.01", Condition(quality="low")),
            rate(Meter.IMAGE, "0.02", Condition(quality="low", size=Size(1024, 1024))),
            rate(Meter.IMAGE, "0.09", Condition(quality="high")),
        )
    )
    estimate = prices.estimate(replace(FACTS, count=3))
    assert estimate is not None
    assert estimate.floor == estimate.ceiling == Money.usd("0.06")


@pytest.mark.parametrize(
    "prices",
    [
        PriceList(),
        PriceList(rates=(rate(Meter.IMAGE, "0.09", Condition(quality="high")),)),
        PriceList(rates=(rate(Meter.OUTPUT_IMAGE_TOKEN, "0.00003"),)),
        PriceList(rates=(rate(Meter.STEP, "0.0001"),)),
    ],
)
def test_an_unknown_price_is_unknown_and_never_zero(prices: PriceList) -> None:
    assert prices.estimate(FACTS) is None


def test_usage_of_a_meter_without_a_rate_cannot_be_booked_by_usage() -> None:
    assert TOKENS.charge({Meter.SECOND: Decimal(3)}, FACTS) is None
    assert TOKENS.charge({Meter.SECOND: Decimal(0), Meter.OUTPUT_IMAGE_TOKEN: Decimal(100)}, FACTS) == Money.usd(
        "0.003"
    )


def test_what_is_free_costs_nothing() -> None:
    free = PriceList(free=True)
    estimate = free.estimate(FACTS)
    assert estimate is not None
    assert estimate.ceiling == Money()
    assert free.charge({Meter.SECOND: Decimal(3)}, FACTS) == Money()


def test_megapixels_and_steps_are_counted_before_anything_is_sent() -> None:
    prices = PriceList(rates=(rate(Meter.MEGAPIXEL, "0.01"), rate(Meter.STEP, "0.001"), rate(Meter.REQUEST, "0.002")))
    estimate = prices.estimate(replace(FACTS, count=2, size=Size(2000, 1000), steps=10))
    assert estimate is not None
    assert estimate.likely == Money.usd("0.062")
