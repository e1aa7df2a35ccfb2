"""What local stand-ins for text models have in common: they stream answers, fail and cut lines when told to."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from limner.testing.faults import At, Drop, Fault
from limner.testing.stand_in import StandInServer, Wrong, broken_off

Chunk = tuple[str, Mapping[str, object]]
"""The name of a server-sent event, or none, and its data."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Say:
    """An answer that a stand-in gives."""

    text: str = ""
    tools: tuple[tuple[str, Mapping[str, object]], ...] = ()
    """Tools that it asks for, with their arguments."""
    finish: str = "end"
    """end, length, refusal, or broken: it never says that it is at its end."""
    tokens: tuple[int, int] | None = (100, 20)
    """What it counts; None where it counts nothing."""
    error: str = ""
    """The type of an error in the middle, such as overloaded_error."""
    pause: asyncio.Event | None = field(default=None, compare=False)
    """What it waits for after each piece of its text."""

    async def paused(self) -> None:
        """Waits for that."""
        if self.pause is not None:
            await self.pause.wait()


class TextStandIn(StandInServer):
    """What all of them have in common: `says` are the next answers, in order; then it repeats what it was asked."""

    def __init__(self, *, port: int = 0, key: str | None = None, known: frozenset[str] = frozenset()) -> None:
        """With `known` it has these models alone."""
        super().__init__(port=port, key=key)
        self.known = known
        self.says: deque[Say] = deque()

    @property
    def bodies(self) -> list[dict[str, object]]:
        """What came, as it came."""
        return [dict(entry.body) for entry in self.log if entry.at is At.PURCHASE]

    def next(self) -> Say:
        """The next answer."""
        return self.says.popleft() if self.says else Say(text="I was asked.")

    def check_model(self, body: Mapping[str, object]) -> None:
        """Raises Wrong, 404, for a model that it has not."""
        name = body.get("model")
        if not isinstance(name, str) or not name:
            raise Wrong("model: Field required")
        if self.known and name not in self.known:
            raise Wrong(f"model: {name}", code="model_not_found", status=404)

    async def speak(self, request: web.Request, fault: Fault, chunks: AsyncIterator[Chunk]) -> web.StreamResponse:
        """Streams an answer; with a fault IN_ANSWER the line breaks after its first pieces."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "request-id": "req_text_1", "x-request-id": "req_text_1"}
        )
        await response.prepare(request)
        sent = 0
        async for name, data in chunks:
            if fault.drop is Drop.IN_ANSWER and sent == 2:
                return broken_off(request)
            head = f"event: {name}\n" if name else ""
            await response.write(f"{head}data: {json.dumps(data)}\n\n".encode())
            sent += 1
        return response


def halves(text: str) -> Sequence[str]:
    """A text in two pieces, so that it comes as a stream."""
    middle = len(text) // 2
    return [piece for piece in (text[:middle], text[middle:]) if piece]
