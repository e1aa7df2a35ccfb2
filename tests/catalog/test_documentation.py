"""The examples of docs/catalog.md are catalog files that work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from limner.catalog.loader import load_catalog
from limner.catalog.schema import ModelTable, ServiceTable, Table

TEXT = (Path(__file__).parents[2] / "docs" / "catalog.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=["price", "model", "service"])
def test_each_example_works_alone(example: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(example, encoding="utf-8")
    assert load_catalog(tmp_path, entry_points=()) is not None


def test_all_examples_work_together(tmp_path: Path) -> None:
    for number, example in enumerate(EXAMPLES):
        (tmp_path / f"{number}.toml").write_text(example, encoding="utf-8")
    with_all = load_catalog(tmp_path, entry_points=())
    assert with_all.find("gpt-image-2").prices.rates[0].source == "our contract"
    assert with_all.find("gpt-image-2-2027-02-01").prices == with_all.find("gpt-image-2").prices
    assert with_all.find("acme").id == "acme/acme-fast"
    assert with_all.in_tier("fast")[0].id == "acme/acme-fast"


@pytest.mark.parametrize("heading, table", [("[service]", ServiceTable), ("[[model]]", ModelTable)])
def test_every_key_is_described(heading: str, table: type[Table]) -> None:
    section = TEXT.split(f"## `{heading}`")[1].split("\n## ")[0]
    first_column = " ".join(re.findall(r"^\| (.*?) \|", section, re.MULTILINE))
    assert set(table.model_fields) <= set(re.findall(r"`(\w+)`", first_column))
