"""The floor: a bare relay that does what must be done once per picture and nothing else.

    python -m bench.floor --upstream http://127.0.0.1:9100 --folder /tmp/kept

One process, aiohttp on both sides and uvloop. The picture is taken out of the JSON as it streams in, decoded with SIMD,
hashed and written while the rest is still coming, renamed into place, and one row is committed. No sign-in, no plan, no
money, no job, no check of what came, nothing forced to the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import itertools
import sqlite3
import sys
from pathlib import Path

import aiohttp
import orjson
import pybase64
import uvloop
from aiohttp import web

MARK = b'"b64_json":"'


class Relay:
    """Asks the upstream and keeps what it paints."""

    def __init__(self, upstream: str, folder: Path, session: aiohttp.ClientSession) -> None:
        self._upstream = f"{upstream}/v1/images/generations"
        self._folder = folder
        self._session = session
        self._numbers = itertools.count()
        self._rows = sqlite3.connect(folder / "rows.db", isolation_level=None)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=NORMAL")
        self._rows.execute("CREATE TABLE pictures (digest TEXT, prompt TEXT, size INTEGER)")

    async def relay(self, request: web.Request) -> web.Response:
        """One picture, kept before it is answered."""
        asked = orjson.loads(await request.read())
        async with self._session.post(self._upstream, json=asked) as answer:
            digest, size = await self._keep(answer)
        self._rows.execute("INSERT INTO pictures VALUES (?, ?, ?)", (digest, asked["prompt"], size))
        return web.Response(body=orjson.dumps({"sha256": digest, "size": size}), content_type="application/json")

    async def small(self, _: web.Request) -> web.Response:
        """A bare small answer."""
        return web.Response(body=b'{"status":"ok"}', content_type="application/json")

    async def _keep(self, answer: aiohttp.ClientResponse) -> tuple[str, int]:
        draft = self._folder / f"{next(self._numbers)}.part"
        hashed, size = hashlib.sha256(), 0
        text, begun = bytearray(), False
        with draft.open("wb", buffering=0) as file:
            async for chunk in answer.content.iter_any():
                text += chunk
                if not begun:
                    start = text.find(MARK)
                    if start < 0:
                        continue
                    del text[: start + len(MARK)]
                    begun = True
                end = text.find(b'"', len(text) - len(chunk) if len(text) > len(chunk) else 0)
                whole = len(text) // 4 * 4 if end < 0 else end
                if end < 0 and whole < 1 << 18:
                    continue
                with memoryview(text) as view:
                    data = pybase64.b64decode(view[:whole], validate=True)
                hashed.update(data)
                file.write(data)
                size += len(data)
                if end >= 0:
                    break
                del text[:whole]
            async for _ in answer.content.iter_any():
                pass
        digest = hashed.hexdigest()
        draft.rename(self._folder / digest)
        return digest, size


async def serve(upstream: str, folder: Path) -> None:
    """Runs until it is told to end; prints its address first."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as session:
        relay = Relay(upstream, folder, session)
        app = web.Application()
        app.add_routes([web.post("/relay", relay.relay), web.get("/small", relay.small)])
        runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
        sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Runs the relay."""
    parser = argparse.ArgumentParser(description="A bare relay that keeps pictures, to compare with.")
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    uvloop.run(serve(arguments.upstream, arguments.folder))


if __name__ == "__main__":
    main()
