"""Document 3's chat: what was said so far, and the answer as a stream whose `message_complete` carries the pictures."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from limner.api.chat_bodies import Said
from limner.api.deps import chat_broadcasts_of, checked_id, idempotency_key, read_json
from limner.api.dialects.document3.bodies import FailureAnswer, Word
from limner.api.dialects.document3.identity import asking
from limner.api.documents import refusals, taking
from limner.api.streaming import EventStream
from limner.domain.chats import Author, ChatDraft, ChatMode
from limner.domain.errors import InvalidRequest
from limner.engine.chat_wishes import Wanted
from limner.engine.chatting import MOST_MESSAGES
from limner.runtime.asking import runtime_of

EVENTS = "text/event-stream"
AUTHORS = {"user": Author.USER, "assistant": Author.ASSISTANT}


class ChatTurn(BaseModel):
    """Something that was said."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    role: Literal["user", "assistant"]
    content: Said


class ChatStreamBody(BaseModel):
    """What was said so far, the person's last words at the end."""

    model_config = ConfigDict(
        extra="ignore",
        strict=True,
        frozen=True,
        json_schema_extra={"examples": [{"messages": [{"role": "user", "content": "Paint a sunset."}]}]},
    )

    messages: Annotated[list[ChatTurn], Field(max_length=MOST_MESSAGES // 2)] = Field(default=[])
    model: Word | None = Field(default=None, description="The text model that answers.")
    chat_id: Word | None = Field(
        default=None, alias="chatId", description="Goes on with a kept chat: of `messages` only the last one counts."
    )
    profile_id: Word | None = Field(default=None, alias="profileId", description="The image profile that paints.")
    access_token: Annotated[str, Field(max_length=10_000)] | None = Field(
        default=None, alias="accessToken", repr=False, description="Of a Google account; ignored without sign-in."
    )


router = APIRouter(tags=["document 3"])


@router.post(
    "/chat",
    summary="Talk with a text model that paints",
    response_class=Response,
    responses={
        200: {"description": "Its events.", "content": {EVENTS: {"schema": {"type": "string"}}}},
        **refusals(FailureAnswer, 400, 402, 403, 404, 409, 413, 415, 421, 429, 500, 502, 503, 504, 507),
    },
    openapi_extra=taking(ChatStreamBody),
)
async def chat_stream(request: Request) -> Response:
    """The answer as it comes. Phase one: a picture is priced, and in `imageGenerations` of `message_complete`, with
    the data of its button. The chat is kept; `chatId` in every event finds it again.
    """
    body, runtime = await read_json(request, ChatStreamBody), runtime_of(request)
    principal = await asking(request, body.access_token)
    chatting, wanted, key = runtime.chatting, _wanted(body), idempotency_key(request)
    if body.chat_id is not None:
        message = await chatting.say(checked_id(body.chat_id, "chat"), wanted, principal, key=key)
    else:
        draft = ChatDraft(mode=ChatMode.CONFIRM, profile=body.profile_id, text_model=body.model)
        message = await chatting.begin(draft, wanted, principal, key=key)
    return EventStream(chat_broadcasts_of(request), message.id, principal.id, after=0)


def _wanted(body: ChatStreamBody) -> Wanted:
    """The last words, and what came before them in a chat that is new. Raises InvalidRequest."""
    last = body.messages[-1] if body.messages else None
    if last is None or last.role != "user":
        raise InvalidRequest("The last message has to be the user's.", field="messages")
    if body.chat_id is not None:
        return Wanted(text=last.content)
    earlier = tuple((AUTHORS[turn.role], turn.content) for turn in body.messages[:-1])
    return Wanted(text=last.content, first=True, before=earlier)
