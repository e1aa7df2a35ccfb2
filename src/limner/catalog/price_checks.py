"""Whether a price list leaves any call without a price, or with two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations, product

from limner.catalog.cards import conditions
from limner.catalog.checks import Faults, makes
from limner.catalog.positions import KeyPath
from limner.catalog.schema import MeteredTable, ModelTable, ServiceTable
from limner.domain.model_card import Status
from limner.domain.prices import Condition, Meter

ALWAYS_COUNTED = frozenset({Meter.IMAGE, Meter.REQUEST, Meter.INPUT_MEGAPIXEL, Meter.INPUT_TEXT_TOKEN})
"""Meters that need no expectation: Limner counts them before the call."""
SOLD = (Status.LIVE, Status.DEPRECATED)


def price_faults(model: ModelTable, service: ServiceTable) -> Faults:
    """Whether the prices of a model are complete, unambiguous and about things that it does."""
    prices = model.prices
    kinds = [prices.free, prices.unknown, bool(prices.rates)]
    if model.status in SOLD and sum(kinds) == 0:
        yield ("prices",), "prices needs rates, free = true or unknown = true."
    if sum(kinds) > 1:
        yield ("prices",), "prices must have one of rates, free = true and unknown = true, not several."
    yield from _dates(model, service)
    yield from _amounts(model)
    yield from _about(model)
    yield from _clashes("rates", prices.rates)
    yield from _clashes("expectations", prices.expectations)
    yield from _gaps(model)


def _dates(model: ModelTable, service: ServiceTable) -> Faults:
    newest = model.as_of or service.as_of
    dated: list[tuple[KeyPath, date | None]] = [(("prices", "as_of"), model.prices.as_of)]
    dated += [(("prices", "rates", index, "as_of"), rate.as_of) for index, rate in enumerate(model.prices.rates)]
    for path, day in dated:
        if day is not None and day > newest:
            yield (
                path,
                f"as_of of a price is {day}, later than as_of of the model, {newest}; bring that up to date too.",
            )


def _amounts(model: ModelTable) -> Faults:
    for index, rate in enumerate(model.prices.rates):
        if len(rate.amounts) != 1:
            path = ("prices", "rates", index)
            yield path, "a rate needs exactly one of usd, usd_per_thousand and usd_per_million."
    for index, row in enumerate(model.prices.expectations):
        path = ("prices", "expectations", index)
        if not row.floor <= row.likely <= row.ceiling:
            yield path, f"floor, likely and ceiling must rise (got {row.floor}, {row.likely}, {row.ceiling})."
        if row.meter in ALWAYS_COUNTED:
            yield (*path, "meter"), f"{row.meter} is counted before the call and takes no expectation."
        elif row.meter not in {rate.meter for rate in model.prices.rates}:
            yield (*path, "meter"), f"{row.meter} has an expectation but no rate."


def _about(model: ModelTable) -> Faults:
    """Conditions that no call of this model can meet."""
    quality = model.parameters.get("quality")
    qualities = quality.choices if quality else []
    for path, row in _rows(model):
        for text in row.quality:
            if text not in qualities:
                yield (*path, "quality"), f'"{text}" is not among the choices of parameters.quality.'
        for operation in row.operation:
            if operation not in model.operations:
                fault = f"{operation} is not among the operations; what has a stand-in is priced as that."
                yield (*path, "operation"), fault
        yield from _area(model, path, row)


def _area(model: ModelTable, path: KeyPath, row: MeteredTable) -> Faults:
    """Sizes that this model does not make."""
    for size in row.size:
        if not makes(model, size):
            yield (*path, "size"), f"{size} is not a size that the model makes."
    if row.up_to is None:
        return
    if row.size:
        yield (*path, "up_to"), "size and up_to do not go together; give one."
    grid = model.sizes.grid
    areas = [*(size.pixels for size in model.sizes.fixed), *([grid.min_pixels] if grid else [])]
    if areas and row.up_to.pixels < min(areas):
        yield (*path, "up_to"), f"the model makes no size of so few pixels as {row.up_to}."


def _rows(model: ModelTable) -> Iterator[tuple[KeyPath, MeteredTable]]:
    for index, rate in enumerate(model.prices.rates):
        yield ("prices", "rates", index), rate
    for index, row in enumerate(model.prices.expectations):
        yield ("prices", "expectations", index), row


def _clashes(key: str, rows: Sequence[MeteredTable]) -> Faults:
    """Entries of which neither is the more exact one for a call that both match."""
    first: dict[tuple[Meter, Condition], int] = {}
    shapes: dict[tuple[Meter, tuple[bool, ...]], list[Condition]] = {}
    for index, row in enumerate(rows):
        for when in conditions(row):
            if (row.meter, when) in first:
                yield ("prices", key, index), f"{row.meter} has two entries for {named(when)}; keep one."
                continue
            first[row.meter, when] = index
            shapes.setdefault((row.meter, _shape(when)), []).append(when)
    # Entries that depend on the same things never meet, or one is of a class of sizes within that of the other.
    for (meter, shape), (rival_meter, rival_shape) in combinations(shapes, 2):
        if meter is rival_meter and sum(shape) == sum(rival_shape):
            pairs = product(shapes[meter, shape], shapes[meter, rival_shape])
            yield from _undecided(key, meter, pairs, first)


def _undecided(
    key: str,
    meter: Meter,
    pairs: Iterable[tuple[Condition, Condition]],
    first: Mapping[tuple[Meter, Condition], int],
) -> Faults:
    for when, other in pairs:
        both = _overlap(when, other)
        if both is not None and (meter, both) not in first:
            index = max(first[meter, when], first[meter, other])
            fault = f"{named(when)} and for {named(other)} apply equally"
            yield ("prices", key, index), f"entries of {meter} for {fault}; add one for {named(both)}."


def _shape(when: Condition) -> tuple[bool, ...]:
    """Which things a condition depends on; a size and a class of sizes are about the same thing."""
    area = when.size is not None or when.max_pixels is not None
    return when.quality is not None, area, when.operation is not None


def _overlap(one: Condition, other: Condition) -> Condition | None:
    """The condition of the calls that both match; None where there are none."""
    pairs = ((one.quality, other.quality), (one.size, other.size), (one.operation, other.operation))
    if any(None not in pair and pair[0] != pair[1] for pair in pairs):
        return None
    size = one.size or other.size
    limits = [when.max_pixels for when in (one, other) if when.max_pixels is not None]
    if size is not None and any(size.pixels > limit for limit in limits):
        return None
    return Condition(
        quality=one.quality or other.quality,
        size=size,
        max_pixels=min(limits, default=None) if size is None else None,
        operation=one.operation or other.operation,
    )


def named(when: Condition) -> str:
    """A condition in words."""
    area = None if when.max_pixels is None else f"up to {when.max_pixels} pixels"
    parts = (("quality", when.quality), ("size", when.size), ("size", area), ("operation", when.operation))
    return ", ".join(f"{key} {value}" for key, value in parts if value is not None) or "every call"


def _gaps(model: ModelTable) -> Faults:
    """Meters that would be left out of a price, or make it unknown, for some of the calls."""
    rates, rows = model.prices.rates, model.prices.expectations
    meters = {rate.meter for rate in rates}
    general = {row.meter for row in rows if Condition() in conditions(row)}
    for meter in sorted(meters):
        index = next(place for place, rate in enumerate(rates) if rate.meter is meter)
        if meter not in ALWAYS_COUNTED and meter not in general and not _countable(meter, model):
            fault = (
                f"{meter} has a rate but no expectation for every call; add one without quality, size and operation."
            )
            yield ("prices", "rates", index), fault
        whens = [when for rate in rates if rate.meter is meter for when in conditions(rate)]
        if len(meters) > 1 and not all(_backed(when, whens) for when in whens):
            fault = f"{meter} has rates for some qualities or sizes only; add one without quality and size."
            yield ("prices", "rates", index), fault


def _backed(when: Condition, whens: Sequence[Condition]) -> bool:
    """Whether the same operation has a rate whatever the quality and size."""
    general = {(None, None, None, None), (None, None, None, when.operation)}
    return any((other.quality, other.size, other.max_pixels, other.operation) in general for other in whens)


def _countable(meter: Meter, model: ModelTable) -> bool:
    """Whether every call says the size or the steps that the meter needs."""
    if meter is Meter.MEGAPIXEL:
        return model.sizes.default is not None
    steps = model.parameters.get("steps")
    return meter is Meter.STEP and steps is not None and steps.default is not None
