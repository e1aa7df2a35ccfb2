"""A real server in a thread, over a data directory of its own, with a stand-in for OpenAI behind it."""

import asyncio
import gc
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from fastapi import FastAPI

from limner.server import Server, create_app, listen
from limner.settings import Settings, read_settings
from limner.system import Heap
from limner.testing.openai_stand_in import OpenAIStandIn

NOBODY = {"OLLAMA_BASE_URL": "http://127.0.0.1:9"}
"""No test asks a text model that happens to run on this machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """Where the server is, and a client that talks to it."""

    url: str
    client: httpx2.Client
    stand_in: OpenAIStandIn

    def paint(self, **fields: object) -> dict[str, object]:
        """The finished job of a request; the built-in artist and a small picture unless it says otherwise."""
        body = {"prompt": "a lake at dawn", "model": "sketch", "size": "64x64", **fields}
        answer = self.client.post("/api/v1/jobs", json=body, headers={"Prefer": "wait=30"})
        assert answer.status_code == 201, answer.text
        job: dict[str, object] = answer.json()
        return job


def settings_for(folder: Path, variables: dict[str, str] | None = None, **given: object) -> Settings:
    """Settings of a fresh installation in a folder."""
    return read_settings(variables or {}, folder, data_dir=folder / "data", log_level="error", **given)


@contextmanager
def serving(
    folder: Path, *, key: str = "sk-test-key", variables: dict[str, str] | None = None, **given: object
) -> Iterator[Site]:
    """Serves until the block is left, with a key for the stand-in unless it is empty; its log tells what went wrong."""
    log = logging.getLogger("limner")
    log.setLevel(logging.ERROR)
    listening = listen("127.0.0.1", 0)
    thread = _Serving(folder, key, variables or {}, given, listening)
    thread.start()
    if not thread.ready.wait(30):
        raise RuntimeError("the server did not start")
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        with httpx2.Client(base_url=url, timeout=30) as client:
            yield Site(url=url, client=client, stand_in=thread.stand_in)
    finally:
        thread.end()
        listening.close()
        log.setLevel(logging.NOTSET)


class _Announcing(Server):
    """Says that it is ready to whoever waits for it in another thread."""

    def __init__(self, app: FastAPI, listening: socket.socket, ready: threading.Event) -> None:
        super().__init__(app, listening, Heap(None))
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()


class _Serving(threading.Thread):
    """The server's own thread and event loop."""

    def __init__(
        self,
        folder: Path,
        key: str,
        variables: dict[str, str],
        given: dict[str, object],
        listening: socket.socket,
    ) -> None:
        super().__init__(daemon=True)
        self.ready = threading.Event()
        self.stand_in = OpenAIStandIn()
        self._folder = folder
        self._key = key
        self._variables = variables
        self._given = given
        self._listening = listening
        self._server: Server | None = None

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        async with self.stand_in:
            named = {"OPENAI_API_KEY": self._key, "OPENAI_BASE_URL": self.stand_in.base_url}
            variables = {**NOBODY, **(named if self._key else {}), **self._variables}
            app = create_app(settings_for(self._folder, variables, grace_seconds=1, **self._given))
            self._server = _Announcing(app, self._listening, self.ready)
            await self._server.serve(sockets=[self._listening])

    def end(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
        self.join(20)
        # A server takes all there is out of the garbage collector's rounds and ends with its process; this one goes on.
        gc.unfreeze()
