"""SIGKILL at every step of a text call: its hold stays as possibly spent, and nothing is bought twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
import pytest_asyncio

from limner.domain.errors import Spent
from limner.domain.people import LOCAL
from limner.domain.text_calls import TextCall
from limner.runtime import open_runtime
from limner.settings import read_settings
from limner.testing.anthropic_stand_in import AnthropicStandIn
from limner.testing.text_stand_in import Say

VICTIM = Path(__file__).with_name("text_victim.py")
ROOT = Path(__file__).parents[2]
ANSWER = orjson.dumps({"prompt": "a lighthouse at dusk", "suggestions": ["a pier"], "tags": ["lighthouse"]}).decode()


@pytest_asyncio.fixture
async def claude() -> AsyncIterator[AnthropicStandIn]:
    async with AnthropicStandIn() as server:
        server.says.append(Say(text=ANSWER))
        yield server


def environment(claude: AnthropicStandIn) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIMNER_", "ANTHROPIC_"))}
    kept |= {"OLLAMA_BASE_URL": "http://127.0.0.1:9", "PYTHONPATH": str(ROOT)}
    return kept | {"ANTHROPIC_API_KEY": "sk-test-kill", "ANTHROPIC_BASE_URL": claude.root}


async def start(data_dir: Path, claude: AnthropicStandIn, step: str, when: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(VICTIM),
        str(data_dir),
        step,
        when,
        env=environment(claude),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def bought(claude: AnthropicStandIn) -> None:
    """Until the service has accepted a purchase; it lives in this process, so looking costs nothing."""
    for _ in range(3000):
        if claude.purchases:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nothing was bought")


async def found(data_dir: Path, claude: AnthropicStandIn) -> list[TextCall]:
    """What a new process makes of what it finds; the books are in order."""
    settings = read_settings(environment(claude), data_dir, data_dir=data_dir)
    async with open_runtime(settings, work=False) as runtime:
        page = await runtime.texts.buyer.page(LOCAL, limit=10, cursor=None)
        assert await runtime.ledger.check() == []
        return list(page.items)


@pytest.mark.parametrize(
    ("step", "when", "bought_then", "spent"),
    [
        ("begin", "before", 0, None),
        ("begin", "after", 0, Spent.UNKNOWN),
        ("close", "before", 1, Spent.UNKNOWN),
        ("close", "after", 1, Spent.YES),
    ],
)
async def test_a_death_at_any_step_is_told_and_nothing_is_bought_again(
    tmp_path: Path, claude: AnthropicStandIn, step: str, when: str, bought_then: int, spent: Spent | None
) -> None:
    victim = await start(tmp_path, claude, step, when)
    _, complaint = await victim.communicate()
    assert victim.returncode == -signal.SIGKILL, complaint.decode()
    assert claude.purchases == bought_then
    calls = await found(tmp_path, claude)
    assert [call.spent for call in calls] == ([] if spent is None else [spent])
    assert all(bool(call.hold) is (call.spent is Spent.UNKNOWN) for call in calls)
    assert claude.purchases == bought_then


async def test_a_death_in_the_middle_of_an_answer_leaves_it_as_possibly_spent(
    tmp_path: Path, claude: AnthropicStandIn
) -> None:
    claude.says[0] = Say(text=ANSWER, pause=asyncio.Event())
    victim = await start(tmp_path, claude, "close", "never")
    try:
        await bought(claude)
        (under_way,) = await found(tmp_path, claude)
        assert under_way.state == "sending"
    finally:
        victim.kill()
        await victim.communicate()
    (call,) = await found(tmp_path, claude)
    assert (call.state, call.spent, call.cost) == ("ambiguous", Spent.UNKNOWN, None)
    assert claude.purchases == 1
