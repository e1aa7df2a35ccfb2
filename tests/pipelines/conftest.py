"""A library in the place of diffusers, and the process that paints with it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

LIBRARY = Path(__file__).with_name("library")


@dataclass(frozen=True)
class Library:
    """What the library in the place of diffusers notes."""

    folder: Path

    @property
    def loads(self) -> list[dict[str, Any]]:
        """What was loaded, and by which process."""
        log = self.folder / "loads"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def go_on(self) -> None:
        """Lets slow paintings go on after their first step."""
        (self.folder / "go").touch()


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """The library, where the process that paints finds it."""
    return library_in(tmp_path / "library", monkeypatch)


def library_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """The library, with its notes in a folder."""
    found = Library(folder)
    found.folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(LIBRARY))
    monkeypatch.setenv("LOADS", str(found.folder / "loads"))
    monkeypatch.setenv("GO", str(found.folder / "go"))
    return found
