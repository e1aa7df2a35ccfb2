"""Install what tests take from npm, where there is npm: for each folder of tests that has a package-lock.json.

The lock files name no registry: which one packages come from is the business of npm's own settings. Where nothing can
be installed the tests that need it say so.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tools.sources import ROOT

PATIENCE = 300.0
"""Seconds that one folder may take."""


def folders() -> list[Path]:
    """The folders that want packages."""
    locks = (ROOT / "tests").rglob("package-lock.json")
    return sorted(lock.parent for lock in locks if "node_modules" not in lock.parts)


def is_installed(folder: Path) -> bool:
    """Whether what is there is what the lock file says."""
    mark = folder / "node_modules" / ".package-lock.json"  # npm writes it last
    return mark.exists() and mark.stat().st_mtime >= (folder / "package-lock.json").stat().st_mtime


def install(folder: Path) -> str:
    """Install what a folder wants; the reason why it could not be, or nothing."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            command, cwd=folder, check=False, timeout=PATIENCE, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return f"npm took longer than {PATIENCE:.0f} s"
    if done.returncode:
        return f"npm could not install it: {(done.stderr.strip().splitlines() or ['no message'])[0]}"
    return ""


def main() -> int:
    """Install all of it; never fails, because only the tests that need it are skipped."""
    for folder in folders():
        reason = "" if is_installed(folder) else install(folder)
        print(f"{folder.relative_to(ROOT)}: {reason or 'ready'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
