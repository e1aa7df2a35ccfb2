"""Set-up knows when there is nothing to do, and what it installs is pinned and complete."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tools import setup
from tools.sources import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n\n[tool.ruff]\nline-length = 120\n')
    (tmp_path / "requirements.lock").write_text("one==1\n")
    (tmp_path / "requirements-test.lock").write_text("two==2\n")
    python = setup.venv_python(tmp_path / ".venv")
    python.parent.mkdir(parents=True)
    python.touch()
    (tmp_path / ".venv/pyvenv.cfg").write_text(f"command = python3 -m venv {tmp_path / '.venv'}\n")
    for level in setup.LOCKS:
        (tmp_path / f".venv/.installed-{level}").write_text(setup.digest(tmp_path, level))
    return tmp_path


def levels_current(project: Path) -> list[str]:
    return [level for level in setup.LOCKS if setup.is_current(project, project / ".venv", level)]


def test_nothing_is_done_twice(project: Path) -> None:
    assert levels_current(project) == ["run", "test"]


def test_rules_of_checks_are_no_reason_to_install(project: Path) -> None:
    (project / "pyproject.toml").write_text('[project]\nname = "x"\n\n[tool.ruff]\nline-length = 100\n')
    assert levels_current(project) == ["run", "test"]


@pytest.mark.parametrize(
    "changed,current",
    [("requirements-test.lock", ["run"]), ("requirements.lock", []), ("pyproject.toml", [])],
)
def test_each_level_follows_the_files_it_is_made_from(project: Path, changed: str, current: list[str]) -> None:
    (project / changed).write_text("[project]\nthree==3\n")
    assert levels_current(project) == current


def test_an_environment_without_its_interpreter_is_made_anew(project: Path) -> None:
    setup.venv_python(project / ".venv").unlink()
    assert levels_current(project) == []


def test_an_environment_moved_from_elsewhere_is_made_anew(project: Path) -> None:
    (project / ".venv/pyvenv.cfg").write_text("command = python3 -m venv elsewhere/.venv\n")
    assert levels_current(project) == []


def pins(name: str) -> dict[str, Requirement]:
    rows = map(Requirement, (ROOT / name).read_text().splitlines())
    return {row.name: row for row in rows}


def test_every_line_of_the_locks_pins_one_version_from_anywhere() -> None:
    rows = [*pins("requirements.lock").values(), *pins("requirements-test.lock").values()]
    assert len({row.name for row in rows}) == len(rows)
    assert all(len(row.specifier) == 1 and str(row.specifier).startswith("==") and row.url is None for row in rows)


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run = pins("requirements.lock")
    everything = run | pins("requirements-test.lock")
    extras = project["project"]["optional-dependencies"]
    wanted = [(text, run) for text in [*project["project"]["dependencies"], *project["build-system"]["requires"]]]
    wanted += [(text, everything) for name in ("test", "lint") for text in extras[name]]
    for text, lock in wanted:
        needed = Requirement(text)
        version = str(lock[needed.name].specifier).removeprefix("==")
        assert needed.specifier.contains(version), f"{text}: the lock has {version}; run make lock"
