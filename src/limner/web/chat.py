"""The pages of chats: all of them, the beginning of a new one, and what is set of one. To look at a chat says nothing.

`POST /chat` is document 3's; what a page says goes to addresses below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from limner.domain.chat_rows import ChatFilter
from limner.domain.chats import Chat, ChatChanges, ChatDraft, ChatMode, TagKind
from limner.domain.errors import InvalidRequest, LimnerError, NotFound
from limner.domain.money import Money
from limner.engine.chat_wishes import MOST_SHOWN, Wanted
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.web import attaching, chat_showing, showing
from limner.web.asking import known_id, renderer_of
from limner.web.chat_showing import NONE, SHOWN, USUAL
from limner.web.chat_views import ChatPage, Conversations, ShelfPart, ThreadPart
from limner.web.composing import form_key
from limner.web.failures import told
from limner.web.gallery_views import AskPage
from limner.web.languages import gettext as _
from limner.web.rendering import shell
from limner.web.signing_in import text_of

PAGE = 50
"""Chats of one list, and messages that are found."""
WHOLE = 120.0
"""Seconds that a page without a script waits for an answer; after that it shows what there is."""
FIELDS = 60
"""Of a form that says something, besides files."""
MOST = 2000
LARGEST = 2**53
"""Micro-dollars."""
NOTHING = Wanted(text="")
KINDS = tuple(kind.value for kind in TagKind)

router = APIRouter(include_in_schema=False, prefix="/chat")

Cursor = Annotated[str | None, Query(max_length=200)]
Searched = Annotated[str, Query(max_length=500)]
Limit = Annotated[int, Query(ge=1, le=MOST)]


@router.get("")
async def chats_page(
    request: Request,
    q: Searched = "",
    cursor: Cursor = None,
    tag: Annotated[str, Query(max_length=250)] = "",
    picture: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """All chats, and the beginning of a new one, about a picture where one is named."""
    if picture:
        await runtime_of(request).pictures.get(known_id(picture), principal_of(request).id)
    wanted = Wanted(text="", pictures=(picture,)) if picture else NOTHING
    return await page(request, None, wanted=wanted, q=q, cursor=cursor, tag=tag)


@router.post("/new")
async def begin_from_form(request: Request) -> Response:
    """Says something in a new chat and shows the whole answer; to a script at once, which then follows it."""
    runtime, principal = runtime_of(request), principal_of(request)
    async with read_form(request, files=MOST_SHOWN, fields=FIELDS) as form:
        text, key, waits = text_of(form, "text"), form_key(form.get("key")), text_of(form, "wait") != "no"
        named = attaching.named_pictures(form)
        try:
            draft, pictures = _draft(form), await shown_with(request, form, named)
            answer = await runtime.chatting.begin(draft, Wanted(text=text, pictures=pictures), principal, key=key)
        except LimnerError as error:
            return await page(request, None, wanted=Wanted(text=text, pictures=named), error=error)
    if waits:
        answer = await runtime.chatting.wait(answer.id, principal, WHOLE)
    return RedirectResponse(renderer_of(request).links.said(answer.chat_id, answer.id), status_code=303)


@router.get("/shelf")
async def shelf_part(request: Request) -> Response:
    """Somebody's newest pictures, for the script that offers them: some may have been painted since the page came."""
    found = await attaching.recent(runtime_of(request), principal_of(request))
    return renderer_of(request).part(ShelfPart(recent=tuple(showing.tile(each) for each in found)))


@router.get("/{chat_id}")
async def chat_page(request: Request, chat_id: str, limit: Limit = SHOWN) -> Response:
    """One chat, the branch of it that is looked at."""
    chat = await runtime_of(request).chatting.chats.get(known_id(chat_id), principal_of(request).id)
    return await page(request, chat, limit=limit)


@router.get("/{chat_id}/thread")
async def thread_part(request: Request, chat_id: str, limit: Limit = SHOWN) -> Response:
    """Its messages alone, for the script."""
    runtime, principal, renderer = runtime_of(request), principal_of(request), renderer_of(request)
    chat = await runtime.chatting.chats.get(known_id(chat_id), principal.id)
    thread = await chat_showing.thread_of(runtime, principal, chat, renderer.links, limit)
    return renderer.part(ThreadPart(thread=thread))


@router.post("/{chat_id}/profile")
async def choose_painter(request: Request, chat_id: str) -> Response:
    """Takes the list of profiles: one of them, the default one, or no pictures at all."""
    runtime, principal, name = runtime_of(request), principal_of(request), known_id(chat_id)
    async with read_form(request, files=0, fields=2) as form:
        chosen = text_of(form, "image_profile")
    chat = await runtime.chatting.chats.get(name, principal.id)
    await runtime.chatting.keeper.change(name, principal, **_painting(chosen, chat.mode))
    return RedirectResponse(renderer_of(request).links.chat(name), status_code=303)


@router.post("/{chat_id}/settings")
async def change_from_chat(request: Request, chat_id: str) -> Response:
    """Takes the form of what is set: title, how pictures are bought, ceiling, text model."""
    runtime, principal, name = runtime_of(request), principal_of(request), known_id(chat_id)
    async with read_form(request, files=0, fields=8) as form:
        chat = await runtime.chatting.chats.get(name, principal.id)
        try:
            await runtime.chatting.keeper.change(name, principal, **_changes(form, chat))
        except LimnerError as error:
            return await page(request, chat, error=error)
    return RedirectResponse(renderer_of(request).links.chat(name), status_code=303)


@router.post("/{chat_id}/tags")
async def tag_from_chat(request: Request, chat_id: str) -> Response:
    """Adds the tag of the fields, or takes the one away whose button was pressed."""
    runtime, principal, name = runtime_of(request), principal_of(request), known_id(chat_id)
    async with read_form(request, files=0, fields=4) as form:
        kind, tag, gone = text_of(form, "kind"), text_of(form, "tag"), text_of(form, "remove")
    chat, keeper = await runtime.chatting.chats.get(name, principal.id), runtime.chatting.keeper
    try:
        if gone:
            await keeper.untag(name, known_id(gone), principal)
        elif kind not in KINDS:
            raise InvalidRequest(_("Choose what the tag is: a character, a persona, a chat or a theme."), field="kind")
        else:
            await keeper.tag(name, TagKind(kind), tag, principal)
    except LimnerError as error:
        return await page(request, chat, error=error)
    return RedirectResponse(renderer_of(request).links.chat(name), status_code=303)


@router.get("/{chat_id}/delete")
async def ask_to_delete_chat(request: Request, chat_id: str) -> Response:
    """Asks before a chat goes."""
    links = renderer_of(request).links
    chat = await runtime_of(request).chatting.chats.get(known_id(chat_id), principal_of(request).id)
    view = AskPage(
        shell=shell(request, _("Delete the conversation"), heading=_("Chat"), current="chat"),
        question=_(
            "Delete “%(title)s”? What was said goes for good; its pictures stay in the gallery.",
            title=chat_showing.title_of(chat),
        ),
        action=links.chat(chat.id, "delete"),
        fields=(),
        yes=_("Delete"),
        no=_("Keep"),
        back=links.chat(chat.id),
    )
    return renderer_of(request).page(view)


@router.post("/{chat_id}/delete")
async def delete_chat_from_form(request: Request, chat_id: str) -> Response:
    """Deletes it."""
    await runtime_of(request).chatting.remove(known_id(chat_id), principal_of(request))
    return RedirectResponse(renderer_of(request).links.chats(), status_code=303)


async def shown_with(request: Request, form: FormData, named: Sequence[str]) -> tuple[str, ...]:
    """The pictures that go with a message: those that its form names, and those that it brings, which are kept.

    Raises NotFound for one that is not this person's, and BadPicture, naming the file.
    """
    runtime, principal = runtime_of(request), principal_of(request)
    return await attaching.with_files(runtime, principal, form, [known_id(each) for each in named])


async def page(
    request: Request,
    chat: Chat | None,
    *,
    limit: int = SHOWN,
    wanted: Wanted = NOTHING,
    error: LimnerError | None = None,
    **listed: str | None,
) -> Response:
    """The page of a chat, or of the beginning of one, with what stood in its fields and what is wrong.

    `listed` narrows the list beside it. Raises NotFound for what is not there: that is wrong with the address, and not
    with a field.
    """
    if isinstance(error, NotFound):
        raise error
    runtime, principal, links = runtime_of(request), principal_of(request), renderer_of(request).links
    thread = None if chat is None else await chat_showing.thread_of(runtime, principal, chat, links, limit)
    view = ChatPage(
        shell=shell(request, _("Chat") if thread is None else thread.title, heading=_("Chat"), current="chat"),
        conversations=await _conversations(request, "" if chat is None else chat.id, **listed),
        manner=await chat_showing.manner_of(runtime, principal, chat),
        thread=thread,
        kinds=tuple((kind, chat_showing.tag_kind(kind)) for kind in KINDS),
        services=chat_showing.services_json(runtime),
        key=runtime.ids.new(),
        attaching=await chat_showing.attaching_of(runtime, principal, wanted.pictures),
        text=wanted.text,
        error=told(error),
    )
    return renderer_of(request).page(view, 200 if error is None else 422)


async def _conversations(
    request: Request, current: str, *, q: str | None = "", cursor: str | None = None, tag: str | None = ""
) -> Conversations:
    runtime, principal, links = runtime_of(request), principal_of(request), renderer_of(request).links
    now, chats = runtime.clock.now(), runtime.chatting.chats
    if q and q.strip():
        found = await chats.search(principal.id, q, limit=PAGE, cursor=cursor)
        rows = tuple(chat_showing.found_row(each, now) for each in found.items)
        older = "" if found.next is None else links.chats(q=q, cursor=found.next)
        return Conversations(groups=(), found=rows, words=q, older=older)
    kind, name = (tag or "").partition(":")[::2]
    which = ChatFilter(tag_kind=TagKind(kind), tag=name) if kind in KINDS and name else ChatFilter()
    listed = await chats.page(principal.id, which, limit=PAGE, cursor=cursor)
    narrowed = tag if tag and which.tag else ""
    more = {"cursor": listed.next} if listed.next is not None else {}
    return Conversations(
        groups=chat_showing.grouped(listed.items, now, current),
        older=links.chats(**more, **({"tag": narrowed} if narrowed else {})) if more else "",
        words="",
        tag=narrowed,
    )


def _draft(form: FormData) -> ChatDraft:
    """The chat that the fields of a new one make. Raises InvalidRequest."""
    chosen = text_of(form, "image_profile")
    mode = ChatMode.DIRECT if text_of(form, "mode") == ChatMode.DIRECT else ChatMode.CONFIRM
    painting = _painting(chosen, mode) if chosen else ChatChanges()
    return ChatDraft(
        mode=painting.get("mode", mode),
        profile=painting.get("profile"),
        text_model=text_of(form, "text_model") or None,
        ceiling=_ceiling(form),
    )


def _painting(chosen: str, mode: ChatMode) -> ChatChanges:
    """What the list of profiles says. A chat without pictures that gets a profile asks before it buys."""
    if chosen == NONE:
        return ChatChanges(mode=ChatMode.OFF, profile=None)
    paints = ChatMode.CONFIRM if mode is ChatMode.OFF else mode
    return ChatChanges(mode=paints, profile=None if chosen == USUAL else known_id(chosen))


def _changes(form: FormData, chat: Chat) -> ChatChanges:
    changes = ChatChanges(title=text_of(form, "title"), text_model=text_of(form, "text_model") or None)
    changes["ceiling"] = _ceiling(form)
    if chat.mode is not ChatMode.OFF:
        changes["mode"] = ChatMode.DIRECT if text_of(form, "mode") == ChatMode.DIRECT else ChatMode.CONFIRM
    return changes


def _ceiling(form: FormData) -> Money | None:
    """Raises InvalidRequest."""
    given = text_of(form, "ceiling").strip().removeprefix("$")
    wrong = InvalidRequest(_("A ceiling is an amount in dollars, such as 1.50."), field="ceiling")
    try:
        ceiling = Money.usd(given) if given else None
    except ValueError:
        raise wrong from None
    if ceiling is not None and not 0 <= ceiling.micro < LARGEST:
        raise wrong
    return ceiling
