"""A process that has a picture asked for in German and dies on the way: run by the kill tests.

python translation_victim.py DATA_DIR STEP WHEN   STEP is one of STEPS, WHEN is before or after
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from limner.db.jobs import SqlJobs
from limner.db.text_calls import SqlTextCalls
from limner.db.text_repeats import SqlTextRepeats
from limner.domain.languages import BEST
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, Size
from limner.runtime import open_runtime
from limner.settings import read_settings
from tests.acceptance.victim import deadly

STEPS = {
    "begin": SqlTextCalls,
    "close": SqlTextCalls,
    "keep": SqlTextRepeats,
    "submit": SqlJobs,
}
"""Methods of stores, each a commit of its own, in the order in which they are called."""
WISH = ImageRequest(
    prompt="ein Leuchtturm an der Küste mit einem Boot",
    negative_prompt="ein Mann mit Hut",
    translate=BEST,
    model="sketch/sketch",
    size=Size(64, 64),
)
KEY = "the same for both"


async def ask(data_dir: Path) -> None:
    """Opens the installation and asks for the picture."""
    settings = read_settings(os.environ, data_dir, data_dir=data_dir)
    async with open_runtime(settings, work=False) as runtime:
        await runtime.engine.submit(WISH, LOCAL, key=KEY)


def main() -> None:
    """Arms the step and asks."""
    data_dir, step, when = sys.argv[1:]
    store = STEPS[step]
    setattr(store, step, deadly(getattr(store, step), when))
    asyncio.run(ask(Path(data_dir)))


if __name__ == "__main__":
    main()
