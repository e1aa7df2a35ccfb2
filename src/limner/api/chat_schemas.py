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
    tag_type: TagKind = Field(alias="tagType")
    tag_id: str = Field(alias="tagId")
    created_at: datetime = Field(alias="createdAt")


class ChatLinks(Answer):
    """Where to go on."""

    self: str


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
    thumbnail_url: str = Field(alias="thumbnailUrl")
    page_url: str = Field(alias="pageUrl")
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
    model_key: str | None = Field(alias="modelKey")
    quality: str | None
    size: str | None
    cost: float | None = Field(description="Dollars: at most, before; what was booked, afterwards; null is unknown.")
    ceiling: float | None = Field(description="Dollars that buying it may cost at most, fallbacks included.")
    seconds: float | None = Field(description="About how long the first choice takes.")
    expires: str | None
    constraints: dict[str, object] | None
    alternatives: list[dict[str, object]]
    fallback_used: bool = Field(alias="fallbackUsed")
    original_provider: str | None = Field(alias="originalProvider")
    image_url: str | None = Field(alias="imageUrl")
    image_id: str | None = Field(alias="imageId")
    llm_api_call: dict[str, object] | None = Field(alias="llmApiCall")
    images: list[BlockImage]
    job_id: str | None = Field(alias="jobId")
    error: str | None
    code: str | None
    waits: Literal["queue_paused"] | None = Field(description="Why nothing is made of it now; null where it goes on.")
    ambiguous: bool = Field(description="Whether nobody knows if it was bought: a person settles its job.")


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
    image_generations: list[BlockAnswer] = Field(alias="imageGenerations")
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

    llm_api_calls: list[dict[str, object]] = Field(alias="llmApiCalls")


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
