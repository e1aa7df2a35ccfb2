"""A process that takes a batch and kills itself at one step of its second row: DATA_DIR STEP WHEN."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from limner.db.batches import SqlBatches
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, Size
from limner.engine.batching import BatchWish, Wanted
from limner.runtime import open_runtime
from limner.settings import read_settings

ROWS = 4
FATAL = 2


def wish() -> BatchWish:
    """Rows that cost money, one after the other."""
    return BatchWish(
        rows=[
            Wanted(
                line=number,
                prompt=f"harbour {number}",
                request=ImageRequest(
                    prompt=f"harbour {number}", model="openai/gpt-image-2", size=Size(1024, 1024), quality="low"
                ),
            )
            for number in range(1, ROWS + 1)
        ],
        name="harbours",
        concurrency=1,
    )


def rig(step: str, when: str) -> None:
    """Makes the step the last thing that this process does."""
    real = getattr(SqlBatches, step)

    async def deadly(self: SqlBatches, held: object, number: int, *rest: Any) -> object:
        if number == FATAL and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        found = await real(self, held, number, *rest)
        if number == FATAL:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(SqlBatches, step, deadly)


async def main(folder: Path) -> None:
    async with open_runtime(read_settings(os.environ, folder, data_dir=folder), watch=True) as runtime:
        await runtime.batching.submit(wish(), LOCAL)
        await asyncio.sleep(60)


if __name__ == "__main__":
    rig(*sys.argv[2:])
    asyncio.run(main(Path(sys.argv[1])))
