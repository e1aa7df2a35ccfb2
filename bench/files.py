"""What a thumbnail and a signature cost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Figure, Scale, of_runs
from bench.installation import scratch
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, Size
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings
from limner.storage.imaging import PillowImaging
from limner.storage.story import Source, Story

EDGE = 512


def measure(scale: Scale) -> list[Figure]:
    """Both in turn, on a sketch of 1024x1024 as PNG."""
    with scratch() as folder:
        return asyncio.run(_measured(folder, scale))


async def _measured(folder: Path, scale: Scale) -> list[Figure]:
    async with open_runtime(read_settings({}, folder, data_dir=folder / "data")) as runtime:
        request = ImageRequest(prompt="a lighthouse at dusk", model="sketch", size=Size(1024, 1024), seed=7)
        job = await runtime.engine.generate(request, LOCAL, timeout=60)
        picture = job.pictures[0]
        data = await runtime.blobs.get(picture.file.digest)
        story = Story(
            title="a lighthouse at dusk",
            model=picture.model,
            source=Source.ALGORITHMIC,
            created=datetime.now(UTC),
            recipe=picture.recipe,
        )
        thumbnails, signatures = await _runs(runtime, data, story, scale)
    size = len(data) / 1e6
    return [
        of_runs("CPU of a 512 px thumbnail", thumbnails, "ms", goal=35, note=f"of a 1024x1024 PNG of {size:.2f} MB"),
        of_runs("CPU of a signature", signatures, "ms", goal=5, note="of the same PNG, with its recipe"),
    ]


async def _runs(runtime: Runtime, data: bytes, story: Story, scale: Scale) -> tuple[list[float], list[float]]:
    imaging, thumbnails, signatures = PillowImaging(), [], []
    for _ in range(scale.pick(7, 1) + 1):
        thumbnails.append(await _cost(lambda: imaging.thumbnail(data, EDGE), scale.pick(10, 2)))
        signatures.append(
            await _cost(lambda: runtime.provenance.sign(data, "image/png", story, parent=data), scale.pick(20, 2))
        )
    imaging.close()
    return thumbnails[1:], signatures[1:]  # the first makes the certificate and loads what is needed


async def _cost(work: Callable[[], Awaitable[object]], times: int) -> float:
    """Milliseconds of this process's processor time."""
    before = time.process_time()
    for _ in range(times):
        await work()
    return (time.process_time() - before) / times * 1000
