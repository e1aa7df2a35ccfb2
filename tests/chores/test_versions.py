"""What a machine needs is said with one version everywhere."""

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
