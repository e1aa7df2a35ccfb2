"""Every model that ships with a price: what is set aside for a request covers what is booked, and little more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import cycle, product
from math import isqrt

import pytest

from limner.catalog.lookup import TomlCatalog
from limner.catalog.texts import load_texts
from limner.domain.call import Call, Finished, Painted
from limner.domain.errors import InvalidRequest, PriceUnknown
from limner.domain.health import Breaker, BreakerKey, BreakerRules
from limner.domain.model_card import ModelCard, Status
from limner.domain.money import Money
from limner.domain.plan import Candidate, Plan
from limner.domain.prices import Condition, Meter
from limner.domain.request import ImageRequest, InputImage, Margins, Operation, Role, Size
from limner.domain.stores import BreakerStep
from limner.engine.admission import MAX_COUNT
from limner.engine.balancing import Balance
from limner.engine.finishing import charged
from limner.engine.health import HealthWatch
from limner.engine.pricing import facts_of
from limner.engine.routing import Router
from limner.testing.fakes import FakeClock, FakeProvider, FakeServices
from tests.shipped import shipped

SOURCE = Size(1000, 800)
REFERENCE = Size(1333, 1111)
ENDLESS = Money.usd(1_000_000)
"""A hold that keeps nothing from being booked in full."""
WIDEST = 110
"""What may be held for each hundred that is booked, where the price is known beforehand."""
COUNTED_THERE = frozenset(
    {
        Meter.INPUT_TEXT_TOKEN,
        Meter.INPUT_IMAGE_TOKEN,
        Meter.OUTPUT_IMAGE_TOKEN,
        Meter.OUTPUT_TEXT_TOKEN,
        Meter.SECOND,
        Meter.INPUT_MEGAPIXEL,
    }
)
"""What only the service can count; input pictures it rounds up in a way of its own."""


class AllWell:
    """No service has ever failed."""

    async def all(self) -> Mapping[BreakerKey, Breaker]:
        return {}

    async def change(
        self, keys: Sequence[BreakerKey], step: BreakerStep, at: datetime
    ) -> tuple[Mapping[BreakerKey, Breaker], Mapping[BreakerKey, Breaker]]:
        raise AssertionError("A plan writes nothing.")

    async def forget(self, name: str) -> None:
        raise AssertionError("A plan writes nothing.")


@cache
def catalog() -> TomlCatalog:
    return shipped()


SERVICES = sorted({card.service for card in catalog().models if card.prices.rates})


@cache
def router() -> Router:
    services = FakeServices({card.id: FakeProvider() for card in catalog().services})
    clock = FakeClock()
    health = HealthWatch(
        catalog=catalog(), texts=load_texts(), services=services, store=AllWell(), clock=clock, rules=BreakerRules()
    )
    return Router(catalog=catalog(), services=services, health=health, balance=Balance(services, None), clock=clock)


def priced(service: str) -> list[ModelCard]:
    """The living models of a service that have a price."""
    return [
        card
        for card in catalog().models
        if card.service == service and card.status is not Status.RETIRED and card.prices.rates
    ]


def sizes(card: ModelCard) -> Iterator[Size]:
    """Every size that its prices name, both sides of each class, what it makes, and a long one."""
    rates, expectations = card.prices.rates, card.prices.expectations
    for when in (*(rate.when for rate in rates), *(entry.when for entry in expectations)):
        if when.size is not None:
            yield when.size
        if when.max_pixels is not None:
            edge = isqrt(when.max_pixels)
            yield from (Size(edge, edge), Size(edge + 64, edge + 64))
    for pixels in card.sizes.resolutions.values():
        yield Size(isqrt(pixels), isqrt(pixels))
    yield from card.sizes.fixed
    yield Size(2000, 700)


def inputs(card: ModelCard, operation: Operation, references: int) -> tuple[InputImage, ...]:
    """What an operation of a model starts from."""
    roles = [(Role.SOURCE, SOURCE)] if operation is not Operation.GENERATE else []
    roles += [(Role.MASK, SOURCE)] if operation is Operation.INPAINT else []
    roles += [(role, SOURCE) for role in sorted(card.needs - {Role.SOURCE})]
    roles += [(Role.REFERENCE, REFERENCE)] * references
    return tuple(
        InputImage(role=role, digest=str(place), media_type="image/png", width=size.width, height=size.height)
        for place, (role, size) in enumerate(roles)
    )


def requests(card: ModelCard) -> Iterator[ImageRequest]:
    """One for each combination of what its price may depend on; counts take turns, all of them without a size."""
    quality, steps = card.parameter("quality"), card.parameter("steps")
    lengths = {None} if steps is None else {None, int(steps.minimum or 1), int(steps.maximum or 100)}
    counts = sorted({1, 2, min(card.max_count, MAX_COUNT), min(card.max_count + 1, MAX_COUNT)})
    turns = cycle(counts)
    own = {rule.name: "x" for rule in card.parameters if rule.required}
    combinations = product(
        card.operations, (None, *(quality.choices if quality else ())), (None, *dict.fromkeys(sizes(card))), lengths
    )
    each = (
        (*combination, count)
        for combination in combinations
        for count in (counts if combination[2] is None else (next(turns),))
    )
    for operation, level, size, length, count in each:
        spare = card.max_inputs - 1 if Role.REFERENCE in card.roles - card.needs else 0
        yield ImageRequest(
            prompt="a red fox in snow",
            operation=operation,
            model=card.id,
            quality=level,
            size=size,
            steps=length,
            count=count,
            inputs=inputs(card, operation, min(spare, count) if operation is not Operation.GENERATE else 0),
            scale=2 if operation is Operation.UPSCALE else None,
            margins=Margins(left=64) if operation is Operation.OUTPAINT else None,
            style="watercolour" if operation is Operation.STYLE_TRANSFER else None,
            previews=2 if card.streams else 0,
            extra=own,
        )


def booked(card: ModelCard, call: Call, delivered: int) -> int:
    """What is booked by the price list, in micro-dollars, when so many pictures have come."""
    fetched = Finished(pictures=(Painted(content=b""),) * delivered)
    charge, basis = charged(card, call, fetched, ENDLESS)
    assert charge is not None
    assert basis == "list"
    return charge.micro


def known_beforehand(candidate: Candidate) -> bool:
    """Whether a price is deterministic: the least that it may come to is the most.

    It is where all that is charged can be counted before the call: pictures, pixels, steps and requests.
    """
    return candidate.estimate is not None and candidate.estimate.floor == candidate.estimate.ceiling


def counted_here(card: ModelCard) -> bool:
    """Whether its facts leave nothing about a price open."""
    return not card.prices.expectations and COUNTED_THERE.isdisjoint(rate.meter for rate in card.prices.rates)


def complaints(card: ModelCard, request: ImageRequest, plan: Plan) -> Iterator[str]:
    """Every way in which a hold does not fit."""
    candidate, unit = plan.candidates[0], plan.unit_ceiling(request.count)
    assert unit is not None
    told = f"{card.id} {request.operation} {request.size} {request.quality} {request.steps} x{request.count}"
    whole = 0
    for call in candidate.calls:
        prices = {delivered: booked(card, call, delivered) for delivered in {1, call.count}}
        for delivered, price in prices.items():
            if price > unit.micro * delivered:
                yield f"{told}: {price} booked for {delivered}, {unit.micro} held for each"
        whole += prices[call.count]
    held = unit.micro * request.count
    if not known_beforehand(candidate) and counted_here(card):
        yield f"{told}: {candidate.estimate} although nothing of it is expected or counted by the service"
    if known_beforehand(candidate) and held * 100 > whole * WIDEST:
        yield f"{told}: {held} held, {whole} booked"


def paid(card: ModelCard, plan: Plan) -> Iterator[Condition]:
    """The conditions of the rates by which the calls of a plan are paid, whatever the operation."""
    for facts in (facts_of(call, card) for call in plan.candidates[0].calls):
        for meter in {rate.meter for rate in card.prices.rates}:
            fitting = [rate.when for rate in card.prices.rates if rate.meter is meter and rate.when.matches(facts)]
            if fitting:
                yield replace(max(fitting, key=lambda when: when.weight), operation=None)


def overlooked(card: ModelCard, seen: set[tuple[Operation, str | None]], used: set[Condition]) -> Iterator[str]:
    """What a price depends on, and no request has shown."""
    quality = card.parameter("quality")
    for pair in product(card.operations, (None, *(quality.choices if quality else ()))):
        if pair not in seen:
            yield f"{card.id}: no request for {pair}"
    for rate in card.prices.rates:
        when = replace(rate.when, operation=None)
        if when != Condition() and when not in used:  # a rate for all the rest may have nothing left
            yield f"{card.id}: nobody pays by {rate.when}"


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_held_covers_what_is_booked(service: str) -> None:
    found: list[str] = []
    for card in priced(service):
        seen = set[tuple[Operation, str | None]]()
        used = set[Condition]()
        for request in requests(card):
            with suppress(PriceUnknown, InvalidRequest):  # nothing is sent, so nothing is held
                plan = router().plan(request)
                found += complaints(card, request, plan)
                used |= set(paid(card, plan))
                seen.add((request.operation, request.quality))
        found += overlooked(card, seen, used)
    assert found == []


def test_a_price_for_a_call_is_said_only_of_models_that_make_one_picture_a_call() -> None:
    """Held is as much for each picture; of a price for the call a part that is bought alone would have too little."""
    by_call = [card for card in catalog().models if any(rate.meter is Meter.REQUEST for rate in card.prices.rates)]
    assert by_call
    assert [card.id for card in by_call if card.max_count > 1] == []
