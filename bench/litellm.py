"""LiteLLM's proxy and Limner before the same stand-in, in turn: what the goals are shares of.

    BENCH_LITELLM=/path/to/environment python bench/run.py litellm

Whoever measures makes the environment; bench/README.md says how. LiteLLM runs as one worker with a master key and
without a database: it hands pictures on and keeps nothing, where Limner plans, keeps and books them.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from bench.figures import Figure, Scale, of_runs
from bench.installation import Make, job, scratch, server, stand_in, touched
from bench.latency import UPSTREAM, pressed
from bench.load import parcel, same
from bench.memory import burst, large_pictures
from bench.painting import cost
from bench.programs import NotHere, NotStarted, Program, launched

VARIABLE = "BENCH_LITELLM"
"""Names the folder of a virtual environment that holds LiteLLM."""
KEY = "sk-bench-litellm"
CONFIG = """
model_list:
  - model_name: gpt-image-2
    litellm_params:
      model: openai/gpt-image-2
      api_base: {upstream}/v1
      api_key: sk-bench
general_settings:
  master_key: {key}
"""
SETTINGS = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else every start asks another machine for prices (1.108.7, 2026-11-27)
    "LITELLM_LOG": "ERROR",
    "PYTHONPATH": "",
}
READY = 120.0
"""Seconds that it may take to start."""
PATIENCE = 300.0
"""Seconds that it may take for one run."""

Start = Callable[[Path, Program], AbstractContextManager[Program]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """What Limner and LiteLLM took for the same, run by run."""

    name: str
    unit: str
    share: float
    """The goal: Limner's by LiteLLM's, as DESIGN.md has both."""
    at_least: bool = False
    runs: list[tuple[float, float]] = field(default_factory=list)

    def figures(self) -> list[Figure]:
        """The share, whose runs were measured one after the other, and both values."""
        limner, litellm = zip(*self.runs, strict=True)
        shares = [ours / theirs for ours, theirs in self.runs]
        return [
            Figure(
                name=f"{self.name}: share of LiteLLM's",
                value=median(shares),
                unit="times",
                goal=self.share,
                at_least=self.at_least,
                spread=(min(shares), max(shares)),
            ),
            of_runs(f"{self.name}, Limner", limner, self.unit),
            of_runs(f"{self.name}, LiteLLM", litellm, self.unit),
        ]


def measure(scale: Scale) -> list[Figure]:
    """Everything that a goal compares. Raises NotHere without an environment."""
    note = f"LiteLLM {version_in(environment())}, one worker, without a database"
    pairs = [*_painting(scale), *_waiting(scale), *_together(scale), *_starting(scale)]
    first, *others = [figure for pair in pairs for figure in pair.figures()]
    return [replace(first, note=note), *others]


def environment() -> Path:
    """The folder that is named. Raises NotHere where it holds no LiteLLM."""
    folder = Path(os.environ.get(VARIABLE) or "/nowhere")
    if not (folder / "bin" / "litellm").exists():
        raise NotHere(f"{VARIABLE} names no environment with LiteLLM; bench/README.md says how to make one")
    return folder


def version_in(folder: Path) -> str:
    """The version of LiteLLM in an environment."""
    found = list(folder.glob("lib/python*/site-packages/litellm-*.dist-info"))
    return found[0].name.removeprefix("litellm-").removesuffix(".dist-info") if found else "of an unknown version"


@contextmanager
def proxy(folder: Path, upstream: Program) -> Iterator[Program]:
    """LiteLLM's proxy, ready."""
    config = folder / "litellm.yaml"
    config.write_text(CONFIG.format(upstream=upstream.address, key=KEY))
    port = _free_port()
    command = [str(environment() / "bin" / "litellm"), "--config", str(config), "--num_workers", "1"]
    with launched("litellm", [*command, "--host", "127.0.0.1", "--port", str(port)], folder, SETTINGS) as program:
        program.line = f"http://127.0.0.1:{port}"
        _wait_until_it_answers(program)
        yield program


@contextmanager
def fresh(folder: Path, upstream: Program) -> Iterator[Program]:
    """Limner on a new installation, ready."""
    with server(folder, upstream, data=Path(tempfile.mkdtemp(dir=folder))) as program:
        yield program


def generation(address: str, number: int) -> bytes:
    """A request for one picture, which is in the answer."""
    body = {"prompt": f"a lighthouse at dusk, number {number}", "model": "gpt-image-2", "size": "1024x1024"}
    return parcel(address, "POST", "/v1/images/generations", body, {"Authorization": f"Bearer {KEY}"})


SIDES: Sequence[tuple[Start, Make]] = ((fresh, job), (proxy, generation))
"""Limner and LiteLLM, always in this order."""


def _painting(scale: Scale) -> list[Pair]:
    pair = Pair(name="CPU per picture, 16 connections", unit="ms", share=0.2)
    with scratch() as folder, _both(folder, latency=0) as sides:
        for program, make in sides:
            cost(program, make, 16, scale.pick(64, 8))
        for _ in range(scale.pick(5, 1)):
            taken = []
            for program, make in sides:
                touched(folder, scale.pick(250, 10))
                taken.append(cost(program, make, 16, scale.pick(128, 16)))
            pair.runs.append((taken[0], taken[1]))
    return [pair]


def _waiting(scale: Scale) -> list[Pair]:
    middle = Pair(name="latency added to 500 ms, p50, 16 connections", unit="ms", share=18 / 97)
    late = Pair(name="latency added to 500 ms, p99, 16 connections", unit="ms", share=30 / 143)
    rate = Pair(name="throughput at 200 connections", unit="pictures/s", share=4.5, at_least=True)
    with scratch() as folder, _both(folder, latency=UPSTREAM) as sides:
        for program, make in sides:
            pressed(program, make, 16, scale.pick(32, 16)).check()
        for _ in range(scale.pick(3, 1)):
            quiet, busy = [], []
            for program, make in sides:
                touched(folder, scale.pick(200, 10))
                quiet.append(pressed(program, make, 16, scale.pick(160, 16)))
                quiet[-1].check()
            for program, make in sides:
                touched(folder, scale.pick(400, 10))
                busy.append(pressed(program, make, scale.pick(200, 16), scale.pick(600, 32), deadline=PATIENCE))
            for pair, share in ((middle, 0.5), (late, 0.99)):
                pair.runs.append((quiet[0].latency(share) - UPSTREAM, quiet[1].latency(share) - UPSTREAM))
            rate.runs.append((busy[0].rate, busy[1].rate))
    return [middle, late, rate]


def _together(scale: Scale) -> list[Pair]:
    connections = scale.pick(64, 4)
    pair = Pair(name=f"peak memory, {connections} large pictures at once", unit="MB", share=300 / 3400)
    for _ in range(scale.pick(3, 1)):
        with scratch() as folder, large_pictures(folder, scale) as upstream:
            peaks = []
            for start, make in SIDES:
                with start(folder, upstream) as program:
                    peaks.append(burst(program, make, connections)[1])
            pair.runs.append((peaks[0], peaks[1]))
    return [pair]


def _starting(scale: Scale) -> list[Pair]:
    cold = Pair(name="cold start to the first picture from the stand-in", unit="s", share=1.5 / 14.5)
    idle = Pair(name="idle memory after the start", unit="MB", share=110 / 350)
    with scratch() as folder, stand_in(folder) as upstream:
        for _ in range(scale.pick(5, 1)):
            seconds, memory = [], []
            for start, make in SIDES:
                with start(folder, upstream) as program:
                    memory.append(program.memory())
                    same(program.address, make(program.address, 0))
                    seconds.append(time.perf_counter() - program.begun)
            cold.runs.append((seconds[0], seconds[1]))
            idle.runs.append((memory[0], memory[1]))
    return [cold, idle]


@contextmanager
def _both(folder: Path, *, latency: int) -> Iterator[tuple[tuple[Program, Make], tuple[Program, Make]]]:
    """Limner and LiteLLM at once before a stand-in of this latency in milliseconds, each with how it is asked."""
    with (
        stand_in(folder, latency=latency) as upstream,
        fresh(folder, upstream) as limner,
        proxy(folder, upstream) as litellm,
    ):
        yield (limner, job), (litellm, generation)


def _wait_until_it_answers(program: Program) -> None:
    until = time.perf_counter() + READY
    asked = parcel(program.address, "GET", "/health/liveliness")
    while True:
        try:
            same(program.address, asked)
            return
        except RuntimeError as error:
            if program.ended or time.perf_counter() > until:
                raise NotStarted(f"LiteLLM did not start: {program.complaint}") from error
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
