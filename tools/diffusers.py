"""An environment with torch and diffusers, for the tests that paint with a real pipeline.

    python3 tools/diffusers.py

It is apart from .venv, as an administrator may have it, and made only when it is asked for: torch from PyPI brings
several gigabytes on Linux. Runs on the system's Python with nothing installed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / ".venv-diffusers"
PINS = ("accelerate==1.15.0", "diffusers==0.42.1", "torch==2.13.0", "transformers==5.24.0")
"""What torch brings besides differs from one system to the next and is not pinned."""


def python() -> Path:
    """The interpreter that has torch, whether it is there yet or not."""
    return PLACE / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def is_current() -> bool:
    """Whether the environment is there and was made of these very pins."""
    stamp = PLACE / ".installed"
    return python().exists() and stamp.is_file() and stamp.read_text().split() == list(PINS)


def main() -> int:
    """Makes the environment, or leaves it as it is."""
    if is_current():
        return 0
    print(f"Installing torch and diffusers into {PLACE.name}: 1 to 6 GB, and minutes.", flush=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(PLACE)], check=True)
        pip = [str(python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *PINS], check=True)
    except subprocess.CalledProcessError as error:
        print(f"That failed: {' '.join(error.cmd[:4])} ended with {error.returncode}; see above.", file=sys.stderr)
        return 1
    (PLACE / ".installed").write_text("\n".join(PINS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
