"""Packages for Node are installed from their lock files, and their absence is explained."""

from pathlib import Path

import pytest

from tools import node_packages


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "package-lock.json").write_text("{}")
    (tmp_path / "node_modules").mkdir()
    return tmp_path


def program(folder: Path, name: str, does: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)


def test_without_node_it_says_so(programs: Path, place: Path) -> None:
    assert node_packages.obtain(place) == "there is no Node with npm on this machine"


def test_an_old_node_is_not_enough(programs: Path, place: Path) -> None:
    program(programs, "npm", "exit 0")
    program(programs, "node", "echo v18.19.0")
    assert node_packages.obtain(place) == "Node 20 or newer is needed, and this is v18.19.0"


def test_packages_are_installed_once_for_each_lock_file(programs: Path, place: Path) -> None:
    program(programs, "node", "echo v20.1.0")
    program(programs, "npm", f"echo run >> {place}/runs")
    assert node_packages.obtain(place) == node_packages.obtain(place) == ""
    assert (place / "runs").read_text() == "run\n"
    (place / "package-lock.json").write_text('{"lockfileVersion": 3}')
    assert not node_packages.is_current(place)
    assert node_packages.obtain(place) == ""
    assert (place / "runs").read_text() == "run\nrun\n"


def test_why_npm_could_not_install_them_is_said(programs: Path, place: Path) -> None:
    program(programs, "node", "echo v22.0.0")
    program(programs, "npm", "echo 'npm error network unreachable.'; exit 1")
    assert node_packages.obtain(place) == "npm could not install them: npm error network unreachable"
    assert not node_packages.is_current(place)


def test_npm_that_takes_too_long_is_stopped(programs: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(programs, "node", "echo v22.0.0")
    program(programs, "npm", "exec /bin/sleep 30")
    monkeypatch.setattr(node_packages, "PATIENCE", 0.1)
    assert node_packages.obtain(place) == "npm took longer than 0.1 s"


@pytest.mark.parametrize("folder", node_packages.folders(), ids=lambda folder: folder.name)
def test_the_lock_files_name_no_place(folder: Path) -> None:
    text = (folder / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert '"integrity"' in text
