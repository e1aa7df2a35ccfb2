"""The process that paints, from this side: started when there is something to paint, ended when it is not needed."""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

PROGRAM = Path(__file__).with_name("painter.py")
LINE = 1 << 20
"""Bytes of a line of news at most."""
PATIENCE = 20.0
"""Seconds that a process has for stopping in the middle of a picture: one step of a large pipeline."""
LAST_WORDS = 20
"""Lines of what a process complains about that are kept."""


class Ended(Exception):
    """The process has ended in the middle of an order; carries its last words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """What the process says about an order."""

    kind: str
    """loading, painting, done or failed."""
    told: Mapping[str, object]
    files: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def is_last(self) -> bool:
        """Whether nothing more will come."""
        return self.kind in {"done", "failed"}


class Companion:
    """One process with one pipeline in it, for one order at a time. Whoever makes it closes it."""

    def __init__(self, python: str, variables: Mapping[str, str], *, idle_seconds: float) -> None:
        """`python` has torch and diffusers; `variables` join its environment.

        After `idle_seconds` without an order the process is ended, and the memory of its pipeline is free.
        """
        self._python = python
        self._variables = dict(variables)
        self._idle_seconds = idle_seconds
        self._place = asyncio.Lock()
        self._line: _Line | None = None
        self._leave: asyncio.Task[None] | None = None

    async def order(self, wish: Mapping[str, object], files: Sequence[bytes] = ()) -> AsyncGenerator[News]:
        """Has something done and gives the news of it, the last of which is `done` or `failed`.

        `wish` has an `id` that no other order has. Leaving early calls it off. Raises Ended, and OSError where the
        process cannot be started.
        """
        async with self._place:
            self._stay()
            line = await self._open()
            over = False
            try:
                await line.send({**wish, "files": [len(file) for file in files]}, files)
                while not over:
                    news = await line.news()
                    over = news.is_last
                    yield news
            finally:
                if not over:
                    await line.call_off(wish["id"])
                self._leave = asyncio.create_task(self._end_after(self._idle_seconds))

    async def close(self) -> None:
        """Ends the process, if there is one."""
        self._stay()
        async with self._place:
            await self._end()

    async def _open(self) -> _Line:
        if self._line is None or not self._line.is_open:
            await self._end()
            self._line = await _Line.start((self._python, str(PROGRAM)), {**os.environ, **self._variables})
        return self._line

    def _stay(self) -> None:
        if self._leave is not None:
            self._leave.cancel()

    async def _end_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        async with self._place:
            await self._end()

    async def _end(self) -> None:
        if self._line is not None:
            await self._line.end()
            self._line = None


class _Line:
    """A process that runs, and what is said to it and by it."""

    def __init__(self, process: asyncio.subprocess.Process, complaints: asyncio.StreamReader) -> None:
        self._process = process
        self._last_words: deque[str] = deque(maxlen=LAST_WORDS)
        self._listening = asyncio.create_task(self._listen(complaints))

    @classmethod
    async def start(cls, command: Sequence[str], environment: Mapping[str, str]) -> _Line:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, limit=LINE
        )
        return cls(process, cast(asyncio.StreamReader, process.stderr))

    @property
    def is_open(self) -> bool:
        return self._process.returncode is None

    async def send(self, wish: Mapping[str, object], files: Sequence[bytes]) -> None:
        orders = cast(asyncio.StreamWriter, self._process.stdin)
        try:
            orders.write(json.dumps(wish).encode() + b"\n")
            for file in files:
                orders.write(file)
                await orders.drain()
        except (OSError, RuntimeError) as error:  # uvloop 0.23 says RuntimeError of a pipe that is closed
            raise await self._ended() from error

    async def news(self) -> News:
        answers = cast(asyncio.StreamReader, self._process.stdout)
        try:
            told = json.loads(await answers.readuntil(b"\n"))
            files = [await answers.readexactly(size) for size in told["files"]]
        except asyncio.IncompleteReadError as error:
            raise await self._ended() from error
        return News(kind=told["news"], told=told, files=tuple(files))

    async def call_off(self, order: object) -> None:
        """Has the process put the brush down; a process that does not is ended."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.send({"does": "stop", "id": order, "files": []}, ())
                while not (await self.news()).is_last:
                    pass
        except (Ended, TimeoutError):
            await self.end()

    async def end(self) -> None:
        """Ends the process, which has nothing to lose, and waits until it is gone."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._listening

    async def _listen(self, complaints: asyncio.StreamReader) -> None:
        """Reads what the process complains about, so that it is never kept waiting with that."""
        while piece := await complaints.read(LINE):
            self._last_words += [line.strip() for line in piece.decode("utf-8", "replace").splitlines() if line.strip()]

    async def _ended(self) -> Ended:
        # Where a process is killed while it ends, asyncio says 255 instead of its own code (CPython 3.11 to 3.14:
        # `Popen.send_signal` takes the code away from the watcher). So it gets time to end by itself.
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._process.wait()
        await self.end()
        said = self._last_words[-1] if self._last_words else "it said nothing"
        return Ended(f"the process that paints ended with code {self._process.returncode}: {said}")
