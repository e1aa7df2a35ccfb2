"""Chats and what is set of them: title, mode, profile, model, ceiling, tags; and who paints in one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Unpack

from limner.domain.chat_rows import KeepsChats
from limner.domain.chats import Chat, ChatChanges, ChatDraft, ChatMode, ChatTag, TagKind
from limner.domain.errors import InvalidRequest, NotConfigured, NotFound, PriceUnknown
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.ports import Clock, Ids
from limner.domain.profile import Profile
from limner.domain.text_calls import Texts
from limner.engine.profiles import Profiles

LONGEST_TITLE = 200
LONGEST_TAG = 200
MOST_TAGS = 50
DIRECT_CEILING = Money(1_000_000)
"""What the pictures of a chat that buys at once may cost, where nobody has said."""
NO_PROFILE = (
    "No profile says which model paints: choose one for this chat, or make one your default (`limner profiles add`)."
)

SWITCHED_OFF = "No pictures are made in this chat: that is how it is set. Choose a profile to have them made."


@dataclass(frozen=True, kw_only=True, slots=True)
class Painting:
    """Who paints in a chat, or why nobody does."""

    profile: Profile | None
    off: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatKeeper:
    """The chats of everybody, each person's for that person alone."""

    chats: KeepsChats
    texts: Texts
    profiles: Profiles
    clock: Clock
    ids: Ids

    async def create(self, draft: ChatDraft, principal: Principal) -> Chat:
        """A new chat. Raises InvalidRequest, UnknownModel, and NotFound for a profile that is not this person's."""
        principal.check_may_change()
        now = self.clock.now()
        if len(draft.tags) > MOST_TAGS:
            raise InvalidRequest(f"A chat has at most {MOST_TAGS} tags.", field="tags")
        chat = Chat(
            id=self.ids.new(),
            owner=principal.id,
            title=draft.title.strip(),
            mode=draft.mode,
            profile=draft.profile,
            text_model=draft.text_model,
            ceiling=draft.ceiling,
            head=None,
            created=now,
            updated=now,
            tags=tuple(self._tag(kind, tag) for kind, tag in dict.fromkeys(draft.tags)),
        )
        chat = await self._checked(chat, principal)
        await self.chats.add(chat)
        return chat

    async def change(self, chat_id: str, principal: Principal, **changes: Unpack[ChatChanges]) -> Chat:
        """The chat with what is given made different. Raises what `create` raises, and NotFound."""
        principal.check_may_change()
        before = await self.chats.get(chat_id, principal.id)
        after = replace(before, **changes)
        updated = max(self.clock.now(), before.updated + timedelta(microseconds=1))
        after = await self._checked(replace(after, title=after.title.strip(), updated=updated), principal)
        await self.chats.change(after)
        return await self.chats.get(chat_id, principal.id)

    async def tag(self, chat_id: str, kind: TagKind, tag: str, principal: Principal) -> Chat:
        """Adds a tag; one that is there stays. Raises InvalidRequest and NotFound."""
        principal.check_may_change()
        if len((await self.chats.get(chat_id, principal.id)).tags) >= MOST_TAGS:
            raise InvalidRequest(f"A chat has at most {MOST_TAGS} tags.", field="tag")
        return await self.chats.tag(chat_id, principal.id, self._tag(kind, tag))

    async def untag(self, chat_id: str, tag_id: str, principal: Principal) -> Chat:
        """Takes a tag away. Raises NotFound."""
        principal.check_may_change()
        return await self.chats.untag(chat_id, principal.id, tag_id)

    async def painting(self, chat: Chat, principal: Principal) -> Painting:
        """Who paints in a chat: its profile, else the person's default one, else nobody."""
        if chat.mode is ChatMode.OFF:
            return Painting(profile=None, off=SWITCHED_OFF)
        if chat.profile is not None:
            with suppress(NotFound):  # it is removed at this very moment
                return Painting(profile=await self.profiles.get(chat.profile, principal))
        default = next((each for each in await self.profiles.all(principal) if each.is_default), None)
        return Painting(profile=default, off=NO_PROFILE if default is None else None)

    async def _checked(self, chat: Chat, principal: Principal) -> Chat:
        """The chat as it is kept, with every part looked at."""
        if len(chat.title) > LONGEST_TITLE or not all(sign.isprintable() for sign in chat.title):
            raise InvalidRequest(f"A title has at most {LONGEST_TITLE} printable characters.", field="title")
        if chat.profile is not None:
            chat = replace(chat, profile=(await self.profiles.get(chat.profile, principal)).id)
        if chat.text_model is not None:
            with suppress(NotConfigured, PriceUnknown):  # that may change; what is wrong is told with the first message
                chat = replace(chat, text_model=(await self.texts.choose(chat.text_model, principal)).card.id)
        if chat.ceiling is not None and chat.ceiling < Money(0):
            raise InvalidRequest("A ceiling is not less than nothing.", field="ceiling")
        if chat.mode is ChatMode.DIRECT and chat.ceiling is None:
            chat = replace(chat, ceiling=DIRECT_CEILING)
        return chat

    def _tag(self, kind: TagKind, tag: str) -> ChatTag:
        if not tag.strip() or len(tag) > LONGEST_TAG or not tag.isprintable():
            raise InvalidRequest(f"A tag has 1 to {LONGEST_TAG} printable characters.", field="tag")
        return ChatTag(id=self.ids.new(), kind=kind, tag=tag.strip(), created=self.clock.now())
