"""Bring .venv in line with the lock files; do nothing when it already is.

Runs on the system's Python with nothing installed: `python3 tools/setup.py run` installs what Limner needs to run,
`python3 tools/setup.py test` what its tests and checks need as well.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST = (3, 11)
LOCKS = {"run": ("requirements.lock",), "test": ("requirements.lock", "requirements-test.lock")}


def find_python() -> str | None:
    """The interpreter running this if it is new enough, else the newest one on the path that is."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for minor in range(14, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    return None


def digest(root: Path, level: str) -> str:
    """What the installation of one level depends on, as one line: the place, the project's own tables, the locks."""
    project = (root / "pyproject.toml").read_bytes().partition(b"\n[tool.")[0]
    total = hashlib.sha256(os.fsencode(root) + b"\0" + project)
    for name in LOCKS[level]:
        total.update(b"\0" + (root / name).read_bytes())
    return total.hexdigest()


def venv_python(venv: Path) -> Path:
    """The interpreter inside a virtual environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_at_home(venv: Path) -> bool:
    """Whether an environment is there and was made in this very place: its scripts name their interpreter by path."""
    notes = venv / "pyvenv.cfg"
    return venv_python(venv).exists() and notes.is_file() and str(venv) in notes.read_text()


def is_current(root: Path, venv: Path, level: str) -> bool:
    """Whether the environment was made from these very files."""
    stamp = venv / f".installed-{level}"
    return stamp.is_file() and is_at_home(venv) and stamp.read_text() == digest(root, level)


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the project's set-up lock, so that two runs of make do not install into one environment at once."""
    try:
        import fcntl  # not on Windows, where make runs one at a time
    except ImportError:
        yield
        return
    with (root / "pyproject.toml").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def install(root: Path, venv: Path, level: str, python: str) -> None:
    """Create the environment if need be and install the pinned packages and the project itself."""
    count = sum(len((root / name).read_text().splitlines()) for name in LOCKS[level])
    print(f"Installing {count} packages into {venv.name}; the first time takes about a minute.", flush=True)
    if not is_at_home(venv):
        subprocess.run([python, "-m", "venv", "--clear", str(venv)], check=True)
    pip = [str(venv_python(venv)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    for name in LOCKS[level]:
        # What Limner runs on is compiled now, for a fast first start; of the rest the tests compile what they use.
        compiled = [] if name in LOCKS["run"] else ["--no-compile"]
        subprocess.run([*pip, *compiled, "-r", str(root / name)], check=True)
    subprocess.run([*pip, "--no-build-isolation", "--editable", str(root)], check=True)
    for done in LOCKS if level == "test" else (level,):
        (venv / f".installed-{done}").write_text(digest(root, done))


def main(arguments: list[str]) -> int:
    """Set up one level, `run` or `test`."""
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        print("usage: python3 tools/setup.py run|test", file=sys.stderr)
        return 2
    root = Path(__file__).resolve().parent.parent
    venv = root / ".venv"
    level = arguments[0]
    if is_current(root, venv, level):
        return 0
    python = find_python()
    if python is None:
        print("Limner needs Python 3.11 or newer. Install one, or say which: make PYTHON=python3.12", file=sys.stderr)
        return 1
    try:
        with alone(root):
            if not is_current(root, venv, level):
                install(root, venv, level, python)
    except subprocess.CalledProcessError as error:
        print(f"Set-up failed: {' '.join(error.cmd[:4])} ended with {error.returncode}; see above.", file=sys.stderr)
        print("If the venv module is missing, install it (Debian: apt-get install python3-venv).", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
