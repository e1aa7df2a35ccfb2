"""SIGKILL in the middle of a clean-up: the next one finishes it, and what stays is whole."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from limner.domain.people import LOCAL
from limner.runtime import open_runtime
from limner.settings import read_settings
from tests.acceptance.cleaning_victim import GOING, STAYING, STEPS, age

VICTIM = Path(__file__).with_name("cleaning_victim.py")
DEATHS = [(step, when) for step in STEPS for when in ("before", "after")]


@pytest.mark.req("S1-078", "S4-046")
@pytest.mark.parametrize(("step", "when"), [*DEATHS, ("aside", "after")])
async def test_death_while_clearing_away_leaves_nothing_for_ever_and_takes_nothing_else(
    tmp_path: Path, step: str, when: str
) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIMNER_")}
    victim = await asyncio.create_subprocess_exec(
        sys.executable, str(VICTIM), str(tmp_path), step, when, env=kept, stderr=asyncio.subprocess.PIPE
    )
    _, complaint = await asyncio.wait_for(victim.communicate(), 40)
    assert victim.returncode == -signal.SIGKILL, complaint.decode()
    left = len(age(tmp_path))
    assert left > STAYING

    async with open_runtime(read_settings(kept, tmp_path, data_dir=tmp_path)) as runtime:
        cleaner = runtime.keeping.cleaner
        waiting = (await cleaner.in_trash(LOCAL)).tally
        assert waiting.pictures == (GOING if (step, when) == ("purge", "before") else 0)
        await cleaner.empty(LOCAL)
        await cleaner.sweep()
        (job,) = (await runtime.jobs.page(LOCAL.id, limit=10, cursor=None, states=frozenset())).items
        (picture,) = (await runtime.jobs.get(job.id)).pictures
        assert len(await runtime.blobs.get(picture.original.digest)) == picture.original.size
        assert (await cleaner.use(LOCAL)).kept.pictures == STAYING
        assert (await cleaner.orphans()).pictures == 0
        assert len(age(tmp_path)) == STAYING
