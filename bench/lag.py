"""Whether the server still answers while it paints: the latency of small requests beside two sketches."""

from __future__ import annotations

import asyncio
import time

import uvloop

from bench.figures import Figure, Scale, of_runs, percentile
from bench.installation import job, scratch, server
from bench.load import Line, parcel

TICK = 0.005
"""Seconds between two small requests."""
PAINTERS = 2


def measure(scale: Scale) -> list[Figure]:
    """Idle and painting in turn."""
    seconds = scale.pick(5, 1)
    idle: list[list[float]] = []
    busy: list[list[float]] = []
    pictures = 0
    with scratch() as folder, server(folder) as limner:
        uvloop.run(_ticks(limner.address, 0.5))
        for _ in range(scale.pick(3, 1)):
            idle.append(uvloop.run(_ticks(limner.address, seconds)))
            ticks, painted = uvloop.run(_beside_painting(limner.address, seconds))
            busy.append(ticks)
            pictures += painted
    note = f"GET /health every {TICK * 1000:g} ms; {pictures} sketches of 1024x1024 were finished beside it"
    return [
        of_runs("GET /health while two sketches are painted, p50", [percentile(run, 0.5) for run in busy], "ms"),
        of_runs(
            "GET /health while two sketches are painted, p99", [percentile(run, 0.99) for run in busy], "ms", note=note
        ),
        of_runs("GET /health while two sketches are painted, longest", [max(run) for run in busy], "ms"),
        of_runs("GET /health while idle, p99", [percentile(run, 0.99) for run in idle], "ms"),
    ]


async def _ticks(address: str, seconds: float) -> list[float]:
    """Milliseconds of each answer to a small request."""
    line, asked, taken = Line(address), parcel(address, "GET", "/health"), []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        begun = time.perf_counter()
        answer = await line.ask(asked)
        if answer.status != 200:
            raise RuntimeError(f"GET /health: {answer.status}")
        taken.append(answer.seconds * 1000)
        await asyncio.sleep(max(0.0, begun + TICK - time.perf_counter()))
    line.close()
    return taken


async def _beside_painting(address: str, seconds: float) -> tuple[list[float], int]:
    """The same while pictures are painted one after the other, and how many were."""
    over = asyncio.Event()

    async def paint(place: int) -> int:
        line, number = Line(address), 0
        while not over.is_set():
            answer = await line.ask(job(address, place * 1000 + number, model="sketch"))
            if answer.status != 201:
                raise RuntimeError(f"a sketch: {answer.status} {answer.body!r}")
            number += 1
        line.close()
        return number

    painting = [asyncio.create_task(paint(place)) for place in range(PAINTERS)]
    taken = await _ticks(address, seconds)
    over.set()
    return taken, sum(await asyncio.gather(*painting))
