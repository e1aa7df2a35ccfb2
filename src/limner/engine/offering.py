"""What a quote offers, for whoever shows it beside a button: who would paint, for how much, and what else there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isqrt

from limner.domain.model_card import SizeRule
from limner.domain.money import Money
from limner.domain.plan import Plan, Quote
from limner.domain.ports import Catalog
from limner.domain.request import Size
from limner.engine.pricing import usual_price


@dataclass(frozen=True, kw_only=True, slots=True)
class Alternative:
    """Another model that was thought of."""

    model: str
    """`service/name`."""
    cost: Money | None
    """What it would cost at most, or one of its pictures usually where it cannot be used; None is unknown."""
    available: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What a button buys, and the bounds of whoever paints."""

    model: str
    """`service/name`."""
    size: Size | None
    cost: Money | None
    """At most, as long as the first choice paints; None is unknown."""
    largest: Size | None
    sizes: tuple[Size, ...]
    styled: bool
    """Whether a style can be asked for."""
    alternatives: tuple[Alternative, ...]


def offer_of(quote: Quote, catalog: Catalog) -> Offer:
    """What a quote offers."""
    first = quote.plan.candidates[0]
    rule = quote.constraints.sizes
    return Offer(
        model=first.model,
        size=first.calls[0].size or quote.request.size,
        cost=cost_of(quote.plan),
        largest=_largest(rule),
        sizes=_sizes(rule),
        styled=bool(quote.constraints.styles),
        alternatives=tuple(_alternatives(quote, catalog)),
    )


def cost_of(plan: Plan) -> Money | None:
    """What the route that was found costs at most: confirming this much is enough."""
    estimate = plan.candidates[0].estimate
    return None if estimate is None else estimate.ceiling


def _alternatives(quote: Quote, catalog: Catalog) -> Iterator[Alternative]:
    plan = quote.plan
    ready = {one.model: one.ceiling for one in quote.others}
    ready |= {one.model: one.estimate.ceiling if one.estimate else None for one in plan.candidates[1:]}
    others = {one.model: usual_price(catalog.find(one.model)) for one in plan.rejections}
    for model, cost in {**others, **ready}.items():
        yield Alternative(model=model, cost=cost, available=model in ready)


def _sizes(rule: SizeRule) -> tuple[Size, ...]:
    return rule.fixed or tuple(rule.nominal(aspect, None) for aspect in rule.aspects)


def _largest(rule: SizeRule) -> Size | None:
    sizes = [*_sizes(rule), *([rule.default] if rule.default else [])]
    if rule.grid is not None:
        edge = min(rule.grid.max_edge, isqrt(rule.grid.max_pixels)) // rule.grid.multiple * rule.grid.multiple
        sizes.append(Size(edge, edge))
    return max(sizes, key=lambda size: size.pixels, default=None)
