"""Word from outside reaches whoever waits for that ticket, and nobody else."""

import asyncio

from limner.dispatch.doorbells import LocalDoorbells


async def test_a_bell_rings_for_its_own_ticket_only() -> None:
    bells, mine, other = LocalDoorbells(), asyncio.Event(), asyncio.Event()
    with bells.hung("acme", "t1", mine), bells.hung("zen", "t1", other):
        assert bells.ring("acme", "t1")
        assert (mine.is_set(), other.is_set()) == (True, False)
        assert not bells.ring("acme", "t2")


async def test_a_bell_that_was_taken_down_rings_no_more() -> None:
    bells, bell, second = LocalDoorbells(), asyncio.Event(), asyncio.Event()
    with bells.hung("acme", "t1", second):
        with bells.hung("acme", "t1", bell):
            pass
        assert bells.ring("acme", "t1")
        assert (bell.is_set(), second.is_set()) == (False, True)
    assert not bells.ring("acme", "t1")
