"""Resolve the dependencies of pyproject.toml afresh and pin the whole closure, for every platform and Python.

Writes requirements.lock (what Limner needs to run, and its build backend) and requirements-test.lock (what the tests
and the checks need besides). The resolver, uv, is installed into a throw-away environment. The files hold names,
versions and platform markers alone: which registry they come from is the business of whoever installs them.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUIET = ("--quiet", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links")


def resolve(uv: Path, inputs: list[Path], extras: tuple[str, ...], constraint: Path | None) -> list[str]:
    """The pinned closure of some requirement files, one line a package."""
    command = [str(uv), "pip", "compile", "--universal", "--fork-strategy=fewest", *QUIET]
    command += [f"--extra={extra}" for extra in extras]
    command += [f"--constraint={constraint}"] if constraint else []
    command += [str(path) for path in inputs]
    result = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return result.stdout.splitlines()


def main() -> int:
    """Write both lock files."""
    with tempfile.TemporaryDirectory(prefix="limner-lock-") as folder:
        home = Path(folder)
        venv.create(home / "venv", with_pip=True)
        programs = home / "venv" / ("Scripts" if os.name == "nt" else "bin")
        pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "uv"], check=True)
        backend = home / "backend.in"
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())
        backend.write_text("\n".join(project["build-system"]["requires"]))
        inputs = [ROOT / "pyproject.toml", backend]
        everything = resolve(programs / "uv", inputs, ("test", "lint"), None)
        pinned = home / "everything.txt"
        pinned.write_text("\n".join(everything))
        needed = resolve(programs / "uv", inputs, (), pinned)
    beyond = [line for line in everything if line not in needed]
    (ROOT / "requirements.lock").write_text("\n".join(needed) + "\n")
    (ROOT / "requirements-test.lock").write_text("\n".join(beyond) + "\n")
    print(f"requirements.lock: {len(needed)} packages; requirements-test.lock: {len(beyond)} more.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
