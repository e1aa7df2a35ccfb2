"""Places and the line before them: first come, first served between people, and no place is ever lost."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.domain.places import Bucket, Places
from limner.domain.turns import Rank, Seat


class Queue:
    """Those who wait for places, and the order in which they come in."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.came: list[str] = []
        self.ranks: dict[str, Rank] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def join(self, owner: str, job: str) -> None:
        self.ranks[job] = Rank(owner, job)
        self.tasks[job] = asyncio.create_task(self._enter(job))
        await asyncio.sleep(0)

    async def _enter(self, job: str) -> None:
        await self.places.enter(self.ranks[job])
        self.came.append(job)

    async def next(self, count: int = 1) -> None:
        for _ in range(count):
            self.places.leave()
            await asyncio.sleep(0)
            await asyncio.sleep(0)


async def waiting(*jobs: str) -> Queue:
    """A line before one place that is taken; the first letter of a job says whose it is."""
    queue = Queue(Places(1))
    await queue.places.enter()
    for job in jobs:
        await queue.join(job[0], job)
    return queue


async def test_who_came_first_is_first() -> None:
    queue = await waiting("a1", "b1", "a2", "c1")
    await queue.next(4)
    assert queue.came == ["a1", "b1", "a2", "c1"]


async def test_the_front_is_before_ones_own_and_nobody_elses_turn_moves() -> None:
    queue = await waiting("a1", "b1", "a2", "c1", "a3", "b2")
    queue.ranks["a3"].front = 1
    await queue.next(6)
    assert queue.came == ["a3", "b1", "a1", "c1", "a2", "b2"]


async def test_who_is_sent_to_the_front_last_is_first_and_it_may_change_while_they_wait() -> None:
    queue = await waiting("a1", "a2", "a3", "a4")
    queue.ranks["a3"].front = 1
    await queue.next()
    queue.ranks["a2"].front = 2
    queue.ranks["a4"].front = 1
    await queue.next(3)
    assert queue.came == ["a3", "a2", "a4", "a1"]


async def test_an_older_job_that_comes_late_takes_its_own_first_turn() -> None:
    queue = await waiting("a2", "b1", "a1")
    await queue.next(3)
    assert queue.came == ["a1", "b1", "a2"]


async def test_who_is_cancelled_leaves_the_line_and_a_turn_that_came_at_that_moment_goes_on() -> None:
    queue = await waiting("a1", "b1", "a2")
    queue.tasks["a1"].cancel()
    await asyncio.sleep(0)
    await queue.next()
    assert queue.came == ["b1"]
    queue.places.leave()  # a2 has the place now, and does not know it yet
    queue.tasks["a2"].cancel()
    await asyncio.wait([queue.tasks["a2"]])
    assert queue.came == ["b1"]
    assert not queue.places.full


async def test_a_seat_is_given_back_whoever_is_cancelled_when() -> None:
    places = Places(1)

    async def sit() -> None:
        with Seat(places, Rank()) as seat:
            taking = asyncio.create_task(seat.take())
            await asyncio.wait((taking,))

    sitting = asyncio.create_task(sit())
    for _ in range(3):
        await asyncio.sleep(0)
    sitting.cancel()  # the place has come, and nobody was told
    await asyncio.wait([sitting])
    assert not places.full


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**9), number=st.integers(1, 4), rate=st.sampled_from((0.0, 100_000.0)))
def test_no_place_is_lost_and_none_is_given_twice(seed: int, number: int, rate: float) -> None:
    """Many who come, leave, are cancelled and sent to the front at any moment."""
    asyncio.run(crowd(Random(seed), number, rate))


async def crowd(chance: Random, number: int, rate: float) -> None:
    places, inside, most = Places(number, rate), 0, 0
    tasks: list[asyncio.Task[None]] = []
    ranks: list[Rank] = []

    async def visit(rank: Rank, stays: int) -> None:
        nonlocal inside, most
        with Seat(places, rank) as seat:
            await seat.take()
            inside += 1
            most = max(most, inside)
            try:
                for _ in range(stays):
                    await asyncio.sleep(0)
            finally:
                inside -= 1

    for job in range(40):
        ranks.append(Rank(chance.choice("abc"), f"{job:02}"))
        tasks.append(asyncio.create_task(visit(ranks[-1], chance.randrange(4))))
        for _ in range(chance.randrange(3)):
            await asyncio.sleep(0)
        if chance.random() < 0.4:
            chance.choice(tasks).cancel()
        if chance.random() < 0.3:
            chance.choice(ranks).front = job
    await asyncio.wait(tasks, timeout=60)
    assert all(task.done() for task in tasks)
    assert (inside, places.full) == (0, False)
    assert most <= number
    for _ in range(number):
        await asyncio.wait_for(places.enter(), 20)  # every place is there
    assert places.full


@pytest.mark.parametrize(("rate", "burst"), [(3.0, 3), (1.0, 1), (0.5, 1), (2.5, 2)])
def test_a_bucket_lets_so_many_a_second_begin(rate: float, burst: int) -> None:
    bucket = Bucket(rate)
    for _ in range(burst):
        assert bucket.rest(10.0) == 0
        bucket.take()
    rest = bucket.rest(10.0)
    assert 0 < rest <= 1 / rate
    bucket.take(-1)  # one of them did not begin
    assert bucket.rest(10.0) == 0
