"""What was measured on, so that figures can be compared."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bench.programs import ROOT


def described() -> Mapping[str, str]:
    """Processor, cores, memory, Python, commit and time of day."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": _commit(),
        "python": platform.python_version(),
        "machine": f"{os.cpu_count()} cores, {_processor()}, {memory:.0f} GB, {platform.system()} {platform.release()}",
        "load": f"{load} (averages of 1, 5 and 15 minutes at the end)",
    }


def _commit() -> str:
    name = _git("rev-parse", "--short", "HEAD")
    return f"{name} with changes" if name and _git("status", "--porcelain", "--", "src") else name or "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=False, capture_output=True, text=True)
    return done.stdout.strip()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
