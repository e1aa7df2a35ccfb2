"""A process that asks for pictures, cancels some, and is usually killed on the way: run by the tests, never imported.

python shopper.py DATA_DIR SEED     The seed decides what is asked for and what is cancelled when.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from random import Random

from limner.domain.errors import BudgetExceeded
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, Size
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings

JOBS = 16
MODELS = ("openai/gpt-image-2", "openai/gpt-image-2", "openai/gpt-image-2", "sketch")


async def shop(runtime: Runtime, chance: Random) -> None:
    """Asks for pictures, so many jobs at once as the budgets allow."""

    async def one(number: int) -> None:
        model = chance.choice(MODELS)
        request = ImageRequest(
            prompt=f"a lighthouse at dusk, number {number}",
            model=model,
            size=Size(64, 64) if model == "sketch" else None,
            count=chance.randint(1, 3),
            project=chance.choice(("default", "harbour")),
        )
        patience = chance.choice((None, None, 0.0, 0.05, 0.3))
        try:
            job = await runtime.engine.submit(request, LOCAL)
        except BudgetExceeded:
            return
        if patience is not None:
            await runtime.engine.wait(job.id, LOCAL, timeout=patience)
            await runtime.engine.cancel(job.id, LOCAL)
        await runtime.engine.wait(job.id, LOCAL, timeout=20)

    await asyncio.gather(*(one(number) for number in range(JOBS)))


async def main() -> None:
    """Opens the installation, which takes up what was left behind, and shops."""
    data_dir, seed = Path(sys.argv[1]), int(sys.argv[2])
    async with open_runtime(read_settings(os.environ, data_dir, data_dir=data_dir)) as runtime:
        await shop(runtime, Random(seed))


if __name__ == "__main__":
    asyncio.run(main())
