"""Answers of chats as server-sent events: encoded once, however many listen."""

from __future__ import annotations

from collections.abc import AsyncIterator

from limner.api.answers import dumped
from limner.api.chat_shapes import block_body, call_body, message_body
from limner.api.shapes import Body
from limner.api.streaming import Follows, aclosing_iterator
from limner.domain.chats import Message
from limner.domain.errors import NotFound
from limner.domain.people import Principal
from limner.domain.text_calls import TextCall
from limner.engine.chat_live import ChatEvent, ChatEventKind
from limner.runtime import Runtime


def chat_frames(runtime: Runtime) -> Follows:
    """Where the frames of answers come from, by the id of the message and who listens."""

    async def frames(message_id: str, owner: str, /) -> AsyncIterator[bytes | None]:
        following = runtime.chatting.follow(message_id, Principal(id=owner, name=""))
        async with aclosing_iterator(following) as events:
            async for event in events:
                yield None if event is None else chat_frame(event, await told(runtime, event, owner))

    return frames


def chat_frame(event: ChatEvent, data: Body) -> bytes:
    """One event of an answer."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.number, event.kind.encode(), dumped(data))


async def told(runtime: Runtime, event: ChatEvent, owner: str) -> Body:
    """What an event says; every one names its chat and its message."""
    here: Body = {"chatId": event.chat.id, "messageId": event.message_id}
    if event.kind is ChatEventKind.TEXT:
        return {**here, "text": event.text}
    if event.part is not None:
        return {
            **here,
            "imageGeneration": block_body(event.part, runtime.catalog, paused=await _paused(runtime, event)),
        }
    if event.message is None:
        return here
    whole = message_body(event.message, runtime.catalog, paused=await _paused(runtime, event))
    if event.kind is not ChatEventKind.COMPLETE:
        return {**here, "message": whole}
    calls = [call_body(call) for call in await text_calls(runtime, event.message, owner)]
    generations = whole["imageGenerations"]
    return {**here, "message": whole, "imageGenerations": generations, "llmApiCalls": calls}


async def _paused(runtime: Runtime, event: ChatEvent) -> bool:
    return await runtime.queue.is_paused(event.chat.owner)


async def text_calls(runtime: Runtime, message: Message, owner: str) -> list[TextCall]:
    """The purchases of text that a message took."""
    found: list[TextCall] = []
    for call_id in message.text_calls:
        try:
            found.append(await runtime.texts.buyer.calls.get(call_id, owner))
        except NotFound:  # cleared away since
            continue
    return found
