"""A service made of a few lines, for what the wire does with its answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web

from limner.testing.examples import CARD
from limner.testing.fakes import MemoryBlobs
from limner.wire.answers import Limits
from limner.wire.client import Wire
from limner.wire.connection import Connection
from limner.wire.guard import Guard
from limner.wire.line import Line
from limner.wire.outgoing import Outgoing

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
KEY = "sk-wire-0123456789abcdef"


@dataclass
class Site:
    """A server whose handlers the test gives, and a line to it."""

    base_url: str
    line: Line
    blobs: MemoryBlobs
    requests: list[web.Request] = field(default_factory=list)


@asynccontextmanager
async def site(
    handler: Handler, *, limits: Limits | None = None, guard: Guard | None = None, trusted: bool = True
) -> AsyncIterator[Site]:
    requests: list[web.Request] = []

    async def noted(request: web.Request) -> web.StreamResponse:
        requests.append(request)
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", noted)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    blobs = MemoryBlobs()
    try:
        async with Wire(blobs, guard=guard, limits=limits) as wire:
            if trusted:
                wire.guard.trust(base_url)
            connection = Connection(base_url=f"{base_url}/v1", api_key=KEY)
            line = Line(wire=wire, card=CARD, connection=connection)
            headers = {"Authorization": f"Bearer {KEY}"}
            yield Site(base_url=base_url, line=line.adapted(headers=headers), blobs=blobs, requests=requests)
    finally:
        await runner.cleanup()


@pytest.fixture
def purchase() -> Outgoing:
    return Outgoing(path="paint", json={"prompt": "fox"}, deadline=10.0, purchase=True, pictures=("b64_json",))


@pytest.fixture
def question(purchase: Outgoing) -> Outgoing:
    return replace(purchase, method="GET", path="status", json=None, purchase=False)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.wire.line.PAUSES", (0.0, 0.0))


def aborted(request: web.Request) -> web.Response:
    """Breaks the line."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def never(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()
