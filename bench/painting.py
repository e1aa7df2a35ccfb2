"""What a picture costs: processor time per picture that is bought, kept and booked."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from bench.figures import Figure, Scale, of_runs
from bench.installation import Make, contest, settings, touched
from bench.load import press
from bench.programs import Program, bare, module

LITELLM = 21.0
"""Milliseconds of LiteLLM's proxy for the same picture: the middle of the 17 to 25 measured when the goals were set.
It is not installed with the tests."""

Runs = dict[tuple[str, int], list[float]]


def measure(scale: Scale) -> list[Figure]:
    """Server, engine alone and floor in turn, at 16, 64 and 1 connections."""
    runs: Runs = {}
    with contest() as field:
        for _, program, make in field.sides:
            cost(program, make, 16, scale.pick(64, 8))
        for _ in range(scale.pick(5, 1)):
            for connections, total in (
                (16, scale.pick(128, 24)),
                (64, scale.pick(192, 64)),
                (1, scale.pick(40, 8)),
            ):
                for name, program, make in field.sides:
                    touched(field.folder, scale.pick(250, 10))
                    runs.setdefault((name, connections), []).append(cost(program, make, connections, total))
            touched(field.folder, scale.pick(250, 10))
            alone = engine_alone(field.folder, field.upstream, 16, scale.pick(128, 24))
            runs.setdefault(("engine", 16), []).append(alone)
    return figures(runs)


def figures(runs: Runs) -> list[Figure]:
    """The table."""
    note = f"base: LiteLLM at {LITELLM:g} ms, the middle of 17 to 25 when the goals were set; it was not run here"
    found = [
        of_runs("CPU per picture, server, 16 connections", runs["server", 16], "ms", goal=0.2 * LITELLM, note=note),
        of_runs("CPU per picture, server, 64 connections", runs["server", 64], "ms"),
        of_runs("CPU per picture, server, 1 connection", runs["server", 1], "ms"),
        of_runs("CPU per picture, engine without HTTP, 16 at once", runs["engine", 16], "ms"),
        of_runs("CPU per picture, floor, 16 connections", runs["floor", 16], "ms"),
        of_runs("CPU per picture, floor, 64 connections", runs["floor", 64], "ms"),
        of_runs("CPU per picture, floor, 1 connection", runs["floor", 1], "ms"),
    ]
    growth = [many / one for many, one in zip(runs["server", 64], runs["server", 1], strict=True)]
    above = [server / floor for server, floor in zip(runs["server", 16], runs["floor", 16], strict=True)]
    found.insert(4, of_runs("CPU per picture at 64 connections against 1", growth, "times", goal=1.3))
    found.insert(1, of_runs("CPU per picture against the floor's, 16 connections", above, "times", goal=0.2 / 0.165))
    return found


def cost(program: Program, make: Make, connections: int, total: int) -> float:
    """Milliseconds of a process's processor time per picture."""
    before = program.cpu()
    press(program.address, lambda number: make(program.address, number), connections=connections, total=total).check()
    return (program.cpu() - before) / total * 1000


def engine_alone(folder: Path, upstream: Program, connections: int, total: int) -> float:
    """The same through the Python face, in a process of its own."""
    command = module("bench.engine_alone", "--connections", str(connections), "--total", str(total))
    variables = {**bare(), **settings(folder / "alone", upstream)}
    done = subprocess.run(command, cwd=folder, env=variables, check=True, capture_output=True, timeout=180)
    found: dict[str, float] = json.loads(done.stdout)
    return found["cpu"]
