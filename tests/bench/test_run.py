"""The command that measures."""

import json
from importlib import import_module
from pathlib import Path

import pytest

from bench import run
from bench.figures import Figure, Scale


@pytest.fixture
def _made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(scale: Scale) -> list[Figure]:
        return [Figure(name="it", value=2.0 if scale.quick else 4.0, unit="ms", goal=3.0, note="made up")]

    subject = type("Subject", (), {"measure": staticmethod(measure)})
    monkeypatch.setattr(run, "import_module", lambda _: subject)


@pytest.mark.usefixtures("_made_up")
def test_figures_are_written_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "figures.json"
    assert run.main(["lag", "--quick", "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["figures"]["lag"][0]["value"] == 2.0
    assert set(found["machine"]) == {"date", "commit", "python", "machine", "load"}
    assert found["machine"]["python"] in capsys.readouterr().out


@pytest.mark.usefixtures("_made_up")
def test_a_goal_that_is_not_met_ends_in_1() -> None:
    assert run.main(["lag"]) == 1


@pytest.mark.usefixtures("_made_up")
def test_results_are_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "RESULTS", tmp_path / "RESULTS.md")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    (tmp_path / "RESULTS.md").write_text(f"old figures\n\n{run.REMARKS}\n\nIt rained.\n")
    run.main(["lag", "memory", "--write"])
    page = (tmp_path / "RESULTS.md").read_text()
    assert page.count("| it | 4.00 ms |") == 2
    assert "it: made up" in page
    assert page.endswith(f"{run.REMARKS}\n\nIt rained.\n")
    assert "old figures" not in page


def test_a_subject_that_fails_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(_: Scale) -> list[Figure]:
        raise RuntimeError("the service is gone")

    def good(_: Scale) -> list[Figure]:
        return [Figure(name="it", value=1.0, unit="ms")]

    subjects = {"bench.lag": measure, "bench.memory": good}
    monkeypatch.setattr(
        run, "import_module", lambda name: type("Subject", (), {"measure": staticmethod(subjects[name])})
    )
    assert run.main(["lag", "memory"]) == 1
    said = capsys.readouterr()
    assert "lag could not be measured: the service is gone" in said.err
    assert "it" in said.out


def test_an_unknown_subject_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run.main(["speed"])
    assert "there are: painting" in capsys.readouterr().err


def test_every_subject_can_be_loaded() -> None:
    for name in run.SUBJECTS:
        assert callable(import_module(f"bench.{name}").measure)
