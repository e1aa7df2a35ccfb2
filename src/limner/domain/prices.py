"""Price lists and the arithmetic on them.

A list has rates (what one unit of a meter costs) and expectations (how many units a picture is
likely to use, for meters that only the service can count, such as output tokens). A quote comes
from both; a booking comes from the service's own count where it gives one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from limner.domain.money import Estimate, Money
from limner.domain.request import Operation, Size


class Meter(StrEnum):
    """What a service counts."""

    IMAGE = "image"
    MEGAPIXEL = "megapixel"
    STEP = "step"
    SECOND = "second"
    REQUEST = "request"
    INPUT_TEXT_TOKEN = "input_text_token"
    INPUT_IMAGE_TOKEN = "input_image_token"
    OUTPUT_IMAGE_TOKEN = "output_image_token"
    OUTPUT_TEXT_TOKEN = "output_text_token"


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What a price may depend on, for one call."""

    operation: Operation
    count: int
    size: Size | None
    quality: str | None
    prompt: str
    inputs: int
    steps: int | None = None
    partials: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """When an entry applies; None applies always."""

    quality: str | None = None
    size: Size | None = None
    operation: Operation | None = None

    def matches(self, facts: Facts) -> bool:
        """Whether all that is set agrees with the call."""
        return (
            self.quality in (None, facts.quality)
            and self.size in (None, facts.size)
            and self.operation in (None, facts.operation)
        )

    @property
    def weight(self) -> int:
        """How exact it is: the most exact matching entry wins."""
        return sum(value is not None for value in (self.quality, self.size, self.operation))


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """What one unit of a meter costs."""

    meter: Meter
    usd: Decimal
    when: Condition = field(default_factory=Condition)
    as_of: date
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """How many units of a meter one picture (or one input picture) is likely to use."""

    meter: Meter
    floor: int
    likely: int
    ceiling: int
    when: Condition = field(default_factory=Condition)
    per_input: bool = False
    source: str = ""


Usage = Mapping[Meter, Decimal]
"""Units that a service says it has charged for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceList:
    """All rates and expectations of one model."""

    rates: tuple[Rate, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    free: bool = False

    def estimate(self, facts: Facts) -> Estimate | None:
        """What a call may cost, or None where the price is unknown."""
        if self.free:
            return Estimate(floor=Money(), likely=Money(), ceiling=Money())
        rates = best_rates(self.rates, facts)
        if not rates:
            return None
        totals = [Decimal(0), Decimal(0), Decimal(0)]
        for rate in rates:
            units = self._units(rate.meter, facts)
            if units is None:
                return None
            totals = [total + rate.usd * unit for total, unit in zip(totals, units, strict=True)]
        floor, likely, ceiling = (Money.usd(total) for total in totals)
        return Estimate(floor=floor, likely=likely, ceiling=ceiling)

    def charge(self, usage: Usage, facts: Facts) -> Money | None:
        """What a service's own count comes to, or None where a rate is missing."""
        if self.free:
            return Money()
        rates = {rate.meter: rate.usd for rate in best_rates(self.rates, facts)}
        if any(meter not in rates for meter, units in usage.items() if units):
            return None
        return Money.usd(sum((rates[meter] * units for meter, units in usage.items() if units), Decimal(0)))

    def _units(self, meter: Meter, facts: Facts) -> tuple[Decimal, Decimal, Decimal] | None:
        """Floor, likely and ceiling units of one meter for a whole call."""
        known = counted(meter, facts)
        if known is not None:
            return known
        candidates = [entry for entry in self.expectations if entry.meter is meter and entry.when.matches(facts)]
        if not candidates:
            return None
        best = max(candidates, key=lambda entry: entry.when.weight)
        times = facts.inputs if best.per_input else facts.count
        floor, likely, ceiling = best.floor * times, best.likely * times, best.ceiling * times
        if meter is Meter.OUTPUT_IMAGE_TOKEN:
            # Each partial picture adds about 100 output tokens (providers' image guides, 2026-11).
            likely, ceiling = likely + 100 * facts.partials * facts.count, ceiling + 110 * facts.partials * facts.count
        return Decimal(floor), Decimal(likely), Decimal(ceiling)


def counted(meter: Meter, facts: Facts) -> tuple[Decimal, Decimal, Decimal] | None:
    """Units of the meters that can be counted beforehand; None for those that cannot."""
    if meter is Meter.INPUT_TEXT_TOKEN:
        # A byte-level tokeniser never makes more tokens than bytes; English runs near four characters a token.
        size = len(facts.prompt.encode())
        return Decimal(size // 8), Decimal(-(-size // 4)), Decimal(size + 64)
    if meter is Meter.REQUEST:
        return (Decimal(1),) * 3
    if meter is Meter.IMAGE:
        return (Decimal(facts.count),) * 3
    if meter is Meter.MEGAPIXEL and facts.size is not None:
        return (Decimal(facts.size.pixels * facts.count) / 1_000_000,) * 3
    if meter is Meter.STEP and facts.steps is not None:
        return (Decimal(facts.steps * facts.count),) * 3
    return None


def best_rates(rates: Iterable[Rate], facts: Facts) -> list[Rate]:
    """The most exact matching rate of each meter."""
    best: dict[Meter, Rate] = {}
    for rate in rates:
        if rate.when.matches(facts) and (rate.meter not in best or rate.when.weight > best[rate.meter].when.weight):
            best[rate.meter] = rate
    return list(best.values())
