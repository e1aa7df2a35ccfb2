"""Batches are carried as they come: by one process each, after its death by another, so many at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from limner.db.batches import SqlBatches
from limner.db.database import Database
from limner.dispatch.file_locks import FileWorkerLocks
from limner.dispatch.porter import AT_ONCE, TRY_AGAIN, Carry, Porter
from limner.domain.batches import HeldBatch, NewBatch, NewRow, OpenBatch
from limner.domain.errors import StorageError
from limner.domain.request import ImageRequest
from limner.testing.fakes import NOON, FakeClock


class Yard:
    """Rows with batches in them, and porters that carry them."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.batches = SqlBatches(database)
        self.clock = FakeClock()
        self.carried: list[str] = []
        self.porters: list[Porter] = []

    def locks(self) -> FileWorkerLocks:
        return FileWorkerLocks(self.folder / "workers")

    async def add(self, name: str) -> None:
        row = NewRow(number=1, line=1, prompt="a fox", request=ImageRequest(prompt="a fox"), service="acme")
        await self.batches.add(
            NewBatch(
                id=name,
                owner="ann",
                token=None,
                address=None,
                name=name,
                concurrency=1,
                ceiling=None,
                at=NOON,
                rows=(row,),
            )
        )

    async def end(self, held: HeldBatch) -> None:
        await self.batches.end(held, NOON)
        self.carried.append(held.id)

    def porter(self, carry: Carry, worker: str = "w1") -> Porter:
        found = Porter(worker=worker, batches=self.batches, locks=self.locks(), clock=self.clock)
        found.start(carry)
        self.porters.append(found)
        return found

    async def until(self, fits: Callable[[], bool]) -> None:
        for _ in range(4000):
            if fits():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("it did not come to that")


@pytest_asyncio.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    database = await Database.open(f"sqlite:///{tmp_path / 'limner.db'}")
    found = Yard(tmp_path, database)
    try:
        yield found
    finally:
        for porter in found.porters:
            await porter.stop()
        await database.close()


async def test_what_is_there_is_carried_and_what_comes_later(yard: Yard) -> None:
    await yard.add("b1")
    porter = yard.porter(yard.end)
    await yard.until(lambda: yard.carried == ["b1"])
    await yard.add("b2")
    porter.nudge()
    await yard.until(lambda: yard.carried == ["b1", "b2"])
    assert await yard.batches.open() == []


@pytest.mark.parametrize("alive", [True, False])
async def test_a_batch_is_taken_over_from_the_dead_alone(yard: Yard, alive: bool) -> None:
    await yard.add("b1")
    await yard.batches.take(OpenBatch("b1", None), "w0")
    await yard.add("b2")
    locks = yard.locks()
    if alive:
        await locks.acquire("w0")
    yard.porter(yard.end)
    await yard.until(lambda: "b2" in yard.carried)
    await yard.until(lambda: alive or "b1" in yard.carried)
    await locks.release()
    assert ("b1" in yard.carried) is not alive


async def test_of_two_porters_one_carries_a_batch(yard: Yard) -> None:
    names = [f"b{number}" for number in range(6)]
    for name in names:
        await yard.add(name)
    held = [yard.locks(), yard.locks()]
    for place, locks in enumerate(held):
        await locks.acquire(f"w{place}")
        yard.porter(yard.end, f"w{place}")
    await yard.until(lambda: len(yard.carried) >= len(names))
    for locks in held:
        await locks.release()
    assert sorted(yard.carried) == names


async def test_so_many_at_once_and_no_more(yard: Yard) -> None:
    gate, under_way, most = asyncio.Event(), 0, 0

    async def carry(held: HeldBatch) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await gate.wait()
        under_way -= 1
        await yard.end(held)

    for number in range(AT_ONCE + 3):
        await yard.add(f"b{number:02}")
    yard.porter(carry)
    await yard.until(lambda: under_way == AT_ONCE)
    gate.set()
    await yard.until(lambda: len(yard.carried) == AT_ONCE + 3)
    assert most == AT_ONCE


async def test_what_the_disk_did_not_take_is_tried_again(yard: Yard) -> None:
    tries = 0

    async def carry(held: HeldBatch) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ExceptionGroup("lanes", [StorageError("The disk is full.")])
        await yard.end(held)

    await yard.add("b1")
    yard.porter(carry)
    await yard.until(lambda: yard.carried == ["b1"])
    assert (tries, yard.clock.slept) == (2, [TRY_AGAIN])


async def test_a_mistake_of_ours_leaves_the_batch_for_the_next_process(
    yard: Yard, caplog: pytest.LogCaptureFixture
) -> None:
    tries = 0

    async def carry(held: HeldBatch) -> None:
        nonlocal tries
        tries += 1
        raise ZeroDivisionError

    await yard.add("b1")
    porter = yard.porter(carry)
    await yard.until(lambda: "nobody foresaw" in caplog.text)
    await yard.add("b2")
    porter.nudge()
    await yard.until(lambda: tries == 2)
    assert {batch.id for batch in await yard.batches.open()} == {"b1", "b2"}
    await porter.stop()
    yard.porter(yard.end)
    await yard.until(lambda: sorted(yard.carried) == ["b1", "b2"])
