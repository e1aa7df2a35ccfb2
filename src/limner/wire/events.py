"""Server-sent events whose data is JSON with pictures in it, taken apart while they stream in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from limner.wire.answers import Assembly
from limner.wire.reply import Reply
from limner.wire.split import BadAnswer

ReadEvent: TypeAlias = tuple[str, Reply]
"""An event's name and its JSON."""

DONE = b"[DONE]"
LINE_LIMIT = 4096
"""Bytes of a line that is no data: names and comments are short."""


@dataclass(slots=True)
class _Event:
    name: str = ""
    data: Assembly | None = None
    fields: bytearray = field(default_factory=bytearray)
    """The current line, as long as it is not known to be data."""


class EventReader:
    """Reads a stream chunk by chunk and gives each event's name and JSON; lines may end in LF or CRLF."""

    def __init__(self, assemble: Callable[[], Assembly]) -> None:
        self._assemble = assemble
        self._event = _Event()
        self._in_data = False

    async def feed(self, chunk: bytes) -> tuple[list[ReadEvent], BadAnswer | None]:
        """The events that this chunk completes, and what was wrong after them."""
        events: list[ReadEvent] = []
        try:
            for line in _lines(chunk):
                await self._take(line.removesuffix(b"\n"))
                if line.endswith(b"\n"):
                    finished = await self._end_line()
                    events += [finished] if finished is not None else []
        except BadAnswer as error:
            return events, error
        return events, None

    async def finish(self) -> tuple[list[ReadEvent], BadAnswer | None]:
        """The last event, where the service did not end it with an empty line; one cut in the middle is lost."""
        events, _ = await self.feed(b"\n\n")
        return events, None

    async def discard(self) -> None:
        """Forgets an event that has begun."""
        if self._event.data is not None:
            await self._event.data.discard()

    async def _take(self, piece: bytes) -> None:
        """More of the current line."""
        if self._in_data:
            await self._data(piece)
            return
        line = self._event.fields
        line += piece
        if line.startswith(b"data:"):
            self._in_data = True
            if self._event.data is None:
                self._event.data = self._assemble()
            rest = bytes(line[5:])
            line.clear()
            await self._data(rest)
        elif len(line) > LINE_LIMIT:
            raise BadAnswer("The stream of events has a line that is too long.")

    async def _data(self, piece: bytes) -> None:
        if self._event.data is not None and piece:
            await self._event.data.feed(piece)

    async def _end_line(self) -> ReadEvent | None:
        """The event that an empty line completes."""
        if self._in_data:
            self._in_data = False
            await self._data(b"\n")
            return None
        line = bytes(self._event.fields).rstrip(b"\r")
        self._event.fields.clear()
        if line:
            if line.startswith(b"event:"):
                self._event.name = line[6:].strip().decode("utf-8", "replace")
            return None
        event, self._event = self._event, _Event()
        if event.data is None or event.data.rest.strip() == DONE:
            return None
        return event.name, await event.data.reply(forgiving=True)


def _lines(chunk: bytes) -> Iterator[bytes]:
    """The chunk at each LF, which stays with its line; the last piece may have none."""
    position = 0
    while position < len(chunk):
        end = chunk.find(b"\n", position) + 1 or len(chunk)
        yield chunk[position:end]
        position = end
