"""A small HTTP client that presses on one server over a fixed number of open connections."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import uvloop

from bench.figures import percentile

KEPT = 1 << 18
"""Bytes of an answer that are kept: hundreds that hold large pictures would fill the memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer, of its body no more than the beginning; status 0 is none."""

    status: int
    seconds: float
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Press:
    """What came of pressing on a server."""

    answers: Sequence[Answer]
    seconds: float
    """From the first request to the last answer."""

    @property
    def good(self) -> int:
        """Answers that are no errors."""
        return sum(200 <= answer.status < 300 for answer in self.answers)

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.good / self.seconds

    def latency(self, share: float) -> float:
        """Milliseconds that this share of the answers took at most."""
        return percentile([answer.seconds for answer in self.answers], share) * 1000

    def check(self) -> None:
        """Raises RuntimeError with the first error: what fails is not measured."""
        for answer in self.answers:
            if not 200 <= answer.status < 300:
                raise RuntimeError(f"{len(self.answers) - self.good} errors; first: {answer.status} {answer.body!r}")


class Line:
    """One connection that is kept open."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, parcel: bytes) -> Answer:
        """Sends a whole request and reads the whole answer."""
        begun = time.perf_counter()
        try:
            if self._reader is None or self._writer is None:
                self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=1 << 20)
            self._writer.write(parcel)
            head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
            body = await self._body(self._reader, head)
        except (OSError, asyncio.IncompleteReadError) as error:
            self.close()
            return Answer(status=0, seconds=time.perf_counter() - begun, body=repr(error).encode())
        return Answer(status=int(head[9:12]), seconds=time.perf_counter() - begun, body=body[:KEPT])

    async def _body(self, reader: asyncio.StreamReader, head: bytes) -> bytes:
        if b"transfer-encoding: chunked" not in head:
            _, found, rest = head.partition(b"content-length:")
            return await reader.readexactly(int(rest.split(b"\r\n", 1)[0])) if found else b""
        pieces = []
        while size := int(await reader.readline(), 16):
            pieces.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readexactly(2)
        return b"".join(pieces)

    def close(self) -> None:
        """Closes the connection; the next request opens it again."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def parcel(
    address: str, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """A request as bytes."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(address).netloc}", f"Content-Length: {len(content)}"]
    lines += ["Content-Type: application/json"] if content else []
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def press(
    address: str,
    make: Callable[[int], bytes],
    *,
    connections: int,
    total: int,
    apart: float = 0.0,
    deadline: float = 120.0,
) -> Press:
    """Asks `total` times over so many connections; `make` gives request N. Raises TimeoutError at the deadline.

    `apart` is by how many seconds each connection begins after the one before it, so that they do not march in step.
    """

    async def whole() -> Press:
        async with asyncio.timeout(deadline):
            return await _pressed(address, make, connections, total, apart)

    return uvloop.run(whole())


def same(address: str, asked: bytes, times: int = 1) -> Press:
    """Asks the same over one connection. Raises RuntimeError for an error."""
    done = press(address, lambda _: asked, connections=1, total=times)
    done.check()
    return done


async def _pressed(address: str, make: Callable[[int], bytes], connections: int, total: int, apart: float) -> Press:
    numbers = iter(range(total))
    answers: list[Answer] = []

    async def work(place: int) -> None:
        await asyncio.sleep(place * apart)
        line = Line(address)
        answers.extend([await line.ask(make(number)) for number in numbers])
        line.close()

    begun = time.perf_counter()
    await asyncio.gather(*map(work, range(connections)))
    return Press(answers=answers, seconds=time.perf_counter() - begun)
