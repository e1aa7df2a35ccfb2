"""A process that makes processes which submit jobs, carry them out and are killed: run by `chaos.py`, never imported.

python chaos_worker.py DATA_DIR

It has loaded all of Limner and opened nothing. For each line `start SEED` on its standard input it forks a worker
and says which process that is; the worker says when it has opened the installation, and works until it is killed. Told
`look` instead of `start` it submits nothing, and carries what there is to be carried until it is killed. Told `end` it
lets the queue go on, brings to their end whatever jobs are open, and leaves.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from random import Random

from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, Size
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings

MODELS = ("openai/gpt-image-2", "replicate/black-forest-labs/flux-schnell")
"""One that answers at once, one that gives a ticket."""
SUBMITTED = "submitted"
"""The file in which workers write down, line by line, which prompts have become jobs."""
ENOUGH = 40
"""Jobs that one worker submits at most."""


async def work(data_dir: Path, seed: int) -> None:
    """Submits jobs, cancels some, waits for some, pauses their queue, until the end comes from outside."""
    random = Random(seed)
    async with open_runtime(read_settings(os.environ, data_dir, data_dir=data_dir), watch=True) as runtime:
        say(f"open {os.getpid()}")
        with (data_dir / SUBMITTED).open("a", buffering=1) as log:
            known: list[str] = []
            for number in range(ENOUGH):
                job_id = await one_more(runtime, random, f"{seed}-{number} a lighthouse at dusk")
                log.write(f"{seed}-{number} {job_id}\n")
                known.append(job_id)
                if random.random() < 0.15:
                    await runtime.engine.cancel(random.choice(known), LOCAL)
                await change_queue(runtime, random, known)
                if random.random() < 0.3:
                    await runtime.engine.wait(job_id, LOCAL, timeout=random.random() * 0.3)
                await asyncio.sleep(random.random() * 0.05)
        await asyncio.Event().wait()


async def one_more(runtime: Runtime, random: Random, prompt: str) -> str:
    """Submits a job, at times twice under one key, as clients do that have heard no answer."""
    request = ImageRequest(
        prompt=prompt, model=random.choice(MODELS), count=random.randint(1, 3), size=Size(1024, 1024)
    )
    job = await runtime.engine.submit(request, LOCAL, key=prompt)
    if random.random() < 0.2:
        assert (await runtime.engine.submit(request, LOCAL, key=prompt)).id == job.id
    return job.id


async def change_queue(runtime: Runtime, random: Random, known: list[str]) -> None:
    """At times pauses the queue, more often lets it go on, and brings a job to its front."""
    if random.random() < 0.06:
        await runtime.queue.pause(LOCAL)
    if random.random() < 0.12:
        await runtime.queue.resume(LOCAL)
    if random.random() < 0.1:
        await runtime.queue.to_front(random.choice(known), LOCAL)


def say(line: str) -> None:
    """Tells whoever ordered; several processes write here, a line at a time."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


async def look(data_dir: Path) -> None:
    """Takes up what dead workers left, as far as it may be carried."""
    async with open_runtime(read_settings(os.environ, data_dir, data_dir=data_dir), watch=True):
        say(f"open {os.getpid()}")
        await asyncio.Event().wait()


async def finish(data_dir: Path) -> None:
    """Brings to their end whatever jobs are open."""
    async with open_runtime(read_settings(os.environ, data_dir, data_dir=data_dir), watch=True) as runtime:
        await runtime.queue.resume(LOCAL)
        while waiting := await runtime.jobs.open_jobs():
            await runtime.engine.wait(waiting[0].id, LOCAL, timeout=1.0)


async def life(order: str, data_dir: Path, seed: int) -> None:
    """What a worker was made for."""
    if order == "start":
        await work(data_dir, seed)
    elif order == "look":
        await look(data_dir)
    else:
        await finish(data_dir)


def main() -> None:
    """Makes workers as long as anybody asks for them."""
    data_dir = Path(sys.argv[1])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order, seed = line.split()
        child = os.fork()
        if not child:
            asyncio.run(life(order, data_dir, int(seed)))
            os._exit(0)
        say(f"made {child}")


if __name__ == "__main__":
    main()
