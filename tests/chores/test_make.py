"""What is typed after `make run` reaches the program as it was typed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.sources import ROOT

SPY = '#!/bin/sh\nfor word in "$@"; do printf "[%s]" "$word"; done\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Makefile", tmp_path)
    program = tmp_path / ".venv/bin/limner"
    program.parent.mkdir(parents=True)
    program.write_text(SPY)
    program.chmod(0o755)
    return tmp_path


def make(folder: Path, *words: str) -> str:
    # `true` stands in for the interpreter: there is nothing to set up. The environment is bare, for the make that runs
    # these tests passes its own words on in it.
    command = ["make", "--no-print-directory", "PYTHON=true", *words]
    bare = {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, cwd=folder, env=bare, check=True, capture_output=True, text=True, encoding="utf-8")
    return done.stdout


@pytest.mark.parametrize(
    "prompt",
    [
        "a lighthouse at dusk",
        """it's "quoted" \\ and `ticked`""",
        "$5 for $(HOME) and $HOME and ${HOME}",
        "--not-an-option; rm -rf x # & | > y",
        "deux phares à l'aube, 灯台",
        "50% of #1 = 100$",
    ],
)
def test_a_prompt_is_passed_on_unread(folder: Path, prompt: str) -> None:
    assert make(folder, "run", f"PROMPT={prompt}") == f"[generate][--][{prompt}]"


def test_further_words_go_before_the_prompt(folder: Path) -> None:
    assert make(folder, "run", "PROMPT=x", "ARGS=-n 2") == "[generate][-n][2][--][x]"


def test_serve_passes_its_words_on(folder: Path) -> None:
    assert make(folder, "serve", "ARGS=--port 8004") == "[serve][--port][8004]"


def test_every_chore_is_listed(folder: Path) -> None:
    listed = {line.partition(":")[0] for line in make(folder, "help").splitlines()}
    phony = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith(".PHONY:"))
    assert listed == set(phony.partition(":")[2].split())
