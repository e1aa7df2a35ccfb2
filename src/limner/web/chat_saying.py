"""What is done with the messages of a chat from its page: said, stopped, said otherwise, sent again, bought from."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from limner.domain.chats import Chat, Message, ToolPart
from limner.domain.errors import LimnerError, NotFound
from limner.domain.money import Money
from limner.engine.chat_wishes import MOST_SHOWN, Wanted
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.web import attaching, chat_showing
from limner.web.asking import known_id, renderer_of
from limner.web.chat import FIELDS as FIELDS_OF_A_MESSAGE
from limner.web.chat import NOTHING, WHOLE, page, shown_with
from limner.web.chat_views import MessagePart
from limner.web.composing import form_key
from limner.web.languages import gettext as _
from limner.web.signing_in import text_of

FIELDS = 4

router = APIRouter(include_in_schema=False, prefix="/chat/{chat_id}")


@router.post("/say")
async def say_from_form(request: Request, chat_id: str) -> Response:
    """Says something and shows the whole answer."""
    name = known_id(chat_id)
    async with read_form(request, files=MOST_SHOWN, fields=FIELDS_OF_A_MESSAGE) as form:
        key, named = form_key(form.get("key")), attaching.named_pictures(form)
        wanted = Wanted(text=text_of(form, "text"), pictures=named)
        try:
            wanted = replace(wanted, pictures=await shown_with(request, form, named))
        except LimnerError as error:
            return await _refused(request, name, wanted, error)
    saying = runtime_of(request).chatting.say(name, wanted, principal_of(request), key=key)
    return await _answered(request, name, saying, wanted)


@router.get("/messages/{message_id}")
async def message_part(request: Request, chat_id: str, message_id: str) -> Response:
    """One message alone, for the script that puts it where it was being written."""
    runtime, principal, links = runtime_of(request), principal_of(request), renderer_of(request).links
    message = await _message(request, chat_id, message_id)
    chat = await runtime.chatting.chats.get(message.chat_id, principal.id)
    among = await runtime.chatting.messages(chat.id, principal)
    view = await chat_showing.message_view(runtime, principal, message, among, links)
    return renderer_of(request).part(MessagePart(chat_id=chat.id, message=view))


@router.post("/messages/{message_id}/stop")
async def stop_from_form(request: Request, chat_id: str, message_id: str) -> Response:
    """Ends an answer where it stands."""
    message = await _message(request, chat_id, message_id)
    message = await runtime_of(request).chatting.stop(message.id, principal_of(request))
    return _back(request, message)


@router.post("/messages/{message_id}/edit")
async def edit_from_form(request: Request, chat_id: str, message_id: str) -> Response:
    """Says one of one's own messages in other words, and shows the whole answer."""
    message = await _message(request, chat_id, message_id)
    async with read_form(request, files=0, fields=FIELDS) as form:
        text, key = text_of(form, "text"), form_key(form.get("key"))
    editing = runtime_of(request).chatting.edit(message.id, text, principal_of(request), key=key)
    return await _answered(request, message.chat_id, editing)


@router.post("/messages/{message_id}/resend")
async def resend_from_form(request: Request, chat_id: str, message_id: str) -> Response:
    """Has a message answered anew, and shows the whole answer."""
    message = await _message(request, chat_id, message_id)
    async with read_form(request, files=0, fields=FIELDS) as form:
        key = form_key(form.get("key"))
    sending = runtime_of(request).chatting.resend(message.id, principal_of(request), key=key)
    return await _answered(request, message.chat_id, sending)


@router.post("/messages/{message_id}/branch")
async def branch_from_form(request: Request, chat_id: str, message_id: str) -> Response:
    """Looks at the newest branch through a message."""
    message = await _message(request, chat_id, message_id)
    await runtime_of(request).chatting.turn_to(message.chat_id, message.id, principal_of(request))
    return _back(request, message)


@router.post("/blocks/{block_id}/buy")
async def buy_from_form(request: Request, chat_id: str, block_id: str) -> Response:
    """What the block's button does: buys what was offered, once, for no more than the page has shown."""
    runtime, principal = runtime_of(request), principal_of(request)
    async with read_form(request, files=0, fields=FIELDS) as form:
        shown = text_of(form, "agreed")
    chat, part = await _block(request, chat_id, block_id)
    try:
        await runtime.chatting.buy(part.id, principal, agreed=_agreed(shown))
    except LimnerError as error:
        return await page(request, chat, error=error)
    return _at_block(request, chat, part)


@router.post("/blocks/{block_id}/quote")
async def quote_from_form(request: Request, chat_id: str, block_id: str) -> Response:
    """Prices what was offered anew, with another model in place of the first. Spends nothing."""
    runtime, principal = runtime_of(request), principal_of(request)
    async with read_form(request, files=0, fields=FIELDS) as form:
        model = text_of(form, "model")
    chat, part = await _block(request, chat_id, block_id)
    try:
        await runtime.chatting.reprice(part.id, principal, model=model or None)
    except LimnerError as error:
        return await page(request, chat, error=error)
    return _at_block(request, chat, part)


async def _block(request: Request, chat_id: str, block_id: str) -> tuple[Chat, ToolPart]:
    """A picture of this chat. Raises NotFound."""
    chat, part = await runtime_of(request).chatting.chats.tool(known_id(block_id), principal_of(request).id)
    if chat.id != known_id(chat_id):
        raise NotFound("There is no picture with this id in a chat of yours.")
    return chat, part


def _at_block(request: Request, chat: Chat, part: ToolPart) -> Response:
    return RedirectResponse(f"{renderer_of(request).links.chat(chat.id)}#block-{part.id}", status_code=303)


async def _message(request: Request, chat_id: str, message_id: str) -> Message:
    """A message of this chat. Raises NotFound."""
    message = await runtime_of(request).chatting.message(known_id(message_id), principal_of(request))
    if message.chat_id != known_id(chat_id):
        raise NotFound(_("There is no message with this id."))
    return message


async def _answered(request: Request, chat_id: str, saying: Awaitable[Message], wanted: Wanted = NOTHING) -> Response:
    """The page with the whole answer, or with what is wrong and what stood in the fields."""
    runtime, principal = runtime_of(request), principal_of(request)
    try:
        answer = await saying
    except LimnerError as error:
        return await _refused(request, chat_id, wanted, error)
    return _back(request, await runtime.chatting.wait(answer.id, principal, WHOLE))


async def _refused(request: Request, chat_id: str, wanted: Wanted, error: LimnerError) -> Response:
    chat = await runtime_of(request).chatting.chats.get(chat_id, principal_of(request).id)
    return await page(request, chat, wanted=wanted, error=error)


def _back(request: Request, message: Message) -> Response:
    return RedirectResponse(renderer_of(request).links.said(message.chat_id, message.id), status_code=303)


def _agreed(text: str) -> Money | None:
    """What the page has shown; nothing at all where it says no amount, so that such a form buys what is free alone."""
    try:
        return Money.usd(text) if text else None
    except ValueError:
        return Money(0)
