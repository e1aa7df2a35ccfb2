"""SIGKILL in the middle of beginning a round, then a new start: all of it is painted, or nothing, and nothing twice."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from limner.domain.comparisons import Round, RoundState
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest
from limner.engine.comparing import Entrant, RoundWish
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.acceptance.round_victim import KEY, STEPS
from tests.acceptance.test_batches import environment

VICTIM = Path(__file__).with_name("round_victim.py")
WISH = RoundWish(
    request=ImageRequest(quality="low"),
    entrants=[Entrant(model="openai/gpt-image-2", prompt=f"harbour {number}") for number in range(3)],
)


async def painted(runtime: Runtime, comparison_id: str) -> Round:
    for _ in range(3000):
        found = await runtime.comparing.look(comparison_id, LOCAL)
        if found.state is not RoundState.PAINTING:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError("the round was not painted in time")


@pytest.mark.parametrize("step", STEPS)
async def test_a_round_survives_death_in_the_middle(tmp_path: Path, step: str) -> None:
    async with OpenAIStandIn() as stand_in:
        settings = read_settings(environment(stand_in), tmp_path, data_dir=tmp_path)
        async with open_runtime(settings, work=False) as runtime:
            token = (await runtime.comparing.quote(WISH, LOCAL)).token
        victim = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.acceptance.round_victim", str(tmp_path), step, token),
            env=environment(stand_in),
            stderr=asyncio.subprocess.PIPE,
            cwd=VICTIM.parents[2],
        )
        _, complaint = await asyncio.wait_for(victim.communicate(), 60)
        assert victim.returncode == -signal.SIGKILL, complaint.decode()
        async with open_runtime(settings, watch=True) as runtime:
            left = (await runtime.comparing.page(LOCAL, limit=9)).items
            assert len(left) == (step != "second job")
            # Whoever pressed gets no answer, and presses again.
            again = await runtime.comparing.begin(token, LOCAL, key=KEY)
            found = await painted(runtime, again.comparison.id)
            assert list(await runtime.ledger.check()) == []
            page = await runtime.jobs.page(LOCAL.id, limit=100, cursor=None, states=frozenset())
        assert {job.id for job in page.items} == {job.id for job in found.jobs.values()}
        assert len(page.items) == 3
        # A purchase that death came in between may have gone through: then a person is asked, and nothing bought.
        assert len(found.shown) <= stand_in.purchases <= 3
        assert stand_in.purchases == 3 or step == "first delivered"
