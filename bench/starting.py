"""How long it takes until the first picture is served, what lies idle afterwards, and how quick commands are."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from bench.figures import Figure, Scale, of_runs
from bench.installation import SERVE, job, scratch, settings
from bench.load import parcel, same
from bench.programs import LIMNER, bare, launched

COMMANDS = {"--version": 150.0, "models": 400.0}
"""Goals in milliseconds."""


def measure(scale: Scale) -> list[Figure]:
    """Fresh installations one after the other, then the two commands in turn."""
    times: dict[str, list[float]] = {"ready": [], "page": [], "picture": [], "cpu": []}
    memory: dict[str, list[float]] = {"fresh": [], "used": []}
    with scratch() as folder:
        for number in range(scale.pick(7, 1)):
            _start(folder, folder / f"data-{number}", times, memory)
        commands = _commands(folder, scale.pick(10, 2))
    note = "512x512 from the built-in artist on a new installation: tables and secret made, file signed and delivered"
    return [
        of_runs("cold start to the first served picture", times["picture"], "s", goal=1.5, note=note),
        of_runs("cold start to the first served picture, CPU", times["cpu"], "s"),
        of_runs("cold start to ready", times["ready"], "s"),
        of_runs("cold start to the first page", times["page"], "s"),
        of_runs("idle memory after the start", memory["fresh"], "MB", goal=110),
        of_runs("idle memory after the first picture", memory["used"], "MB"),
        *(of_runs(f"limner {name}", commands[name], "ms", goal=goal) for name, goal in COMMANDS.items()),
    ]


def _start(folder: Path, data: Path, times: dict[str, list[float]], memory: dict[str, list[float]]) -> None:
    with launched("limner", SERVE, folder, settings(data)) as program:
        program.wait_until_ready()
        times["ready"].append(time.perf_counter() - program.begun)
        memory["fresh"].append(program.memory())
        same(program.address, parcel(program.address, "GET", "/"))
        times["page"].append(time.perf_counter() - program.begun)
        made = same(program.address, job(program.address, 0, model="sketch", size="512x512"))
        url = json.loads(made.answers[0].body)["images"][0]["url"]
        same(program.address, parcel(program.address, "GET", url))
        times["picture"].append(time.perf_counter() - program.begun)
        times["cpu"].append(program.cpu())
        time.sleep(2)
        memory["used"].append(program.memory())


def _commands(folder: Path, times: int) -> dict[str, list[float]]:
    """Milliseconds of each command, in turn."""
    variables = {**bare(), **settings(folder / "commands")}
    found: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(times + 1):
        for name, taken in found.items():
            begun = time.perf_counter()
            subprocess.run([LIMNER, name], cwd=folder, env=variables, check=True, capture_output=True, timeout=30)
            taken.append((time.perf_counter() - begun) * 1000)
    return {name: taken[1:] for name, taken in found.items()}
