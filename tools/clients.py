"""Bring the programs for Node that the tests let speak to Limner: the packages of tests/clients/package-lock.json."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from tools.sources import ROOT

PLACE = ROOT / "tests" / "clients"
OLDEST = 20
PATIENCE = 180
"""Seconds that installing may take."""


def absence() -> str:
    """Why no Node of a fitting age is there, or nothing."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "there is no Node with npm on this machine"
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    age = told.removeprefix("v").partition(".")[0]
    return "" if age.isdigit() and int(age) >= OLDEST else f"Node {OLDEST} or newer is needed, and this is {told}"


def digest(place: Path = PLACE) -> str:
    """What the installation is made from, as one line."""
    return hashlib.sha256((place / "package-lock.json").read_bytes()).hexdigest()


def stamp(place: Path = PLACE) -> Path:
    """The file that says from what the packages were installed."""
    return place / "node_modules" / ".installed"


def is_current(place: Path = PLACE) -> bool:
    """Whether the packages are there, and those of the lock file."""
    return stamp(place).is_file() and stamp(place).read_text() == digest(place)


def install(place: Path = PLACE) -> str:
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


def obtain(place: Path = PLACE) -> str:
    """Have the packages in place; the reason why they are not, or nothing."""
    reason = absence()
    if reason or is_current(place):
        return reason
    print("Clients for Node: installing 17 packages, which takes a quarter of a minute.", flush=True)
    return install(place)


def main() -> int:
    """Say whether the clients are there; that they are not is no failure."""
    reason = obtain()
    print(f"Clients for Node: {f'none. Their tests will be skipped: {reason}.' if reason else 'installed.'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
