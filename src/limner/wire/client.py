"""The one HTTP client of the process."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Self

import aiohttp
from yarl import URL

from limner.domain.errors import Interrupted
from limner.domain.ports import Intake
from limner.domain.version import VERSION
from limner.wire.answers import MEGABYTE, Limits
from limner.wire.failures import Sending
from limner.wire.guard import Guard
from limner.wire.split import BadAnswer

CONNECT_SECONDS = 10.0
HEARTBEAT = 20.0
"""Seconds between two signs of life on a socket; half as many without an answer end it."""
MESSAGE_LIMIT = 16 * MEGABYTE
READ_BUFFER = 1 << 17
"""What one connection may hold unread before the sender is made to wait: twice this."""
LARGE_BODY = 1 << 18
"""Larger bodies go out in pieces, so that one upload does not hold up the others."""
HEADERS = {"User-Agent": f"limner/{VERSION}", "Accept-Encoding": "identity"}
"""Base64 shrinks by a quarter under gzip and costs ten times the rest of the work to unpack."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """A request as the client wants it."""

    method: str
    url: URL
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | aiohttp.FormData | None = field(default=None, repr=False)


class Wire:
    """Owns the connections to all services: `async with Wire(intake) as wire`. Incoming files land in the intake.

    Nothing is ever sent twice, no redirect is followed and no environment proxy is used without being asked.
    """

    def __init__(
        self, intake: Intake, *, guard: Guard | None = None, limits: Limits | None = None, connections: int = 256
    ) -> None:
        self.intake = intake
        self.guard = guard or Guard()
        self.limits = limits or Limits()
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_note_sent)
        trace.on_request_redirect.append(_refuse_redirect)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self.guard.resolver(), limit=self._connections, limit_per_host=0, keepalive_timeout=15.0
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            headers=HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[trace],
            read_bufsize=READ_BUFFER,
            trust_env=False,
            auto_decompress=True,
        )
        # By itself the client would send a GET again where a kept connection breaks (aiohttp 3.14).
        # Whoever asks decides that.
        self._session._retry_connection = False
        return self

    async def __aexit__(self, *_: object) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
            # Transports close one turn of the loop after their session.
            await asyncio.sleep(0)

    def open(self, parcel: Parcel, sending: Sending) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Sends a request and gives the answer once its headers are there; `sending` notes how far it got."""
        session = self._opened()
        large = isinstance(parcel.body, bytes) and len(parcel.body) > LARGE_BODY
        return session.request(
            parcel.method,
            parcel.url,
            data=io.BytesIO(parcel.body) if large and isinstance(parcel.body, bytes) else parcel.body,
            headers=parcel.headers,
            allow_redirects=False,
            trace_request_ctx=sending,
        )

    def connect(self, parcel: Parcel) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse[bool]]:
        """Opens a socket. It says no Origin: servers on this machine refuse one that is not their own."""
        return self._opened().ws_connect(
            parcel.url,
            headers=parcel.headers,
            heartbeat=HEARTBEAT,
            max_msg_size=MESSAGE_LIMIT,
            timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
        )

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise Interrupted("Limner is stopping and sends nothing more. Start it again to go on.")
        return self._session


async def _refuse_redirect(
    _: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestRedirectParams
) -> None:
    """Sockets would follow a redirect (aiohttp 3.14), with the headers that open the service."""
    raise BadAnswer(f"The service sends elsewhere, to {params.response.headers.get('Location')}.")


async def _note_sent(
    _: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestHeadersSentParams
) -> None:
    """Called just before the first byte is written (aiohttp 3.14): from here on the service may act."""
    if isinstance(context.trace_request_ctx, Sending):
        context.trace_request_ctx.sent = True
