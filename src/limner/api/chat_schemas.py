"""The shapes of answers about chats, for the documentation."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from limner.api.schemas import Amount, Answer, Trouble
from limner.domain.chats import Author, ChatMode, MessageState, PictureState, TagKind


class ChatTagAnswer(Answer):
    """What a chat goes with, in document 2's words."""

    id: str
    tagType: TagKind  # noqa: N815  # the document's own spelling
    tagId: str  # noqa: N815
    createdAt: datetime  # noqa: N815


class ChatLinks(Answer):
    """Where to go on."""

    self: str
    page: str


class ChatSummary(Answer):
    """A chat as it stands in a list."""

    id: str
    title: str
    mode: ChatMode
    image_profile_id: str | None
    text_model: str | None
    ceiling: Amount | None = Field(description="What all its pictures may cost together; null: the budgets decide.")
    head_id: str | None = Field(description="The last message of the branch that is looked at.")
    tags: list[ChatTagAnswer]
    created: datetime
    updated: datetime
    links: ChatLinks


class ChatPage(Answer):
    """One page of chats, the one that was used last first."""

    items: list[ChatSummary]
    next: str | None


class PainterAnswer(Answer):
    """The profile that paints."""

    id: str
    name: str
    service: str
    model: str


class PaintingAnswer(Answer):
    """Whether pictures can be made in a chat."""

    enabled: bool
    why_not: str | None
    profile: PainterAnswer | None


class PartAnswer(Answer):
    """A piece of a message: words, or the id of a block among its `imageGenerations`."""

    kind: Literal["text", "picture"]
    text: str | None
    id: str | None


class BlockImage(Answer):
    """One picture of a block."""

    id: str
    url: str
    thumbnailUrl: str  # noqa: N815
    pageUrl: str  # noqa: N815
    width: int
    height: int


class BlockAnswer(Answer):
    """A picture in a message: document 3's generated image block."""

    id: str
    status: PictureState
    tool: str
    prompt: str
    count: object
    style: object
    provider: str | None
    model: str | None
    modelKey: str | None  # noqa: N815
    quality: str | None
    size: str | None
    cost: float | None = Field(description="Dollars: at most, before; what was booked, afterwards; null is unknown.")
    ceiling: float | None = Field(description="Dollars that buying it may cost at most, fallbacks included.")
    expires: str | None
    constraints: dict[str, object] | None
    alternatives: list[dict[str, object]]
    fallbackUsed: bool  # noqa: N815
    originalProvider: str | None  # noqa: N815
    imageUrl: str | None  # noqa: N815
    imageId: str | None  # noqa: N815
    llmApiCall: dict[str, object] | None  # noqa: N815
    images: list[BlockImage]
    jobId: str | None  # noqa: N815
    error: str | None
    code: str | None


class MessageLinks(Answer):
    """Where to go on."""

    self: str
    events: str


class MessageAnswer(Answer):
    """A message of a chat."""

    id: str
    chat_id: str
    parent_id: str | None
    author: Author
    state: MessageState
    text: str
    parts: list[PartAnswer]
    pictures: list[str]
    imageGenerations: list[BlockAnswer]  # noqa: N815
    text_model: str | None
    text_calls: list[str] = Field(description="Ids of the purchases of text that it took.")
    branch: int = Field(description="Its place among the messages that follow the same one, from 1.")
    branches: int
    created: datetime
    ended: datetime | None
    problem: Trouble | None
    links: MessageLinks


class WholeMessage(MessageAnswer):
    """A message with what it took."""

    llmApiCalls: list[dict[str, object]]  # noqa: N815


class ChatAnswer(ChatSummary):
    """A chat with the branch that is looked at."""

    spent: Amount = Field(description="What its pictures have cost or may still cost.")
    painting: PaintingAnswer
    messages: list[MessageAnswer]


class MessageList(Answer):
    """All messages of a chat, in all branches."""

    items: list[MessageAnswer]


class FoundAnswer(Answer):
    """A message that was found."""

    chat: ChatSummary
    message_id: str
    author: Author
    excerpt: str
    created: datetime


class FoundPage(Answer):
    """One page of messages that were found, newest first."""

    items: list[FoundAnswer]
    next: str | None
