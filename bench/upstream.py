"""A service with large pictures that costs next to nothing itself, so that many can be under way at once.

    python -m bench.upstream --picture-bytes 12500000 --latency 2000

Every answer is the same picture but for 24 bytes at its beginning; all are sent side by side, piece by piece.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys

import pybase64
import uvloop
from aiohttp import web

from limner.domain.request import Size
from limner.testing.pictures import PictureMaker, chunk

HEAD = 33
"""Bytes of a PNG's signature and header; that these and NUMBER are multiples of three lets base64 be put together."""
NUMBER = 12
PIECE = 1 << 18


class Upstream:
    """Answers as OpenAI does, without looking at what was asked."""

    def __init__(self, picture_bytes: int, latency: float) -> None:
        picture = PictureMaker().png(Size(1024, 1024), length=picture_bytes)
        self._head = pybase64.b64encode(picture[:HEAD])
        self._rest = pybase64.b64encode(picture[HEAD:])
        self._latency = latency
        self._numbers = itertools.count()

    async def paint(self, request: web.Request) -> web.StreamResponse:
        """One picture."""
        await request.read()
        await asyncio.sleep(self._latency)
        number = chunk(b"nuMb", b"%0*d" % (NUMBER, next(self._numbers)))
        begin = b'{"created":1,"data":[{"b64_json":"' + self._head + pybase64.b64encode(number)
        end = b'"}],"usage":{"input_tokens":20,"output_tokens":1756,"total_tokens":1776}}'
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        answer.content_length = len(begin) + len(self._rest) + len(end)
        await answer.prepare(request)
        await answer.write(begin)
        view = memoryview(self._rest)
        for start in range(0, len(view), PIECE):
            await answer.write(view[start : start + PIECE])
        await answer.write(end)
        return answer


async def serve(picture_bytes: int, latency: float) -> None:
    """Runs until it is told to end; prints its address first."""
    app = web.Application()
    app.add_routes([web.post("/v1/images/generations", Upstream(picture_bytes, latency).paint)])
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    """Runs the service."""
    parser = argparse.ArgumentParser(description="A service with large pictures.")
    parser.add_argument("--picture-bytes", type=int, required=True)
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds before each answer")
    arguments = parser.parse_args()
    uvloop.run(serve(arguments.picture_bytes, arguments.latency / 1000))


if __name__ == "__main__":
    main()
