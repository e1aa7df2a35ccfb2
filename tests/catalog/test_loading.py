"""Where catalog files come from: Limner itself, installed packages, the user's folder."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from limner.catalog.installed import GROUP, load_installed
from limner.catalog.loader import FACTS, load_catalog
from limner.domain.errors import NotConfigured
from tests.catalog.samples import file, model
from tests.catalog.toml_writer import TomlWriter

PRICE = """
[service]
id = "openai"

[[model]]
name = "gpt-image-2"
as_of = 2027-01-10

[model.prices]
rates = [{ meter = "image", usd = "0.10" }]
expectations = []

[[model]]
name = "gpt-image-3"
like = "gpt-image-2"
title = "GPT Image 3"
description = "Mine."
"""


class Point:
    """An entry point that gives what it is told to."""

    def __init__(self, name: str, given: object) -> None:
        self.name = name
        self.given = given

    def load(self) -> object:
        if isinstance(self.given, Exception):
            raise self.given
        return self.given


def written(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path | None = None, points: tuple[Point, ...] = ()) -> list[str]:
    with pytest.raises(NotConfigured) as raised:
        load_catalog(*([folder] if folder else []), entry_points=points)
    assert raised.value.code == "catalog_invalid"
    return raised.value.message.splitlines()


def test_every_file_of_ours_is_about_the_service_of_its_name() -> None:
    read = load_catalog(entry_points=())
    assert {card.id for card in read.services} == {path.stem for path in FACTS.glob("*.toml")}
    assert next(card.id for card in read.services) == "sketch"


def test_without_a_folder_of_the_user_the_built_in_facts_stand(tmp_path: Path) -> None:
    assert load_catalog(tmp_path / "catalog.d", entry_points=()).models == load_catalog(entry_points=()).models


def test_the_user_changes_a_price_and_adds_a_model(tmp_path: Path) -> None:
    folder = written(tmp_path / "catalog.d", "my-prices.toml", PRICE)
    written(folder, "notes.txt", "not a catalog")
    read = load_catalog(folder, entry_points=())
    card = read.find("gpt-image-2")
    assert card.prices.rates[0].usd == Decimal("0.10")
    assert (card.title, card.tiers["high"]) == ("GPT Image 2", 10)
    assert read.find("gpt-image-3").prices == card.prices
    assert "gpt-image-3" not in read.find("gpt-image-2").aliases


def test_the_user_adds_a_service(tmp_path: Path) -> None:
    folder = written(tmp_path / "catalog.d", "acme.toml", TomlWriter(file(model("mine"), default_model="mine")).text)
    assert load_catalog(folder, entry_points=()).find("acme").id == "acme/mine"


def test_a_package_adds_a_service_and_the_user_has_the_last_word(tmp_path: Path) -> None:
    package = written(tmp_path / "package", "acme.toml", TomlWriter(file(model("mine"), default_model="mine")).text)
    mine = {"service": {"id": "acme", "name": "My Acme"}}
    user = written(tmp_path / "catalog.d", "acme.toml", TomlWriter(mine).text)
    read = load_catalog(user, entry_points=[Point("acme", package)])
    assert read.service("acme").name == "My Acme"
    assert read.find("mine").title == "Mine"


def test_an_installed_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = written(
        tmp_path / "acme_catalog",
        "__init__.py",
        "import importlib.resources\nFACTS = importlib.resources.files(__name__)\n",
    )
    written(package, "acme.toml", TomlWriter(file(model("mine"), default_model="mine")).text)
    about = written(
        tmp_path / "acme_catalog-1.0.dist-info", "METADATA", "Metadata-Version: 2.1\nName: acme-catalog\nVersion: 1.0\n"
    )
    written(about, "entry_points.txt", f"[{GROUP}]\nacme = acme_catalog:FACTS\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load_catalog().find("acme/mine").title == "Mine"


def test_faults_name_the_folder_they_are_in(tmp_path: Path) -> None:
    package = written(tmp_path / "package", "acme.toml", "[service]\n")
    user = written(tmp_path / "catalog.d", "openai.toml", "a = \n")
    assert refusal(user, (Point("acme-plugin", package),)) == [
        "The model catalog has 2 errors. Correct this and start again:",
        'acme-plugin/acme.toml:1: the file must say which service it is about: [service] with id = "...".',
        "catalog.d/openai.toml:1: this is not valid TOML: Invalid value.",
    ]


def test_a_package_that_cannot_be_imported_is_named() -> None:
    [_, line] = refusal(points=(Point("acme-plugin", ImportError("no module")),))
    assert line == "acme-plugin:1: the package cannot be loaded (ImportError: no module); correct or uninstall it."
    broken = EntryPoint(name="gone", value="acme_no_such_module:FACTS", group=GROUP)
    with pytest.raises(NotConfigured, match="gone:1: the package cannot be loaded"):
        load_catalog(entry_points=[broken])


def test_an_entry_point_that_is_no_folder_is_named() -> None:
    [_, line] = refusal(points=(Point("acme-plugin", 7),))
    assert line.startswith("acme-plugin:1: the entry point must give a folder")
    assert line.endswith("not 7.")


def test_a_file_that_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_bytes(b'[service]\nid = "acm\xe9"\n')
    [_, line] = refusal(tmp_path)
    assert line == f"{tmp_path.name}/acme.toml:2: this is not UTF-8; save the file as UTF-8."


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").mkdir()
    [_, line] = refusal(tmp_path)
    assert line == f"{tmp_path.name}/acme.toml:1: the file cannot be read: Is a directory."


GRAPH = {"save": {"class_type": "SaveImage", "inputs": {}}}


def with_file(folder: Path, name: str, **wire: object) -> Path:
    table = file(model("mine", wire={"graph": {"file": name}, **wire}), default_model="mine")
    return written(folder, "acme.toml", TomlWriter(table).text)


def test_a_json_file_beside_a_catalog_file_is_taken_in(tmp_path: Path) -> None:
    folder = written(tmp_path / "workflows", "mine.json", json.dumps(GRAPH))
    card = load_catalog(with_file(folder, "mine.json", output="save"), entry_points=()).find("mine")
    assert card.wire == {"graph": GRAPH, "output": "save"}


def test_whoever_changes_the_name_has_the_file_beside_his_own(tmp_path: Path) -> None:
    first = with_file(written(tmp_path / "workflows", "mine.json", "{}"), "mine.json")
    over = written(tmp_path / "catalog.d", "other.json", json.dumps(GRAPH))
    change = {"service": {"id": "acme"}, "model": [{"name": "mine", "wire": {"graph": {"file": "other.json"}}}]}
    written(over, "acme.toml", TomlWriter(change).text)
    assert load_catalog(first, over, entry_points=()).find("mine").wire == {"graph": GRAPH}


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "there is no file mine.json beside this one."), ("{", "mine.json cannot be read as JSON (")],
)
def test_a_json_file_that_cannot_be_taken_in_is_named(tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        written(tmp_path, "mine.json", content)
    [_, line] = refusal(with_file(tmp_path, "mine.json"))
    assert f'model "mine": wire.graph: {words}' in line


def test_an_installation_has_its_own_workflows_and_the_last_word(tmp_path: Path) -> None:
    with_file(written(tmp_path / "workflows", "mine.json", json.dumps(GRAPH)), "mine.json")
    change = {"service": {"id": "acme"}, "model": [{"name": "mine", "title": "Ours"}]}
    written(tmp_path / "catalog.d", "acme.toml", TomlWriter(change).text)
    card = load_installed(tmp_path).find("mine")
    assert (card.title, card.wire) == ("Ours", {"graph": GRAPH})


def test_line_ends_of_windows_are_read(tmp_path: Path) -> None:
    text = TomlWriter(file(model("mine", max_count=0), default_model="mine")).text
    line = TomlWriter(file(model("mine", max_count=0), default_model="mine")).lines["model", 0, "max_count"]
    (tmp_path / "acme.toml").write_bytes(text.replace("\n", "\r\n").encode())
    assert refusal(tmp_path)[1].startswith(f"{tmp_path.name}/acme.toml:{line}: ")
