"""SIGKILL on the way of a prompt that is translated: it is never paid twice, and no hold outlives a person's word."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
import pytest_asyncio

from limner.domain.money import ZERO
from limner.domain.people import LOCAL
from limner.domain.text_calls import TextState
from limner.domain.text_repeats import AnswerLost
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings
from limner.testing.anthropic_stand_in import AnthropicStandIn
from limner.testing.text_stand_in import Say
from tests.acceptance.test_kill_texts import environment
from tests.acceptance.translation_victim import KEY, WISH

VICTIM = Path(__file__).with_name("translation_victim.py")
ENGLISH = "a lighthouse on the coast with a boat"
ANSWER = orjson.dumps({"prompt": ENGLISH, "negative": "a man with a hat", "language": "German"}).decode()


@pytest_asyncio.fixture
async def claude() -> AsyncIterator[AnthropicStandIn]:
    async with AnthropicStandIn() as server:
        server.says += [Say(text=ANSWER), Say(text=ANSWER)]
        yield server


async def killed(data_dir: Path, claude: AnthropicStandIn, step: str, when: str) -> None:
    victim = await asyncio.create_subprocess_exec(
        sys.executable,
        str(VICTIM),
        str(data_dir),
        step,
        when,
        env=environment(claude),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await victim.communicate()
    assert victim.returncode == -signal.SIGKILL, complaint.decode()


async def settle(runtime: Runtime, bought: int) -> None:
    """A person says what the service's list says; afterwards nothing is held for texts."""
    buyer = runtime.texts.buyer
    for call in (await buyer.page(LOCAL, limit=10, cursor=None)).items:
        if call.state is TextState.AMBIGUOUS:
            await buyer.resolve(call.id, LOCAL, charged=bought > 0)
    calls = (await buyer.page(LOCAL, limit=10, cursor=None)).items
    assert all(call.hold == ZERO for call in calls)
    assert sum(call.state is TextState.SETTLED for call in calls) == bought
    assert await runtime.ledger.check() == []


@pytest.mark.parametrize(
    ("step", "when", "bought", "goes_on"),
    [
        ("begin", "before", 0, False),
        ("begin", "after", 0, False),
        ("close", "before", 1, False),
        ("keep", "before", 1, False),
        ("keep", "after", 1, True),
        ("submit", "after", 1, True),
    ],
)
async def test_a_translation_is_paid_once_whatever_dies_around_it(
    tmp_path: Path, claude: AnthropicStandIn, step: str, when: str, bought: int, goes_on: bool
) -> None:
    await killed(tmp_path, claude, step, when)
    assert claude.purchases == bought
    async with open_runtime(read_settings(environment(claude), tmp_path, data_dir=tmp_path), work=False) as runtime:
        for _ in range(2):
            if goes_on:
                job = await runtime.engine.submit(WISH, LOCAL, key=KEY)
                assert (job.request.prompt, job.request.negative_prompt) == (ENGLISH, "a man with a hat")
            else:
                with pytest.raises(AnswerLost):
                    await runtime.engine.submit(WISH, LOCAL, key=KEY)
        assert claude.purchases == bought
        await settle(runtime, bought)
        jobs = await runtime.jobs.page(LOCAL.id, limit=5, cursor=None, states=frozenset())
        assert len(jobs.items) == (1 if goes_on else 0)
