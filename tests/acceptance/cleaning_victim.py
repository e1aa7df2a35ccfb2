"""A process that clears away what pictures left behind, and dies on the way: DATA_DIR STEP WHEN.

STEP is one of STEPS or `aside`; WHEN is before or after its second time, or its first where there is only one.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from unittest import mock

from limner.db.cleaning import SqlCleanings
from limner.domain.marking import Action, Change
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, Size
from limner.runtime import open_runtime
from limner.settings import read_settings
from limner.storage.blobs import BlobStore
from limner.storage.generated import GeneratedFolder
from limner.storage.releasing import ASIDE
from limner.storage.shelf import Shelf

STEPS: dict[str, tuple[type, str]] = {
    "purge": (SqlCleanings, "purge"),
    "place": (Shelf, "remove"),
    "copies": (GeneratedFolder, "forget"),
    "file": (BlobStore, "release"),
    "row": (SqlCleanings, "cleared"),
}
LONG_AGO = (1e9, 1e9)
GOING, STAYING = 3, 1


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def rig(step: str, when: str) -> None:
    """Makes the step the last thing that this process does."""
    owner, name = STEPS[step]
    real: Callable[..., Awaitable[object]] = getattr(owner, name)
    times = 1 if step == "purge" else 2

    async def deadly(*given: object, **named: object) -> object:
        nonlocal times
        times -= 1
        if not times and when == "before":
            die()
        result = await real(*given, **named)
        if not times:
            die()
        return result

    setattr(owner, name, deadly)


def rig_aside() -> None:
    """Dies when a file is put aside and not yet deleted."""
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        result = real(self, target)
        if target.name.endswith(ASIDE):
            die()
        return result

    mock.patch.object(Path, "replace", replace).start()


def age(data_dir: Path) -> list[Path]:
    """Makes all kept files old enough to go; those there are."""
    files = [path for path in (data_dir / "objects" / "blobs").rglob("*") if path.is_file()]
    for path in files:
        os.utime(path, LONG_AGO)
    return files


async def clean(data_dir: Path) -> None:
    """Paints some pictures, throws all but one away and clears them away."""
    async with open_runtime(read_settings(os.environ, data_dir, data_dir=data_dir)) as runtime:
        wish = ImageRequest(prompt="a pond", model="sketch", size=Size(64, 64), count=GOING + STAYING)
        job = await runtime.engine.generate(wish, LOCAL, timeout=20)
        age(data_dir)
        going = [picture.id for picture in job.pictures[STAYING:]]
        await runtime.keeping.curator.change(going, Change(action=Action.TRASH), LOCAL)
        await runtime.keeping.cleaner.empty(LOCAL)
        await runtime.keeping.cleaner.sweep()


if __name__ == "__main__":
    folder, fatal, moment = sys.argv[1:]
    rig_aside() if fatal == "aside" else rig(fatal, moment)
    asyncio.run(clean(Path(folder)))
