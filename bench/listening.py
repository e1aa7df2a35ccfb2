"""Events of one job to thousands of listeners: how soon they arrive and what a listener costs."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Sequence
from datetime import datetime
from statistics import median
from urllib.parse import urlsplit

import uvloop

from bench.figures import Figure, Scale, of_runs, percentile
from bench.installation import scratch, server, stand_in, touched
from bench.load import Line, parcel
from bench.programs import Program

LATENCY = 10_000
"""Milliseconds of the service: time for everybody to come."""
AWAITED = ("picture", "finished")
"""Events that everybody has to get while they listen."""
FRAME = re.compile(rb"event: (\w+)\ndata: (\{.*?\})\n\n")


class Listener(asyncio.Protocol):
    """One open stream; notes when what came."""

    def __init__(self) -> None:
        self.pieces: list[tuple[float, bytes]] = []
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        """Notes the moment and puts reading off until everything is there."""
        self.pieces.append((time.time(), data))

    def connection_lost(self, _: Exception | None) -> None:
        """The stream has ended."""
        if not self.ended.done():
            self.ended.set_result(None)

    def delays(self) -> dict[str, float]:
        """Milliseconds from the moment an event names to its arrival, of the events that were awaited."""
        found = {}
        for at, data in self.pieces:
            for kind, body in FRAME.findall(data):
                if kind.decode() in AWAITED:
                    told = datetime.fromisoformat(json.loads(body)["at"])
                    found[kind.decode()] = (at - told.timestamp()) * 1000
        return found


def measure(scale: Scale) -> list[Figure]:
    """A job of ten seconds, whose end everybody hears of; several times."""
    listeners = scale.pick(2000, 50)
    memory, slowest, middle = [], [], []
    latency = scale.pick(LATENCY, 1500)
    for _ in range(scale.pick(3, 1)):
        with (
            scratch() as folder,
            stand_in(folder, latency=latency, picture_bytes=0) as upstream,
            server(folder, upstream) as limner,
        ):
            touched(folder, scale.pick(100, 10))
            each, delays = uvloop.run(_round(limner, listeners, latency / 1000))
        memory.append(each)
        slowest.append(percentile(delays, 0.99))
        middle.append(median(delays))
    return [
        of_runs(f"an event to {listeners:,} listeners, p99", slowest, "ms", goal=150),
        of_runs(f"an event to {listeners:,} listeners, p50", middle, "ms"),
        of_runs("memory of a listener", memory, "kB", goal=16),
    ]


async def _round(limner: Program, listeners: int, latency: float) -> tuple[float, Sequence[float]]:
    """Kilobytes of each listener, and the delays of all events to all of them."""
    line, address = Line(limner.address), limner.address
    host, _, port = urlsplit(address).netloc.partition(":")
    body = {"prompt": "a lighthouse at dusk", "model": "openai/gpt-image-2", "size": "1024x1024"}
    await line.ask(parcel(address, "GET", "/health"))
    await asyncio.sleep(0.2)
    before = limner.memory()
    links = json.loads((await line.ask(parcel(address, "POST", "/api/v1/jobs", body))).body)["links"]
    line.close()
    events = parcel(address, "GET", links["events"], headers={"Connection": "close"})
    until = time.perf_counter() + latency
    streams = []
    for _ in range(listeners):
        transport, stream = await asyncio.get_running_loop().create_connection(Listener, host, int(port))
        transport.write(events)
        streams.append(stream)
        await asyncio.sleep(0)
    while not all(stream.pieces for stream in streams):
        await asyncio.sleep(0.05)
        if time.perf_counter() > until:
            raise RuntimeError("The job was over before everybody listened; give it longer.")
    await asyncio.sleep(0.5)
    each = (limner.memory() - before) * 1000 / listeners
    _, waiting = await asyncio.wait([stream.ended for stream in streams], timeout=latency + 60)
    if waiting:
        told = sorted({tuple(stream.delays()) for stream in streams if not stream.ended.done()})
        seen = await line.ask(parcel(address, "GET", links["self"]))
        raise RuntimeError(
            f"{len(waiting)} streams did not end; of what was awaited they had heard: {told}. "
            f"The job: {seen.status} {seen.body.decode()}. The server's log: {limner.complaint}"
        )
    found = [stream.delays() for stream in streams]
    if any(set(delays) != set(AWAITED) for delays in found):
        raise RuntimeError("Somebody did not hear of everything.")
    return each, [delay for delays in found for delay in delays.values()]
