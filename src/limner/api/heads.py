"""The heads of requests: bounded in size and time, and an answer in our own words where one cannot be read."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from limner.api.dialects import SURFACES
from limner.api.door import ALWAYS, CLOSED
from limner.api.errors import Teller
from limner.api.surfaces import Target
from limner.domain.errors import Problem
from limner.system import TimeOrderedIds

MOST = 65_536
"""Bytes of a request's first line and headers; browsers and proxies stop far below it."""
PATIENCE = 20.0
"""Seconds that a head may take: from when the line is there, on a line that is kept from the head's first byte."""
SHOWN = 200
"""Bytes of an address that are looked at to find out whose it is."""
UNREADABLE = Problem(code="malformed", message="This is no HTTP request that can be read without doubt. Send it anew.")
TOO_LONG = Problem(
    code="head_too_large", message=f"The head of the request is too long: at most {MOST:,} bytes are read. Shorten it."
)
TOO_SLOW = Problem(
    code="head_late", message=f"The head of the request did not come within {PATIENCE:g} seconds. Send it at once."
)

logger = logging.getLogger("limner.access")
teller = Teller(SURFACES)
ids = TimeOrderedIds()


class HeadTooLong(Exception):
    """The head of a request is longer than is read."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's reader (0.54), which by itself takes heads of any size, waits for their end for ever, and answers what
    it cannot read with a line of text.
    """

    patience = PATIENCE
    url = b""
    _head: int | None = 0
    """Bytes that have come of a head; None while none is waited for."""
    _too_long = False
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Somebody is there: a head has to come."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on, and counts what belongs to a head that has not ended."""
        super().data_received(data)
        if self._head is not None and not self.transport.is_closing():
            self._head += len(data)
            if self._head > MOST:
                self._refuse(431, TOO_LONG)

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._head = 0
        if self._waiting is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """A head has ended. Raises HeadTooLong, upon which the reader asks for a refusal."""
        self._stop()
        self._head = None
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MOST:
            self._too_long = True
            raise HeadTooLong
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuses what cannot be read; what comes after it on this line is not looked at."""
        del msg  # uvicorn's own words, which it has logged
        if self._too_long or len(self.url) >= MOST - 1:
            self._refuse(431, TOO_LONG)
        else:
            self._refuse(400, UNREADABLE)

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(self.patience, self._late)

    def _stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _late(self) -> None:
        self._waiting = None
        if self._head:
            self._refuse(408, TOO_SLOW)
        else:  # nobody has asked for anything
            self.transport.close()

    def _refuse(self, status: int, problem: Problem) -> None:
        """Answers, where no other answer on this line is under way, and closes it."""
        self._stop()
        name, path = ids.new(), self.url[:SHOWN].decode("latin-1").partition("?")[0]
        target = Target(path, self.parser.get_method().decode())
        told = teller.told(target, status, problem, name)
        logger.info("request", extra={"request_id": name, "path": path, "status": told.status, "code": problem.code})
        if self._may_answer():
            headers = [
                (b"content-type", told.media_type.encode()),
                (b"content-length", str(len(told.body)).encode()),
                (b"connection", b"close"),
                (b"content-security-policy", CLOSED),
                (b"x-request-id", name.encode()),
                *ALWAYS,
            ]
            first = f"HTTP/1.1 {told.status} {HTTPStatus(told.status).phrase}".encode()
            lines = [first, *(key + b": " + value for key, value in headers), b"", told.body]
            self.transport.write(b"\r\n".join(lines))
        self.transport.close()

    def _may_answer(self) -> bool:
        """Whether a refusal would not stand in the midst of the answer to an earlier request."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete or (cycle.more_body and not cycle.response_started)
