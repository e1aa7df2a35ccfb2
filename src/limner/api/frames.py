"""Answers that are written piece by piece while they are made: event streams of single listeners, long JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from fastapi import Response
from starlette.types import Receive, Scope, Send

from limner.api.answers import NO_STORE, dumped
from limner.api.streaming import PING, PING_AFTER, Broadcasts, aclosing_iterator, gone, write
from limner.domain.events import Event
from limner.engine.following import LOOK_AGAIN

BEATS = round(PING_AFTER / LOOK_AGAIN)


class Pieces(Response):
    """Sends pieces of a body of known or unknown length; a listener that takes nothing in for a minute is given up."""

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        broadcasts: Broadcasts | None,
        *,
        headers: Mapping[str, str],
        media_type: str,
    ) -> None:
        """What may last is cut off, by its `broadcasts`, when the process is about to end; the rest is sent whole."""
        super().__init__(headers={**NO_STORE, **headers}, media_type=media_type)
        if "content-length" not in headers:
            del self.headers["content-length"]
        self._pieces = pieces
        self._broadcasts = broadcasts

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Sends until there is nothing more, the listener has gone or the process is about to end."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing_iterator(self._pieces) as pieces:
            try:
                while piece := await self._next(pieces):
                    if piece is PING and await gone(receive):
                        return
                    await write(send, piece)
            except TimeoutError:  # nobody takes it in
                return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _next(self, pieces: AsyncIterator[bytes]) -> bytes:
        following = anext(pieces, b"")
        return await (following if self._broadcasts is None else self._broadcasts.unless_stopping(following, b""))


def event_stream(pieces: AsyncIterator[bytes], broadcasts: Broadcasts, headers: Mapping[str, str]) -> Pieces:
    """Server-sent events."""
    return Pieces(pieces, broadcasts, headers={"X-Accel-Buffering": "no", **headers}, media_type="text/event-stream")


def event_frame(data: object, *, name: str | None = None, number: int | None = None) -> bytes:
    """One server-sent event."""
    head = b"" if number is None else b"id: %d\n" % number
    head += b"" if name is None else b"event: %s\n" % name.encode()
    return b"%sdata: %s\n\n" % (head, dumped(data))


async def with_signs_of_life(events: AsyncIterator[Event | None]) -> AsyncIterator[Event | None]:
    """A job's events; None every 15 seconds without news, when the listener should hear that somebody is there."""
    silent = 0
    async with aclosing_iterator(events) as found:
        async for event in found:
            silent = 0 if event is not None else silent + 1
            if event is not None or silent % BEATS == 0:
                yield event
