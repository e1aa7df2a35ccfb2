"""Chats: conversations with a text model that paints, searched and kept."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from limner.api.answers import answer
from limner.api.bodies import NO_NUL
from limner.api.chat_bodies import BranchBody, ChatBody, ChatChangeBody, ChatTagBody
from limner.api.chat_schemas import ChatAnswer, ChatPage, ChatSummary, FoundPage
from limner.api.chat_shapes import chat_body, chat_url, found_body, shown_chat
from limner.api.deps import checked_id, read_json
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.domain.chat_rows import ChatFilter
from limner.domain.chats import TagKind
from limner.engine.chatting import branch_to
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/chats", tags=["chats"])

ChatId = Annotated[str, Path(description="The chat's id.")]


class ChatQuery(BaseModel):
    """Which chats are wanted."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)
    tag_type: TagKind | None = Field(default=None, alias="tagType")
    tag_id: str | None = Field(default=None, alias="tagId", max_length=200, pattern=NO_NUL)


class SearchQuery(BaseModel):
    """What is looked for."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(min_length=1, max_length=500, description="Words, in any order.")
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)


@router.post(
    "",
    summary="Begin a chat",
    status_code=201,
    responses=answers(ChatSummary, "The chat, at the address in Location.", 404, 415, status=201),
    openapi_extra=body_of(ChatBody),
)
async def create_chat(request: Request) -> Response:
    """Begins a chat; nothing is asked or bought. In mode direct it has a ceiling: a dollar, unless it says another."""
    body = await read_json(request, ChatBody)
    chat = await runtime_of(request).chatting.keeper.create(body.draft(), principal_of(request))
    return answer(chat_body(chat), 201, {"Location": chat_url(chat.id)})


@router.get("", summary="List chats", responses=answers(ChatPage, "One page of chats."))
async def list_chats(request: Request, query: Annotated[ChatQuery, Query()]) -> Response:
    """Your chats, the one that was used last first."""
    which = ChatFilter(tag_kind=query.tag_type, tag=query.tag_id)
    page = await runtime_of(request).chatting.chats.page(
        principal_of(request).id, which, limit=query.limit, cursor=query.cursor
    )
    return answer({"items": [chat_body(chat) for chat in page.items], "next": page.next})


@router.get("/search", summary="Search chats", responses=answers(FoundPage, "One page of messages, newest first."))
async def search_chats(request: Request, query: Annotated[SearchQuery, Query()]) -> Response:
    """Messages of yours, and answers to them, with all of these words."""
    page = await runtime_of(request).chatting.chats.search(
        principal_of(request).id, query.q, limit=query.limit, cursor=query.cursor
    )
    return answer({"items": [found_body(found) for found in page.items], "next": page.next})


@router.get("/{chat_id}", summary="Show a chat", responses=answers(ChatAnswer, "The chat.", 404))
async def get_chat(request: Request, chat_id: ChatId) -> Response:
    """A chat with the branch that is looked at, what its pictures have cost, and which profile paints."""
    return await _shown(request, checked_id(chat_id, "chat"))


@router.patch(
    "/{chat_id}",
    summary="Change a chat",
    responses=answers(ChatAnswer, "The chat.", 404, 415),
    openapi_extra=body_of(ChatChangeBody),
)
async def change_chat(request: Request, chat_id: ChatId) -> Response:
    """Changes what is given. Without a profile of its own a chat takes your default one."""
    body, found = await read_json(request, ChatChangeBody), checked_id(chat_id, "chat")
    await runtime_of(request).chatting.keeper.change(found, principal_of(request), **body.changes())
    return await _shown(request, found)


@router.delete(
    "/{chat_id}",
    summary="Remove a chat",
    status_code=204,
    responses=problems(*ALWAYS, 404),
    response_class=Response,
)
async def delete_chat(request: Request, chat_id: ChatId) -> Response:
    """Removes a chat and what was said in it. Its pictures, and what they cost, stay."""
    await runtime_of(request).chatting.remove(checked_id(chat_id, "chat"), principal_of(request))
    return Response(status_code=204)


@router.post(
    "/{chat_id}/branch",
    summary="Look at a branch",
    responses=answers(ChatAnswer, "The chat, with this branch.", 404, 415),
    openapi_extra=body_of(BranchBody),
)
async def branch_chat(request: Request, chat_id: ChatId) -> Response:
    """Makes the newest branch through a message the one that is looked at, and that is gone on with."""
    body, found = await read_json(request, BranchBody), checked_id(chat_id, "chat")
    message_id = checked_id(body.message_id, "message")
    await runtime_of(request).chatting.turn_to(found, message_id, principal_of(request))
    return await _shown(request, found)


@router.post(
    "/{chat_id}/tags",
    summary="Tag a chat",
    responses=answers(ChatSummary, "The chat.", 404, 415),
    openapi_extra=body_of(ChatTagBody),
)
async def tag_chat(request: Request, chat_id: ChatId) -> Response:
    """Adds a tag; one that is there stays. Pictures that are made in the chat from then on carry it."""
    body = await read_json(request, ChatTagBody)
    keeper = runtime_of(request).chatting.keeper
    chat = await keeper.tag(checked_id(chat_id, "chat"), body.tag_type, body.tag_id, principal_of(request))
    return answer(chat_body(chat))


@router.delete("/{chat_id}/tags/{tag_id}", summary="Untag a chat", responses=answers(ChatSummary, "The chat.", 404))
async def untag_chat(
    request: Request, chat_id: ChatId, tag_id: Annotated[str, Path(description="The tag's own id.")]
) -> Response:
    """Takes a tag away."""
    keeper = runtime_of(request).chatting.keeper
    chat = await keeper.untag(checked_id(chat_id, "chat"), checked_id(tag_id, "tag"), principal_of(request))
    return answer(chat_body(chat))


async def _shown(request: Request, chat_id: str) -> Response:
    runtime, principal = runtime_of(request), principal_of(request)
    chatting = runtime.chatting
    messages = await chatting.messages(chat_id, principal)
    chat = await chatting.chats.get(chat_id, principal.id)
    spent, painting = await chatting.chats.spent(chat_id, principal.id), await chatting.keeper.painting(chat, principal)
    branch, paused = branch_to(messages, chat.head), await runtime.queue.is_paused(principal.id)
    return answer(shown_chat(chat, painting, spent, branch, runtime.catalog, paused=paused))
