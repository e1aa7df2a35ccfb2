"""Catalog files made up for tests: a small valid one, random valid ones, and one of any number of models."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st

from limner.catalog.layers import Source
from limner.catalog.loader import read_catalog
from limner.catalog.lookup import TomlCatalog
from limner.domain.errors import NotConfigured
from tests.catalog.toml_writer import TomlWriter

Data = dict[str, Any]
AS_OF = date(2026, 11, 20)


def service(id: str = "acme", **changes: object) -> Data:
    """A `[service]` table."""
    table: Data = {
        "id": id,
        "name": id.title(),
        "description": "Pictures for tests.",
        "adapter": "openai",
        "base_url": f"https://{id}.test/v1",
        "base_url_variable": f"{id.upper()}_BASE_URL",
        "key_variables": [f"{id.upper()}_API_KEY"],
        "concurrency": 4,
        "default_model": "one",
        "colour": "#102030",
        "documentation": f"https://{id}.test/docs",
        "as_of": AS_OF,
    }
    return table | changes


def model(name: str = "one", **changes: object) -> Data:
    """A `[[model]]` table, priced by the picture."""
    table: Data = {
        "name": name,
        "title": name.title(),
        "description": "Makes pictures.",
        "operations": ["generate"],
        "sizes": {"fixed": ["1024x1024", "512x512"], "default": "1024x1024"},
        "prompt_limit": 1000,
        "formats": ["png"],
        "seconds": 5,
        "timeout": 60,
        "source": "a price page",
        "prices": {"rates": [{"meter": "image", "usd": "0.04"}]},
    }
    return table | changes


def file(*models: Data, defaults: Data | None = None, **changes: Any) -> Data:
    """A whole file; `changes` are those of its service."""
    data: Data = {"service": service(**changes)}
    return data | ({"defaults": defaults} if defaults else {}) | {"model": list(models or [model()])}


def source(data: Data | str, label: str = "acme.toml", rank: int = 0) -> Source:
    """A file as the loader takes it."""
    return Source(label=label, text=data if isinstance(data, str) else TomlWriter(data).text, rank=rank)


def catalog(*data: Data | str) -> TomlCatalog:
    """A catalog of files, later ones over earlier ones."""
    return read_catalog([source(item, f"{rank}.toml", rank) for rank, item in enumerate(data)])


def complaints(*data: Data | str) -> list[str]:
    """What is said about files, later ones over earlier ones; without the headline."""
    sources = [source(item, "acme.toml" if rank == 0 else f"user/{rank}.toml", rank) for rank, item in enumerate(data)]
    return refused(sources)


def refused(sources: Iterable[Source]) -> list[str]:
    """The lines of the refusal."""
    with pytest.raises(NotConfigured) as raised:
        read_catalog(sources)
    assert raised.value.code == "catalog_invalid"
    return raised.value.message.splitlines()[1:]


def many(services: int = 16, models: int = 13, qualities: int = 4) -> list[Source]:
    """A catalog as large as a full one: 16 files of 13 models, each with a table of tokens by quality and size."""
    words = ["low", "medium", "high", "max"][:qualities]
    sizes = ["1024x1024", ["1536x1024", "1024x1536"], "2048x2048"]
    expectations = [
        {"meter": "output_image_token", "quality": word, "size": size, "floor": 100, "likely": 200, "ceiling": 300}
        for word in words
        for size in sizes
    ]
    everything = {"meter": "output_image_token", "floor": 100, "likely": 200, "ceiling": 900}
    by_quality = [everything | {"quality": word} for word in words]
    tables = [
        model(
            f"model-{number}",
            operations=["generate", "edit", "inpaint"],
            mask="alpha",
            max_inputs=4,
            sizes={"fixed": ["1024x1024", "1536x1024", "1024x1536", "2048x2048"], "default": "1024x1024"},
            parameters={"quality": {"choices": words, "default": "low"}, "seed": {"kind": "integer", "minimum": 0}},
            tiers={"fast": number + 1},
            prices={
                "rates": [
                    {"meter": "input_text_token", "usd_per_million": "5"},
                    {"meter": "output_image_token", "usd_per_million": "30"},
                ],
                "expectations": [*expectations, *by_quality, everything],
            },
        )
        for number in range(models)
    ]
    return [source(file(*tables, id=f"s{n}", default_model="model-0"), f"s{n}.toml") for n in range(services)]


dates = st.dates(date(2020, 1, 1), AS_OF)
lines = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, categories=("L", "N", "P", "S")), min_size=1)
names = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._@+-]{0,12}\Z")
amounts = st.decimals(Decimal("0.000001"), Decimal(50), places=6)
sizes = st.tuples(st.integers(1, 99999), st.integers(1, 99999)).map(lambda edges: f"{edges[0]}x{edges[1]}")
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def parameters(draw: st.DrawFn) -> Data:
    """One option of any kind."""
    kind = draw(st.sampled_from(["integer", "number", "choice", "flag", "text"]))
    match kind:
        case "choice":
            choices = draw(st.lists(names, min_size=1, max_size=4, unique=True))
            words = draw(st.lists(names.filter(lambda name: name not in choices), max_size=2, unique=True))
            aliases = {word: draw(st.sampled_from(choices)) for word in words}
            return {"choices": choices, "default": draw(st.sampled_from(choices)), "aliases": aliases}
        case "integer":
            low, high = sorted(draw(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))))
            return {"kind": kind, "minimum": low, "maximum": high, "default": draw(st.integers(low, high))}
        case "number":
            ends = sorted(draw(st.tuples(numbers, numbers)))
            return {"kind": kind, "minimum": ends[0], "maximum": ends[1], "default": draw(st.sampled_from(ends))}
        case "flag":
            return {"kind": kind, "default": draw(st.booleans())}
    return {"kind": kind}


@st.composite
def models(draw: st.DrawFn, name: str) -> Data:
    """A live model with prices by the picture for each of its sizes."""
    fixed = draw(st.lists(sizes, min_size=1, max_size=4, unique=True))
    seconds = draw(st.integers(1, 100) | st.floats(0.01, 100))
    return model(
        name,
        title=draw(lines),
        description=draw(lines),
        operations=draw(st.lists(st.sampled_from(["generate", "edit", "variations"]), min_size=1, unique=True)),
        sizes={"fixed": fixed, "default": draw(st.sampled_from(fixed))},
        max_count=draw(st.integers(1, 100)),
        parameters=draw(
            st.dictionaries(names.filter(lambda word: word not in ("format", "quality")), parameters(), max_size=3)
        ),
        prompt_limit=draw(st.integers(1, 10**6)),
        formats=draw(st.lists(st.sampled_from(["png", "jpeg", "webp"]), min_size=1, unique=True)),
        max_inputs=draw(st.integers(1, 20)),
        tiers=draw(st.dictionaries(st.sampled_from(["ultra", "high", "standard", "fast"]), st.integers(1, 99))),
        seconds=seconds,
        timeout=seconds + draw(st.integers(1, 1000)),
        streams=draw(st.booleans()),
        requests_per_second=draw(st.integers(0, 100) | st.floats(0, 100)),
        concurrency=draw(st.integers(0, 100)),
        as_of=draw(dates),
        prices={"rates": [{"meter": "image", "size": size, "usd": str(draw(amounts))} for size in fixed]},
    )


@st.composite
def files(draw: st.DrawFn) -> Data:
    """A whole valid file."""
    unique = st.lists(names, min_size=1, max_size=3, unique_by=str.casefold)
    tables = [draw(models(name)) for name in draw(unique)]
    return file(
        *tables,
        default_model=draw(st.sampled_from([str(table["name"]) for table in tables])),
        name=draw(lines),
        requests_per_second=draw(st.integers(0, 100) | st.floats(0, 100)),
        concurrency=draw(st.integers(1, 100)),
        order=draw(st.integers(0, 100)),
    )
