"""How much memory many large pictures take when they come at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Figure, Scale, of_runs
from bench.installation import Make, floor, job, relayed, scratch, server
from bench.load import press
from bench.programs import Program, module, running

LARGE = 12_500_000
"""Bytes of a picture."""
GATHERING = 2000
"""Milliseconds that the service waits, so that all pictures come at once."""
LATER = 5.0


def measure(scale: Scale) -> list[Figure]:
    """Server and floor in turn, each started afresh, because the peak is that of a whole life."""
    connections = scale.pick(64, 4)
    runs: dict[str, list[tuple[float, float, float]]] = {"server": [], "floor": []}
    for _ in range(scale.pick(3, 1)):
        with scratch() as folder, large_pictures(folder, scale) as upstream:
            with floor(folder, upstream) as program:
                runs["floor"].append(burst(program, relayed, connections))
            with server(folder, upstream) as program:
                runs["server"].append(burst(program, job, connections))
            _forget(folder)
    what = f"{connections} at once x {_length(scale) / 1e6:g} MB"
    kept = [later - idle for idle, _, later in runs["server"]]
    return [
        of_runs(f"peak memory, {what}", [peak for _, peak, _ in runs["server"]], "MB", goal=300),
        of_runs(f"memory above idle {LATER:g} s later", kept, "MB", goal=100),
        of_runs("idle memory before", [idle for idle, _, _ in runs["server"]], "MB"),
        of_runs(f"peak memory of the floor, {what}", [peak for _, peak, _ in runs["floor"]], "MB"),
    ]


@contextmanager
def large_pictures(folder: Path, scale: Scale) -> Iterator[Program]:
    """A service that begins to send its large pictures once everybody has asked."""
    command = module("bench.upstream", "--picture-bytes", str(_length(scale)), "--latency", str(GATHERING))
    with running("upstream", command, folder) as upstream:
        yield upstream


def burst(program: Program, make: Make, connections: int) -> tuple[float, float, float]:
    """Asks for so many pictures at once: memory before, at its peak and some seconds later, in MB."""
    idle = program.memory()
    press(
        program.address, lambda number: make(program.address, number), connections=connections, total=connections
    ).check()
    time.sleep(LATER)
    return idle, program.peak(), program.memory()


def _length(scale: Scale) -> int:
    return scale.pick(LARGE, 1_000_000)


def _forget(folder: Path) -> None:
    """Deletes the pictures, for they fill memory as files too."""
    for path in (folder / "floor").iterdir():
        path.unlink()
