"""How close a long batch comes to what its concurrency allows."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from bench.figures import Figure, Scale, of_runs
from bench.installation import scratch, settings, stand_in
from bench.programs import LIMNER, Program, bare

LATENCY = 200
"""Milliseconds of the service for each picture."""
CONCURRENCY = 16
SMALL = 20_000
"""Bytes of a picture."""


def measure(scale: Scale) -> list[Figure]:
    """The whole command, from its start to its end."""
    prompts = scale.pick(1000, 48)
    ideal = prompts / CONCURRENCY * LATENCY / 1000
    with scratch() as folder, stand_in(folder, latency=LATENCY, picture_bytes=SMALL) as upstream:
        taken = [_batch(folder, upstream, prompts, number) for number in range(scale.pick(3, 1))]
    return [
        Figure(
            name=f"batch of {prompts:,}, concurrency {CONCURRENCY}: ideal time by actual",
            value=ideal / sorted(taken)[len(taken) // 2],
            unit="",
            goal=0.95,
            at_least=True,
            spread=(ideal / max(taken), ideal / min(taken)),
            note=f"the service takes {LATENCY} ms, so the ideal is {ideal:.1f} s; start and end of the command count",
        ),
        of_runs("the same, time of the whole command", taken, "s"),
    ]


def _batch(folder: Path, upstream: Program, prompts: int, number: int) -> float:
    """Seconds that one batch takes."""
    rows = folder / f"prompts-{number}.txt"
    rows.write_text("".join(f"a lighthouse at dusk, number {place}\n" for place in range(prompts)))
    command = [LIMNER, "batch", str(rows), "--model", "openai/gpt-image-2", "--size", "1024x1024", "--yes"]
    begun = time.perf_counter()
    subprocess.run(
        [*command, "--concurrency", str(CONCURRENCY)],
        cwd=folder,
        env={**bare(), **settings(folder / "data", upstream)},
        check=True,
        capture_output=True,
        timeout=300,
    )
    return time.perf_counter() - begun
