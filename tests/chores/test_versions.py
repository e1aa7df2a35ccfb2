"""What the pages say of versions and of places is so."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.req("S0-057")
def test_every_place_that_names_a_python_names_the_oldest_that_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    oldest = project["project"]["requires-python"].removeprefix(">=")
    assert project["tool"]["mypy"]["python_version"] == oldest
    assert f"Programming Language :: Python :: {oldest}" in project["project"]["classifiers"]
    named = {
        version
        for page in ("README.md", "Makefile")
        for version in re.findall(r"Python (\d+\.\d+) or newer", (ROOT / page).read_text())
    }
    assert named == {oldest}


@pytest.mark.req("S4-073")
def test_each_part_that_document_4_names_has_its_place() -> None:
    table = (ROOT / "docs" / "architecture.md").read_text().partition("| There | Here |")[2]
    places = dict(re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", table, re.MULTILINE))
    parts = {"services/unified_generation.py", "services/prompt_validation.py", "services/providers/"}
    parts |= {"services/ollama/", "routes/", "models/", "prompts/", "storage/", "main.py"}
    assert places.keys() == parts
    missing = [place for place in places.values() if not (ROOT / "src" / "limner" / place).exists()]
    assert not missing
