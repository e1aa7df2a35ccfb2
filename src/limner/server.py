"""The HTTP server: the application with its parts joined, and the process that runs it."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, nullcontext, suppress
from types import FrameType

import uvicorn
from fastapi import FastAPI
from starlette.routing import Route

from limner.api import dialects, routes
from limner.api.batch_reading import rows_wanted
from limner.api.chat_telling import chat_frames
from limner.api.door import Door, Rules
from limner.api.gate import MCP, Gate
from limner.api.heads import BoundedProtocol
from limner.api.journal import open_journal
from limner.api.streaming import Broadcasts, framed
from limner.domain.authority import authority_of, is_loopback
from limner.domain.errors import LimnerError, NotConfigured
from limner.domain.version import VERSION
from limner.mcp.mounting import Mount
from limner.runtime import Runtime, open_runtime
from limner.runtime.asking import principal_of
from limner.settings import Settings
from limner.system import Heap, SystemClock, TimeOrderedIds, open_heap
from limner.web import pages

LAST_ANSWERS = 1
"""Seconds that answers under way get when the process is told to end; streams end at once."""
SLACK = 1_000_000
"""Bytes that a request may have besides its pictures."""


class CannotListen(LimnerError):
    """The address cannot be listened at."""

    code = "port_in_use"


def create_app(settings: Settings, runtime: Runtime | None = None) -> FastAPI:
    """The application. It opens the installation when it starts and closes it when it ends; an open `runtime` stays
    whoever's it is.
    """

    mount = Mount(lambda: app.state.runtime, principal_of)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            async with _opened(settings, runtime) as found:
                app.state.runtime = found
                app.state.broadcasts = Broadcasts(framed(found.engine.follower.follow))
                app.state.chat_broadcasts = Broadcasts(chat_frames(found))
                app.state.setup = await found.admittance.signing_in.offer_setup() if settings.accounts else None
                app.state.mcp = mount
                async with aclosing(mount):
                    yield
        except Exception as error:
            app.state.failure = error
            raise

    app = FastAPI(
        title="Limner",
        summary="Pictures from any image model through one door.",
        description="Errors are problem documents (RFC 9457). Lists page by opaque cursors. Every POST that can "
        "spend takes `Idempotency-Key`; `Prefer: wait=N` turns a 202 into a finished answer.",
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    routes.install(app)
    pages.install(app, rows_wanted)
    app.router.routes.append(Route(MCP, endpoint=mount))
    rules = Rules(
        public=authority_of(settings.public_url),
        # Base64 makes four bytes of three.
        max_body=settings.max_upload_mb * 1_000_000 * 4 // 3 + SLACK,
        proxies=settings.trusted_proxies,
        origins=settings.origins,
    )
    gate = Gate(lambda: app.state.runtime.admittance, settings.public_url) if settings.accounts else None
    app.add_middleware(Door, rules=rules, ids=TimeOrderedIds(), gate=gate, surfaces=dialects.SURFACES)
    return app


def serve(settings: Settings) -> None:
    """Runs the server until the process is told to end. Raises LimnerError where it cannot start."""
    check_reach(settings)
    open_journal(settings.log_level)
    heap = open_heap()
    heap.confine()
    listening = listen(settings.host, settings.port)
    app = create_app(settings)
    server = Server(app, listening, heap)
    # From here on this process ends in its own way: uvicorn catches the signal first and raises it again at the end.
    signal.signal(signal.SIGTERM, _end)
    try:
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
    except SystemExit:
        failure: Exception | None = getattr(app.state, "failure", None)
        if failure is not None:
            raise failure from None
        raise
    finally:
        listening.close()


def check_reach(settings: Settings) -> None:
    """Raises NotConfigured where the server would be reached by others who could do harm, or in vain."""
    _ = settings.cdn  # an address that is none is told before anything is served
    if not settings.accounts:
        if not settings.loopback_only:
            raise NotConfigured(
                f"Without sign-in the server listens on this machine only, not on {settings.host}: everybody who "
                "reaches it could spend your money. Leave LIMNER_HOST at 127.0.0.1, or set LIMNER_AUTH=accounts.",
                code="host_refused",
            )
        return
    public = authority_of(settings.public_url)
    if public is None and not settings.loopback_only:
        raise NotConfigured(
            f"LIMNER_HOST is {settings.host}, so others reach this server, under an address that it does not know. "
            "Set LIMNER_PUBLIC_URL to it, such as https://limner.example.com.",
            code="public_url_missing",
        )
    if public is not None and not is_loopback(public) and not (settings.public_url or "").startswith("https://"):
        raise NotConfigured(
            f"LIMNER_PUBLIC_URL is {settings.public_url}: passwords would cross the network unprotected. Put a proxy "
            "with TLS before the server, and give its https address.",
            code="public_url_insecure",
        )


class Server(uvicorn.Server):
    """uvicorn, which says when it is ready, tends its memory and lets streams end first."""

    def __init__(self, app: FastAPI, listening: socket.socket, heap: Heap) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop" if sys.platform != "win32" else "auto",
                http=BoundedProtocol,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=LAST_ANSWERS,
                backlog=4096,
            )
        )
        self._app = app
        self._address = address_of(listening)
        self._heap = heap

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, and says where; what prevents it is raised by `serve` in one sentence, so uvicorn stays silent."""
        log = logging.getLogger("uvicorn.error")
        log.disabled = True
        await super().startup(sockets)
        log.disabled = False
        _spare_what_stays()
        sys.stdout.write(f"Limner is ready at {self._address}\n")
        setup = getattr(self._app.state, "setup", None)
        if setup:
            # On stdout alone: the log may be read by others.
            sys.stdout.write(f"Make the first account, once, at {self._address}/setup?code={setup}\n")
        sys.stdout.flush()

    async def main_loop(self) -> None:
        """Runs until it is told to end, gives memory back after bursts, and loads what the first text call needs."""
        tending = asyncio.create_task(self._heap.tend(SystemClock()), name="limner memory")
        warming = asyncio.create_task(self._warm(), name="limner text clients")
        try:
            await super().main_loop()
        finally:
            warming.cancel()
            tending.cancel()

    async def _warm(self) -> None:
        """In a thread, once the server is ready, and only where a text model can be used: it takes 130 MB."""
        if await self._app.state.runtime.texts.warm():
            _spare_what_stays()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends every stream, then everything else."""
        self._app.state.broadcasts.stop()
        self._app.state.chat_broadcasts.stop()
        self._app.state.mcp.stop()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to an address. Raises CannotListen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, family=socket.AF_INET if host == "localhost" else 0
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(f"{host} is no address of this machine: {error.strerror}.", code="host_unknown") from error
    try:
        if sys.platform != "win32":  # there it would let two servers share the port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(1)  # two sockets may be bound to one port before either listens
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(f"Port {port} is in use. Stop what uses it, or choose another with --port.") from None
        raise CannotListen(
            f"Port {port} of {host} cannot be opened: {error.strerror}. Choose another with --port.",
            code="port_refused",
        ) from error
    return bound


def address_of(listening: socket.socket) -> str:
    """The address to open in a browser."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _spare_what_stays() -> None:
    """Takes what has been loaded so far, and stays, out of the garbage collector's rounds.

    A full round through the 129,000 objects of a fresh server stops everything for 80 ms (measured 2026-11-21). There
    is none before this either: it found nothing worth its time (no difference in memory, 2026-11-27).
    """
    gc.freeze()


def _opened(settings: Settings, runtime: Runtime | None) -> AbstractAsyncContextManager[Runtime]:
    return open_runtime(settings, work=True, watch=True) if runtime is None else nullcontext(runtime)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
