"""Disks that one test alone sees: small ones, and ones that may only be read."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.acceptance.installation import Installation

UNSHARE, NSENTER = shutil.which("unshare"), shutil.which("nsenter")


def can_mount() -> bool:
    """Whether a process may mount a file system that it and its children alone see."""
    if not sys.platform.startswith("linux") or UNSHARE is None or NSENTER is None:
        return False
    tried = subprocess.run([UNSHARE, "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True)
    return tried.returncode == 0


mounts = pytest.mark.skipif(
    not can_mount(), reason="needs a system where a process may mount a file system for itself (unshare, nsenter)"
)


@asynccontextmanager
async def on_its_own_disk(here: Installation, script: str) -> AsyncIterator[Installation]:
    """The installation as it is for processes that `script` has mounted something for; `$1` is the data directory."""
    keeper = await asyncio.create_subprocess_exec(
        *(str(UNSHARE), "-rm", "sh", "-ec", f"{script}\necho ready\nread -r end", "sh", str(here.data)),
        stdin=PIPE,
        stdout=PIPE,
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        assert await keeper.stdout.readline() == b"ready\n"
        within = (str(NSENTER), "-t", str(keeper.pid), "-U", "-m", "--preserve-credentials", f"--wd={here.desk}", "--")
        yield replace(here, within=within, seen_at=Path(f"/proc/{keeper.pid}/root"))
    finally:
        keeper.stdin.close()
        await keeper.wait()


SMALL = 'cp -a "$1" "$1.seed"; mount -t tmpfs -o size={size} none "$1"; cp -a "$1.seed/." "$1"'
READ_ONLY = 'mount --bind "$1" "$1"; mount -o remount,ro,bind "$1"'


def fill(here: Installation, *, leave: int) -> Path:
    """Takes all room on the installation's disk but so many bytes."""
    path = here.seen(here.data) / "somebody-elses.bin"
    with path.open("wb", buffering=0) as file:
        try:
            while (more := shutil.disk_usage(path.parent).free - leave) > 0:
                file.write(bytes(min(more, 1 << 20)))
        except OSError:
            pass  # it is full
    return path
