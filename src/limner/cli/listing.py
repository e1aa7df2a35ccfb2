"""What there is to choose from: models and presets. Neither needs the database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.surroundings import settings_here
from limner.domain.errors import InvalidRequest
from limner.domain.model_card import ModelCard, SizeRule, Status
from limner.domain.money import Estimate
from limner.domain.ports import Catalog
from limner.domain.prices import Facts
from limner.domain.request import Operation, Size

if TYPE_CHECKING:
    from limner.cli.documents import Document
    from limner.settings import Settings

app = App()

TIERS = ("ultra", "high", "standard", "fast")
SQUARE = Size(1024, 1024)
"""What a picture is priced at where the model states no size of its own."""

Only = Annotated[str | None, typer.Option("--provider", "-p", help="Only models of this service.")]
Doing = Annotated[str | None, typer.Option("--operation", help="Only models that can do this, such as inpaint.")]
InTier = Annotated[str | None, typer.Option("--tier", help="Only models of this tier, best first.")]
All = Annotated[bool, typer.Option("--all", help="Retired models too.")]
Live = Annotated[
    bool, typer.Option("--live", help="Ask the services that are ready for their lists first; costs nothing.")
]


@app.add()
def models(
    provider: Only = None,
    operation: Doing = None,
    tier: InTier = None,
    every: All = False,
    live: Live = False,
    json: Json = False,
) -> int:
    """List the models: what they can do, what they make and what they cost."""
    output = Output(json=json)
    if live:
        # Imported here because a list of what is known must not pay for the event loop.
        from limner.cli.refreshing import refresh

        refresh(output, provider)
    cards = _chosen(known_here(settings_here()), provider, operation, tier)
    cards = [card for card in cards if every or card.status is not Status.RETIRED]
    if json:
        output.document({"models": [model_document(card) for card in cards]})
    elif cards:
        columns = ("Model", "Title", "Operations", "Sizes", "Price", "Status")
        output.rows(columns, [_model_row(card) for card in cards])
    else:
        output.say("No model fits. Leave one of the conditions out, or add --all.")
    return 0


def known_here(settings: Settings) -> Catalog:
    """The catalog of this installation with what services have listed."""
    # Imported here because --help must not pay for pydantic.
    from limner.catalog.installed import load_installed
    from limner.catalog.unlisted import with_listings
    from limner.storage.listings import ListingFile

    folder = settings.data_dir
    return with_listings(load_installed(folder), ListingFile(folder).read())


def _chosen(catalog: Catalog, provider: str | None, operation: str | None, tier: str | None) -> list[ModelCard]:
    """The models that fit all conditions. Raises UsageError for words that are none."""
    if tier is not None and tier not in TIERS:
        raise InvalidRequest(f"There is no tier '{tier}'; there are {', '.join(TIERS)}.", field="tier")
    cards = list(catalog.models if tier is None else catalog.in_tier(tier))
    if provider is not None:
        service = catalog.service(provider).id
        cards = [card for card in cards if card.service == service]
    if operation is not None:
        wanted = _operation(operation)
        cards = [card for card in cards if wanted in card.operations]
    return cards


def _operation(word: str) -> Operation:
    try:
        return Operation(word.strip().lower().replace("-", "_"))
    except ValueError as error:
        names = ", ".join(operation.value for operation in Operation)
        raise InvalidRequest(f"There is no operation '{word}'; there are {names}.", field="operation") from error


def model_document(card: ModelCard) -> Document:
    """One model as a document."""
    low, high = price_range(card)
    return {
        "id": card.id,
        "title": card.title,
        "description": card.description,
        "status": card.status.value,
        "shutdown": None if card.shutdown is None else card.shutdown.isoformat(),
        "successor": card.successor,
        "operations": [operation.value for operation in card.operations],
        "sizes": sizes_words(card.sizes),
        "max_count": card.max_count,
        "tiers": dict(card.tiers),
        "formats": list(card.formats),
        "price_from_usd": low,
        "price_to_usd": high,
        "aliases": list(card.aliases),
    }


def _model_row(card: ModelCard) -> tuple[str, ...]:
    status = card.status.value
    if card.shutdown is not None:
        status += f", ends {card.shutdown.isoformat()}" if card.status is not Status.RETIRED else f" {card.shutdown}"
    if card.successor is not None:
        status += f", now {card.successor}"
    operations = ", ".join(operation.value.replace("_", " ") for operation in card.operations)
    return card.id, card.title, operations, sizes_words(card.sizes), price_words(card), status


def sizes_words(rule: SizeRule) -> str:
    """The sizes that a model makes, in a few words."""
    words = [str(size) for size in rule.fixed]
    if rule.grid is not None:
        words.append(f"{rule.grid.min_edge} to {rule.grid.max_edge} px")
    if not words:
        words = [str(aspect) for aspect in rule.aspects]
    return ", ".join(words)


def price_range(card: ModelCard) -> tuple[float | None, float | None]:
    """The cheapest and the dearest picture of a model, in dollars, over its sizes and qualities; None where unknown."""
    found = [estimate for facts in _variants(card) if (estimate := card.prices.estimate(facts)) is not None]
    if not found:
        return None, None
    return float(min(map(_likely, found))), float(max(map(_likely, found)))


def _likely(estimate: Estimate) -> float:
    return float(estimate.likely.dollars)


def _variants(card: ModelCard) -> Iterable[Facts]:
    """One picture in each size and quality that a model has."""
    quality, steps = card.parameter("quality"), card.parameter("steps")
    default = steps.default if steps is not None else None
    sizes = card.sizes.fixed or ((card.sizes.default or SQUARE),)
    operation = Operation.GENERATE if Operation.GENERATE in card.operations else next(iter(card.operations))
    for size in sizes:
        for level in (quality.choices if quality is not None else ()) or (None,):
            yield Facts(
                operation=operation,
                count=1,
                size=size,
                quality=level,
                prompt="",
                inputs=0 if operation is Operation.GENERATE else 1,
                steps=int(default) if isinstance(default, int | float) else None,
                input_areas=() if operation is Operation.GENERATE else (size.pixels,),
            )


def price_words(card: ModelCard) -> str:
    """What a picture of a model costs, in words."""
    low, high = price_range(card)
    if low is None or high is None:
        return "unknown"
    if not high:
        return "free"
    return _dollars(low) if _dollars(low) == _dollars(high) else f"{_dollars(low)} to {_dollars(high)}"


def _dollars(amount: float) -> str:
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.3g}"
