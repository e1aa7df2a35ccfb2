"""A process that has many pictures to buy, pauses their queue, and dies on the way: run by a test, never imported.

python pause_victim.py DATA_DIR MODEL COUNT WHEN

It dies by SIGKILL when the first has been bought: before the pause is written, after it, or after jobs were put back.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from limner.db.jobs import SqlJobs
from limner.domain.people import LOCAL
from limner.domain.records import Lease
from limner.domain.request import ImageRequest
from limner.runtime import open_runtime
from limner.settings import read_settings


def die(*_: object) -> None:
    """The end, here and now."""
    os.kill(os.getpid(), signal.SIGKILL)


async def paint(data_dir: Path, model: str, count: int, when: str) -> None:
    """Submits all, one of which is sent at a time; waits for word that the first was bought, pauses and dies."""
    settings = read_settings(os.environ, data_dir, data_dir=data_dir)
    async with open_runtime(settings, at_once=1) as runtime:
        request = ImageRequest(prompt="a lighthouse at dusk", model=model)
        for number in range(count):
            await runtime.engine.submit(request, LOCAL, key=f"number {number}", counted=False)
        await asyncio.to_thread(sys.stdin.readline)
        if when == "before":
            die()
        if when == "released":
            arm_release()
        await runtime.queue.pause(LOCAL)
        if when == "after":
            die()
        await asyncio.sleep(60)


def arm_release() -> None:
    """Puts jobs back as always, and dies after the third."""
    release, done = SqlJobs.release, []

    async def deadly(self: SqlJobs, lease: Lease, *given: object, **named: object) -> None:
        await release(self, lease, *given, **named)  # type: ignore[arg-type]  # passed on as it came
        done.append(lease)
        if len(done) == 3:
            die()

    SqlJobs.release = deadly  # type: ignore[method-assign]  # what the test is about


if __name__ == "__main__":
    asyncio.run(paint(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]))
