"""Chats: how soon the first word of a text model is passed on, and what an answer costs that is waited for."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import uvloop
from aiohttp import web

from bench.figures import Figure, Scale, of_runs, percentile
from bench.installation import scratch, server, touched
from bench.load import Line, parcel
from bench.programs import Program

MODEL = "talker"
PAUSE = 0.2
"""Seconds before the first word: everything before it has been done by then."""
HUSH = 3600.0


class Talker:
    """A text model as Ollama has it, whose words are the moments at which they were sent."""

    def __init__(self) -> None:
        self.silent = False
        """Whether it takes what is asked and says nothing."""

    async def show(self, _: web.Request) -> web.Response:
        """What it can do."""
        return web.json_response({"capabilities": ["completion", "tools"]})

    async def talk(self, request: web.Request) -> web.StreamResponse:
        """An answer of three words."""
        await request.read()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await asyncio.sleep(HUSH if self.silent else PAUSE)
        for _ in range(3):
            await response.write(_chunk({"content": f"{time.time():.6f} "}))
        await response.write(_chunk({}, "stop"))
        return response

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Listens for as long as the block lasts, at the address that is given."""
        app = web.Application()
        app.add_routes([web.post("/api/show", self.show), web.post("/v1/chat/completions", self.talk)])
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": [choice]}
    return b"data: " + json.dumps(head).encode() + b"\n\n"


class Stream(asyncio.Protocol):
    """One answer as it comes; notes how long after its sending the first word arrived."""

    def __init__(self) -> None:
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.delay: float | None = None
        self._data = b""

    def data_received(self, data: bytes) -> None:
        """Looks for the first word."""
        at = time.time()
        if not self.begun.done():
            self.begun.set_result(None)
        self._data += data
        _, _, event = self._data.partition(b"event: text\n")
        if self.delay is None and b" " in event.partition(b'"text":"')[2]:
            said = event.partition(b'"text":"')[2].partition(b" ")[0]
            self.delay = (at - float(said)) * 1000

    def connection_lost(self, _: Exception | None) -> None:
        """The stream has ended."""
        for each in (self.begun, self.ended):
            if not each.done():
                each.set_result(None)


def measure(scale: Scale) -> list[Figure]:
    """First words one after the other, then a thousand answers that say nothing."""
    with scratch() as folder:
        return uvloop.run(_measured(scale, folder))


async def _measured(scale: Scale, folder: Path) -> list[Figure]:
    talker, answers = Talker(), scale.pick(1000, 20)
    async with talker.open() as address:
        variables = {"OLLAMA_BASE_URL": address, "OLLAMA_MODEL": MODEL, "LIMNER_TEXT_MODEL": f"ollama/{MODEL}"}
        with server(folder, more=variables) as limner:
            touched(folder, scale.pick(200, 10))
            delays = [await _first_word(limner) for _ in range(scale.pick(60, 4))][2:]
            talker.silent = True
            idle = await _idle(limner, answers)
    return [
        of_runs("the first word of a text model, passed on, p50", [percentile(delays, 0.5)], "ms", goal=10),
        of_runs("the same, p99", [percentile(delays, 0.99)], "ms"),
        of_runs(f"memory of {answers:,} answers that are waited for", [idle], "MB", goal=scale.pick(100, 1000)),
    ]


async def _first_word(limner: Program) -> float:
    stream = await _said(limner, "hello")
    await asyncio.wait_for(stream.ended, 60)
    if stream.delay is None:
        raise RuntimeError("The answer had no words.")
    return stream.delay


async def _idle(limner: Program, answers: int) -> float:
    """Megabytes that so many answers take, each in a chat of its own, each with one who listens."""
    before = limner.memory()
    streams: Sequence[Stream] = [await _said(limner, "hello") for _ in range(answers)]
    await asyncio.wait_for(asyncio.gather(*(stream.begun for stream in streams)), 120)
    await asyncio.sleep(2)
    return limner.memory() - before


async def _said(limner: Program, text: str) -> Stream:
    """A new chat, and the stream of the answer to its first message."""
    line = Line(limner.address)
    chat = json.loads((await line.ask(parcel(limner.address, "POST", "/api/v1/chats", {}))).body)["id"]
    line.close()
    host, _, port = urlsplit(limner.address).netloc.partition(":")
    transport, stream = await asyncio.get_running_loop().create_connection(Stream, host, int(port))
    headers = {"Accept": "text/event-stream", "Connection": "close"}
    transport.write(parcel(limner.address, "POST", f"/api/v1/chats/{chat}/messages", {"text": text}, headers))
    return stream
