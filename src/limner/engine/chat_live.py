"""Answers while they grow: what is told of them, numbered, to whoever listens in this process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from limner.domain.chats import Chat, Message, MessageState, Part, TextPart, ToolPart

Result = TypeVar("Result")


class ChatEventKind(StrEnum):
    """What a listener is told."""

    START = "message_start"
    SNAPSHOT = "message_snapshot"
    """The whole message as it is kept: it takes the place of all that was told before."""
    TEXT = "text"
    PICTURE = "picture"
    """A call of a tool is new, or has changed."""
    COMPLETE = "message_complete"
    """The last one, however the message ends."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatEvent:
    """One thing that happened to an answer; `number` counts from 1 within it, without gaps."""

    message_id: str
    number: int
    kind: ChatEventKind
    chat: Chat
    text: str = ""
    part: ToolPart | None = None
    message: Message | None = None


class LiveAnswer:
    """One answer that this process writes."""

    def __init__(self, chat: Chat, message: Message) -> None:
        self.chat = chat
        self.message = message
        """As it began."""
        self.events: list[ChatEvent] = []
        self.text_calls: list[str] = []
        self.changed = asyncio.Event()
        """There is something that is not written down."""
        self.ending: MessageState | None = None
        """How it ends, as soon as that is known."""
        self.broken = False
        """Whether nobody writes it any more although it has no end."""
        self._parts: list[TextPart | str] = []
        self._tools: dict[str, ToolPart] = {}
        self._words: list[str] = []
        self._news = asyncio.Event()
        self._tell(ChatEventKind.START, message=message)

    @property
    def ended(self) -> bool:
        """Whether its last event has been told."""
        return self.events[-1].kind is ChatEventKind.COMPLETE

    @property
    def parts(self) -> Sequence[Part]:
        """All of it so far, in order."""
        self._gather()
        return [part if isinstance(part, TextPart) else self._tools[part] for part in self._parts]

    def say(self, text: str) -> None:
        """More words of the model."""
        if text:
            self._words.append(text)
            self._tell(ChatEventKind.TEXT, text=text)
            self.changed.set()

    def show(self, part: ToolPart) -> None:
        """A call of a tool, new or changed."""
        self._gather()
        if part.id not in self._tools:
            self._parts.append(part.id)
        self._tools[part.id] = part
        self._tell(ChatEventKind.PICTURE, part=part)
        self.changed.set()

    def end(self, message: Message) -> None:
        """Tells that it has ended, as it is now kept."""
        self._tell(ChatEventKind.COMPLETE, message=message)

    def give_up(self) -> None:
        """Its end could not be written down: whoever listens looks at what is kept."""
        self.broken = True
        self._ring()

    async def wait(self, seconds: float) -> bool:
        """Waits for the next event; False when the time ran out first."""
        news = self._news
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await news.wait()
                return True
        return False

    def _gather(self) -> None:
        if self._words:
            last = self._parts[-1] if self._parts else None
            if isinstance(last, TextPart):
                self._words.insert(0, last.text)
                self._parts.pop()
            self._parts.append(TextPart(text="".join(self._words)))
            self._words.clear()

    def _tell(
        self, kind: ChatEventKind, *, text: str = "", part: ToolPart | None = None, message: Message | None = None
    ) -> None:
        number = len(self.events) + 1
        self.events.append(
            ChatEvent(
                message_id=self.message.id,
                number=number,
                kind=kind,
                chat=self.chat,
                text=text,
                part=part,
                message=message,
            )
        )
        self._ring()

    def _ring(self) -> None:
        rung, self._news = self._news, asyncio.Event()
        rung.set()


class LiveAnswers:
    """All answers that this process writes, and the last ones that it has written, for listeners who come again."""

    KEPT = 16

    def __init__(self) -> None:
        self._live: dict[str, LiveAnswer] = {}
        self._over: deque[LiveAnswer] = deque(maxlen=self.KEPT)
        self._expected: set[str] = set()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[object]] = set()

    def find(self, message_id: str, owner: str) -> LiveAnswer | None:
        """One person's answer that is written here, or was a while ago."""
        found = self._live.get(message_id) or next((each for each in self._over if each.message.id == message_id), None)
        return None if found is None or found.chat.owner != owner else found

    def writes(self, message_id: str) -> bool:
        """Whether this process writes an answer."""
        return message_id in self._live or message_id in self._expected

    @contextmanager
    def expected(self, message_id: str) -> Iterator[None]:
        """Within the block an answer is written down that will be written here in a moment."""
        self._expected.add(message_id)
        try:
            yield
        finally:
            self._expected.discard(message_id)

    def of(self, owner: str) -> Sequence[LiveAnswer]:
        """One person's answers that are written here."""
        return [live for live in self._live.values() if live.chat.owner == owner]

    def begin(self, live: LiveAnswer, writing: Coroutine[object, object, None]) -> None:
        """Has an answer written; whoever asked for it may go."""
        self._live[live.message.id] = live
        task = asyncio.create_task(writing, name=f"limner answer {live.message.id}")
        self._tasks[live.message.id] = task
        task.add_done_callback(lambda _: self._done(live))

    async def stop(self, live: LiveAnswer, ending: MessageState) -> None:
        """Ends an answer here and now, and waits until that is written down."""
        task = self._tasks.get(live.message.id)
        if task is None:
            return
        if live.ending is None:
            live.ending = ending
            task.cancel()
        await asyncio.wait({task})

    async def unbroken(self, work: Coroutine[object, object, Result]) -> Result:
        """What the work comes to. Whoever waits for it may be stopped: it is done all the same."""
        task = asyncio.create_task(work)
        self._others.add(task)
        task.add_done_callback(self._done_alone)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Ends all answers of this process; what is left of them is written down first."""
        for live in list(self._live.values()):
            await self.stop(live, MessageState.INTERRUPTED)
        others = list(self._others)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _done_alone(self, task: asyncio.Task[Result]) -> None:
        self._others.discard(task)
        if not task.cancelled():
            task.exception()  # where nobody waits any more, nobody asks either

    def _done(self, live: LiveAnswer) -> None:
        del self._live[live.message.id], self._tasks[live.message.id]
        if live.ended:
            self._over.append(live)
        else:
            live.give_up()
