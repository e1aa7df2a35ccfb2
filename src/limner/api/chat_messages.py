"""Messages of chats: said, answered as events or in JSON, stopped, edited, sent again; and the pictures in them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from limner.api.answers import answer
from limner.api.bodies import money_from
from limner.api.chat_bodies import BuyBody, EditBody, MessageBody, RepriceBody
from limner.api.chat_schemas import BlockAnswer, MessageList, WholeMessage
from limner.api.chat_shapes import block_body, call_body, message_body, message_url
from limner.api.chat_telling import text_calls
from limner.api.chats import ChatId
from limner.api.deps import broadcasts_of, chat_broadcasts_of, checked_id, idempotency_key, preferred_wait, read_json
from limner.api.documents import PAINTING, Responses, answers, body_of
from limner.api.jobs import last_event
from limner.api.streaming import EventStream
from limner.domain.chats import Message, MessageState, ToolPart
from limner.domain.errors import NotFound
from limner.engine.chat_wishes import Wanted
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/chats/{chat_id}", tags=["chats"])

MessageId = Annotated[str, Path(description="The message's id.")]
BlockId = Annotated[str, Path(description="The id of a picture's block, among a message's `imageGenerations`.")]
EVENTS = "text/event-stream"

HEADERS: list[dict[str, Any]] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "description": "The same key with the same body gives the same answer again; with another body 422.",
    },
    {
        "name": "Prefer",
        "in": "header",
        "schema": {"type": "string"},
        "description": "`wait=N`: wait up to N seconds (at most 600) for the whole answer.",
        "example": "wait=30",
    },
]


def _answering(description: str) -> Responses:
    """What may be answered where an answer begins: JSON, or events."""
    found = answers(WholeMessage, description, *PAINTING, status=202)
    found[202]["content"] = {EVENTS: {"schema": {"type": "string"}}}
    whole = {"model": WholeMessage, "description": "The whole answer, where `Prefer: wait` was long enough."}
    return {
        200: {"description": "Its events, for `Accept: text/event-stream`.", "content": found[202]["content"]},
        201: whole,
        **found,
    }


@router.get("/messages", summary="List messages", responses=answers(MessageList, "All of them.", 404))
async def list_messages(request: Request, chat_id: ChatId) -> Response:
    """All messages of a chat, in all its branches, in the order in which they were said."""
    runtime, principal = runtime_of(request), principal_of(request)
    found = await runtime.chatting.messages(checked_id(chat_id, "chat"), principal)
    paused = await runtime.queue.is_paused(principal.id)
    return answer({"items": [message_body(message, runtime.catalog, paused=paused) for message in found]})


@router.post(
    "/messages",
    summary="Say something",
    status_code=202,
    responses=_answering("The answer that is being written, at the address in Location."),
    openapi_extra={**body_of(MessageBody), "parameters": HEADERS},
)
async def say(request: Request, chat_id: ChatId) -> Response:
    """Says something and has it answered. `Accept: text/event-stream` gives the answer as it comes: `text`, `picture`,
    and at the end `message_complete` with all `imageGenerations`. Whoever hangs up does not stop it.
    """
    body = await read_json(request, MessageBody)
    wanted = Wanted(
        text=body.text,
        pictures=tuple(checked_id(each, "picture") for each in body.pictures),
        parent=None if body.parent_id is None else checked_id(body.parent_id, "message"),
    )
    chatting, key = runtime_of(request).chatting, idempotency_key(request)
    message = await chatting.say(checked_id(chat_id, "chat"), wanted, principal_of(request), key=key)
    return await _begun(request, message)


@router.get("/messages/{message_id}", summary="Show a message", responses=answers(WholeMessage, "The message.", 404))
async def get_message(request: Request, chat_id: ChatId, message_id: MessageId) -> Response:
    """One message with its pictures, and what it took."""
    return await _whole(request, await _message(request, chat_id, message_id))


@router.get(
    "/messages/{message_id}/events",
    summary="Follow an answer",
    responses={
        **answers(WholeMessage, "The events.", 404),
        200: {"description": "The events.", "content": {EVENTS: {"schema": {"type": "string"}}}},
    },
)
async def follow_message(
    request: Request,
    chat_id: ChatId,
    message_id: MessageId,
    after: Annotated[int, Query(ge=0, le=2**31, description="Only events with higher numbers.")] = 0,
) -> Response:
    """What is said, as server-sent events up to `message_complete`; `Last-Event-ID` resumes. After a restart the first
    one is a `message_snapshot`, which takes the place of all before it.
    """
    message = await _message(request, chat_id, message_id)
    return _stream(request, message, max(after, last_event(request)))


@router.post(
    "/messages/{message_id}/stop",
    summary="Stop an answer",
    responses=answers(WholeMessage, "The message as it ended.", 404),
)
async def stop_message(request: Request, chat_id: ChatId, message_id: MessageId) -> Response:
    """Ends an answer where it stands. What was said is kept, and a picture that is being painted is painted."""
    message = await _message(request, chat_id, message_id)
    return await _whole(request, await runtime_of(request).chatting.stop(message.id, principal_of(request)))


@router.post(
    "/messages/{message_id}/edit",
    summary="Say it in other words",
    status_code=202,
    responses=_answering("The answer to it."),
    openapi_extra={**body_of(EditBody), "parameters": HEADERS},
)
async def edit_message(request: Request, chat_id: ChatId, message_id: MessageId) -> Response:
    """Says one of your messages in other words, as a branch beside it, and has it answered."""
    body, message = await read_json(request, EditBody), await _message(request, chat_id, message_id)
    chatting, key = runtime_of(request).chatting, idempotency_key(request)
    return await _begun(request, await chatting.edit(message.id, body.text, principal_of(request), key=key))


@router.post(
    "/messages/{message_id}/resend",
    summary="Have it answered again",
    status_code=202,
    responses=_answering("The new answer."),
    openapi_extra={"parameters": HEADERS},
)
async def resend_message(request: Request, chat_id: ChatId, message_id: MessageId) -> Response:
    """Has a message answered anew, as a branch beside the answer that there is."""
    message = await _message(request, chat_id, message_id)
    chatting, key = runtime_of(request).chatting, idempotency_key(request)
    return await _begun(request, await chatting.resend(message.id, principal_of(request), key=key))


@router.post(
    "/blocks/{block_id}/buy",
    summary="Buy an offered picture",
    responses=answers(BlockAnswer, "The block, with the job that buys it.", *PAINTING),
    openapi_extra=body_of(BuyBody, required=False),
)
async def buy_block(request: Request, chat_id: ChatId, block_id: BlockId) -> Response:
    """What the block's button does: buys what was offered, once, for no more than was offered or is allowed here."""
    body = await read_json(request, BuyBody) if await request.body() else BuyBody()
    part = await _part(request, chat_id, block_id)
    chatting, most = runtime_of(request).chatting, money_from("max_cost", body.max_cost)
    return await _block(request, await chatting.buy(part.id, principal_of(request), agreed=most))


@router.post(
    "/blocks/{block_id}/quote",
    summary="Price an offered picture again",
    responses=answers(BlockAnswer, "The block with its new price.", *PAINTING),
    openapi_extra=body_of(RepriceBody, required=False),
)
async def quote_block(request: Request, chat_id: ChatId, block_id: BlockId) -> Response:
    """A new price, of another model where one is named. Spends nothing."""
    body = await read_json(request, RepriceBody) if await request.body() else RepriceBody()
    part = await _part(request, chat_id, block_id)
    return await _block(
        request, await runtime_of(request).chatting.reprice(part.id, principal_of(request), model=body.model)
    )


@router.get("/blocks/{block_id}", summary="Show a block", responses=answers(BlockAnswer, "The block.", 404))
async def get_block(request: Request, chat_id: ChatId, block_id: BlockId) -> Response:
    """A picture of a message in whichever of its four states it is."""
    return await _block(request, await _part(request, chat_id, block_id))


async def _message(request: Request, chat_id: str, message_id: str) -> Message:
    """A message of this chat. Raises NotFound."""
    principal, found = principal_of(request), checked_id(message_id, "message")
    message = await runtime_of(request).chatting.message(found, principal)
    if message.chat_id != checked_id(chat_id, "chat"):
        raise NotFound("There is no message with this id.")
    return message


async def _part(request: Request, chat_id: str, block_id: str) -> ToolPart:
    """A tool call of this chat. Raises NotFound."""
    chats = runtime_of(request).chatting.chats
    chat, part = await chats.tool(checked_id(block_id, "block"), principal_of(request).id)
    if chat.id != checked_id(chat_id, "chat"):
        raise NotFound("There is no picture with this id in a chat of yours.")
    return part


async def _block(request: Request, part: ToolPart) -> Response:
    runtime = runtime_of(request)
    return answer(block_body(part, runtime.catalog, paused=await runtime.queue.is_paused(principal_of(request).id)))


def _stream(request: Request, message: Message, after: int) -> EventStream:
    """The events of an answer from some number on; numbers of before a restart count for nothing."""
    owner = principal_of(request).id
    live = runtime_of(request).chatting.answers.find(message.id, owner)
    start = 0 if live is None else min(after, len(live.events))
    return EventStream(chat_broadcasts_of(request), message.id, owner, after=start)


async def _begun(request: Request, message: Message) -> Response:
    """An answer that has begun: its events, or JSON at once or when it has ended within so many seconds."""
    if EVENTS in request.headers.get("accept", ""):
        return _stream(request, message, 0)
    seconds = preferred_wait(request)
    headers = {"Location": message_url(message)}
    if seconds is not None:
        headers["Preference-Applied"] = f"wait={seconds:.0f}"
        waiting = runtime_of(request).chatting.wait(message.id, principal_of(request), seconds)
        message = await broadcasts_of(request).unless_stopping(waiting, message)
    return await _whole(request, message, 202 if message.state is MessageState.WRITING else 201, headers)


async def _whole(
    request: Request, message: Message, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    runtime = runtime_of(request)
    calls = await text_calls(runtime, message, principal_of(request).id)
    paused = await runtime.queue.is_paused(principal_of(request).id)
    body = message_body(message, runtime.catalog, paused=paused) | {"llmApiCalls": [call_body(call) for call in calls]}
    return answer(body, status, headers)
