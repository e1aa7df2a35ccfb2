"""Chats as they are written down: what a transaction takes in, and what it gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from limner.domain.chats import Author, Chat, ChatTag, Message, MessageState, Part, TagKind, ToolPart
from limner.domain.errors import Problem
from limner.domain.money import Money
from limner.domain.plan import Quote
from limner.domain.records import Page
from limner.domain.request import ImageRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class NewMessage:
    """A message about to be written down."""

    id: str
    author: Author
    state: MessageState
    parent: str | None
    at: datetime
    text: str = ""
    pictures: tuple[str, ...] = ()
    text_model: str | None = None
    worker: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """Something that a person says and the answer that begins; said by an answer alone where a message is resent."""

    chat_id: str
    owner: str
    said: NewMessage | None
    answer: NewMessage
    before: tuple[NewMessage, ...] = ()
    """What was said earlier, elsewhere: it is written down with the first message of a chat."""
    key: str | None = None
    """Idempotency-Key of the caller."""
    fingerprint: str = ""
    """Of the body that came with the key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerEnd:
    """How an answer ends."""

    message_id: str
    state: MessageState
    at: datetime
    parts: tuple[Part, ...]
    text_calls: tuple[str, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatFilter:
    """Which of a person's chats are wanted; None is all."""

    tag_kind: TagKind | None = None
    tag: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A message that has the words that were looked for."""

    chat: Chat
    message_id: str
    author: Author
    text: str
    created: datetime


@dataclass(frozen=True, slots=True)
class OpenAnswer:
    """An answer that is being written, and by which process."""

    message_id: str
    owner: str
    worker: str | None


@dataclass(frozen=True, slots=True)
class OpenPurchase:
    """A tool call that a process was about to buy."""

    part_id: str
    owner: str
    worker: str | None


class KeepsChats(Protocol):
    """Chats as rows. Whatever is somebody else's is not there."""

    async def add(self, chat: Chat) -> None:
        """Writes it down, with its tags."""
        ...

    async def get(self, chat_id: str, owner: str) -> Chat:
        """One of one person's. Raises NotFound."""
        ...

    async def page(self, owner: str, which: ChatFilter, *, limit: int, cursor: str | None) -> Page[Chat]:
        """One person's, the one that was used last first."""
        ...

    async def change(self, chat: Chat) -> None:
        """Writes title, mode, profile, model and ceiling anew. Raises NotFound."""
        ...

    async def entitle(self, chat_id: str, owner: str, title: str) -> None:
        """Gives a title to a chat that has none."""
        ...

    async def remove(self, chat_id: str, owner: str) -> None:
        """Forgets a chat and its messages; pictures and bookings stay. Raises NotFound."""
        ...

    async def tag(self, chat_id: str, owner: str, tag: ChatTag) -> Chat:
        """Adds a tag; one that is there stays as it is. Raises NotFound."""
        ...

    async def untag(self, chat_id: str, owner: str, tag_id: str) -> Chat:
        """Takes a tag away. Raises NotFound for no chat, and for a tag that is not on it."""
        ...

    async def turn_to(self, chat_id: str, owner: str, message_id: str) -> Chat:
        """Makes the newest branch below a message the one that is looked at. Raises NotFound."""
        ...

    async def messages(self, chat_id: str, owner: str) -> Sequence[Message]:
        """All messages of all branches, in the order in which they were said. Raises NotFound."""
        ...

    async def message(self, message_id: str, owner: str) -> Message:
        """One message. Raises NotFound."""
        ...

    async def say(self, saying: Saying) -> tuple[str, bool]:
        """Writes down what is said and that its answer begins; the answer's id, and False where the key had it already.

        Raises NotFound, ChatBusy while another answer is being written, and IdempotencyConflict for another body.
        """
        ...

    async def note(self, message_id: str, parts: Sequence[Part], text_calls: Sequence[str]) -> bool:
        """Writes down how far an answer is; False where it has ended."""
        ...

    async def end(self, end: AnswerEnd) -> bool:
        """Ends an answer, once; False where it had ended."""
        ...

    async def add_text_call(self, message_id: str, call_id: str) -> None:
        """Adds a purchase of text that was booked after its answer had ended."""
        ...

    async def open_purchases(self) -> Sequence[OpenPurchase]:
        """Tool calls for which money is set aside and no job is known, in any process."""
        ...

    async def known(self, owner: str, key: str, fingerprint: str) -> str | None:
        """The answer that an Idempotency-Key already has. Raises IdempotencyConflict for another body."""
        ...

    async def open_answers(self) -> Sequence[OpenAnswer]:
        """Answers that are being written, in any process."""
        ...

    async def tool(self, part_id: str, owner: str) -> tuple[Chat, ToolPart]:
        """One tool call and its chat. Raises NotFound."""
        ...

    async def call(self, message_id: str, part: ToolPart) -> ToolPart:
        """Writes a tool call down, with all that is known of it; the one that is there for the model's own name."""
        ...

    async def offer(self, part_id: str, request: ImageRequest, quote: Quote) -> None:
        """Writes down what a call comes to and what it would cost; what stood in its way is forgotten."""
        ...

    async def reserve(self, part_id: str, amount: Money, worker: str | None) -> bool:
        """Sets money of the chat's ceiling aside for a call that buys nothing yet, in this process; False where too
        little is left, or it is being bought.

        A job that brought nothing is left behind, and what it cost stays counted.
        """
        ...

    async def note_job(self, part_id: str, job_id: str) -> None:
        """Writes down which job buys it."""
        ...

    async def refuse(self, part_id: str, problem: Problem) -> None:
        """Writes down why nothing was bought, and gives back what was set aside."""
        ...

    async def spent(self, chat_id: str, owner: str) -> Money:
        """What the pictures of a chat have cost or may still cost."""
        ...

    async def search(self, owner: str, words: str, *, limit: int, cursor: str | None) -> Page[Found]:
        """One person's messages with all these words, newest first."""
        ...
