"""The MCP server over HTTP: sessions that belong to whoever began them, so many at most, and streams that end in time.

Written against mcp 2.3, whose manager of sessions leaves two things to whoever mounts it: how many sessions one person
may have, and that each has a store of events of its own (read 2026-11-28).
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import cast

import anyio
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser, AuthorizationContext
from mcp.server.auth.provider import AccessToken
from mcp.server.streamable_http import StreamableHTTPServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from limner.domain.errors import TooManyRequests
from limner.mcp.callers import Caller, Context
from limner.mcp.mounting import Who
from limner.mcp.replays import Replays
from limner.mcp.serving import mcp_server, sealing_secret
from limner.runtime import Runtime

MOST_SESSIONS = 500
MOST_SESSIONS_EACH = 25
"""Sessions of one person that are open at once."""
MOST_CALLS_EACH = 64
"""Requests of one person that are under way at once, those that wait for pictures and open streams among them."""
IDLE_SECONDS = 1800.0
"""After so long without a request a session is over; its jobs are not."""
LARGEST_BODY = 25_000_000
"""Bytes of a request: a picture of 18 MB as a data URL. Larger ones come by their address, or are kept here before."""
RETRY_MILLISECONDS = 1000
"""How long a client whose line dropped waits before it comes back."""
ASKED_AFTER = 45.0
"""Seconds after which it is looked up whether somebody may still be answered."""
SESSION = "mcp-session-id"

Still = Callable[[], Awaitable[bool]]


class Sessions(StreamableHTTPSessionManager):
    """Those of all people, of each no more than may be, each with events of its own."""

    def _admit_session(self, requestor: AuthorizationContext | None) -> StreamableHTTPServerTransport | None:
        """A new session of somebody's; None where all that they may have are in use, or all people have too many.

        Many clients leave without a word: the one of theirs that has been idle for longest makes room.
        """
        own = [self._server_instances[name] for name, owner in self._session_owners.items() if owner == requestor]
        if len(own) >= MOST_SESSIONS_EACH and not _end_idlest(own):
            return None
        library: StreamableHTTPSessionManager = self
        library.event_store = Replays()  # which it gives to the session that it makes now
        return super()._admit_session(requestor)


def _end_idlest(sessions: Iterable[StreamableHTTPServerTransport]) -> bool:
    """Ends the session that has been without a request for longest; False where none is without one."""
    scopes = [session.idle_scope for session in sessions]
    idle = [scope for scope in scopes if scope is not None and scope.deadline < math.inf and not scope.cancel_called]
    if not idle:
        return False
    min(idle, key=lambda scope: scope.deadline).cancel()
    return True


class Desk:
    """Takes requests for the sessions: says whose they are, and counts them."""

    def __init__(self, sessions: Sessions, who: Who) -> None:
        self._sessions = sessions
        self._who = who
        self._under_way: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. Raises SignInRequired and TooManyRequests."""
        principal = self._who(Request(scope))
        if self._under_way[principal.id] >= MOST_CALLS_EACH:
            raise TooManyRequests(
                f"{MOST_CALLS_EACH} requests of yours are under way at /mcp. Wait until one has ended.", retry_after=5
            )
        self._under_way[principal.id] += 1
        try:
            scope["user"] = AuthenticatedUser(AccessToken(token="", client_id=principal.id, scopes=[]))
            await self._answer(scope, receive, send)
        finally:
            self._under_way[principal.id] -= 1
            if not self._under_way[principal.id]:
                del self._under_way[principal.id]

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ends with the answer, or when whoever asked may not be answered any more."""
        still: Still | None = scope.get("limner.still")
        if still is None:
            await self._sessions.handle_request(scope, receive, send)
            return
        async with anyio.create_task_group() as group:
            group.start_soon(_watch, still, group.cancel_scope)
            await self._sessions.handle_request(scope, receive, send)
            group.cancel_scope.cancel()


async def _watch(still: Still, answering: anyio.CancelScope) -> None:
    """Ends an answer whose asker has been shut out since."""
    is_let_in = True
    while is_let_in:
        await anyio.sleep(ASKED_AFTER)
        is_let_in = await still()
    answering.cancel()


@asynccontextmanager
async def open_sessions(runtime: Runtime, who: Who) -> AsyncIterator[ASGIApp]:
    """What answers at `/mcp` while the block lasts."""

    def caller_of(context: Context) -> Caller:
        """Each request is its own sender's, whoever began the session; a session's id names its line."""
        request = cast(Request, context.request)
        base = runtime.settings.public_url or str(request.base_url)
        return Caller(principal=who(request), line=request.headers.get(SESSION), base=base.rstrip("/"))

    sessions = Sessions(
        mcp_server(runtime, caller_of, await asyncio.to_thread(sealing_secret, runtime.settings)),
        retry_interval=RETRY_MILLISECONDS,
        session_idle_timeout=IDLE_SECONDS,
        max_sessions=MOST_SESSIONS,
        max_request_body_size=LARGEST_BODY,
    )
    async with sessions.run():
        yield Desk(sessions, who)
