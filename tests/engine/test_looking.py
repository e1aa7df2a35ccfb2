"""Rows of other processes, read again a moment later."""

from __future__ import annotations

import pytest

from limner.domain.errors import StorageError
from limner.engine.looking import Look
from limner.testing.fakes import FakeClock


class Rows:
    """Rows that fail to be read as often as they are told to."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.reads = 0
        self.known: list[int] = []

    async def read(self) -> int:
        self.reads += 1
        if self.failures:
            raise self.failures.pop(0)
        return self.reads

    def look(self, clock: FakeClock) -> Look[int]:
        return Look(read=self.read, take=self.known.append, clock=clock, fresh=1.0, away="The rows are away.")


async def test_what_was_read_is_good_for_a_moment() -> None:
    clock, rows = FakeClock(), Rows()
    look = rows.look(clock)
    for _ in range(3):
        await look.renew()
    assert rows.known == [1]
    clock.advance(1.0)
    await look.renew()
    assert rows.known == [1, 2]


async def test_where_the_database_is_away_what_was_known_holds_on_for_a_moment() -> None:
    rows = Rows(StorageError("The disk is full."))
    look = rows.look(FakeClock())
    await look.renew()
    await look.renew()
    assert (rows.reads, rows.known) == (1, [])


async def test_after_a_mistake_whoever_is_next_looks_again() -> None:
    rows = Rows(ValueError("no such row"))
    look = rows.look(FakeClock())
    with pytest.raises(ValueError, match="no such row"):
        await look.renew()
    await look.renew()
    assert rows.known == [2]
