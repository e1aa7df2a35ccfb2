"""The browser for the tests is found where it is, and its absence is explained."""

from pathlib import Path

import pytest

from tools import chromium


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "PLACES", ())
    monkeypatch.setattr(chromium, "TRIED", tmp_path / "tried")
    return tmp_path


def program(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\nexit 1\n")
    path.chmod(0o755)
    return path


def test_a_browser_on_the_path_is_found(nowhere: Path) -> None:
    assert chromium.find() is None
    other = program(nowhere, "google-chrome")
    assert chromium.find() == str(other)
    first = program(nowhere, "chromium")
    assert chromium.find() == str(first)


def test_a_browser_named_in_the_environment_comes_first(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(nowhere, "chromium")
    mine = program(nowhere, "mine")
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert chromium.find() == str(mine)


def test_what_stands_in_the_way_is_said_and_remembered(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert chromium.main([]) == 0
    assert "no apt-get" in capsys.readouterr().out
    chromium.TRIED.write_text("it rained")
    assert chromium.main([]) == 0
    assert "will be skipped: it rained" in capsys.readouterr().out
    assert chromium.main(["--again"]) == 0
    assert "no apt-get" in capsys.readouterr().out


def test_a_failing_installation_is_explained(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(nowhere, "apt-get")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert chromium.obtain(again=False) == (None, "apt-get could not install it: no message")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "only root" in chromium.obtain(again=True)[1]
