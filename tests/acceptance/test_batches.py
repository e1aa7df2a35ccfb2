"""SIGKILL in the middle of a batch, then a new start: every row is carried out, and none is bought twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from limner.domain.batches import Batch
from limner.domain.job import JobState
from limner.domain.people import LOCAL
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.acceptance.batch_victim import FATAL, ROWS

VICTIM = Path(__file__).with_name("batch_victim.py")


def environment(stand_in: OpenAIStandIn) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIMNER_", "OPENAI_"))}
    return kept | {"OPENAI_API_KEY": "sk-test-kill", "OPENAI_BASE_URL": stand_in.base_url}


async def over(runtime: Runtime, batch_id: str) -> Batch:
    for _ in range(3000):
        batch = await runtime.batching.batches.get(batch_id, LOCAL.id)
        if batch.ended is not None:
            return batch
        await asyncio.sleep(0.01)
    raise AssertionError("the batch was not over in time")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["begin", "note_job"])
async def test_a_batch_survives_death_in_the_middle(tmp_path: Path, step: str, when: str) -> None:
    async with OpenAIStandIn() as stand_in:
        command = (sys.executable, "-m", "tests.acceptance.batch_victim", str(tmp_path), step, when)
        victim = await asyncio.create_subprocess_exec(
            *command, env=environment(stand_in), stderr=asyncio.subprocess.PIPE, cwd=VICTIM.parents[2]
        )
        _, complaint = await asyncio.wait_for(victim.communicate(), 40)
        assert victim.returncode == -signal.SIGKILL, complaint.decode()
        settings = read_settings(environment(stand_in), tmp_path, data_dir=tmp_path)
        async with open_runtime(settings, watch=True) as runtime:
            [left] = await runtime.batching.batches.open()
            batch = await over(runtime, left.id)
            rows = await runtime.batching.batches.rows(left.id)
            assert list(await runtime.ledger.check()) == []
            page = await runtime.jobs.page(LOCAL.id, limit=100, cursor=None, states=frozenset())
        assert {row.job_id for row in rows} == {job.id for job in page.items}
        assert (len(page.items), batch.total) == (ROWS, ROWS)
        # The row that death came in between may have been at the service: then a person is asked, and nothing bought.
        assert {row.state for row in rows if row.number != FATAL} == {JobState.SUCCEEDED}
        assert rows[FATAL - 1].state in {JobState.SUCCEEDED, JobState.AMBIGUOUS}
        assert batch.counts.get("succeeded", 0) <= stand_in.purchases <= ROWS
