"""What tests take from npm is installed where npm is, and its absence is explained."""

import os
from pathlib import Path

import pytest

from tools import node_packages


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one folder that wants packages, and no program but those in `bin`."""
    monkeypatch.setattr(node_packages, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    found = tmp_path / "tests" / "clients"
    found.mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (found / "package-lock.json").write_text("{}")
    return found


def npm(folder: Path, script: str) -> None:
    program = folder.parents[1] / "bin" / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_what_is_there_is_not_installed_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    npm(folder, "/bin/mkdir node_modules && echo done > node_modules/.package-lock.json")
    assert node_packages.folders() == [folder]
    assert not node_packages.is_installed(folder)
    assert node_packages.main() == 0
    assert capsys.readouterr().out == "tests/clients: ready.\n"
    npm(folder, "exit 1")
    assert node_packages.is_installed(folder)
    assert node_packages.main() == 0
    assert capsys.readouterr().out == "tests/clients: ready.\n"
    os.utime(folder / "package-lock.json", (2**31, 2**31))
    assert not node_packages.is_installed(folder)


def test_why_nothing_could_be_installed_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert node_packages.install(folder) == "npm is not installed"
    npm(folder, "echo no network >&2; exit 1")
    assert node_packages.main() == 0
    assert capsys.readouterr().out == "tests/clients: npm could not install it: no network.\n"


def test_npm_that_takes_too_long_is_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm(folder, "exec /bin/sleep 30")
    monkeypatch.setattr(node_packages, "PATIENCE", 0.1)
    assert node_packages.install(folder) == "npm took longer than 0 s"
