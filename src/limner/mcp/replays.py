"""What one session was sent of late, for a client whose line dropped: it says what it had last and gets the rest."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from mcp.server.streamable_http import EventCallback, EventId, EventMessage, EventStore, StreamId
from mcp_types import JSONRPCMessage

MOST_EVENTS = 256
MOST_BYTES = 1_000_000
"""Of the messages of a session; the oldest are forgotten first. An answer has 256 KiB at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sent:
    """One event; a message of None is where a stream begins."""

    id: EventId
    stream: StreamId
    message: JSONRPCMessage | None
    size: int


class Replays(EventStore):
    """Of one session alone: the ids of its streams are not unique beyond it."""

    def __init__(self) -> None:
        self._sent: deque[_Sent] = deque()
        self._count = 0
        self._bytes = 0

    async def store_event(self, stream_id: StreamId, message: JSONRPCMessage | None) -> EventId:
        """Keeps what is about to be sent, and gives it a number."""
        self._count += 1
        size = 0 if message is None else len(message.model_dump_json(by_alias=True, exclude_none=True))
        self._sent.append(_Sent(id=str(self._count), stream=stream_id, message=message, size=size))
        self._bytes += size
        while len(self._sent) > MOST_EVENTS or self._bytes > MOST_BYTES:
            self._bytes -= self._sent.popleft().size
        return str(self._count)

    async def replay_events_after(self, last_event_id: EventId, send_callback: EventCallback) -> StreamId | None:
        """Sends again what came after an event in its stream; None where the event is not known any more."""
        known = list(self._sent)
        found = next((sent for sent in known if sent.id == last_event_id), None)
        if found is None:
            return None
        for sent in known[known.index(found) + 1 :]:
            if sent.stream == found.stream and sent.message is not None:
                await send_callback(EventMessage(sent.message, sent.id))
        return found.stream
