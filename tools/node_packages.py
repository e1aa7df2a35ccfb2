"""Bring what tests take from npm, where there is Node: for each folder of tests that has a package-lock.json.

The lock files name no registry: which one packages come from is the business of npm's own settings. Where nothing can
be installed the tests that need it say so.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from tools.sources import ROOT

OLDEST = 20
PATIENCE = 300
"""Seconds that installing one folder's packages may take."""


def folders() -> list[Path]:
    """The folders that want packages."""
    locks = (ROOT / "tests").rglob("package-lock.json")
    return sorted(lock.parent for lock in locks if "node_modules" not in lock.parts)


def absence() -> str:
    """Why no Node of a fitting age is there, or nothing."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "there is no Node with npm on this machine"
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    age = told.removeprefix("v").partition(".")[0]
    return "" if age.isdigit() and int(age) >= OLDEST else f"Node {OLDEST} or newer is needed, and this is {told}"


def digest(place: Path) -> str:
    """What the installation is made from, as one line."""
    return hashlib.sha256((place / "package-lock.json").read_bytes()).hexdigest()


def stamp(place: Path) -> Path:
    """The file that says from what the packages were installed."""
    return place / "node_modules" / ".installed"


def is_current(place: Path) -> bool:
    """Whether the packages are there, and those of the lock file."""
    return stamp(place).is_file() and stamp(place).read_text() == digest(place)


def lack(place: Path) -> str:
    """Why a folder's packages cannot be used now, or nothing."""
    return absence() or ("" if is_current(place) else "they are not installed; `make node-packages` does it")


def install(place: Path) -> str:
    """Install the packages, none of whose own programs is run; the reason why it could not be, or nothing."""
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    try:
        done = subprocess.run(
            command,
            cwd=place,
            check=False,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except subprocess.TimeoutExpired:
        return f"npm took longer than {PATIENCE} s"
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if "complete log" not in line and line.strip()]
        return f"npm could not install them: {(said or ['no message'])[0].rstrip('.')}"
    stamp(place).write_text(digest(place))
    return ""


def obtain(place: Path) -> str:
    """Have the packages in place; the reason why they are not, or nothing."""
    reason = absence()
    return reason if reason or is_current(place) else install(place)


def main() -> int:
    """Say for each folder whether its packages are there; that they are not is no failure."""
    for folder in folders():
        reason = obtain(folder)
        what = f"none. Its tests will be skipped: {reason}." if reason else "installed."
        print(f"Packages for Node in {folder.relative_to(ROOT)}: {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
