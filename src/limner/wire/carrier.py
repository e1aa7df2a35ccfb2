"""Carries one request of somebody else's client library over the wire: guarded as everything is, sent once, and noted.

The libraries of text models speak httpx2. Their own retries, redirects and pools would buy twice, leave the guard aside
and hide how far a request came; here each gets a way for one request, and a second one is refused whatever they try.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

import httpx2
import orjson
from aiohttp import ClientResponse
from yarl import URL

from limner.domain.errors import FailureCode
from limner.wire.client import Parcel, Wire
from limner.wire.failures import TROUBLE, Sending, refusal_for
from limner.wire.refusals import ReadsRefusals, Refusal
from limner.wire.reply import Answer, Reply

FORWARDED = frozenset({"accept", "authorization", "x-api-key", "anthropic-version", "anthropic-beta", "content-type"})
"""Headers that go out as a library writes them; others tell about this machine or are the wire's own."""
UNPACKED = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection"})
"""Headers of an answer that no longer hold once the wire has read it."""
IDLE = 120.0
"""Seconds without a byte after which an answer counts as lost: services send pings every few seconds."""


class OneShot(httpx2.AsyncBaseTransport):
    """The way for one request: `async with OneShot(...) as way: client(way)`. Afterwards it says what came of it."""

    def __init__(self, wire: Wire, *, headers: Mapping[str, str], with_key: bool, deadline: float) -> None:
        """`headers` go along whatever the library says; without `with_key` its key is left out.

        `deadline` is in seconds, for the whole answer.
        """
        self._wire = wire
        self._headers = dict(headers)
        self._forwarded = FORWARDED if with_key else FORWARDED - {"authorization", "x-api-key"}
        self._deadline = deadline
        self._until = 0.0
        self._stack = AsyncExitStack()
        self._used = False
        self.sending = Sending()
        self.request_id: str | None = None
        """The service's own."""
        self.refused: Answer | None = None
        """The answer, where it was no success."""
        self.trouble: BaseException | None = None
        """What happened to the line, where it failed."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends it. Raises ConnectError for a second one."""
        if self._used:
            raise httpx2.ConnectError("Nothing is sent twice.")
        self._used = True
        self._until = asyncio.get_running_loop().time() + self._deadline
        headers = {name: value for name, value in request.headers.items() if name.lower() in self._forwarded}
        parcel = Parcel(
            method=request.method,
            url=URL(str(request.url), encoded=True),
            headers={**headers, **self._headers},
            body=await request.aread(),
        )
        try:
            async with asyncio.timeout_at(self._next()):
                got = await self._stack.enter_async_context(self._wire.open(parcel, self.sending))
                return await self._taken(got)
        except TROUBLE as error:
            self.trouble = error
            raise httpx2.ReadError(str(error)) from error

    async def aclose(self) -> None:
        """Closes the line, whatever is still coming."""
        await self._stack.aclose()

    def refusal(self, reads: ReadsRefusals) -> Refusal | None:
        """What went wrong, as `reads` reads an answer that is no success; None where the line saw nothing wrong."""
        if self.refused is not None:
            return reads(self.refused)
        if self.trouble is not None:
            return refusal_for(self.trouble, self.sending, purchase=True)
        if not self._used:
            return Refusal(code=FailureCode.BAD_PARAMETER)
        return None

    async def _taken(self, got: ClientResponse) -> httpx2.Response:
        headers = {name.lower(): value for name, value in got.headers.items()}
        self.request_id = headers.get("request-id") or headers.get("x-request-id")
        kept = {name: value for name, value in headers.items() if name not in UNPACKED}
        if 200 <= got.status < 300:
            self.sending.answered = True
            return httpx2.Response(got.status, headers=kept, stream=_Incoming(self, got))
        body = await got.content.read(self._wire.limits.error)
        self.refused = _read(got.status, headers, body)
        if 300 <= got.status < 400:  # nobody follows it, the library neither
            raise httpx2.ReadError("The service sends elsewhere.")
        return httpx2.Response(got.status, headers=kept, content=body)

    def _next(self) -> float:
        """By when the next piece has to be there."""
        return min(self._until, asyncio.get_running_loop().time() + IDLE)

    async def pieces(self, got: ClientResponse) -> AsyncIterator[bytes]:
        """The answer as it comes. Raises ReadError where the line fails."""
        while True:
            try:
                async with asyncio.timeout_at(self._next()):
                    chunk = await got.content.readany()
            except TROUBLE as error:
                self.trouble = error
                raise httpx2.ReadError(str(error)) from error
            if not chunk:
                return
            yield chunk


class _Incoming(httpx2.AsyncByteStream):
    """An answer on its way in."""

    def __init__(self, way: OneShot, got: ClientResponse) -> None:
        self._way = way
        self._got = got

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._way.pieces(self._got):
            yield chunk

    async def aclose(self) -> None:
        self._got.close()


def client(way: OneShot) -> httpx2.AsyncClient:
    """The client that a library is given; its deadlines are the way's."""
    return httpx2.AsyncClient(transport=way, timeout=None, trust_env=False, follow_redirects=False)


def _read(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    try:
        return Answer(status=status, headers=headers, body=Reply(orjson.loads(body)))
    except orjson.JSONDecodeError:
        return Answer(status=status, headers=headers, body=Reply(None), said=body.decode("utf-8", "replace"))
