"""A process that paints one picture and dies on the way: run by the kill tests, never imported.

python victim.py DATA_DIR MODEL STEP WHEN

STEP is a method of the job store, or `moderate`; WHEN is before, after or never.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from limner.db.jobs import SqlJobs
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest
from limner.engine.moderation import Moderator
from limner.runtime import open_runtime
from limner.settings import read_settings

Method = Callable[..., Awaitable[object]]


def deadly(method: Method, when: str) -> Method:
    """The same step, with the death of the process right before or right after it."""

    async def step(*given: object, **named: object) -> object:
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = await method(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)
        return result

    return step


async def paint(data_dir: Path, model: str) -> None:
    """Opens the installation, which takes up what was left behind, and submits one job under a fixed key."""
    settings = read_settings(os.environ, data_dir, data_dir=data_dir)
    async with open_runtime(settings) as runtime:
        request = ImageRequest(prompt="a lighthouse at dusk", model=model, count=2)
        job = await runtime.engine.generate(request, LOCAL, key="the one and only", timeout=20)
        sys.stdout.write(f"{job.state.value} {len(job.pictures)}\n")


def main() -> None:
    """Arms the step and paints."""
    data_dir, model, step, when = sys.argv[1:]
    if when != "never":
        owner, name = (Moderator, "looked_at") if step == "moderate" else (SqlJobs, step)
        setattr(owner, name, deadly(getattr(owner, name), when))
    asyncio.run(paint(Path(data_dir), model))


if __name__ == "__main__":
    main()
