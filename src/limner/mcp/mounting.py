"""`/mcp` of the server. Nothing of what it takes is loaded before somebody asks for it: 0.8 s of CPU and 25 MB."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import TypeAlias

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from limner.domain.errors import Interrupted
from limner.domain.people import Principal
from limner.runtime import Runtime

Who: TypeAlias = Callable[[Request], Principal]
"""Finds out who sends a request. Raises SignInRequired."""


class Mount:
    """The place where the MCP server stands in an application; it opens on first use."""

    def __init__(self, runtime_of: Callable[[], Runtime], who: Who) -> None:
        self._runtime_of = runtime_of
        self._who = who
        self._opening: asyncio.Task[ASGIApp] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. Raises Interrupted once the server is stopping."""
        if self._stopping.is_set():
            raise Interrupted("This server is stopping. Jobs go on when it is back; `get` finds them.")
        sessions = await self._opened()
        await sessions(scope, receive, send)

    def stop(self) -> None:
        """Ends every stream; jobs go on."""
        self._stopping.set()

    async def aclose(self) -> None:
        """Ends everything, and waits for it."""
        self.stop()
        if self._keeping is not None:
            await asyncio.gather(self._keeping, return_exceptions=True)

    async def _opened(self) -> ASGIApp:
        """What answers, opened once; who gives up waiting for it does not stop it."""
        if self._opening is None or (self._opening.done() and self._opening.exception() is not None):
            ready: asyncio.Future[ASGIApp] = asyncio.get_running_loop().create_future()
            self._keeping = asyncio.create_task(self._keep(ready), name="limner mcp")
            self._opening = asyncio.create_task(_of(ready), name="limner mcp opening")
        return await asyncio.shield(self._opening)

    async def _keep(self, ready: asyncio.Future[ASGIApp]) -> None:
        """Holds it open until the server stops: it has to be closed by the task that opened it."""
        try:
            # By its name, because loading it is what is put off.
            module = await asyncio.to_thread(import_module, "limner.mcp.sessions")
            opened: AbstractAsyncContextManager[ASGIApp] = module.open_sessions(self._runtime_of(), self._who)
            async with opened as sessions:
                ready.set_result(sessions)
                await self._stopping.wait()
        except Exception as error:
            if ready.done():
                raise
            ready.set_exception(error)


async def _of(ready: asyncio.Future[ASGIApp]) -> ASGIApp:
    return await ready
