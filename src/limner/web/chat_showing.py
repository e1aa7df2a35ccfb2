"""From chats and messages to what the page shows of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from limner.domain.chat_rows import Found
from limner.domain.chats import Author, Chat, ChatMode, Message, MessageState, TagKind, TextPart
from limner.domain.errors import LimnerError, NotConfigured, PriceUnknown, ProviderError
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.profile import Profile
from limner.engine.chat_wishes import MOST_SHOWN
from limner.engine.chatting import branch_to
from limner.runtime import Runtime
from limner.web import attaching, dates, showing, wording
from limner.web.chat_blocks import block_of
from limner.web.chat_views import (
    Attaching,
    BlockView,
    ConversationGroup,
    ConversationRow,
    FoundRow,
    Manner,
    MessageView,
    Painter,
    TagView,
    Thread,
    Words,
)
from limner.web.failures import told, told_of
from limner.web.gallery_views import Choice
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.links import Links
from limner.web.markdown import rendered
from limner.web.services import called
from limner.web.views import Tile

SHOWN = 60
"""Messages of a page, unless more are asked for."""
UNTITLED = message("Untitled")
EXCERPT = 160
PATIENCE = 2.0
"""Seconds that a page waits for a text model's server to say whether it is there."""
USUAL, NONE = "default", "none"
"""What the list of profiles says for the person's default one, and for no pictures at all."""
NO_PICTURES = message("No pictures in this chat")
CHOOSE_ONE = message("No pictures are made until you choose an image profile, at the top of the page.")
MAKE_ONE = message(
    "No pictures are made yet: make an image profile first. It says which model paints, and with which options."
)
TODAY = message("Today")
YESTERDAY = message("Yesterday")
THIS_WEEK = message("This week")
NOTES = {MessageState.STOPPED: message("Stopped."), MessageState.INTERRUPTED: message("Interrupted.")}
TAGS = {
    TagKind.CHARACTER: message("Character"),
    TagKind.PERSONA: message("Persona"),
    TagKind.CHAT: message("Chat"),
    TagKind.THEME: message("Theme", context="of a story, as a tag"),
}
"""What kinds of tags are called."""
WEEKDAYS = (
    message("Mon"),
    message("Tue"),
    message("Wed"),
    message("Thu"),
    message("Fri"),
    message("Sat"),
    message("Sun"),
)


def grouped(chats: Sequence[Chat], now: datetime, current: str) -> tuple[ConversationGroup, ...]:
    """Chats by day, the last used first."""
    here = now.astimezone()
    return tuple(
        ConversationGroup(
            title=_(title, year=year),
            rows=tuple(
                ConversationRow(
                    id=chat.id, title=title_of(chat), when=_when(chat.updated, here), current=chat.id == current
                )
                for chat in found
            ),
        )
        for (title, year), found in groupby(chats, key=lambda chat: _stretch(chat.updated, here))
    )


def found_row(found: Found, now: datetime) -> FoundRow:
    """A message that was found."""
    text = found.text if len(found.text) <= EXCERPT else f"{found.text[: EXCERPT - 1]}…"
    return FoundRow(
        chat_id=found.chat.id,
        message_id=found.message_id,
        title=title_of(found.chat),
        excerpt=text,
        when=_when(found.created, now.astimezone()),
    )


def title_of(chat: Chat) -> str:
    """What a chat is called."""
    return chat.title or _(UNTITLED)


def _stretch(at: datetime, now: datetime) -> tuple[str, int]:
    """What a stretch of time is called, still to be said, and the year of it."""
    local = at.astimezone()
    ago = (now.date() - local.date()).days
    if ago <= 0:
        return TODAY, now.year
    if ago < 7:
        return THIS_WEEK if ago > 1 else YESTERDAY, now.year
    return dates.MONTHS_OF_YEARS[local.month - 1], local.year


def _when(at: datetime, now: datetime) -> str:
    local = at.astimezone()
    if now - local < timedelta(minutes=1):
        return _("now")
    ago = (now.date() - local.date()).days
    if ago <= 1:
        return f"{local:%H:%M}"
    return _(WEEKDAYS[local.weekday()]) if ago < 7 else dates.short_day(local)


async def manner_of(runtime: Runtime, principal: Principal, chat: Chat | None) -> Manner:
    """What is set of a chat, or would be of a new one, and what there is to choose from."""
    profiles = await runtime.profiles.all(principal)
    usual = next((each for each in profiles if each.is_default), None)
    off = chat is not None and chat.mode is ChatMode.OFF
    missing, blind = await _answering(runtime, principal, None if chat is None else chat.text_model)
    own = None if chat is None or off else next((each for each in profiles if each.id == chat.profile), None)
    paints = None if off else own or usual
    return Manner(
        profiles=_profiles(runtime, profiles, usual, own, paints),
        painter=None if paints is None else _painter(runtime, paints),
        owned=bool(profiles),
        off="" if paints is not None else await _off(runtime, principal, chat, has_profiles=bool(profiles)),
        direct=chat is not None and chat.mode is ChatMode.DIRECT,
        ceiling="" if chat is None or chat.ceiling is None else chat.ceiling.text,
        models=await _models(runtime, principal, None if chat is None else chat.text_model),
        missing=missing,
        blind=blind,
    )


def _profiles(
    runtime: Runtime, profiles: Sequence[Profile], usual: Profile | None, own: Profile | None, paints: Profile | None
) -> tuple[Choice, ...]:
    choices = []
    if usual is not None:
        name = _("Default: %(profile)s", profile=_title(runtime, usual))
        choices.append(Choice(value=USUAL, name=name, chosen=own is None and paints is usual))
    choices += [
        Choice(value=each.id, name=_title(runtime, each), chosen=own is not None and each.id == own.id)
        for each in profiles
    ]
    return (*choices, Choice(value=NONE, name=_(NO_PICTURES), chosen=paints is None))


def _title(runtime: Runtime, profile: Profile) -> str:
    return f"{profile.name} · {_painter(runtime, profile).service}"


def _painter(runtime: Runtime, profile: Profile) -> Painter:
    service = showing.service_of(runtime.catalog, profile.model_id)
    return Painter(
        name=profile.name,
        model=showing.model_title(runtime.catalog, profile.model_id),
        service=profile.service if service is None else called(service),
        colour=showing.colour(profile.model_id),
    )


async def _off(runtime: Runtime, principal: Principal, chat: Chat | None, *, has_profiles: bool) -> str:
    if chat is None:
        return _(CHOOSE_ONE) if has_profiles else _(MAKE_ONE)
    said = (await runtime.chatting.keeper.painting(chat, principal)).off
    return told_of(_(NO_PICTURES), said) if said else ""


async def _models(runtime: Runtime, principal: Principal, chosen: str | None) -> tuple[Choice, ...]:
    buyer = runtime.texts.buyer
    usable = [card for card in buyer.candidates() if await buyer.objection(card, principal, sees=False) is None]
    names = list(dict.fromkeys([*(card.id for card in usable), *([chosen] if chosen else [])]))
    return (
        Choice(value="", name=_("The first that can be used"), chosen=chosen is None),
        *(Choice(value=name, name=name, chosen=name == chosen) for name in names),
    )


async def _answering(runtime: Runtime, principal: Principal, chosen: str | None) -> tuple[str, str]:
    """What to set before anybody answers, and who answers without seeing pictures; both empty too where nobody has
    said so within moments.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            choice = await runtime.texts.buyer.choose(chosen, principal)
    except (NotConfigured, PriceUnknown, ProviderError) as error:
        return told(error), ""
    except TimeoutError:
        return "", ""
    return "", "" if choice.card.sees else choice.card.id


async def attaching_of(runtime: Runtime, principal: Principal, ids: Sequence[str]) -> Attaching:
    """Pictures that go with the next message, as far as they are still there."""
    chosen = await attaching.still_there(runtime, principal, ids)
    return Attaching(
        chosen=tuple(showing.tile(each, eager=True) for each in chosen),
        recent=tuple(showing.tile(each) for each in await attaching.recent(runtime, principal)),
        most=MOST_SHOWN,
        megabytes=runtime.settings.max_upload_mb,
    )


async def thread_of(runtime: Runtime, principal: Principal, chat: Chat, links: Links, limit: int = SHOWN) -> Thread:
    """A chat with the end of the branch that is looked at."""
    messages = await runtime.chatting.messages(chat.id, principal)
    branch = branch_to(messages, chat.head)
    shown = branch[-limit:]
    spent = await runtime.chatting.chats.spent(chat.id, principal.id)
    views = [await message_view(runtime, principal, message, messages, links) for message in shown]
    return Thread(
        id=chat.id,
        title=title_of(chat),
        messages=tuple(views),
        earlier=len(branch) - len(shown),
        writing=next((each.id for each in views if each.writing), ""),
        spent=wording.price(spent) if spent else "",
        tags=tuple(TagView(id=tag.id, word=tag.word, kind=tag_kind(tag.kind), tag=tag.tag) for tag in chat.tags),
    )


def tag_kind(kind: str) -> str:
    """What a kind of tag is called."""
    return _(TAGS[TagKind(kind)])


async def message_view(
    runtime: Runtime, principal: Principal, message: Message, among: Sequence[Message], links: Links
) -> MessageView:
    """A message, and what lies beside it among all of its chat."""
    beside = [each.id for each in among if each.parent == message.parent and each.author is message.author]
    place = beside.index(message.id) if message.id in beside else 0
    mine = message.author is Author.USER
    paused = await runtime.queue.is_paused(principal.id)
    return MessageView(
        id=message.id,
        mine=mine,
        parts=await _parts(runtime, message, links, paused=paused),
        shown=await _shown(runtime, principal, message.pictures),
        writing=message.state is MessageState.WRITING,
        note=_note(message),
        plain=message.text,
        branch=place + 1,
        branches=len(beside),
        before=beside[place - 1] if place else "",
        after=beside[place + 1] if place + 1 < len(beside) else "",
        took="" if message.text_model is None else message.text_model,
    )


async def _parts(runtime: Runtime, message: Message, links: Links, *, paused: bool) -> tuple[Words | BlockView, ...]:
    mine = message.author is Author.USER
    texts = [part.text for part in message.parts if isinstance(part, TextPart)]
    html: Mapping[str, str] = {} if mine else await asyncio.to_thread(lambda: {each: rendered(each) for each in texts})
    return tuple(
        Words(plain=part.text, html=html.get(part.text, ""))
        if isinstance(part, TextPart)
        else block_of(part, runtime.catalog, links, paused=paused)
        for part in message.parts
    )


async def _shown(runtime: Runtime, principal: Principal, ids: Sequence[str]) -> tuple[Tile, ...]:
    found: list[Picture] = []
    for picture_id in ids:
        try:
            found.append(await runtime.pictures.get(picture_id, principal.id))
        except LimnerError:
            continue  # it is gone since
    return tuple(showing.tile(picture) for picture in found if picture.withheld is None)


def _note(message: Message) -> str:
    if message.problem is not None:
        return told(message.problem)
    return _(NOTES[message.state]) if message.state in NOTES else ""


def services_json(runtime: Runtime) -> str:
    """What services and their models are called, and which pigment they have, for the script."""
    known = {
        service.id: {
            "name": called(service),
            "colour": showing.COLOURS.get(service.id, "other"),
            "models": {card.name: card.title for card in runtime.catalog.models if card.service == service.id},
        }
        for service in runtime.catalog.services
    }
    return json.dumps(known, separators=(",", ":"))
