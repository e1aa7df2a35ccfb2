"""What a service tells of a call by itself, beside the questions that are asked about it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TypeAlias

from limner.domain.abilities import Watches
from limner.domain.call import Partial, Pending
from limner.domain.errors import StorageError
from limner.domain.ports import Clock, Provider
from limner.domain.records import LeaseLost

log = logging.getLogger("limner.engine")

Tell: TypeAlias = "Callable[[Partial], Awaitable[None]]"


@asynccontextmanager
async def listening(provider: Provider, pending: Pending, tell: Tell) -> AsyncIterator[asyncio.Event]:
    """Passes the news of a call on while the block runs; the event is set when the service has no more of it.

    News that breaks off, through whatever mistake, is logged: what the block has found out stands.
    """
    ended = asyncio.Event()
    if not isinstance(provider, Watches):
        yield ended
        return
    hearing = asyncio.ensure_future(_hear(provider.watch(pending), tell, ended))
    try:
        yield ended
    finally:
        hearing.cancel()
        await asyncio.wait((hearing,))
        if not hearing.cancelled() and (error := hearing.exception()) is not None:
            log.error("the news of a call broke off", exc_info=error)


async def _hear(news: AsyncIterator[Partial], tell: Tell, ended: asyncio.Event) -> None:
    async with aclosing(news) as items:  # type: ignore[type-var]  # providers' streams are async generators
        async for item in items:
            with suppress(StorageError, LeaseLost):  # whoever asks after the call meets these himself
                await tell(item)
    ended.set()


async def doze(clock: Clock, seconds: float, ended: asyncio.Event) -> None:
    """Sleeps, but no longer than until the event."""
    both = [asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(ended.wait())]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiting in both:
            waiting.cancel()
        await asyncio.wait(both)
