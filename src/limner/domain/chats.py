"""Chats: what people and a text model say to each other, and the pictures that are painted in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from limner.domain.errors import Problem, UsageError
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.plan import Quote
from limner.domain.request import ImageRequest


class ChatBusy(UsageError):
    """An answer is being written in this chat already."""

    code = "chat_busy"
    retryable = True


FRUITLESS = frozenset({JobState.FAILED, JobState.REFUSED, JobState.CANCELLED})
"""Ends of jobs after which the same picture may be bought once more."""


class ChatMode(StrEnum):
    """What becomes of a model's wish for a picture."""

    CONFIRM = "confirm"
    """It is priced, and bought when a person says so."""
    DIRECT = "direct"
    """It is bought at once, as far as the chat's ceiling and all budgets allow."""
    OFF = "off"
    """There is none: no pictures are made in the chat, whatever the person's default profile is."""


class TagKind(StrEnum):
    """What a chat goes with, in document 2's words."""

    CHARACTER = "CHARACTER"
    PERSONA = "PERSONA"
    CHAT = "CHAT"
    THEME = "THEME"


class Author(StrEnum):
    """Who says something."""

    USER = "user"
    ASSISTANT = "assistant"


class MessageState(StrEnum):
    """How far a message is; a person's are complete from the start."""

    WRITING = "writing"
    COMPLETE = "complete"
    STOPPED = "stopped"
    """The person had heard enough; what was said until then is kept."""
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """The process that wrote it ended; what was said until then is kept."""


class PictureState(StrEnum):
    """Document 3's four states of a picture in a message."""

    PENDING = "pending"
    """Priced; nothing is bought."""
    GENERATING = "generating"
    COMPLETE = "complete"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatTag:
    """What a chat goes with: an id of the caller's own world."""

    id: str
    kind: TagKind
    tag: str
    created: datetime

    @property
    def word(self) -> str:
        """How the pictures of the chat carry it."""
        return f"{self.kind}:{self.tag}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Chat:
    """One conversation of one person's."""

    id: str
    owner: str
    title: str
    mode: ChatMode
    profile: str | None
    """The id of the profile that paints; None takes the person's default one."""
    text_model: str | None
    """`service/name` of the model that answers; None takes what the installation has."""
    ceiling: Money | None
    """What all its pictures together may cost; None leaves it to the budgets, which only confirming allows."""
    head: str | None
    """The last message of the branch that is looked at; None where nothing was said yet."""
    created: datetime
    updated: datetime
    """When something was last said or changed."""
    tags: tuple[ChatTag, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TextPart:
    """Words of a message."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolPart:
    """One call of a tool: what the model wanted, what was offered, and what was bought for it."""

    id: str
    call_id: str
    """The model's own name of the call."""
    tool: str
    arguments: Mapping[str, object]
    request: ImageRequest | None = None
    """What it comes to, with the chat's profile; None where nothing can be painted."""
    quote: Quote | None = None
    hold: Money | None = None
    """What the chat sets aside for it; None where nothing was to be bought yet."""
    worker: str | None = None
    """The process that set it aside."""
    job_id: str | None = None
    job: Job | None = None
    """As it stands; None where there is none."""
    problem: Problem | None = None
    """Why nothing was bought, where that is so."""

    @property
    def state(self) -> PictureState:
        """As document 3's block shows it."""
        if self.job is not None:
            if not self.job.ended:
                return PictureState.GENERATING
            return PictureState.ERROR if self.job.state in FRUITLESS | {JobState.AMBIGUOUS} else PictureState.COMPLETE
        if self.problem is not None:
            return PictureState.ERROR
        return PictureState.GENERATING if self.hold is not None else PictureState.PENDING

    @property
    def taken(self) -> bool:
        """Whether it has its job, or somebody is buying it. One whose job brought nothing may be bought once more."""
        return self.hold is not None and (self.job is None or self.job.state not in FRUITLESS)

    @property
    def trouble(self) -> Problem | None:
        """Why there is no picture, where none will come."""
        return self.problem if self.job is None else self.job.problem


Part = TextPart | ToolPart
"""A piece of a message, in the order in which it came."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """Something that was said. Messages are a tree: each knows the one that it answers or follows."""

    id: str
    chat_id: str
    parent: str | None
    author: Author
    state: MessageState
    created: datetime
    parts: tuple[Part, ...] = ()
    pictures: tuple[str, ...] = ()
    """Ids of kept pictures that the person shows with their words."""
    ended: datetime | None = None
    text_model: str | None = None
    worker: str | None = None
    """The process that writes it."""
    problem: Problem | None = None
    text_calls: tuple[str, ...] = ()
    """Ids of the purchases of text that it took."""
    branch: int = 1
    """Its place among the messages with the same parent, from 1."""
    branches: int = 1

    @property
    def text(self) -> str:
        """All its words."""
        return "\n\n".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def tools(self) -> tuple[ToolPart, ...]:
        """Its tool calls."""
        return tuple(part for part in self.parts if isinstance(part, ToolPart))


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatDraft:
    """A chat that somebody wants to have."""

    title: str = ""
    mode: ChatMode = ChatMode.CONFIRM
    profile: str | None = None
    """A profile's id or name."""
    text_model: str | None = None
    ceiling: Money | None = None
    tags: tuple[tuple[TagKind, str], ...] = ()


class ChatChanges(TypedDict, total=False):
    """What is to become different; what is left out stays."""

    title: str
    mode: ChatMode
    profile: str | None
    text_model: str | None
    ceiling: Money | None
