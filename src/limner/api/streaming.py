"""Event streams: each job's events are read and encoded once, however many listen, and sent to all of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Protocol, TypeVar

from fastapi import Response
from starlette.types import Receive, Scope, Send

from limner.api.answers import DEFERRED, dumped
from limner.domain.errors import LimnerError
from limner.domain.events import Event

PING = b": ping\n\n"
RETRY = b"retry: 2000\n\n"
PING_AFTER = 15.0
SLOWEST_WRITE = 60.0
"""Seconds after which a listener that takes nothing in is given up."""

Value = TypeVar("Value")

logger = logging.getLogger("limner.api")


class Follows(Protocol):
    """Where a job's events come from: `Follower.follow` of the engine."""

    def __call__(self, job_id: str, owner: str, *, after: int = 0) -> AsyncIterator[Event | None]:
        """Events in order, as they come, up to the last one; None is "still nothing"."""
        ...


def event_body(event: Event) -> dict[str, object]:
    """An event as it is told, in a stream and in a list."""
    return {"number": event.number, "kind": event.kind, "at": event.at, "data": event.data}


def frame(event: Event) -> bytes:
    """An event as a server-sent event."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.number, event.kind.encode(), dumped(event_body(event)))


class Broadcast:
    """One job's frames; the frame of event N stands at N - 1."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.ended = False
        self.listeners = 0
        self.news = asyncio.Event()
        """Set, and replaced by a fresh one, whenever there is something new: take it before looking."""
        self.task: asyncio.Task[None] | None = None

    def ring(self) -> None:
        """Wakes all listeners."""
        rung, self.news = self.news, asyncio.Event()
        rung.set()

    async def pump(self, follow: Callable[[], AsyncIterator[Event | None]]) -> None:
        """Reads the job's events until the last one."""
        try:
            async with aclosing_iterator(follow()) as events:
                async for event in events:
                    if event is not None:
                        self.frames.append(frame(event))
                        self.ring()
        except LimnerError as error:
            # Listeners lose the line and come again with the number of the last event they have.
            logger.warning("events_lost", extra={"code": error.code, "reason": error.message})
        finally:
            self.ended = True
            self.ring()


@asynccontextmanager
async def aclosing_iterator(events: AsyncIterator[Value]) -> AsyncIterator[AsyncIterator[Value]]:
    """Closes what can be closed, so that nobody's place at the events outlives its reader."""
    try:
        yield events
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


class Broadcasts:
    """All jobs that somebody listens to in this process."""

    def __init__(self, follow: Follows) -> None:
        self._follow = follow
        self._open: dict[tuple[str, str], Broadcast] = {}
        self._stopping = asyncio.Event()

    @property
    def stopping(self) -> bool:
        """Whether the process is about to end."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Ends every stream; those who come back later find the rest in the rows."""
        self._stopping.set()
        for broadcast in self._open.values():
            broadcast.ring()

    @asynccontextmanager
    async def listen(self, job_id: str, owner: str) -> AsyncIterator[Broadcast]:
        """A place among a job's listeners; the last to leave stops the reading."""
        place = (job_id, owner)
        broadcast = self._open.get(place)
        if broadcast is None:
            broadcast = self._open[place] = Broadcast()
            broadcast.task = asyncio.create_task(broadcast.pump(lambda: self._follow(job_id, owner)))
        broadcast.listeners += 1
        try:
            yield broadcast
        finally:
            broadcast.listeners -= 1
            if not broadcast.listeners:
                del self._open[place]
                await _finished(broadcast.task)

    async def unless_stopping(self, work: Awaitable[Value], otherwise: Value) -> Value:
        """What the work comes to, or `otherwise` as soon as the process is about to end."""
        working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else otherwise
        finally:
            stopping.cancel()
            working.cancel()


async def _finished(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class EventStream(Response):
    """A job's events from some number on, as they come, with a sign of life every 15 seconds.

    It sends for itself, without a second task for each listener, and after all layers but the door have returned:
    thousands may listen at once, and each keeps little in memory.
    """

    media_type = "text/event-stream"

    def __init__(self, broadcasts: Broadcasts, job_id: str, owner: str, *, after: int) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._broadcasts = broadcasts
        self._job_id = job_id
        self._owner = owner
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leaves the sending to the door where there is one."""
        if DEFERRED in scope:
            scope[DEFERRED].append(self.run)
        else:
            await self.run(receive, send)

    async def run(self, receive: Receive, send: Send) -> None:
        """Sends until the job has ended, the listener has gone or the process is about to end."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            await self._tell(receive, send)
        except TimeoutError:
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell(self, receive: Receive, send: Send) -> None:
        await _write(send, RETRY)
        told = self._after
        async with self._broadcasts.listen(self._job_id, self._owner) as broadcast:
            while not self._broadcasts.stopping:
                news = broadcast.news
                if told < len(broadcast.frames):
                    batch = broadcast.frames[told:]
                    told += len(batch)
                    await _write(send, b"".join(batch))
                elif broadcast.ended:
                    return
                elif not await _happened(news):
                    if await _gone(receive):
                        return
                    await _write(send, PING)


async def _write(send: Send, data: bytes) -> None:
    async with asyncio.timeout(SLOWEST_WRITE):
        await send({"type": "http.response.body", "body": data, "more_body": True})


async def _happened(news: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(PING_AFTER):
            return await news.wait()
    except TimeoutError:
        return False


async def _gone(receive: Receive) -> bool:
    """Whether the listener has hung up; asked now and then, because waiting for it would take a task of its own."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return True
    return False
