"""Event streams: each job's events are read and encoded once, however many listen, and sent to all of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Protocol, TypeVar

from fastapi import Response
from starlette.types import Receive, Scope, Send

from limner.api.answers import DEFERRED, dumped
from limner.api.gate import STILL
from limner.domain.errors import LimnerError
from limner.domain.events import Event
from limner.engine.following import LOOK_AGAIN

PING = b": ping\n\n"
RETRY = b"retry: 2000\n\n"
PING_AFTER = 15
"""Seconds without news after which a listener gets a sign of life."""
BEATS = round(PING_AFTER / LOOK_AGAIN)
ASKED_AFTER = 45
"""Seconds after which it is looked up whether a listener may still listen; with a sign of life in between, a minute."""
SLOWEST_WRITE = 60.0
"""Seconds after which a listener that takes nothing in is given up."""

Value = TypeVar("Value")

logger = logging.getLogger("limner.api")


class Follows(Protocol):
    """Where frames come from."""

    def __call__(self, job_id: str, owner: str, /) -> AsyncIterator[bytes | None]:
        """Frames in order, from the first one on, as they come, up to the last one; None is "still nothing"."""
        ...


class FollowsJob(Protocol):
    """Where a job's events come from: `Follower.follow` of the engine."""

    def __call__(self, job_id: str, owner: str, /) -> AsyncIterator[Event | None]:
        """Events in order, as they come, up to the last one; None is "still nothing"."""
        ...


def framed(follow: FollowsJob) -> Follows:
    """A job's events as frames."""

    async def frames(job_id: str, owner: str, /) -> AsyncIterator[bytes | None]:
        async with aclosing_iterator(follow(job_id, owner)) as events:
            async for event in events:
                yield None if event is None else frame(event)

    return frames


def event_body(event: Event) -> dict[str, object]:
    """An event as it is told, in a stream and in a list."""
    return {"number": event.number, "kind": event.kind, "at": event.at, "data": event.data}


def frame(event: Event) -> bytes:
    """An event as a server-sent event."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.number, event.kind.encode(), dumped(event_body(event)))


class Broadcast:
    """One job's frames; the frame of event N stands at N - 1.

    Listeners wait at a few bells. News rings all of them, and each second without news the next one, so that nobody
    needs a timer and never all are sent a sign of life at once.
    """

    def __init__(self, place: tuple[str, str]) -> None:
        self.place = place
        """The job and who listens."""
        self.frames: list[bytes] = []
        self.ended = False
        self.broken = False
        """Whether it ended before the job did."""
        self.listeners = 0
        self.task: asyncio.Task[None] | None = None
        self._bells: dict[int, asyncio.Event] = {}
        self._beats = 0

    def bell(self, number: int) -> asyncio.Event:
        """What listener `number` waits for, set once something is new or it is time for a sign of life.

        It is replaced by a fresh one when it rings: take it before looking.
        """
        found = self._bells.get(number % BEATS)
        if found is None:
            found = self._bells[number % BEATS] = asyncio.Event()
        return found

    def ring(self) -> None:
        """Wakes all listeners."""
        rung, self._bells = self._bells, {}
        for bell in rung.values():
            bell.set()

    def beat(self) -> None:
        """A second has passed without news."""
        bell = self._bells.pop(self._beats % BEATS, None)
        self._beats += 1
        if bell is not None:
            bell.set()

    async def pump(self, follow: Callable[[], AsyncIterator[bytes | None]]) -> None:
        """Reads frames until the last one."""
        try:
            async with aclosing_iterator(follow()) as frames:
                async for told in frames:
                    if told is None:
                        self.beat()
                    else:
                        self.frames.append(told)
                        self.ring()
        except LimnerError as error:
            # Listeners lose the line and come again with the number of the last event they have.
            self.broken = True
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

    def __init__(self, follow: Follows, now: Callable[[], float] = time.monotonic) -> None:
        self._follow = follow
        self.now = now
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

    def join(self, job_id: str, owner: str) -> Broadcast:
        """A place among a job's listeners, until `leave`."""
        place = (job_id, owner)
        broadcast = self._open.get(place)
        if broadcast is None or broadcast.broken:
            broadcast = self._open[place] = Broadcast(place)
            broadcast.task = asyncio.create_task(broadcast.pump(lambda: self._follow(job_id, owner)))
        broadcast.listeners += 1
        return broadcast

    async def leave(self, broadcast: Broadcast) -> None:
        """Gives a place up; the last to leave stops the reading."""
        broadcast.listeners -= 1
        if not broadcast.listeners:
            if self._open.get(broadcast.place) is broadcast:
                del self._open[broadcast.place]
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
        self._is_still: Callable[[], Awaitable[bool]] | None = None
        self._asked = broadcasts.now()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leaves the sending to the door where there is one."""
        self._is_still = scope.get(STILL)
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
        await write(send, RETRY)
        broadcast = self._broadcasts.join(self._job_id, self._owner)
        try:
            await self._follow(broadcast, receive, send)
        finally:
            await self._broadcasts.leave(broadcast)

    async def _follow(self, broadcast: Broadcast, receive: Receive, send: Send) -> None:
        number, told, woken = broadcast.listeners, self._after, False
        while not self._broadcasts.stopping and await self._may_listen():
            bell = broadcast.bell(number)
            if told < len(broadcast.frames):
                batch, woken = broadcast.frames[told:], False
                told += len(batch)
                await write(send, b"".join(batch))
            elif broadcast.ended:
                # What everybody is told leaves in this turn of the loop, before anybody's line is closed in the next.
                await asyncio.sleep(0)
                return
            elif woken:
                woken = False
                if await gone(receive):
                    return
                await write(send, PING)
            else:
                woken = await bell.wait()

    async def _may_listen(self) -> bool:
        """Whether the listener is still let in; looked up now and then. Who is not comes again, and is told why."""
        if self._is_still is None or self._broadcasts.now() - self._asked < ASKED_AFTER:
            return True
        self._asked = self._broadcasts.now()
        return await self._is_still()


async def write(send: Send, data: bytes) -> None:
    """Sends a piece of an answer. Raises TimeoutError where it is not taken in."""
    async with asyncio.timeout(SLOWEST_WRITE):
        await send({"type": "http.response.body", "body": data, "more_body": True})


async def gone(receive: Receive) -> bool:
    """Whether the listener has hung up; asked now and then, because waiting for it would take a task of its own."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return True
    return False
