"""From checked tables to the cards that the rest of Limner reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import product

from limner.catalog.schema import (
    MeteredTable,
    ModelTable,
    ParameterTable,
    PricesTable,
    ServiceTable,
    SizesTable,
)
from limner.domain.model_card import (
    USUAL_ROLES,
    ModelCard,
    ParameterRule,
    ServiceCard,
    SizeGrid,
    SizeRule,
    StandIn,
)
from limner.domain.prices import Condition, Expectation, PriceList, Rate
from limner.domain.request import Operation, Size


def service_card(table: ServiceTable, models: Iterable[str]) -> ServiceCard:
    """The card of a service; where it names no default model, that is the first of its live `models`."""
    return ServiceCard(
        id=table.id,
        name=table.name,
        description=table.description,
        adapter=table.adapter,
        local=table.local,
        algorithmic=table.algorithmic,
        base_url=table.base_url or "",
        base_url_variable=table.base_url_variable or "",
        key_variables=tuple(table.key_variables),
        organization_variable=table.organization_variable,
        requests_per_second=table.requests_per_second,
        concurrency=table.concurrency,
        default_model=table.default_model or next(iter(models), ""),
        default_models=dict(table.default_models),
        unlisted_like=table.unlisted_like,
        poll_seconds=table.poll_seconds,
        trusted_hosts=tuple(table.trusted_hosts),
        packages=tuple(table.packages),
        python_variable=table.python_variable or "",
        option_variables=tuple(table.option_variables),
        installed_by=table.installed_by or "",
        models_by=table.models_by or "",
        colour=table.colour,
        documentation=table.documentation or "",
        as_of=table.as_of,
    )


def model_card(table: ModelTable, service: ServiceTable) -> ModelCard:
    """The card of a model; what it leaves undated has the date of its service."""
    as_of = table.as_of or service.as_of
    return ModelCard(
        service=service.id,
        name=table.name,
        title=table.title,
        description=table.description,
        status=table.status,
        operations=dict.fromkeys(table.operations, StandIn.NATIVE) | table.stand_ins,
        sizes=size_rule(table.sizes),
        max_count=table.max_count,
        parameters=tuple(parameter_rule(name, rule) for name, rule in table.parameters.items()),
        prompt_limit=table.prompt_limit,
        languages=tuple(table.languages),
        default_prompts=dict(table.default_prompts),
        formats=tuple(table.formats),
        mask=table.mask,
        max_inputs=table.max_inputs,
        roles=frozenset(table.roles) or USUAL_ROLES,
        needs=frozenset(table.needs),
        wire=table.wire,
        prices=price_list(table.prices, source=table.source, as_of=as_of),
        tiers=dict(table.tiers),
        seconds=table.seconds,
        timeout=table.timeout,
        streams=table.streams,
        requests_per_second=table.requests_per_second,
        concurrency=table.concurrency,
        shutdown=table.shutdown,
        successor=full_name(table.successor, service.id) if table.successor else None,
        aliases=tuple(table.aliases),
        source=table.source,
        as_of=as_of,
    )


def full_name(name: str, service: str) -> str:
    """`service/name` for a name that another model gives: its own service where it names none."""
    return name if "/" in name else f"{service}/{name}"


def size_rule(table: SizesTable) -> SizeRule:
    """Which sizes a model makes."""
    grid = table.grid
    return SizeRule(
        fixed=tuple(table.fixed),
        grid=None
        if grid is None
        else SizeGrid(
            multiple=grid.multiple,
            min_edge=grid.min_edge,
            max_edge=grid.max_edge,
            min_pixels=grid.min_pixels,
            max_pixels=grid.max_pixels,
            max_ratio=grid.max_ratio,
        ),
        aspects=tuple(table.aspects),
        resolutions=dict(table.resolutions),
        default=table.default,
        keeps=frozenset(table.keeps),
        follows=frozenset(table.follows),
        reframes=table.reframes,
    )


def parameter_rule(name: str, table: ParameterTable) -> ParameterRule:
    """One option."""
    return ParameterRule(
        name=name,
        kind=table.kind,
        minimum=table.minimum,
        maximum=table.maximum,
        choices=tuple(table.choices),
        default=table.default,
        aliases=dict(table.aliases),
        required=table.required,
    )


def price_list(table: PricesTable, *, source: str, as_of: date) -> PriceList:
    """Rates and expectations, one entry for each combination of the conditions."""
    source, as_of = table.source or source, table.as_of or as_of
    return PriceList(
        free=table.free,
        rates=tuple(
            Rate(meter=row.meter, usd=row.amounts[0], when=when, as_of=row.as_of or as_of, source=row.source or source)
            for row in table.rates
            for when in conditions(row)
        ),
        expectations=tuple(
            Expectation(
                meter=row.meter,
                floor=row.floor,
                likely=row.likely,
                ceiling=row.ceiling,
                when=when,
                per_input=row.per_input,
                source=row.source or source,
            )
            for row in table.expectations
            for when in conditions(row)
        ),
    )


def conditions(row: MeteredTable) -> list[Condition]:
    """Every combination of what a row lists; nothing listed is no condition."""
    area = row.up_to.pixels if row.up_to is not None else None
    qualities: list[str | None] = [*row.quality] or [None]
    sizes: list[Size | None] = [*row.size] or [None]
    operations: list[Operation | None] = [*row.operation] or [None]
    return [
        Condition(quality=quality, size=size, max_pixels=area, operation=operation)
        for quality, size, operation in product(qualities, sizes, operations)
    ]
