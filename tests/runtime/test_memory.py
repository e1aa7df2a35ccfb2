"""Freed memory goes back to the system when the process rests after a burst, and only then."""

from __future__ import annotations

import platform
from collections.abc import Callable

import pytest

from limner.system import ARENA_MAX, ARENAS, Heap, open_heap
from limner.testing.fakes import FakeClock


class Enough(Exception):
    """The test has seen what it wants to see."""


class Allocator:
    """Notes what is asked of it."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.set: list[tuple[int, int]] = []
        self.given_back: list[float] = []

    def mallopt(self, name: int, value: int) -> int:
        self.set.append((name, value))
        return 1

    def malloc_trim(self, pad: int) -> int:
        self.given_back.append(self._clock.monotonic())
        return 1


async def tended(worked: Callable[[float], float], looks: int = 20) -> list[float]:
    """The moments at which memory was given back; `worked` is the processor time at a moment."""
    clock = FakeClock()
    allocator = Allocator(clock)

    def processor_time() -> float:
        if len(clock.slept) > looks:
            raise Enough
        return worked(clock.monotonic())

    with pytest.raises(Enough):
        await Heap(allocator).tend(clock, processor_time)
    return allocator.given_back


async def test_memory_is_given_back_once_after_a_burst() -> None:
    assert await tended(lambda moment: 0.8 * min(moment, 3.0)) == [4.0]


async def test_every_burst_counts() -> None:
    assert await tended(lambda moment: 0.8 * (min(moment, 3.0) + max(0.0, min(moment, 9.0) - 8.0))) == [4.0, 10.0]


async def test_nothing_is_given_back_while_there_is_work() -> None:
    assert await tended(lambda moment: 0.3 * moment) == []


async def test_little_work_is_not_worth_it_before_it_adds_up() -> None:
    assert await tended(lambda moment: 0.01 * moment) == []
    assert await tended(lambda moment: 0.04 * moment) == [13.0]


def test_threads_share_a_few_arenas_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    allocator = Allocator(FakeClock())
    Heap(allocator).confine()
    assert allocator.set == [(ARENA_MAX, ARENAS)]
    monkeypatch.setenv("MALLOC_ARENA_MAX", "4")
    Heap(allocator).confine()
    assert allocator.set == [(ARENA_MAX, ARENAS)]


async def test_another_c_library_is_left_alone() -> None:
    heap, clock = Heap(None), FakeClock()
    before = clock.monotonic()
    heap.confine()
    await heap.tend(clock)
    assert clock.monotonic() == before  # it ends at once, where one that is tended is looked at for ever


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked")
async def test_the_real_library_takes_both_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "as it is")  # this process is not to be changed for other tests
    heap, moments = open_heap(), [1.0, 1.0, 1.0, 0.0]
    heap.confine()
    with pytest.raises(IndexError):
        await heap.tend(FakeClock(), moments.pop)
    assert not moments
