"""Price arithmetic: quotes bracket bookings, and an unknown price is unknown."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

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


@given(areas=st.lists(st.integers(1, 20_000_000), max_size=4), count=st.integers(1, 3))
def test_input_megapixels_are_counted_from_the_pictures_themselves(areas: list[int], count: int) -> None:
    prices = PriceList(rates=(rate(Meter.IMAGE, "0.03"), rate(Meter.INPUT_MEGAPIXEL, "0.015")))
    estimate = prices.estimate(replace(FACTS, count=count, inputs=len(areas), input_areas=tuple(areas)))
    assert estimate is not None
    assert estimate.floor <= estimate.likely <= estimate.ceiling
    whole = sum(-(-area // 2**20) for area in areas)
    assert estimate.likely == Money.usd((Decimal("0.03") + whole * Decimal("0.015")) * count)
    assert (estimate.ceiling == Money.usd("0.03") * count) == (not areas)
    two = prices.charge({Meter.IMAGE: Decimal(1), Meter.INPUT_MEGAPIXEL: Decimal(2)}, FACTS)
    assert two == Money.usd("0.06")


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


def test_prompt_and_inputs_may_be_billed_again_for_each_picture() -> None:
    facts = replace(FACTS, prompt="x" * 80, inputs=2, operation=Operation.EDIT)
    for meter, floor, likely, ceiling in (
        (Meter.INPUT_TEXT_TOKEN, 10, 20 * 3, 144 * 3),
        (Meter.INPUT_IMAGE_TOKEN, 300 * 2, 1000 * 2 * 3, 7000 * 2 * 3),
        (Meter.OUTPUT_IMAGE_TOKEN, 180 * 3, 200 * 3, 220 * 3),
    ):
        prices = PriceList(rates=(rate(meter, "1"),), expectations=TOKENS.expectations)
        estimate = prices.estimate(replace(facts, count=3))
        assert estimate is not None
        amounts = (estimate.floor, estimate.likely, estimate.ceiling)
        assert amounts == tuple(Money.usd(units) for units in (floor, likely, ceiling))


@pytest.mark.parametrize(
    "size, quality, usd",
    [
        (Size(100, 100), None, "3"),
        (Size(100, 101), None, "2"),
        (Size(200, 200), None, "2"),
        (Size(200, 201), None, "1"),
        (Size(50, 50), None, "4"),
        (None, None, "1"),
        (Size(50, 50), "low", "4"),
        (Size(200, 200), "low", "5"),
        (Size(100, 100), "low", "5"),
    ],
)
def test_a_size_is_more_exact_than_a_class_and_a_small_class_than_a_large_one(
    size: Size | None, quality: str | None, usd: str
) -> None:
    prices = PriceList(
        rates=(
            rate(Meter.IMAGE, "1"),
            rate(Meter.IMAGE, "2", Condition(max_pixels=40_000)),
            rate(Meter.IMAGE, "3", Condition(max_pixels=10_000)),
            rate(Meter.IMAGE, "4", Condition(size=Size(50, 50))),
            rate(Meter.IMAGE, "4", Condition(size=Size(50, 50), quality="low")),
            rate(Meter.IMAGE, "5", Condition(max_pixels=40_000, quality="low")),
        )
    )
    estimate = prices.estimate(replace(FACTS, size=size, quality=quality))
    assert estimate is not None
    assert estimate.likely == Money.usd(usd)


SIZES = [Size(10, 10), Size(20, 10), Size(40, 40)]
METERS = [Meter.IMAGE, Meter.MEGAPIXEL, Meter.STEP, Meter.OUTPUT_IMAGE_TOKEN, Meter.SECOND]
WHENS = st.builds(
    Condition,
    quality=st.sampled_from([None, "low", "high"]),
    size=st.sampled_from([None, None, *SIZES]),
    operation=st.sampled_from([None, Operation.GENERATE, Operation.EDIT]),
) | st.builds(Condition, quality=st.sampled_from([None, "low"]), max_pixels=st.sampled_from([100, 200, 1600]))
AMOUNTS = st.decimals(Decimal("0.0000001"), Decimal(9), places=7)
LISTS = st.builds(
    PriceList,
    rates=st.lists(st.builds(rate, st.sampled_from(METERS), AMOUNTS.map(str), WHENS), max_size=8).map(tuple),
    expectations=st.lists(
        st.builds(
            Expectation,
            meter=st.sampled_from(METERS),
            floor=st.integers(0, 9),
            likely=st.integers(9, 20),
            ceiling=st.integers(20, 99),
            when=WHENS,
        ),
        max_size=8,
    ).map(tuple),
)
CALLS = st.builds(
    Facts,
    operation=st.sampled_from([Operation.GENERATE, Operation.EDIT]),
    count=st.integers(1, 4),
    size=st.sampled_from([None, *SIZES, Size(15, 10)]),
    quality=st.sampled_from([None, "low", "high", "other"]),
    prompt=st.just(""),
    inputs=st.just(0),
    steps=st.none() | st.integers(1, 50),
)


def slow_ceiling(prices: PriceList, facts: Facts) -> Money | None:
    """The ceiling of an estimate, from the meaning of a list: entry by entry, in decimals."""
    total, known = Decimal(0), False
    for meter in dict.fromkeys(rate.meter for rate in prices.rates):
        rates = [entry for entry in prices.rates if entry.meter is meter and entry.when.matches(facts)]
        if not rates:
            continue
        rows = [entry for entry in prices.expectations if entry.meter is meter and entry.when.matches(facts)]
        expected = max(rows, key=lambda entry: entry.when.weight).ceiling if rows else None
        counted = {Meter.IMAGE: Decimal(1), Meter.STEP: facts.steps}
        if facts.size is not None:
            counted[Meter.MEGAPIXEL] = Decimal(facts.size.pixels) / 1_000_000
        units = counted.get(meter)
        units = expected if units is None else units
        if units is None:
            return None
        total += max(rates, key=lambda entry: entry.when.weight).usd * units * facts.count
        known = True
    return Money.usd(total) if known else None


@given(prices=LISTS, facts=CALLS)
def test_the_index_finds_what_the_entries_say(prices: PriceList, facts: Facts) -> None:
    estimate = prices.estimate(facts)
    assert (None if estimate is None else estimate.ceiling) == slow_ceiling(prices, facts)


def test_a_list_can_be_changed_compared_and_carried() -> None:
    dearer = replace(TOKENS, rates=(*TOKENS.rates[:2], rate(Meter.OUTPUT_IMAGE_TOKEN, "0.00006")))
    before, after = TOKENS.estimate(FACTS), dearer.estimate(FACTS)
    assert before is not None
    assert after is not None
    assert after.ceiling > before.ceiling
    assert dearer != TOKENS
    same = PriceList(rates=TOKENS.rates, expectations=TOKENS.expectations)
    assert (same, hash(same), repr(same)) == (TOKENS, hash(TOKENS), repr(TOKENS))
    adapter = TypeAdapter(PriceList)
    for copy in (pickle.loads(pickle.dumps(TOKENS)), adapter.validate_json(adapter.dump_json(TOKENS))):
        assert copy == TOKENS
        assert copy.estimate(FACTS) == before
