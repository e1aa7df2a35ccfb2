"""The lint run carries on after a failure and names it."""

from pathlib import Path

import pytest

from tools.lint import CHECKS, main, run_checks


def test_all_checks_run_and_the_failed_are_named_with_their_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = {
        "broken": ["-c", "import sys; print('line 3 is wrong'); sys.exit(1)"],
        "loud": ["-c", "print('much to say')"],
        "quiet": ["-c", "pass"],
    }
    assert run_checks(checks, tmp_path) == ["broken"]
    printed = capsys.readouterr().out
    assert "line 3 is wrong" in printed
    assert "much to say" not in printed
    assert sorted(line.split()[1] for line in printed.splitlines() if line.endswith(" s")) == sorted(checks)


def test_an_unknown_check_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spelling"]) == 2
    assert ", ".join(CHECKS) in capsys.readouterr().err
