"""A broken catalog is refused, with the file and line of every fault."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limner.catalog.layers import Source
from limner.catalog.loader import FACTS
from tests.catalog.samples import Data, catalog, complaints, file, files, model, refused, source
from tests.catalog.toml_writer import KeyPath, TomlWriter

CORRUPTIONS: list[tuple[KeyPath, object, str]] = [
    (("max_count",), 0, "max_count must be at least 1 (got 0)."),
    (("max_count",), "3", 'max_count must be a whole number (got "3").'),
    (("max_count",), True, "max_count must be a whole number (got true)."),
    (("prompt_limit",), 1.5, "prompt_limit must be a whole number (got 1.5)."),
    (("title",), "", 'title must be one line of text without space around it (got "").'),
    (("title",), 7, "title must be text in quotation marks (got 7)."),
    (("streams",), "yes", 'streams must be true or false (got "yes").'),
    (("status",), "old", 'status must be one of live, deprecated, retired or unlisted (got "old").'),
    (("operations",), ["generate", "paint"], "operations[1] must be one of generate, edit"),
    (("operations",), [], "operations must not be empty."),
    (("stand_ins",), {"outpaint": "canvas"}, 'stand_ins.outpaint = "canvas" needs inpaint among the operations.'),
    (("stand_ins",), {"generate": "edit"}, "stand_ins.generate is also in operations"),
    (("stand_ins",), {"outpaint": "native"}, 'stand_ins.outpaint must be edit or canvas (got "native").'),
    (("formats",), "png", 'formats must be a list in square brackets (got "png").'),
    (("sizes", "default"), "999x999", "sizes.default is 999x999, which the model does not make."),
    (("sizes", "default"), "square", 'sizes.default must be a size like 1024x1024 (got "square").'),
    (("sizes", "fixed"), ["1024x1024", 512], "sizes.fixed[1] must be a size like 1024x1024"),
    (("sizes", "aspects"), ["16/9"], 'sizes.aspects[0] must be a shape like 16:9 (got "16/9").'),
    (("timeout",), 1, "timeout must be more than seconds, 5 (got 1)."),
    (("tiers",), {"best": 1}, "tiers.best is not a tier; the tiers are ultra, high, standard, fast."),
    (("tiers",), {"fast": 0}, "tiers.fast must be at least 1 (got 0)."),
    (
        ("shutdown",),
        "2026-12-01",
        'shutdown must be a date without quotation marks, like 2026-11-20 (got "2026-12-01").',
    ),
    (("shutdown",), date(2027, 1, 1), "shutdown is for deprecated and retired models; this one is live."),
    (("successor",), "one", "successor is for deprecated and retired models; this one is live."),
    (("aliases",), ["a b"], "aliases[0] must be letters, digits"),
    (("max_cuont",), 3, "there is no key max_cuont; perhaps max_count is meant."),
    (("sizes", "gird"), 3, "there is no key sizes.gird; perhaps grid is meant."),
    (("prices", "rates"), [], "prices needs rates, free = true or unknown = true."),
    (("prices", "free"), True, "prices must have one of rates, free = true and unknown = true, not several."),
    (
        ("prices", "as_of"),
        date(2027, 1, 1),
        "as_of of a price is 2027-01-01, later than as_of of the model, 2026-11-20",
    ),
    (("prices", "rates"), [{"meter": "image"}], "a rate needs exactly one of usd"),
    (("prices", "rates"), [{"meter": "image", "usd": "0"}], "prices.rates[0].usd must be more than 0 dollars (got 0)"),
    (
        ("prices", "rates"),
        [{"meter": "image", "usd": "4c"}],
        'prices.rates[0].usd must be a number of dollars (got "4c").',
    ),
    (("prices", "rates"), [{"meter": "pixel", "usd": "1"}], "prices.rates[0].meter must be one of image, megapixel"),
    (("prices", "rates"), [{"meter": "image", "usd": "1", "quality": "low"}], '"low" is not among the choices'),
    (
        ("prices", "rates"),
        [{"meter": "image", "usd": "1", "size": "64x64"}],
        "64x64 is not a size that the model makes.",
    ),
    (("prices", "rates"), [{"meter": "image", "usd": "1", "operation": "edit"}], "edit is not among the operations"),
    (("prices", "rates"), [{"meter": "image", "usd": "1", "operation": "dance"}], "operation must be one of generate"),
    (
        ("parameters",),
        {"seed": {"kind": "integer", "minimum": 9, "maximum": 1}},
        "minimum must be at most the maximum, 1",
    ),
    (("parameters",), {"seed": {"kind": "integer", "default": 1.5}}, "parameters.seed.default must be a value"),
    (
        ("parameters",),
        {"seed": {"kind": "integer", "maximum": 5, "default": 6}},
        "parameters.seed.default must be a value",
    ),
    (("parameters",), {"seed": {"kind": "integer", "maximum": "5"}}, 'maximum must be a number (got "5").'),
    (
        ("parameters",),
        {"style": {"kind": "text", "minimum": 1}},
        "parameters.style.minimum has no meaning for the kind text.",
    ),
    (("parameters",), {"style": {"choices": ["a"], "default": "b"}}, "parameters.style.default must be a value"),
    (("parameters",), {"style": {"choices": ["a"], "aliases": {"c": "b"}}}, 'choices ("c" leads to "b").'),
    (("parameters",), {"style": {"kind": "choice"}}, "parameters.style.choices must be given for a choice."),
    (("parameters",), {"style": {"kind": "flag", "default": "a"}}, "parameters.style.default must be a value"),
    (("default_prompts",), {"upscale": "Sharper."}, "default_prompts.upscale is for an operation that the model has"),
    (("default_prompts",), {"generate": "A fox."}, "default_prompts.generate is for an operation that the model has"),
    (("parameters",), {"find": {"kind": "text", "required": True, "default": "a"}}, "find has a default and is not"),
    (("sizes", "keeps"), ["edit"], "sizes.keeps names edit, which is not among the operations."),
    (("sizes", "follows"), ["edit"], "sizes.follows names edit, which is not among the operations."),
    (("sizes", "reframes"), True, "sizes.reframes is for models that outpaint to one of their fixed sizes"),
    (("parameters",), {"format": {"choices": ["jpeg"]}}, "parameters.format.choices must be the same list as formats."),
]


def changed(table: object, path: KeyPath, value: object) -> None:
    """Puts a value at a path, making tables on the way."""
    for part in path[:-1]:
        assert isinstance(table, dict)
        table = table.setdefault(part, {})
    assert isinstance(table, dict)
    table[path[-1]] = value


@pytest.mark.parametrize("path, value, sentence", CORRUPTIONS, ids=[f"{c[0][-1]}-{c[2][:30]}" for c in CORRUPTIONS])
def test_each_corruption_is_named_with_its_line(path: KeyPath, value: object, sentence: str) -> None:
    data = file(model())
    changed(data["model"][0], path, value)
    writer = TomlWriter(data)
    [line] = complaints(writer.text)
    assert sentence in line
    full = ("model", 0, *path)
    about = {
        number
        for place, number in writer.lines.items()
        if len(place) > 2 and all(a == b for a, b in zip(place, full, strict=False))
    }
    found = re.match(r'acme\.toml:(\d+): model "one": ', line)
    assert found is not None
    assert int(found[1]) in about


ALWAYS_WRONG = [
    corruption
    for corruption in CORRUPTIONS
    if len(corruption[0]) == 1 and isinstance(corruption[1], int | float | str) and corruption[0] != ("timeout",)
]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=files(),
    chance=st.randoms(use_true_random=False),
    corruption=st.sampled_from(ALWAYS_WRONG),
    pick=st.integers(0, 99),
)
def test_a_corruption_of_any_file_is_found_on_its_line(
    data: Data, chance: Random, corruption: tuple[KeyPath, object, str], pick: int
) -> None:
    path, value, _ = corruption
    tables = data["model"]
    assert isinstance(tables, list)
    index = pick % len(tables)
    changed(tables[index], path, value)
    writer = TomlWriter(data, chance)
    wanted = f'acme.toml:{writer.lines["model", index, *path]}: model "{tables[index]["name"]}": '
    found = complaints(writer.text)
    assert any(line.startswith(wanted) and str(path[0]) in line for line in found), found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=files(),
    chance=st.randoms(use_true_random=False),
    pick=st.integers(0, 99),
    key=st.sampled_from(
        ["title", "description", "operations", "prompt_limit", "formats", "seconds", "timeout", "source", "prices"]
    ),
)
def test_a_missing_key_is_reported_where_its_table_begins(data: Data, chance: Random, pick: int, key: str) -> None:
    tables = data["model"]
    assert isinstance(tables, list)
    index = pick % len(tables)
    del tables[index][key]
    writer = TomlWriter(data, chance)
    line = writer.lines["model", index]
    assert complaints(writer.text) == [f'acme.toml:{line}: model "{tables[index]["name"]}": {key} is missing.']


OUR_TEXT = (FACTS / "openai.toml").read_text(encoding="utf-8")


def renamable(text: str) -> list[int]:
    """Lines of a key that no file may miss or rename: those outside the tables where keys are free."""
    free, found = False, []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("["):
            free = "parameters" in line
        if not free and re.match(r"[a-z_]+ = ", line) and not line.startswith(("id =", "name =", "like =")):
            found.append(number)
    return found


@settings(max_examples=25, deadline=None)
@given(number=st.sampled_from(renamable(OUR_TEXT)))
def test_a_misspelt_key_of_our_own_file_is_found(number: int) -> None:
    lines = OUR_TEXT.splitlines()
    lines[number - 1] = "x" + lines[number - 1]
    found = refused([Source(label="openai.toml", text="\n".join(lines))])
    assert any(line.startswith(f"openai.toml:{number}: ") and "there is no key" in line for line in found), found


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, len(OUR_TEXT)), junk=st.sampled_from(["=", "]", '"', "= =", "[[", "a b = 1", "\x00", "{"]))
def test_broken_toml_names_the_line_of_the_parser(cut: int, junk: str) -> None:
    text = OUR_TEXT[:cut] + junk + OUR_TEXT[cut:]
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = re.search(r"at line (\d+)", str(error))
    else:
        return  # inside a comment or a text
    [found] = refused([Source(label="openai.toml", text=text)])
    line = int(said[1]) if said else text.rstrip("\n").count("\n") + 1
    assert found.startswith(f"openai.toml:{line}: this is not valid TOML: ")
    assert "(at " not in found


def test_all_faults_of_all_files_are_told_at_once_in_order() -> None:
    first = file(model(max_count=0), model("two", seconds=-1), concurrency=0)
    second = file(model(title=3), id="zeta")
    found = refused([source(second, "zeta.toml"), source(first), source("a = = 1\n", "broken.toml")])
    assert [line.split(": ")[0].split(":")[0] for line in found] == ["acme.toml"] * 3 + ["broken.toml", "zeta.toml"]
    numbers = [int(line.split(":")[1]) for line in found[:3]]
    assert numbers == sorted(numbers)


def test_a_fault_in_the_defaults_is_told_once() -> None:
    data = file(model(), model("two"), model("three"), defaults={"max_count": 0})
    line = TomlWriter(data).lines["defaults", "max_count"]
    assert complaints(data) == [f'acme.toml:{line}: model "one" and 2 more: max_count must be at least 1 (got 0).']


def test_a_fault_of_a_later_file_is_told_there() -> None:
    mine: Data = {"service": {"id": "acme"}, "model": [{"name": "one", "sizes": {"default": "640x480"}}]}
    line = TomlWriter(mine).lines["model", 0, "sizes", "default"]
    assert complaints(file(), mine) == [
        f'user/1.toml:{line}: model "one": sizes.default is 640x480, which the model does not make.'
    ]


def test_a_list_that_replaces_another_takes_the_blame_for_what_it_lacks() -> None:
    mine: Data = {"service": {"id": "acme"}, "model": [{"name": "one", "prices": {"rates": [{"usd": "1"}]}}]}
    line = TomlWriter(mine).lines["model", 0, "prices", "rates", 0]
    assert complaints(file(), mine) == [f'user/1.toml:{line}: model "one": prices.rates[0].meter is missing.']


@pytest.mark.parametrize(
    "text, sentence",
    [
        ('[service]\nid = "acme"\n[models]\n', "3: there is no table models;"),
        ("[[model]]\nname = 'x'\n", "1: the file must say which service it is about"),
        ("[service]\nid = 3\n", "1: the file must say which service it is about"),
        ('[service]\nid = "acme"\n[model]\nname = "x"\n', "3: models must be written as [[model]]"),
        ('[service]\nid = "acme"\n\n[[model]]\ntitle = "x"\n', "4: a model must have a name"),
        ('defaults = 1\n[service]\nid = "acme"\n', "1: defaults must be a table"),
    ],
)
def test_an_outline_that_cannot_be_read(text: str, sentence: str) -> None:
    [found] = complaints(text)
    assert found.startswith(f"acme.toml:{sentence}")


def test_a_model_described_twice_in_one_folder() -> None:
    data = file(model(), model())
    first, second = (TomlWriter(data).lines["model", index] for index in (0, 1))
    assert complaints(data) == [
        f'acme.toml:{second}: model "one" is already described at acme.toml:{first}; keep one of them.'
    ]
    twice = refused([source(file(), "a.toml"), source(file(model("two"), default_model="two"), "b.toml")])
    assert twice == ['b.toml:1: service "acme" is already described at a.toml:1; keep one of them.']


@pytest.mark.parametrize("like, fault", [("one", "is like itself"), ("zero", "there is no model zero in service acme")])
def test_a_model_like_nothing(like: str, fault: str) -> None:
    data = file({"name": "one", "like": like}, model("two"))
    line = TomlWriter(data).lines["model", 0, "like"]
    assert complaints(data) == [f'acme.toml:{line}: model "one": {fault}.']


def test_models_like_each_other() -> None:
    found = complaints(file(model(like="two"), model("two", like="one"), default_model="one"))
    assert len(found) == 2
    assert all(line.endswith("is like itself.") for line in found)


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"default_model": "zero"}, 'default_model is "zero", which is not a model of this service.'),
        ({"default_model": "old"}, 'default_model is "old", which is retired.'),
        ({"id": "Acme"}, "id must be small letters, digits, - and _"),
        ({"colour": "red"}, 'colour must be a colour like #1d5e45 in small letters (got "red").'),
        ({"base_url": "https://acme.test/"}, "base_url must be an http or https address without a slash at the end"),
        ({"base_url": "acme.test"}, "base_url must be an http or https address"),
        ({"base_url_variable": "acme"}, "base_url_variable must be the name of an environment variable"),
        ({"requests_per_second": -1}, "requests_per_second must be at least 0 (got -1)."),
        ({"aliases": ["acme"]}, 'the alias "acme" already stands for acme.'),
        ({"retries": 3}, "there is no key retries."),
    ],
)
def test_faults_of_a_service(changes: Data, sentence: str) -> None:
    old = model("old", status="retired", shutdown=date(2026, 1, 1), prices={})
    [found] = complaints(file(model(), old, **changes))
    assert found.startswith("acme.toml:")
    assert f'service "{changes.get("id", "acme")}": {sentence}' in found


@pytest.mark.parametrize(
    "absent, sentence",
    [
        (["base_url", "base_url_variable"], "base_url is missing; only a local service may do without an address."),
        (["base_url_variable"], "base_url and base_url_variable go together; give both or neither."),
        (["documentation"], "documentation is missing; give the address where the facts come from."),
    ],
)
def test_what_a_remote_service_must_have(absent: list[str], sentence: str) -> None:
    data = file()
    for key in absent:
        del data["service"][key]
    assert complaints(data) == [f'acme.toml:1: service "acme": {sentence}']


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"status": "retired"}, "shutdown is missing; say when the retired model ended."),
        (
            {"status": "retired", "shutdown": date(2026, 12, 1)},
            "shutdown is 2026-12-01, after as_of 2026-11-20: the model is deprecated, not yet retired.",
        ),
        (
            {"status": "deprecated", "shutdown": date(2026, 11, 20)},
            "shutdown is 2026-11-20, not after as_of 2026-11-20: the model is retired.",
        ),
        ({"status": "deprecated", "tiers": {"fast": 1}}, "tiers are for live models; this one is deprecated."),
        ({"status": "deprecated", "successor": "three"}, 'successor is "three", which is not in the catalog.'),
        ({"status": "deprecated", "successor": "zeta/one"}, 'successor is "zeta/one", which is not in the catalog.'),
        ({"status": "deprecated", "successor": "old"}, 'successor is "old", which is retired itself.'),
        ({"aliases": ["one"]}, 'the alias "one" already stands for acme/one.'),
        ({"aliases": ["ACME"]}, 'the alias "ACME" already stands for service acme.'),
        ({"aliases": ["uno", "Uno"]}, 'the alias "Uno" already stands for acme/two.'),
        ({"name": "One"}, "the name differs from acme/one in capitals only; keep one of them."),
    ],
)
def test_faults_of_names_and_lives(changes: Data, sentence: str) -> None:
    old = model("old", status="retired", shutdown=date(2026, 1, 1), prices={})
    [found] = complaints(file(model(), model("two") | changes, old))
    assert found.endswith(sentence)


def test_an_empty_catalog_is_no_error() -> None:
    assert catalog().models == ()
