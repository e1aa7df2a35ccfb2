"""The engine without the HTTP server: so many requests at once through the Python face; prints what they cost.

    python -m bench.engine_alone --connections 16 --total 160

The installation is the one that the environment names. Prints a line when it begins and one of JSON at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

import uvloop

from bench.installation import touched
from limner.domain.job import JobState
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, Size
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings, read_variables

TOUCHED = 250
"""Megabytes that are written and deleted before the measurement, as for the other sides."""


async def paint(runtime: Runtime, connections: int, total: int) -> None:
    """Paints so many pictures, one per request. Raises RuntimeError for one that fails."""
    numbers = iter(range(total))

    async def work() -> None:
        for number in numbers:
            request = ImageRequest(
                prompt=f"a lighthouse at dusk, number {number}", model="openai/gpt-image-2", size=Size(1024, 1024)
            )
            job = await runtime.engine.generate(request, LOCAL, timeout=60)
            if job.state is not JobState.SUCCEEDED:
                raise RuntimeError(f"{job.state}: {job.problem}")

    await asyncio.gather(*(work() for _ in range(connections)))


async def measured(connections: int, total: int) -> dict[str, float]:
    """Processor time and time for each picture, in milliseconds, after a few to warm up."""
    folder = Path.cwd()
    async with open_runtime(read_settings(read_variables(folder), folder)) as runtime:
        await paint(runtime, connections, connections)
        await asyncio.to_thread(touched, runtime.settings.data_dir, TOUCHED)
        cpu, begun = time.process_time(), time.perf_counter()
        await paint(runtime, connections, total)
        return {
            "cpu": (time.process_time() - cpu) / total * 1000,
            "wall": (time.perf_counter() - begun) / total * 1000,
        }


def main() -> None:
    """Runs it once."""
    parser = argparse.ArgumentParser(description="The engine without the HTTP server.")
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--total", type=int, required=True)
    arguments = parser.parse_args()
    found = uvloop.run(measured(arguments.connections, arguments.total))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
