"""Where the time goes is found with Python's own profiler, as the guide says."""

import os
import pstats
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path("docs/troubleshooting.md")


@pytest.mark.req("S4-070")
def test_the_guides_command_says_how_long_each_part_took(tmp_path: Path) -> None:
    (shown,) = [line for line in GUIDE.read_text().splitlines() if "-m cProfile" in line]
    program, _, words = shown.partition(" -m cProfile -o limner.prof ")
    assert (program, words.split()[0]) == (".venv/bin/python", ".venv/bin/limner")
    found = tmp_path / "limner.prof"
    limner = str(Path(sys.executable).parent / "limner")
    command = [
        sys.executable,
        "-m",
        "cProfile",
        "-o",
        str(found),
        limner,
        "generate",
        "a lake",
        "-m",
        "sketch",
        "--size",
        "64x64",
    ]
    environment = {**os.environ, "LIMNER_DATA_DIR": str(tmp_path / "data")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    took = {(Path(file).name, name) for file, _, name in pstats.Stats(str(found)).stats}  # type: ignore[attr-defined]  # typeshed leaves it out
    assert {("dispatcher.py", "_carry"), ("rows.py", "<module>")} <= took
