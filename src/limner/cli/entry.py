"""Where `limner` begins: the version at once, everything else through the commands."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

from limner import __version__

if TYPE_CHECKING:
    import typer

GARBAGE = (20_000, 20, 50)
"""Thresholds of the garbage collector, instead of 700, 10 and 10: what loads at the start stays, and looking through it
again and again took a sixth of the start of the server (measured 2026-11-27).
"""


def main() -> int:
    """Carries out the command line of this process and gives its exit code."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        sys.stdout.write(f"limner {__version__}\n")
        return 0
    gc.set_threshold(*GARBAGE)
    from limner.cli.running import run

    return run(arguments)


def __getattr__(name: str) -> typer.Typer:
    """Gives `app`, the typer application, to whoever describes the commands; nothing else loads it this early."""
    if name != "app":
        raise AttributeError(f"module 'limner.cli.entry' has no attribute {name!r}")
    from limner.cli.commands import app

    return app
