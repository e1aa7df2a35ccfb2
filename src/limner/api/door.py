"""The door of the server: every request passes it once, on the way in and on the way out.

It names the request, turns away foreign hosts, foreign origins and bodies that are too large, answers for what
failed unforeseen, adds the headers that every answer has, and writes one line about it into the log.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from limner.api.answers import DEFERRED
from limner.api.callers import caller_of
from limner.api.errors import BodyLate, BodyTooLarge, Teller
from limner.api.gate import MCP, SAFE_METHODS, Gate, Refusal
from limner.api.surfaces import NATIVE_ONLY, Surfaces, Target
from limner.domain.authority import authority_of, is_loopback
from limner.domain.errors import Problem, Spent
from limner.domain.ports import Ids
from limner.settings import Network

CLOSED = b"default-src 'none'; frame-ancestors 'none'"
"""For whatever is no page: should a browser ever show it as one, it can do nothing."""
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
READABLE = (
    (b"vary", b"Origin"),
    (b"access-control-expose-headers", b"Location, Retry-After, X-Limner-Model, X-Request-Id, x-should-retry"),
)
"""What pages of other origins may read of an answer; cookies are never sent along for them."""
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer, X-Request-Id",
    "Access-Control-Max-Age": "600",
}
OURS = frozenset({b"host", b"origin", b"content-length", b"x-request-id", b"access-control-request-method"})
"""The headers that the door looks at."""
OF_THE_GATE = frozenset({b"accept", b"authorization", b"cookie", b"sec-fetch-site"})
"""Those that the gate looks at besides."""
LEFT = 499
"""The status in the log where the caller left before the body had come: there is nobody to answer."""
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

Run = Callable[[Receive, Send], Awaitable[None]]

logger = logging.getLogger("limner.access")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """Who may come in: `public` is the one authority, `host[:port]`, besides the names of this machine itself."""

    public: str | None
    max_body: int
    """In bytes."""
    proxies: tuple[Network, ...] = ()
    """Whose X-Forwarded-For is believed."""
    between_pieces: float = 30.0
    """Seconds that the next piece of a body may take."""
    whole_body: float = 900.0
    """Seconds that a body may take in all."""
    origins: frozenset[str] = frozenset()
    """Other origins whose pages may ask, such as https://app.example.com."""


class Door:
    """Pure ASGI: no task, no copy, one pass over the headers."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        rules: Rules,
        ids: Ids,
        gate: Gate | None = None,
        surfaces: Surfaces = NATIVE_ONLY,
    ) -> None:
        self.app = app
        self._rules = rules
        self._ids = ids
        self._gate = gate
        self._looked_at = OURS if gate is None else OURS | OF_THE_GATE
        self._teller = Teller(surfaces)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets one request in, or turns it away."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = self._heard(scope)
        visit = Visit(scope, send, self._name(headers), self._teller, self._allowed(headers))
        try:
            refused = await self._refused(scope, headers)
            if refused is None:
                await self._pass(scope, receive, visit, headers)
            else:
                await visit.refuse(refused)
        except ClientDisconnect:
            visit.status = visit.status or LEFT
        except Exception as error:
            # The caller learns the request's name only; what happened stands in the log under the same name.
            told = {"request_id": visit.name, "path": scope["path"], "kind": type(error).__name__}
            logger.exception("request_failed", extra=told)
            if visit.status:
                raise
            await visit.refuse(Refusal(status=500, problem=_internal(visit.name, scope["method"])))
        finally:
            visit.note()

    async def _pass(self, scope: Scope, receive: Receive, visit: Visit, headers: Mapping[bytes, bytes]) -> None:
        """Lets a request through to the routes."""
        inner = scope if scope["method"] != "HEAD" else _as_get(scope)
        deferred: list[Run] = []
        outside = len(inner)
        inner[DEFERRED] = deferred
        inner["limner.address"] = caller_of(scope, self._rules.proxies)
        await self.app(inner, self._measured(receive, headers), visit.send)
        if deferred:
            _forget_inside(inner, outside)
        for run in deferred:
            await run(receive, visit.send)

    def _heard(self, scope: Scope) -> Mapping[bytes, bytes]:
        """The headers that are looked at; those that stand twice are one, as RFC 9110 has it: so none hides another."""
        found: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in self._looked_at:
                before = found.get(name)
                link = b"; " if name == b"cookie" else b", "
                found[name] = value if before is None else before + link + value
        return found

    def _name(self, headers: Mapping[bytes, bytes]) -> str:
        given = headers.get(b"x-request-id", b"")
        return given.decode() if REQUEST_ID.fullmatch(given) else self._ids.new()

    async def _refused(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Refusal | None:
        """What is answered to whoever is not let in."""
        refused = self._refusal(scope, headers) or self._preflight(scope, headers)
        return refused if refused is not None or self._gate is None else await self._gate.admit(scope, headers)

    def _refusal(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Refusal | None:
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if host != self._rules.public and not is_loopback(host):
            said = "This server does not go by the name in Host. Use its own address."
            return Refusal(status=421, problem=Problem(code="foreign_host", message=said, field="Host"))
        origin = headers.get(b"origin")
        # MCP wants it looked at in every request (specification of 2025-11-25, transports, read 2026-11-28).
        matters = scope["method"] not in SAFE_METHODS or scope["path"] == MCP
        foreign = origin is not None and not self._is_ours(origin, host) and self._allowed(headers) is None
        if foreign and matters:
            said = "Requests that change something are taken from this server's own pages only."
            return Refusal(status=403, problem=Problem(code="foreign_origin", message=said, field="Origin"))
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self._rules.max_body:
            return Refusal(status=413, problem=_too_large(self._rules.max_body))
        return None

    def _preflight(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Refusal | None:
        """The answer to a browser that asks whether a page of another origin may ask (Fetch, section 3.3)."""
        asked = scope["method"] == "OPTIONS" and b"access-control-request-method" in headers
        if not asked or self._allowed(headers) is None:
            return None
        return Refusal(status=204, headers=PREFLIGHT)

    def _allowed(self, headers: Mapping[bytes, bytes]) -> str | None:
        """The other origin that asks, where it may."""
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        return origin if origin in self._rules.origins else None

    def _is_ours(self, origin: bytes, host: str) -> bool:
        """Whether a page of this server sent the request: its origin has the authority that the request goes to."""
        authority = authority_of(origin.decode("latin-1"))
        return authority is not None and authority in (host, self._rules.public)

    def _measured(self, receive: Receive, headers: Mapping[bytes, bytes]) -> Receive:
        """A body is counted as it comes, and has to come; whoever waits for the caller to leave waits without end."""
        left, more = self._rules.max_body, True
        until = asyncio.get_running_loop().time() + self._rules.whole_body

        async def counted() -> Message:
            nonlocal left, more
            if not more:
                return await receive()
            now = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout_at(min(until, now + self._rules.between_pieces)):
                    message = await receive()
            except TimeoutError:
                raise BodyLate("The body did not come to its end in time. Send the request again.") from None
            more = message.get("more_body", False)
            left -= len(message.get("body", b""))
            if left < 0:
                raise BodyTooLarge(_too_large(self._rules.max_body).message)
            return message

        return receive if headers.get(b"content-length") == b"0" else counted


class Visit:
    """One request on its way out."""

    __slots__ = ("_begun", "_origin", "_scope", "_send", "_teller", "bytes", "name", "status")

    def __init__(self, scope: Scope, send: Send, name: str, teller: Teller, origin: str | None = None) -> None:
        """`origin` is another one whose page may read the answer."""
        self._origin = origin
        self._scope = scope
        self._teller = teller
        self._send = send
        self._begun = time.perf_counter()
        self.name = name
        self.status = 0
        self.bytes = 0
        scope["limner.request_id"] = name

    async def send(self, message: Message) -> None:
        """Passes a message on; the first one with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message["headers"])
            headers.append((b"x-request-id", self.name.encode()))
            headers.extend(ALWAYS)
            if self._origin is not None:
                headers += [(b"access-control-allow-origin", self._origin.encode()), *READABLE]
            if all(name != b"content-security-policy" for name, _ in headers):
                headers.append((b"content-security-policy", CLOSED))
            message["headers"] = headers
        else:
            self.bytes += len(message.get("body", b""))
        await self._send(message)

    async def refuse(self, refused: Refusal) -> None:
        """Answers in place of a route, in the shape that the path has for what goes wrong."""
        status, body, headers = refused.status, b"", dict[str, str]()
        if refused.problem is not None:
            target = Target(self._scope["path"], self._scope["method"])
            told = self._teller.told(target, status, refused.problem, self.name)
            status, body = told.status, told.body
            headers.update(told.headers)
            headers["Content-Type"] = told.media_type
        headers |= {**refused.headers, "Content-Length": str(len(body)), "Connection": "close"}
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": raw})
        await self.send({"type": "http.response.body", "body": body})

    def note(self) -> None:
        """One line in the log; the query is left out, because secrets may stand in it."""
        if not logger.isEnabledFor(logging.INFO):
            return
        told = {
            "request_id": self.name,
            "method": self._scope["method"],
            "path": self._scope["path"],
            "status": self.status,
            "bytes": self.bytes,
            "ms": round((time.perf_counter() - self._begun) * 1000, 2),
        }
        logger.info("request", extra=told)


def _forget_inside(scope: Scope, outside: int) -> None:
    """Drops what the layers inside, which have returned, added to a scope of so many names: 3 kB of each listener."""
    kept = {name: scope[name] for name in list(scope)[:outside]}
    scope.clear()  # a dictionary shrinks only when it is emptied
    scope.update(kept)


def _as_get(scope: Scope) -> Scope:
    """HEAD is answered as GET is; the server below leaves the body out. A stream would never end: it stays HEAD."""
    is_stream = scope["path"] == MCP or scope["path"].endswith("/events")
    return scope if is_stream else {**scope, "method": "GET"}


def _too_large(limit: int) -> Problem:
    return Problem(
        code="body_too_large", message=f"The body is too large. The limit is {limit // 1_000_000} MB in one request."
    )


def _internal(name: str, method: str) -> Problem:
    """Who sends it again might buy again what was written down before it failed."""
    return Problem(
        code="internal",
        message=f"Limner failed in a way that was not foreseen. Its log says why, under the request id {name}.",
        spent=Spent.NO if method in SAFE_METHODS else Spent.UNKNOWN,
    )
