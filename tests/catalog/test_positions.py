"""Where things stand in a TOML text."""

from __future__ import annotations

import tomllib
from datetime import date
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limner.catalog.loader import FACTS
from limner.catalog.positions import KeyPath, positions
from tests.catalog.toml_writer import TomlWriter

texts = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    [
        "# no comment",
        "]]",
        '"""',
        "'''",
        'ends with "',
        "a = 1",
        "{",
        "}, [",
        "\\",
        "two\nlines",
        "[table]\n[[x]]\n",
        "",
    ]
)
keys = st.sampled_from(["a", "b", "c-d", "1"]) | st.text(st.characters(codec="utf-8"), max_size=6)
scalars = (
    st.integers(-(2**62), 2**62)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.dates(date(1900, 1, 1), date(2100, 1, 1))
    | texts
)
values = st.recursive(
    scalars, lambda below: st.lists(below, max_size=3) | st.dictionaries(keys, below, max_size=3), max_leaves=12
)
documents = st.dictionaries(keys, values, max_size=4)


def every_path(value: object, path: KeyPath = ()) -> set[KeyPath]:
    """All that can be pointed at in parsed data."""
    parts: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    return {path} - {()} | {found for part, below in parts for found in every_path(below, (*path, part))}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=documents, chance=st.randoms(use_true_random=False))
def test_every_path_is_found_on_the_line_where_it_was_written(data: dict[str, object], chance: Random) -> None:
    writer = TomlWriter(data, chance)
    assert tomllib.loads(writer.text) == data
    found = positions(writer.text)
    assert set(found) == every_path(data)
    assert found == writer.lines


@pytest.mark.parametrize("name", sorted(path.name for path in FACTS.glob("*.toml")))
def test_every_path_of_our_own_files_is_found(name: str) -> None:
    text = (FACTS / name).read_text(encoding="utf-8")
    assert set(positions(text)) == every_path(tomllib.loads(text))


def test_a_table_within_the_newest_of_repeated_tables() -> None:
    first, second = '[[model]]\nname = "a"\n[model.sizes]\n', '[[model]]\nname = "b"\n\n[model.prices]\n'
    text = first + second + 'rates = [\n  { usd = "1" },\n]\n'
    found = positions(text)
    assert (found["model", 0], found["model", 0, "sizes"]) == (1, 3)
    assert (found["model", 1], found["model", 1, "prices", "rates", 0, "usd"]) == (4, 9)


@pytest.mark.parametrize(
    "value", ["1979-05-27 07:32:00", "1979-05-27T07:32:00.5-07:00", "07:32:00", "0xdead_beef", "+inf", "-1e-9", "1_000"]
)
def test_bare_values_end_where_they_end(value: str) -> None:
    text = f"a = {value} # [x]\nb = [{value},\n {value}]\nc = {{d = {value}}}\ne = 1\n"
    found = positions(text)
    assert set(found) == every_path(tomllib.loads(text))
    assert (found["b", 1], found["c", "d"], found["e",]) == (3, 4, 5)


@pytest.mark.parametrize("quotes", ['"""', "'''"])
def test_a_long_string_may_end_in_quotation_marks(quotes: str) -> None:
    mark = quotes[0]
    text = f"a = {quotes}one\n{mark}{mark} two{mark}{mark}{quotes}\nb = {quotes}{quotes}\nc = 1\n"
    assert tomllib.loads(text)["a"] == f"one\n{mark}{mark} two{mark}{mark}"
    assert positions(text) == {("a",): 1, ("b",): 3, ("c",): 4}
