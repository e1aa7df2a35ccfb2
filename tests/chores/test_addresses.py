"""The address check finds registries and machine paths, in every file that git would keep."""

import subprocess
from pathlib import Path

import pytest

from tools.addresses import findings_in, project_files

ROOT_FOLDER = "/" + "root"
REGISTRY = "https://" + "pypi" + ".org/simple"


@pytest.mark.parametrize(
    "text",
    [
        f"see {REGISTRY}",
        "--index-" + "url https://mirror.example/simple",
        "--extra-index-" + "url file:///srv/wheels",
        f"open('{ROOT_FOLDER}/notes.txt')",
        "/" + "work/main/src",
        "file:///" + "home/ann/x",
        "/" + "Users/ann/x",
        "C:" + "\\Users\\ann",
    ],
)
def test_ties_to_one_machine_are_found(text: str) -> None:
    assert [finding.line for finding in findings_in("notes.md", f"first\n{text}\n")] == [2]


@pytest.mark.parametrize(
    "text",
    ["https://example.com/work/of/art", "src/work/x", "~/work/x", "/api/images/generate", "/home", "{base}/work/list"],
)
def test_ordinary_text_is_not(text: str) -> None:
    assert not list(findings_in("notes.md", text))


def test_the_files_are_those_git_would_keep(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("ignored.txt\n")
    for name in ("kept.txt", "ignored.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in project_files(tmp_path)] == [".gitignore", "kept.txt"]


def test_without_git_they_are_those_not_hidden(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/x.txt").touch()
    (tmp_path / "kept.txt").touch()
    assert [path.name for path in project_files(tmp_path)] == ["kept.txt"]
