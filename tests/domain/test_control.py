"""A running job learns at once that it should stop, whatever it is waiting for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from limner.domain.control import Control

WISHES = [Control.cancel, Control.stop]


async def given_up_at_last(order: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)
        order.append("gave its place back")


async def test_what_ends_by_itself_is_waited_for() -> None:
    control = Control()
    assert await control.unless_wished(asyncio.sleep(0))
    assert not control.interrupted


@pytest.mark.parametrize("wish", WISHES)
async def test_a_wish_ends_the_wait(wish: Callable[[Control], None]) -> None:
    control, order = Control(), list[str]()
    waiting = asyncio.create_task(control.unless_wished(given_up_at_last(order)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    wish(control)
    assert not await waiting
    assert order == ["gave its place back"]
    assert (control.cancelled, control.stopping) == (wish is Control.cancel, wish is Control.stop)


@pytest.mark.parametrize("wish", WISHES)
async def test_nothing_is_waited_for_once_a_wish_was_spoken(wish: Callable[[Control], None]) -> None:
    control = Control()
    wish(control)
    assert not await control.unless_wished(asyncio.sleep(60))


async def test_what_goes_wrong_comes_through() -> None:
    async def fail() -> None:
        raise TimeoutError("too long")

    with pytest.raises(TimeoutError, match="too long"):
        await Control().unless_wished(fail())


async def test_whoever_is_cancelled_while_waiting_leaves_nothing_behind() -> None:
    order = list[str]()
    waiting = asyncio.create_task(Control().unless_wished(given_up_at_last(order)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    for _ in range(3):
        await asyncio.sleep(0)
    assert order == ["gave its place back"]


async def test_what_was_not_sent_is_held_back_and_what_was_goes_on() -> None:
    control, going = Control(), asyncio.Event()
    sent = asyncio.create_task(control.unless_wished(wait_for(going)))
    unsent = asyncio.create_task(control.before_sending(wait_for(going)))
    await asyncio.sleep(0)
    control.hold_back(True)
    assert await unsent is False
    assert await control.before_sending(wait_for(going)) is False
    control.hold_back(False)
    assert (control.held_back, control.was_held_back, control.interrupted) == (False, True, False)
    going.set()
    assert await sent is True
    assert await control.before_sending(wait_for(going)) is True
    control.cancel()
    assert await control.before_sending(wait_for(going)) is False


async def wait_for(going: asyncio.Event) -> None:
    await going.wait()
