"""Write the pages of the documentation that are made from the code: the command line and the models.

`--check` writes nothing and fails where a page is missing or no longer says what the code says. Where the commands
and the catalogue are found stands in pyproject.toml under [tool.limner-docs].
"""

import difflib
import sys
import tomllib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from pkgutil import resolve_name

import typer
from typer.core import TyperCommand, TyperGroup

from limner.domain.model_card import ModelCard, ServiceCard, SizeRule, StandIn, Status
from limner.domain.ports import Catalog
from limner.domain.prices import PriceList, Rate
from limner.domain.request import Operation
from tools.sources import ROOT

NOTICE = "<!-- Made by `make docs` from the code: change it there. -->"

PAINTED = tuple(operation for operation in Operation if operation is not Operation.UPLOAD)
"""What models do."""


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A Markdown table; no lines where there are no rows."""
    body = ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |", *body, ""] if body else []


def command_page(app: typer.Typer, name: str = "limner") -> str:
    """Every command with its arguments and options, in the words of `--help`."""
    root = typer.main.get_command(app)
    if not isinstance(root, TyperCommand | TyperGroup):
        raise TypeError(f"{root!r} is no command of typer's own")
    return "\n".join([NOTICE, "", "# Command line", "", *command_sections(root, name, None)])


def command_sections(command: TyperCommand | TyperGroup, name: str, parent: typer.Context | None) -> Iterator[str]:
    """One command and the commands below it, but for hidden ones."""
    context = typer.Context(command, parent=parent, info_name=name)
    yield from (f"## {context.command_path}", "")
    yield from (f"`{' '.join([context.command_path, *command.collect_usage_pieces(context)])}`", "")
    yield from ((command.help or "").strip(), "")
    records = (parameter.get_help_record(context) for parameter in command.get_params(context))
    yield from table(("Argument or option", "Meaning"), ((f"`{record[0]}`", record[1]) for record in records if record))
    if isinstance(command, TyperGroup):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if isinstance(found, TyperCommand | TyperGroup) and not found.hidden:
                yield from command_sections(found, below, context)


def model_page(catalog: Catalog) -> str:
    """Every service with its models, what they can do and what they cost."""
    lines = [NOTICE, "", "# Models", "", *overview(catalog)]
    for service in catalog.services:
        lines += service_section(service, [card for card in catalog.models if card.service == service.id])
    return "\n".join(lines)


def overview(catalog: Catalog) -> list[str]:
    """What each service can do with any of its models, and how it is reached."""
    alive = [card for card in catalog.models if card.status is not Status.RETIRED]
    ways = {
        (service.id, operation): {
            card.operations[operation] for card in alive if card.service == service.id and operation in card.operations
        }
        for service in catalog.services
        for operation in PAINTED
    }
    names = tuple(operation.value.replace("_", " ") for operation in PAINTED)
    marks = (
        (service.name, *(way_mark(ways[service.id, operation]) for operation in PAINTED))
        for service in catalog.services
        if any(ways[service.id, operation] for operation in PAINTED)
    )
    reached = (
        (service.name, f"`{service.id}`", *map(code_list, (service.key_variables, (service.base_url_variable,))))
        for service in catalog.services
    )
    return [
        "What the services can do: ● has it, ○ is done with another operation and the receipt says how.",
        "",
        *table(("Service", *names), marks),
        *table(("Service", "Id", "Key", "Address"), reached),
    ]


def way_mark(ways: Collection[StandIn]) -> str:
    """How an operation is done at best."""
    return "●" if StandIn.NATIVE in ways else "○" if ways else ""


def code_list(names: Iterable[str]) -> str:
    """Names as code, the first that is set wins."""
    return ", ".join(f"`{name}`" for name in names if name) or "none"


def service_section(service: ServiceCard, cards: list[ModelCard]) -> list[str]:
    """One service: how it is reached, its models, their prices."""
    place = f"Address by default: `{service.base_url}`." if service.base_url else "It paints on this machine."
    checked = f" Checked {service.as_of}." if service.as_of else ""
    if not cards:
        checked += f" Its models are the installation's own: `{service.models_by}`."
    head = ("Model", "Status", "Operations", "Sizes", "At once", "Tiers")
    prices = ((f"`{card.id}`", price_words(card.prices)) for card in cards)
    return [
        *(f"## {service.name}", "", service.description, "", place + checked, ""),
        *table(head, (model_row(card) for card in cards)),
        *table(("Model", "Price"), prices),
    ]


def model_row(card: ModelCard) -> tuple[str, ...]:
    """One model's line."""
    end = f", until {card.shutdown}" if card.shutdown else ""
    successor = f"; gives {card.successor}" if card.successor else ""
    operations = ", ".join(sorted(operation.value for operation in card.operations))
    tiers = ", ".join(f"{tier} {rank}" for tier, rank in sorted(card.tiers.items()))
    return (
        f"`{card.id}`",
        f"{card.status}{end}{successor}",
        operations,
        size_words(card.sizes),
        str(card.max_count),
        tiers,
    )


def size_words(rule: SizeRule) -> str:
    """The sizes a model makes, in words."""
    words = [str(size) for size in rule.fixed]
    if rule.grid:
        words.append(f"edges {rule.grid.min_edge} to {rule.grid.max_edge} in steps of {rule.grid.multiple}")
    return ", ".join(words or [str(aspect) for aspect in rule.aspects])


def price_words(prices: PriceList) -> str:
    """A price list in words."""
    return "nothing" if prices.free else "; ".join(map(rate_words, prices.rates)) or "unknown"


def rate_words(rate: Rate) -> str:
    """What one unit costs, and when."""
    when = ", ".join(str(part) for part in (rate.when.operation, rate.when.quality, rate.when.size) if part)
    return f"${rate.usd:f} per {rate.meter.value.replace('_', ' ')}" + (f" ({when})" if when else "")


def pages() -> dict[Path, str]:
    """Every page made from the code, by its path."""
    places = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["limner-docs"]
    return {
        ROOT / "docs" / "cli.md": command_page(resolve_name(places["commands"])).rstrip() + "\n",
        ROOT / "docs" / "models.md": model_page(resolve_name(places["catalog"])()).rstrip() + "\n",
    }


def differences(path: Path, text: str) -> list[str]:
    """How a page on disk differs from what it should say."""
    old = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    name = path.relative_to(ROOT).as_posix()
    return list(difflib.unified_diff(old, text.splitlines(), name, f"{name}, from the code", lineterm="", n=1))


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them."""
    made = pages()
    stale = {path: changes for path, text in made.items() if (changes := differences(path, text))}
    if "--check" in arguments:
        for changes in stale.values():
            print("\n".join(changes[:40]))
        print(f"docs: {len(stale)} pages are out of date; run `make docs`." if stale else "docs: up to date")
        return 1 if stale else 0
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
        print(f"{'written' if path in stale else 'same'}: {path.relative_to(ROOT).as_posix()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
