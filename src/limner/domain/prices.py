"""Price lists and the arithmetic on them.

A list has rates (what one unit of a meter costs) and expectations (how many units a picture is likely to use, for
meters that only the service can count). A quote comes from both; a booking from the service's own count, if any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from math import lcm

from limner.domain.choice import Choice, Place, place
from limner.domain.money import FREE, MICRO, Estimate, Money
from limner.domain.request import Operation, Size


class Meter(StrEnum):
    """What a service counts."""

    IMAGE = "image"
    MEGAPIXEL = "megapixel"
    STEP = "step"
    SECOND = "second"
    REQUEST = "request"
    INPUT_MEGAPIXEL = "input_megapixel"
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
    input_areas: tuple[int, ...] = ()
    """Pixels of each input picture, without masks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """When an entry applies; None applies always."""

    quality: str | None = None
    size: Size | None = None
    max_pixels: int | None = None
    """A class of sizes: those of at most so many pixels. A call of unknown size is in no class."""
    operation: Operation | None = None

    def matches(self, facts: Facts) -> bool:
        """Whether all that is set agrees with the call."""
        return (
            self.quality in (None, facts.quality)
            and self.size in (None, facts.size)
            and (self.max_pixels is None or (facts.size is not None and facts.size.pixels <= self.max_pixels))
            and self.operation in (None, facts.operation)
        )

    @property
    def weight(self) -> tuple[int, bool, int]:
        """How exact it is: the entry of the greatest weight wins.

        More conditions are more exact than fewer; then a size is more exact than a class of sizes, and a smaller
        class than a larger one.
        """
        area = self.size is not None or self.max_pixels is not None
        count = (self.quality is not None) + area + (self.operation is not None)
        return count, self.size is not None, -(self.max_pixels or 0)


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
    """How many units of a meter one picture is likely to use."""

    meter: Meter
    floor: int
    likely: int
    ceiling: int
    when: Condition = field(default_factory=Condition)
    per_input: bool = False
    """For one input picture. Services may count inputs again with each picture that a call makes."""
    source: str = ""


Usage = Mapping[Meter, Decimal]
"""Units that a service says it has charged for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceList:
    """All rates and expectations of one model."""

    rates: tuple[Rate, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    free: bool = False
    _index: _Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", _Index.of(self.rates, self.expectations))

    def estimate(self, facts: Facts) -> Estimate | None:
        """What a call may cost, or None where the price is unknown."""
        if self.free:
            return FREE
        where = place(facts.size)
        floor = likely = ceiling = 0
        known = False
        for line in self._index.lines:
            rate = line.rates.best(facts.quality, facts.operation, where)
            if rate is None:
                continue
            units = line.units(facts, where)
            if units is None:
                return None
            known = True
            price = rate[1]
            floor, likely, ceiling = floor + price * units[0], likely + price * units[1], ceiling + price * units[2]
        if not known:
            return None
        parts = self._index.parts
        return Estimate(
            floor=Money(-(-floor // parts)), likely=Money(-(-likely // parts)), ceiling=Money(-(-ceiling // parts))
        )

    def charge(self, usage: Usage, facts: Facts) -> Money | None:
        """What a service's own count comes to, or None where a rate is missing."""
        if self.free:
            return Money()
        where = place(facts.size)
        found = {line.meter: line.rates.best(facts.quality, facts.operation, where) for line in self._index.lines}
        total = Decimal(0)
        for meter, units in usage.items():
            rate = found.get(meter)
            if rate is not None:
                total += rate[0].usd * units
            elif units:
                return None
        return Money.usd(total)


Units = tuple[int, int, int]
"""Floor, likely and ceiling of what one call uses. Areas are counted in pixels, so that all are whole."""


def _text_units(facts: Facts) -> Units:
    """Tokens of the prompt, which a service may read once or again for each picture."""
    # A byte-level tokeniser never makes more tokens than bytes; English runs near four characters a token.
    size = len(facts.prompt.encode())
    return size // 8, -(-size // 4) * facts.count, (size + 64) * facts.count


def _input_area_units(facts: Facts) -> Units:
    """Services round each input up to whole megapixels, of 2^20 pixels or of 10^6, and may do so for each picture."""
    least = sum(area * MICRO // 2**20 for area in facts.input_areas)
    likely, most = (sum(-(-area // whole) for area in facts.input_areas) * MICRO for whole in (2**20, MICRO))
    return least, likely * facts.count, most * facts.count


_COUNTERS: Mapping[Meter, Callable[[Facts], Units | None]] = {
    Meter.INPUT_TEXT_TOKEN: _text_units,
    Meter.REQUEST: lambda _: (1, 1, 1),
    Meter.IMAGE: lambda facts: (facts.count,) * 3,
    Meter.MEGAPIXEL: lambda facts: None if facts.size is None else (facts.size.pixels * facts.count,) * 3,
    Meter.INPUT_MEGAPIXEL: _input_area_units,
    Meter.STEP: lambda facts: None if facts.steps is None else (facts.steps * facts.count,) * 3,
}
"""The meters that can be counted before a call; None where the call does not say enough."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Line:
    """One meter of a list."""

    meter: Meter
    rates: Choice[tuple[Rate, int]]
    """Each with its price in whole parts of a micro-dollar."""
    expectations: Choice[Expectation]

    def units(self, facts: Facts, where: Place) -> Units | None:
        """What a whole call uses of it: counted where that can be, else as expected."""
        counter = _COUNTERS.get(self.meter)
        known = counter(facts) if counter else None
        if known is not None:
            return known
        entry = self.expectations.best(facts.quality, facts.operation, where)
        if entry is None:
            return None
        scale = MICRO if self.meter is Meter.MEGAPIXEL else 1
        times = facts.count * scale
        if entry.per_input:
            times *= facts.inputs
            return entry.floor * facts.inputs * scale, entry.likely * times, entry.ceiling * times
        # Each partial picture adds about 100 output tokens (providers' image guides, 2026-11).
        shown = facts.partials * facts.count if self.meter is Meter.OUTPUT_IMAGE_TOKEN else 0
        return entry.floor * times, entry.likely * times + 100 * shown, entry.ceiling * times + 110 * shown


@dataclass(frozen=True, kw_only=True, slots=True)
class _Index:
    """A list made ready for arithmetic in whole numbers, which is exact and several times quicker than decimals."""

    parts: int
    """How many parts a micro-dollar has, so that each price of the list is a whole number of them."""
    lines: tuple[_Line, ...]

    @classmethod
    def of(cls, rates: Iterable[Rate], expectations: tuple[Expectation, ...]) -> _Index:
        ratios = [(rate, *_ratio(rate)) for rate in rates]
        parts = lcm(MICRO, *(below for _, _, below in ratios))
        priced = [(rate, above * (parts // below)) for rate, above, below in ratios]
        return cls(
            parts=parts // MICRO,
            lines=tuple(
                _Line(
                    meter=meter,
                    rates=Choice.of((row[0].when, row) for row in priced if row[0].meter is meter),
                    expectations=Choice.of((row.when, row) for row in expectations if row.meter is meter),
                )
                for meter in dict.fromkeys(rate.meter for rate, _ in priced)
            ),
        )


def _ratio(rate: Rate) -> tuple[int, int]:
    """The dollars for one counted unit, as a fraction."""
    above, below = rate.usd.as_integer_ratio()
    return above, below * (MICRO if rate.meter in (Meter.MEGAPIXEL, Meter.INPUT_MEGAPIXEL) else 1)
