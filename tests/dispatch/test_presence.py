"""Who is alive while texts are bought."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from limner.db.database import Database
from limner.db.text_calls import SqlTextCalls
from limner.dispatch.file_locks import FileWorkerLocks
from limner.dispatch.presence import LockedPresence
from limner.domain.money import Money
from limner.domain.text_calls import NewTextCall, Purpose, TextState
from limner.domain.text_models import LONGEST_WAIT
from limner.testing.fakes import NOON, FakeClock


@dataclass
class Processes:
    """Several processes over one installation."""

    folder: Path
    calls: SqlTextCalls

    def presence(self, worker: str) -> LockedPresence:
        locks = FileWorkerLocks(self.folder / "workers")
        return LockedPresence(worker=worker, locks=locks, calls=self.calls, clock=FakeClock())

    async def begin(self, call_id: str, worker: str) -> None:
        await self.calls.begin(
            NewTextCall(
                id=call_id, owner="ann", project="default", purpose=Purpose.CHAT, model="anthropic/claude-sonnet-5-5",
                hold=Money(10), scopes=(), worker=worker, at=NOON,
            )
        )  # fmt: skip


@pytest.fixture
async def processes(tmp_path: Path) -> AsyncIterator[Processes]:
    database = await Database.open(f"sqlite:///{tmp_path / 'limner.db'}")
    yield Processes(tmp_path, SqlTextCalls(database))
    await database.close()


async def test_calls_of_the_dead_become_ambiguous_and_those_of_the_living_go_on(processes: Processes) -> None:
    one, two = processes.presence("one"), processes.presence("two")
    await processes.begin("of-one", await one.name())
    await processes.begin("of-two", await two.name())
    await processes.begin("of-nobody", "died long ago")
    assert await two.look_round() == 1
    assert (await processes.calls.get("of-nobody", "ann")).state is TextState.AMBIGUOUS
    await one.leave()
    assert await two.look_round() == 1
    assert (await processes.calls.get("of-one", "ann")).state is TextState.AMBIGUOUS
    assert (await processes.calls.get("of-two", "ann")).state is TextState.SENDING
    await two.leave()


async def test_a_call_whose_end_could_not_be_written_down_is_told_of_by_its_own_process(processes: Processes) -> None:
    """The database was away when it ended: until its process dies it would hold its money, and nobody could decide."""
    one = processes.presence("one")
    await processes.begin("stuck", await one.name())
    assert isinstance(one.clock, FakeClock)
    await one.clock.sleep(2 * LONGEST_WAIT - 1)
    assert await one.look_round() == 0
    await one.clock.sleep(2)
    assert await one.look_round() == 1
    stuck = await processes.calls.get("stuck", "ann")
    assert stuck.state is TextState.AMBIGUOUS
    freed = await processes.calls.resolve("stuck", "ann", charged=False, at=one.clock.now())
    assert freed.state is TextState.FAILED
    await one.leave()


async def test_a_process_that_buys_nothing_takes_no_lock(processes: Processes) -> None:
    idle = processes.presence("idle")
    assert await idle.look_round() == 0
    await idle.leave()
    assert not (processes.folder / "workers").exists()
