"""A process that has a prompt enhanced and dies on the way: run by the kill tests, never imported.

python text_victim.py DATA_DIR STEP WHEN   STEP is a method of the store of text calls, WHEN is before, after or never
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from limner.db.text_calls import SqlTextCalls
from limner.domain.describing import Wish
from limner.domain.people import LOCAL
from limner.runtime import open_runtime
from limner.settings import read_settings
from tests.acceptance.victim import deadly


async def enhance(data_dir: Path) -> None:
    """Opens the installation and has one prompt enhanced."""
    settings = read_settings(os.environ, data_dir, data_dir=data_dir)
    async with open_runtime(settings, work=False) as runtime:
        done = await runtime.words.enhancer.enhanced("a lighthouse", Wish(principal=LOCAL))
        sys.stdout.write(f"{done.by}\n")


def main() -> None:
    """Arms the step and enhances."""
    data_dir, step, when = sys.argv[1:]
    if when != "never":
        setattr(SqlTextCalls, step, deadly(getattr(SqlTextCalls, step), when))
    asyncio.run(enhance(Path(data_dir)))


if __name__ == "__main__":
    main()
