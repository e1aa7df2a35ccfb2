"""Fakes for texts: a sender that says what a test wants, and a process that is always alive."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import TypeAlias

from limner.domain.ports import Readiness
from limner.domain.text_models import TextCard, TextUsage
from limner.domain.texts import Finish, TextDelta, TextEnd, TextPiece, TextRequest
from limner.domain.vault import Opener

Script: TypeAlias = "Iterable[TextPiece | Exception]"
"""What comes, piece by piece; an exception is raised in its place."""


class ScriptedTexts:
    """A `SendsTexts`: gives `scripts` in order, then `I was asked.`; `sent` has every request, card and key."""

    def __init__(self, *, keys: Iterable[str] = ("anthropic",), models: Mapping[str, str] | None = None) -> None:
        """`keys` are the services for which the installation has one; `models` are the named ones of others."""
        self.keys = frozenset(keys)
        self.models = dict(models or {})
        self.there: dict[str, TextCard | None] = {}
        """What the servers of local models say of them, by id; None where they are not there."""
        self.scripts: deque[Script] = deque()
        self.sent: list[tuple[TextCard, TextRequest, str | None]] = []

    def say(self, text: str, *, input: int = 100, output: int = 20) -> None:
        """Adds an answer of one piece."""
        usage = TextUsage(input=input, output=output)
        self.scripts.append((TextDelta(text=text), TextEnd(finish=Finish.DONE, usage=usage, request_id="req_1")))

    def readiness(self, service: str, opener: Opener | None = None) -> Readiness:
        """Whether there is a key."""
        ready = service in self.keys or opener is not None
        return Readiness(ready=ready, reason="Ready" if ready else f"Needs a key: set {service.upper()}_API_KEY.")

    def default_model(self, service: str) -> str:
        """The named one."""
        return self.models.get(service, "")

    async def looked_up(self, card: TextCard) -> TextCard | None:
        """What its server says."""
        return self.there.get(card.id) if card.local else card

    async def stream(self, card: TextCard, request: TextRequest, opener: Opener | None) -> AsyncGenerator[TextPiece]:
        """The next script."""
        self.sent.append((card, request, None if opener is None else opener.secret))
        if not self.scripts:
            self.say("I was asked.")
        for piece in self.scripts.popleft():
            if isinstance(piece, Exception):
                raise piece
            yield piece


class AlwaysPresent:
    """A `Presence` without locks."""

    def __init__(self, worker: str = "w1") -> None:
        self.worker = worker

    async def name(self) -> str:
        """The worker's."""
        return self.worker

    async def look_round(self) -> int:
        """Nobody dies here."""
        return 0
