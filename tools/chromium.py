"""Find Chromium for the browser tests, or get it from the system's packages where that is possible unasked."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools.sources import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PATIENCE = 300.0
"""Seconds that installing may take in all."""
TRIED = ROOT / ".venv" / ".chromium-tried"


def find() -> str | None:
    """The path of a browser of the Chromium family, or None where there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    on_path = next((path for path in map(shutil.which, NAMES) if path), None)
    return on_path or next((place for place in PLACES if Path(place).exists()), None)


def install() -> str:
    """Install Chromium with apt-get; the reason why it could not be, or nothing."""
    if shutil.which("apt-get") is None:
        return "it is not installed, and this system has no apt-get"
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "it is not installed, and only root may install it (apt-get install chromium)"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    deadline = time.monotonic() + PATIENCE
    for step in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        try:
            done = subprocess.run(
                ["apt-get", "-q", *step],
                env=environment,
                check=False,
                timeout=max(deadline - time.monotonic(), 1),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        except subprocess.TimeoutExpired:
            return f"apt-get {step[0]} took longer than {PATIENCE:.0f} s"
        if done.returncode and step[0] == "install":
            last = done.stdout.strip().splitlines()[-1:] or ["no message"]
            return f"apt-get could not install it: {last[0].rstrip('.')}"
    return ""


def obtain(*, again: bool) -> tuple[str | None, str]:
    """A browser, found or installed; else None and why not.

    A failed attempt is remembered until the environment is made anew, so that tests do not wait for it each time.
    """
    found = find()
    if found is not None:
        return found, ""
    if TRIED.exists() and not again:
        return None, TRIED.read_text(encoding="utf-8")
    print("Chromium for the browser tests: installing it, which may take some minutes.", flush=True)
    reason = install()
    found = find()
    if found is None:
        reason = reason or "it was installed but is not on the path"
        TRIED.write_text(reason, encoding="utf-8")
    return found, reason


def main(arguments: list[str]) -> int:
    """Say where the browser is, or that there is none, which is no failure; `--again` repeats a failed attempt."""
    found, reason = obtain(again="--again" in arguments)
    if found is None:
        print(f"Chromium: none. The browser tests will be skipped: {reason}. To try again: make chromium")
    else:
        print(f"Chromium: {found}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
