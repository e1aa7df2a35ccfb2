"""What Limner adds to a service that takes half a second, and how much it carries at 200 connections."""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median

from bench.figures import Figure, Scale, of_runs
from bench.installation import Make, contest, touched
from bench.load import Press, press
from bench.programs import Program

UPSTREAM = 500
"""Milliseconds."""
SHARE = 4.5 / 5.5
"""Of the floor's throughput: the goal is 4.5 times LiteLLM's, of which the floor has 5.5."""

DISK = "Limner forces several to the disk for each picture, one after the other; the floor none"


def measure(scale: Scale) -> list[Figure]:
    """Floor and server in turn, at 16 connections and at 200."""
    quiet: dict[str, list[Press]] = {"floor": [], "server": []}
    busy: dict[str, list[Press]] = {"floor": [], "server": []}
    with contest(latency=UPSTREAM) as field:
        for _, program, make in field.sides:
            pressed(program, make, 16, scale.pick(32, 16)).check()
        for _ in range(scale.pick(3, 1)):
            for name, program, make in field.sides:
                touched(field.folder, scale.pick(200, 10))
                quiet[name].append(pressed(program, make, 16, scale.pick(160, 16)))
            for name, program, make in field.sides:
                touched(field.folder, scale.pick(400, 10))
                busy[name].append(pressed(program, make, scale.pick(200, 16), scale.pick(600, 32)))
        forced = _forced(field.folder, scale.pick(200, 20))
    disk = Figure(name="one small write forced to this disk, median", value=forced, unit="ms", note=DISK)
    return [*_quiet(quiet), disk, *_busy(busy)]


def _forced(folder: Path, times: int) -> float:
    """Milliseconds until 4 kB are on the disk."""
    taken = []
    with (folder / "forced").open("wb", buffering=0) as file:
        for _ in range(times):
            begun = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - begun) * 1000)
    return median(taken)


def pressed(program: Program, make: Make, connections: int, total: int, *, deadline: float = 120.0) -> Press:
    """Asks for so many pictures of a service that takes half a second; connections begin evenly spread over that."""
    return press(
        program.address,
        lambda number: make(program.address, number),
        connections=connections,
        total=total,
        apart=UPSTREAM / 1000 / connections,
        deadline=deadline,
    )


def _quiet(runs: dict[str, list[Press]]) -> list[Figure]:
    for press_ in [*runs["floor"], *runs["server"]]:
        press_.check()
    added = {
        (name, share): [run.latency(share) - UPSTREAM for run in runs[name]] for name in runs for share in (0.5, 0.99)
    }
    return [
        of_runs("latency added to 500 ms, p50, 16 connections", added["server", 0.5], "ms", goal=18),
        of_runs("latency added to 500 ms, p99, 16 connections", added["server", 0.99], "ms", goal=30),
        of_runs("latency added by the floor, p50, 16 connections", added["floor", 0.5], "ms"),
        of_runs("latency added by the floor, p99, 16 connections", added["floor", 0.99], "ms"),
    ]


def _busy(runs: dict[str, list[Press]]) -> list[Figure]:
    rates = {name: [run.rate for run in runs[name]] for name in runs}
    share = [server / floor for server, floor in zip(rates["server"], rates["floor"], strict=True)]
    errors = sum(len(run.answers) - run.good for run in runs["server"])
    return [
        Figure(
            name="throughput at 200 connections, of the floor's",
            value=median(share),
            unit="times",
            goal=SHARE,
            at_least=True,
            spread=(min(share), max(share)),
            note="4.5 of the 5.5 times that the floor had of LiteLLM's; load, stand-in and server share the cores",
        ),
        of_runs("throughput at 200 connections, server", rates["server"], "pictures/s"),
        of_runs("throughput at 200 connections, floor", rates["floor"], "pictures/s"),
        Figure(name="errors at 200 connections", value=errors, unit="answers", goal=0),
    ]
