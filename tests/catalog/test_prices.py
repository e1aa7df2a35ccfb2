"""Prices of the built-in models: what they come to, and that no call escapes its ceiling."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.domain.model_card import ModelCard, Status
from limner.domain.money import MICRO, Money
from limner.domain.prices import Expectation, Facts, Meter
from limner.domain.request import Operation, Size
from limner.engine.sizes import snap
from tests.shipped import shipped

CATALOG = shipped()
SOLD = [card for card in CATALOG.models if card.status in (Status.LIVE, Status.DEPRECATED)]
PAID = [card for card in SOLD if card.prices.rates]
METERED = [
    card
    for card in PAID
    if {rate.meter for rate in card.prices.rates} - {Meter.INPUT_TEXT_TOKEN}
    == {entry.meter for entry in card.prices.expectations}
]
"""What they cost is known when all is counted that is expected, and the words."""
PROMPT = "a lighthouse at dusk"


def qualities(card: ModelCard) -> tuple[str | None, ...]:
    rule = card.parameter("quality")
    return (None, *(rule.choices if rule else ()))


def sizes(card: ModelCard) -> list[Size | None]:
    """Sizes of every kind that the model makes; one call without a size where it makes none."""
    rule = card.sizes
    found: list[Size | None] = [*rule.fixed]
    found += [rule.nominal(aspect, word) for aspect in rule.aspects for word in (rule.resolutions or [None])]
    found += [snap(rule.grid, wanted) for wanted in (Size(3840, 2160), Size(480, 1424))] if rule.grid else []
    return found or [rule.default]


def facts(card: ModelCard, **changes: object) -> Facts:
    usual: dict[str, object] = {
        "operation": Operation.GENERATE,
        "count": 1,
        "size": Size(1024, 1024),
        "quality": "medium",
        "prompt": PROMPT,
        "inputs": 0,
        "steps": steps.default if (steps := card.parameter("steps")) else None,
    }
    return Facts(**(usual | changes))  # type: ignore[arg-type]  # the fields of Facts


def tokens(name: str, quality: str, size: Size) -> Expectation:
    wanted = facts(CATALOG.find(name), quality=quality, size=size)
    found = [
        entry
        for entry in CATALOG.find(name).prices.expectations
        if entry.meter is Meter.OUTPUT_IMAGE_TOKEN and entry.when.matches(wanted)
    ]
    return max(found, key=lambda entry: entry.when.weight)


@pytest.mark.parametrize("card", PAID, ids=lambda card: card.name)
def test_estimates_rise_from_floor_to_ceiling_for_every_call(card: ModelCard) -> None:
    for quality, size, count in product(qualities(card), sizes(card), (1, 2, card.max_count)):
        for inputs, partials in ((0, 0), (1, 0), (card.max_inputs, 3)):
            operation = Operation.EDIT if inputs else Operation.GENERATE
            if operation is Operation.GENERATE and operation not in card.operations:
                continue
            about = facts(
                card,
                quality=quality,
                size=size,
                count=count,
                inputs=inputs,
                input_areas=(1_000_000,) * inputs,
                partials=partials,
                operation=operation,
            )
            estimate = card.prices.estimate(about)
            assert estimate is not None
            assert Money() < estimate.floor <= estimate.likely <= estimate.ceiling


@settings(deadline=None)
@given(data=st.data())
def test_what_is_used_as_expected_is_charged_within_the_estimate(data: st.DataObject) -> None:
    card = data.draw(st.sampled_from(METERED))
    inputs = data.draw(st.integers(0, card.max_inputs))
    about = facts(
        card,
        quality=data.draw(st.sampled_from(qualities(card))),
        size=data.draw(st.sampled_from(sizes(card))),
        count=data.draw(st.integers(1, card.max_count)),
        inputs=inputs,
        operation=Operation.EDIT if inputs else Operation.GENERATE,
        prompt=data.draw(st.text(max_size=200)),
    )
    size = len(about.prompt.encode())
    billed = data.draw(st.integers(1, about.count))  # how often the service bills what goes in
    rates = {rate.meter: rate.usd for rate in card.prices.rates}
    usage = {}
    if Meter.INPUT_TEXT_TOKEN in rates:
        usage[Meter.INPUT_TEXT_TOKEN] = Decimal(data.draw(st.integers(size // 8, size + 64)) * billed)
    for meter in {entry.meter for entry in card.prices.expectations}:
        matching = [e for e in card.prices.expectations if e.meter is meter and e.when.matches(about)]
        entry = max(matching, key=lambda entry: entry.when.weight)
        times = about.inputs * billed if entry.per_input else about.count
        usage[meter] = Decimal(data.draw(st.integers(entry.floor, entry.ceiling)) * times)
    estimate, charge = card.prices.estimate(about), card.prices.charge(usage, about)
    assert estimate is not None
    assert charge is not None
    assert estimate.floor <= charge <= estimate.ceiling
    exact = sum((rates[meter] * units for meter, units in usage.items()), Decimal(0)) * MICRO
    assert exact <= charge.micro < exact + 1


@pytest.mark.parametrize(
    "name, text, picture, output",
    [
        ("gpt-image-2", "5", "8", "30"),
        ("gpt-image-2.5-sunburst", "5", "8", "30"),
        ("gpt-image-2.5-flare", "5", "8", "30"),
        ("gpt-image-2.6-sunburst", "5", "8", "30"),
        ("gpt-image-2.6-flare", "5", "8", "30"),
        ("gpt-image-1.5", "5", "8", "32"),
        ("chatgpt-image-latest", "5", "8", "32"),
        ("gpt-image-1-mini", "2", "2.5", "8"),
        ("gpt-image-1", "5", "10", "40"),
    ],
)
def test_dollars_for_a_million_tokens(name: str, text: str, picture: str, output: str) -> None:
    rates = {rate.meter: rate.usd * MICRO for rate in CATALOG.find(name).prices.rates}
    assert rates[Meter.INPUT_TEXT_TOKEN] == Decimal(text)
    assert rates[Meter.INPUT_IMAGE_TOKEN] == Decimal(picture)
    assert rates[Meter.OUTPUT_IMAGE_TOKEN] == Decimal(output)


@pytest.mark.parametrize(
    "name, square, wide",
    [
        (
            "gpt-image-2",
            {"low": ".006", "medium": ".053", "high": ".211"},
            {"low": ".005", "medium": ".041", "high": ".165"},
        ),
        (
            "gpt-image-1.5",
            {"low": ".009", "medium": ".034", "high": ".133"},
            {"low": ".013", "medium": ".05", "high": ".2"},
        ),
        (
            "gpt-image-1-mini",
            {"low": ".005", "medium": ".011", "high": ".036"},
            {"low": ".006", "medium": ".015", "high": ".052"},
        ),
    ],
)
def test_a_picture_costs_what_the_price_page_says(name: str, square: dict[str, str], wide: dict[str, str]) -> None:
    [rate] = [rate.usd for rate in CATALOG.find(name).prices.rates if rate.meter is Meter.OUTPUT_IMAGE_TOKEN]
    mill = Decimal("0.001")
    for size, published in ((Size(1024, 1024), square), (Size(1536, 1024), wide), (Size(1024, 1536), wide)):
        for quality, price in published.items():
            found = tokens(name, quality, size)
            assert (found.likely * rate).quantize(mill) == Decimal(price)
            assert found.floor * rate <= Decimal(price)
            assert found.ceiling * rate >= Decimal(price) + mill / 2 or found.ceiling >= found.likely * Decimal("1.05")


@pytest.mark.parametrize(
    "name, quality, size, measured",
    [
        ("gpt-image-2", "low", Size(1024, 1024), 196),
        ("gpt-image-2", "high", Size(3584, 2048), 12329),
        ("gpt-image-2", "low", Size(976, 704), 129),
        ("gpt-image-2", "low", Size(960, 720), 130),
        ("gpt-image-2", "high", Size(1792, 1024), 5063),
        ("gpt-image-2.5-flare", "medium", Size(1024, 1024), 439),
        ("gpt-image-2.5-sunburst", "max", Size(1024, 1024), 7024),
        ("gpt-image-2.6-sunburst", "low", Size(1536, 1024), 664),
        ("gpt-image-2.6-flare", "high", Size(1536, 1024), 1353),
        ("gpt-image-2.6-flare", "high", Size(3840, 2160), 3337),
        ("gpt-image-2.6-flare", "auto", Size(1024, 1024), 5800),
    ],
)
def test_what_was_measured_lies_within(name: str, quality: str, size: Size, measured: int) -> None:
    found = tokens(name, quality, size)
    assert found.floor <= measured <= found.ceiling


@pytest.mark.parametrize("family", ["gpt-image-2", "gpt-image-2.5-sunburst", "gpt-image-2.6-sunburst"])
def test_a_wider_row_covers_the_narrower_ones(family: str) -> None:
    rows = [entry for entry in CATALOG.find(family).prices.expectations if entry.meter is Meter.OUTPUT_IMAGE_TOKEN]
    for wide, narrow in product(rows, rows):
        if wide.when.size is None and wide.when.quality in (None, narrow.when.quality):
            least = narrow.when.size.pixels if narrow.when.size else narrow.when.max_pixels
            limit = wide.when.max_pixels
            if limit is None or (least is not None and least <= limit):
                assert wide.ceiling >= narrow.ceiling
            if limit is None:
                assert wide.floor <= narrow.floor


CELLS = {
    "gpt-image-2": {"low": 16, "medium": 48, "high": 96},
    "gpt-image-2.5-sunburst": {"low": 16, "medium": 24, "high": 48, "xhigh": 64, "max": 96},
    "gpt-image-2.6-sunburst": {"high": 48, "xhigh": 64, "max": 96},
}
"""Cells of the longer edge in OpenAI's calculator, by quality."""
STEPS = range(480, 3841, 16)
GRID = [
    Size(width, height)
    for width, height in product(STEPS, STEPS)
    if 655_360 <= width * height <= 8_294_400 and max(width, height) <= 3 * min(width, height)
]


def calculated(cells: int, size: Size) -> int:
    """Output tokens of one picture by OpenAI's calculator (community.openai.com/t/1382699)."""
    short, long = sorted((size.width, size.height))
    across = (2 * cells * short + long) // (2 * long)
    return -(-cells * across * (2_000_000 + size.pixels) // 4_000_000)


@pytest.mark.parametrize("family, quality", [(family, quality) for family in CELLS for quality in CELLS[family]])
@settings(deadline=None)
@given(size=st.sampled_from(GRID))
def test_the_calculator_is_within_the_row_of_every_size(family: str, quality: str, size: Size) -> None:
    row, exact = tokens(family, quality, size), calculated(CELLS[family][quality], size)
    assert row.floor <= exact <= row.ceiling
    assert row.ceiling <= row.likely * (1.6 if "2.6" in family else 1.35)


@pytest.mark.parametrize("family", CELLS)
def test_the_square_of_the_most_pixels_and_three_to_one_of_the_fewest_are_within_their_class(family: str) -> None:
    corners = [Size(edge, edge) for edge in range(816, 2881, 16)]
    corners += [Size(1424, 480), Size(1776, 592), Size(2208, 736), Size(2688, 896), Size(3840, 1280)]
    for quality, size in product(CELLS[family], corners):
        row = tokens(family, quality, size)
        assert row.floor <= calculated(CELLS[family][quality], size) <= row.ceiling


@pytest.mark.parametrize(
    "name, quality, most",
    [
        ("gpt-image-2", "high", "0.12"),
        ("gpt-image-2.5-sunburst", "max", "0.12"),
        ("gpt-image-2.6-sunburst", "max", "0.15"),
        ("gpt-image-2", "auto", "0.23"),
    ],
)
def test_a_small_picture_holds_no_more_than_it_may_cost(name: str, quality: str, most: str) -> None:
    card = CATALOG.find(name)
    estimate = card.prices.estimate(facts(card, quality=quality, size=Size(1280, 720)))
    assert estimate is not None
    assert estimate.ceiling <= Money.usd(most)


GRID_MODELS = [card for card in PAID if card.service == "openai" and card.status is Status.LIVE]


@settings(deadline=None)
@given(data=st.data())
def test_estimates_of_every_live_model_grow_with_the_pictures(data: st.DataObject) -> None:
    card = data.draw(st.sampled_from(GRID_MODELS))
    inputs = data.draw(st.integers(0, 3))
    about = facts(
        card,
        quality=data.draw(st.sampled_from(qualities(card))),
        size=data.draw(st.sampled_from(card.sizes.fixed) | st.sampled_from(GRID) | st.none()),
        inputs=inputs,
        operation=Operation.EDIT if inputs else Operation.GENERATE,
        prompt=data.draw(st.text(max_size=100)),
    )
    matching = [e for e in card.prices.expectations if e.meter is Meter.OUTPUT_IMAGE_TOKEN and e.when.matches(about)]
    [rate] = [rate.usd for rate in card.prices.rates if rate.meter is Meter.OUTPUT_IMAGE_TOKEN]
    output = Money.usd(max(matching, key=lambda entry: entry.when.weight).ceiling * rate)
    last = None
    for count in range(1, 11):
        estimate = card.prices.estimate(replace(about, count=count))
        assert estimate is not None
        assert Money() < estimate.floor <= estimate.likely <= estimate.ceiling
        assert estimate.ceiling >= output * count - Money(count)  # each single amount may be rounded up
        if last is not None:
            assert last.floor < estimate.floor
            assert last.likely < estimate.likely
            assert last.ceiling < estimate.ceiling
        last = estimate


def test_inputs_are_paid_for_with_each_picture_of_a_call() -> None:
    card = CATALOG.find("gpt-image-2")
    about = facts(card, operation=Operation.EDIT, inputs=2, count=10)
    usage = {
        Meter.INPUT_TEXT_TOKEN: Decimal((len(PROMPT) + 6) * 10),
        Meter.INPUT_IMAGE_TOKEN: Decimal(1536 * 2 * 10),
        Meter.OUTPUT_IMAGE_TOKEN: Decimal(1844 * 10),
    }
    charge, estimate = card.prices.charge(usage, about), card.prices.estimate(about)
    assert charge is not None
    assert estimate is not None
    assert charge <= estimate.ceiling
    single = card.prices.estimate(facts(card, operation=Operation.EDIT, inputs=2))
    assert single is not None
    assert estimate.ceiling <= single.ceiling * 10
    assert estimate.likely >= Money.usd(single.likely.dollars * 10) - Money(10)


@pytest.mark.req("S3-007")
def test_the_dall_e_models_are_known_with_their_prices_options_and_heir() -> None:
    three, two = CATALOG.find("dall-e-3"), CATALOG.find("dall-e-2")
    assert {rate.usd for rate in three.prices.rates} == {Decimal("0.04"), Decimal("0.08"), Decimal("0.12")}
    quality, style = three.parameter("quality"), three.parameter("style")
    assert quality is not None
    assert "hd" in quality.choices
    assert style is not None
    assert style.choices == ("vivid", "natural")
    assert two.max_count == 10
    for card in (two, three):
        assert card.successor == "openai/gpt-image-2"
    assert {"ultra", "high"} <= set(CATALOG.find("openai/gpt-image-2").tiers)


def test_hd_and_standard_are_understood_by_every_model_that_has_qualities() -> None:
    rules = [rule for card in SOLD if (rule := card.parameter("quality"))]
    assert len(rules) >= 8
    for rule in rules:
        assert {"hd", "standard"} <= {*rule.choices, *rule.aliases}
        assert rule.default is not None


def test_the_artist_costs_nothing() -> None:
    card = CATALOG.find("sketch")
    estimate = card.prices.estimate(facts(card))
    assert estimate is not None
    assert estimate.ceiling == Money()
    assert card.prices.free
    assert CATALOG.service("sketch").local
    assert CATALOG.service("sketch").algorithmic
    assert not CATALOG.service("openai").algorithmic
    assert CATALOG.service("sketch").key_variables == ()
