"""Pages made from code say what the code says."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import pytest
import typer

from limner.domain.model_card import SizeGrid, SizeRule
from limner.domain.prices import Condition, Meter, PriceList, Rate
from limner.domain.request import Aspect, Size
from tests.shipped import shipped
from tools.docs import command_page, model_page, price_words, size_words, table


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer(help="Pictures through one door.")
    keys = typer.Typer(help="Keys of services.")
    app.add_typer(keys, name="keys")

    @app.command()
    def generate(
        prompt: Annotated[str, typer.Argument(help="What to paint.")],
        count: Annotated[int, typer.Option("-n", help="How many | at once.")] = 1,
    ) -> None:
        """Paint pictures."""

    @keys.command("add")
    def add_key(service: Annotated[str, typer.Argument(help="Whose key.")]) -> None:
        """Add a key."""

    @keys.command("inspect", hidden=True)
    def inspect_key() -> None:
        """Look inside."""

    return app


def test_every_command_stands_on_the_page_with_its_options(app: typer.Typer) -> None:
    page = command_page(app)
    for heading in ("## limner", "## limner generate", "## limner keys", "## limner keys add"):
        assert f"\n{heading}\n" in page
    assert "What to paint." in page
    assert "How many \\| at once." in page
    assert "[default: 1]" in page
    assert "inspect" not in page


def test_the_page_is_the_same_each_time(app: typer.Typer) -> None:
    assert command_page(app) == command_page(app)


def test_a_table_without_rows_is_not_there() -> None:
    assert table(("a", "b"), []) == []
    assert table(("a", "b"), [("1", "2")]) == ["| a | b |", "| --- | --- |", "| 1 | 2 |", ""]


def test_prices_are_said_with_their_conditions() -> None:
    rate = Rate(
        meter=Meter.OUTPUT_IMAGE_TOKEN,
        usd=Decimal("0.00004"),
        when=Condition(quality="high", size=Size(1024, 1024)),
        as_of=date(2026, 11, 20),
        source="price list",
    )
    assert price_words(PriceList(rates=(rate,))) == "$0.00004 per output image token (high, 1024x1024)"
    assert price_words(PriceList()) == "unknown"
    assert price_words(PriceList(free=True)) == "nothing"


def test_sizes_are_said_as_list_grid_or_shapes() -> None:
    grid = SizeGrid(multiple=16, min_edge=256, max_edge=2048, min_pixels=1, max_pixels=2, max_ratio=3)
    assert size_words(SizeRule(fixed=(Size(1, 2),), grid=grid)) == "1x2, edges 256 to 2048 in steps of 16"
    assert size_words(SizeRule(aspects=(Aspect(16, 9),))) == "16:9"


def test_what_services_can_do_is_one_table() -> None:
    page = model_page(shipped())
    head = next(line for line in page.splitlines() if line.startswith("| Service | generate"))
    assert head.endswith("| remove background |")
    row = next(line for line in page.splitlines() if line.startswith("| OpenAI |"))
    assert row == "| OpenAI | ● | ● | ● | ○ | ○ |  | ○ |  |"
    assert "| OpenAI | `openai` | `OPENAI_API_KEY` | `OPENAI_BASE_URL` |" in page
