"""What people do with chats: talk, branch, stop, search, and buy what a text model has offered them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from limner.domain.chat_rows import AnswerEnd, KeepsChats, NewMessage, Saying
from limner.domain.chats import (
    Author,
    Chat,
    ChatDraft,
    Message,
    MessageState,
    ToolPart,
)
from limner.domain.errors import InvalidRequest, LimnerError, Problem
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.picture import check_shown
from limner.domain.ports import Clock, Ids
from limner.domain.stores import Pictures
from limner.domain.telling import WorkerLocks
from limner.domain.text_calls import Texts
from limner.engine.answering import Answerer, Asked
from limner.engine.chat_buying import ChatBuyer
from limner.engine.chat_keeping import ChatKeeper
from limner.engine.chat_live import ChatEvent, ChatEventKind, LiveAnswer, LiveAnswers
from limner.engine.chat_wishes import Wanted, check_text, fingerprint_of, title_of
from limner.engine.following import LOOK_AGAIN

MOST_MESSAGES = 2_000
"""Of one chat, in all its branches."""

INTERRUPTED = Problem(
    code="interrupted",
    message="The process that wrote this ended. What was said and painted until then is kept; send it again to have it "
    "answered anew.",
    retryable=True,
)
NO_TOOLS = "The text model of this chat cannot use tools. Choose another one."


@dataclass(frozen=True, kw_only=True, slots=True)
class Chatting:
    """The chats of everybody, each person's for that person alone."""

    chats: KeepsChats
    texts: Texts
    answerer: Answerer
    answers: LiveAnswers
    buyer: ChatBuyer
    keeper: ChatKeeper
    pictures: Pictures
    locks: WorkerLocks
    clock: Clock
    ids: Ids
    worker: str | None

    # --- chats --------------------------------------------------------------------------------

    async def remove(self, chat_id: str, principal: Principal) -> None:
        """Forgets a chat; its pictures and what they cost stay. An answer that is written now ends. Raises NotFound."""
        principal.check_may_change()
        for message in await self.chats.messages(chat_id, principal.id):
            if message.state is MessageState.WRITING:
                await self.stop(message.id, principal)
        await self.chats.remove(chat_id, principal.id)

    async def turn_to(self, chat_id: str, message_id: str, principal: Principal) -> Chat:
        """Makes the newest branch through a message the one that is looked at. Raises NotFound."""
        principal.check_may_change()
        return await self.chats.turn_to(chat_id, principal.id, message_id)

    # --- messages -----------------------------------------------------------------------------

    async def messages(self, chat_id: str, principal: Principal) -> Sequence[Message]:
        """All messages of all branches. Raises NotFound."""
        found = await self.chats.messages(chat_id, principal.id)
        if await self._put_right(found):
            found = await self.chats.messages(chat_id, principal.id)
        return found

    async def message(self, message_id: str, principal: Principal) -> Message:
        """One message. Raises NotFound."""
        found = await self.chats.message(message_id, principal.id)
        if await self._put_right([found]):
            found = await self.chats.message(message_id, principal.id)
        return found

    async def say(
        self, chat_id: str, wanted: Wanted, principal: Principal, *, key: str | None = None, counted: bool = True
    ) -> Message:
        """Says something; the answer, which is being written. The same `key` with the same words gives the same answer.

        Raises InvalidRequest, NotFound, ChatBusy, NotConfigured where nobody can answer, and IdempotencyConflict:
        nothing is written down then, and nothing bought.
        """
        principal.check_may_change()
        check_text(wanted)
        chat = await self.chats.get(chat_id, principal.id)
        fingerprint = fingerprint_of("say", "" if wanted.begins else chat_id, wanted) if key else ""
        had = await self.chats.known(principal.id, key, fingerprint) if key else None
        if had is not None:
            return await self.message(had, principal)
        for picture_id in wanted.pictures:
            check_shown(await self.pictures.get(picture_id, principal.id))
        parent = None if wanted.first else wanted.parent or chat.head
        before = self._earlier(wanted)
        if before:
            parent = before[-1].id
        said = NewMessage(
            id=self.ids.new(),
            author=Author.USER,
            state=MessageState.COMPLETE,
            parent=parent,
            at=self.clock.now(),
            text=wanted.text,
            pictures=wanted.pictures,
        )
        saying = Saying(
            chat_id=chat.id,
            owner=principal.id,
            said=said,
            answer=self._answer(said.id),
            before=before,
            key=key,
            fingerprint=fingerprint,
        )
        answer = await self._answered(chat, saying, principal, counted=counted)
        if not chat.title:
            await self.chats.entitle(chat.id, principal.id, title_of(wanted.text))
        return answer

    async def begin(
        self, draft: ChatDraft, wanted: Wanted, principal: Principal, *, key: str | None = None, counted: bool = True
    ) -> Message:
        """Says something in a new chat, of which nothing is left where that is refused. The same `key` with the same
        words is the same answer in the same chat. Raises as `ChatKeeper.create` and `say`.
        """
        wanted = replace(wanted, first=True, begins=True)
        had = await self.chats.known(principal.id, key, fingerprint_of("say", "", wanted)) if key else None
        if had is not None:
            return await self.message(had, principal)
        chat = await self.keeper.create(draft, principal)
        try:
            return await self.say(chat.id, wanted, principal, key=key, counted=counted)
        except LimnerError:
            await self.chats.remove(chat.id, principal.id)
            raise

    async def edit(self, message_id: str, text: str, principal: Principal, *, key: str | None = None) -> Message:
        """Says one of one's own messages in other words, as a branch of its own. Raises what `say` raises."""
        message = await self.chats.message(message_id, principal.id)
        if message.author is not Author.USER:
            raise InvalidRequest("Only your own messages can be edited. Send this one again instead.", field="message")
        wanted = Wanted(text=text, pictures=message.pictures, parent=message.parent, first=message.parent is None)
        return await self.say(message.chat_id, wanted, principal, key=key)

    async def resend(self, message_id: str, principal: Principal, *, key: str | None = None) -> Message:
        """Has a message answered anew, as a branch of its own; of an answer, what it answers. Raises as `say` does."""
        principal.check_may_change()
        message = await self.chats.message(message_id, principal.id)
        asked = message.id if message.author is Author.USER or message.parent is None else message.parent
        chat = await self.chats.get(message.chat_id, principal.id)
        fingerprint = fingerprint_of("resend", chat.id, Wanted(text="", parent=asked)) if key else ""
        had = await self.chats.known(principal.id, key, fingerprint) if key else None
        if had is not None:
            return await self.message(had, principal)
        saying = Saying(
            chat_id=chat.id,
            owner=principal.id,
            said=None,
            answer=self._answer(asked),
            key=key,
            fingerprint=fingerprint,
        )
        return await self._answered(chat, saying, principal)

    async def stop(self, message_id: str, principal: Principal) -> Message:
        """Ends an answer where it stands; one that has ended stays as it is. Pictures that are painted go on."""
        principal.check_may_change()
        message = await self.chats.message(message_id, principal.id)
        live = self.answers.find(message_id, principal.id)
        if live is not None:
            await self.answers.stop(live, MessageState.STOPPED)
        elif message.state is MessageState.WRITING:
            # Another process writes it: it notices within a second that there is nothing to write any more.
            await self.chats.end(_ending(message, MessageState.STOPPED, self.clock))
        return await self.chats.message(message_id, principal.id)

    async def wait(self, message_id: str, principal: Principal, seconds: float) -> Message:
        """An answer when it has ended, or as it is after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for _ in self.follow(message_id, principal):
                    pass
        return await self.message(message_id, principal)

    async def follow(self, message_id: str, principal: Principal, *, after: int = 0) -> AsyncIterator[ChatEvent | None]:
        """What happens to an answer, from an event on, up to the last one; None is "still nothing".

        An answer that is not written in this process is told as it is kept, whole, whenever that has changed. Raises
        NotFound before the first event.
        """
        live = self.answers.find(message_id, principal.id)
        if live is not None:
            async for heard in _heard(live, after):
                yield heard
            if live.ended:
                return
        async for found in self._looked_up(message_id, principal):
            yield found

    async def _looked_up(self, message_id: str, principal: Principal) -> AsyncIterator[ChatEvent | None]:
        """An answer as it is kept, whole, whenever that has changed."""
        message = await self.message(message_id, principal)
        chat, number = await self.chats.get(message.chat_id, principal.id), 1
        yield _kept(chat, message, number, ChatEventKind.SNAPSHOT)
        while message.state is MessageState.WRITING:
            await self.clock.sleep(LOOK_AGAIN)
            now = await self.message(message_id, principal)
            if now == message:
                yield None
            elif now.state is MessageState.WRITING:
                number += 1
                yield _kept(chat, now, number, ChatEventKind.SNAPSHOT)
            message = now
        yield _kept(chat, message, number + 1, ChatEventKind.COMPLETE)

    # --- pictures -----------------------------------------------------------------------------

    async def buy(self, part_id: str, principal: Principal, *, agreed: Money | None = None) -> ToolPart:
        """Buys what was offered, once; whoever listens to the answer is told. Raises as `ChatBuyer.bought` does."""
        part = await self.answers.unbroken(self.buyer.bought(part_id, principal, agreed=agreed))
        await self._show(part, principal)
        return part

    async def reprice(self, part_id: str, principal: Principal, *, model: str | None = None) -> ToolPart:
        """A new price for what was offered, by another model where one is named. Raises as `ChatBuyer.repriced`."""
        principal.check_may_change()
        part = await self.buyer.repriced(part_id, principal, model=model)
        await self._show(part, principal)
        return part

    # --- what dead processes left ---------------------------------------------------------------

    async def recover(self) -> None:
        """Ends answers whose process is gone, and looks up what was bought for them. Raises StorageError."""
        gone: dict[str | None, bool] = {self.worker: False, None: True}
        for left in await self.chats.open_purchases():
            if await self._is_gone(left.worker, gone):
                await self.buyer.settle(left)
        for answer in await self.chats.open_answers():
            if await self._is_gone(answer.worker, gone):
                message = await self.chats.message(answer.message_id, answer.owner)
                await self.chats.end(_ending(message, MessageState.INTERRUPTED, self.clock))

    async def _put_right(self, messages: Sequence[Message]) -> bool:
        """Ends what nobody writes any more, and looks up what dead processes were buying; whether there was any."""
        gone: dict[str | None, bool] = {self.worker: False, None: True}
        left = [message.worker for message in messages if message.state is MessageState.WRITING]
        left += [part.worker for message in messages for part in message.tools if part.taken and part.job_id is None]
        dead = [worker for worker in dict.fromkeys(left) if await self._is_gone(worker, gone)]
        if dead:
            await self.recover()
        # Of this very process: an answer whose end could not be written down.
        mine = [each for each in messages if each.state is MessageState.WRITING and each.worker == self.worker]
        given_up = [message for message in mine if not self.answers.writes(message.id)]
        for message in given_up:
            await self.chats.end(_ending(message, MessageState.INTERRUPTED, self.clock))
        return bool(dead or given_up)

    async def _is_gone(self, worker: str | None, known: dict[str | None, bool]) -> bool:
        if worker not in known:
            known[worker] = worker is None or await self.locks.is_free(worker)
        return known[worker]

    # --- what the above is made of --------------------------------------------------------------

    def _answer(self, parent: str) -> NewMessage:
        """An answer that begins."""
        return NewMessage(
            id=self.ids.new(),
            author=Author.ASSISTANT,
            state=MessageState.WRITING,
            parent=parent,
            at=self.clock.now(),
            worker=self.worker,
        )

    def _earlier(self, wanted: Wanted) -> tuple[NewMessage, ...]:
        """What was said elsewhere, each after the one before it."""
        earlier: list[NewMessage] = []
        for author, text in wanted.before if wanted.first else ():
            new = NewMessage(
                id=self.ids.new(),
                author=author,
                state=MessageState.COMPLETE,
                parent=earlier[-1].id if earlier else None,
                at=self.clock.now(),
                text=text,
            )
            earlier.append(new)
        return tuple(earlier)

    async def _answered(self, chat: Chat, saying: Saying, principal: Principal, *, counted: bool = True) -> Message:
        """Writes down what is said, and has it answered."""
        if len(await self.messages(chat.id, principal)) + len(saying.before) >= MOST_MESSAGES:
            raise InvalidRequest(f"A chat has at most {MOST_MESSAGES} messages. Begin a new one.", code="chat_full")
        choice = await self.texts.choose(chat.text_model, principal)
        fresh_words = [*saying.before, *([] if saying.said is None else [saying.said])]
        await self.texts.admit(" ".join(each.text for each in fresh_words), choice, principal, counted=counted)
        painting = await self.keeper.painting(chat, principal)
        saying = replace(saying, answer=replace(saying.answer, text_model=choice.card.id))
        with self.answers.expected(saying.answer.id):
            answer_id, fresh = await self.chats.say(saying)
            if not fresh:
                return await self.message(answer_id, principal)
            messages = await self.chats.messages(chat.id, principal.id)
            asked = Asked(
                principal=principal,
                choice=choice,
                branch=branch_to(messages, saying.answer.parent),
                profile=painting.profile,
                off=painting.off or (None if choice.card.uses_tools else NO_TOOLS),
                counted=counted,
            )
            live = LiveAnswer(chat, next(message for message in messages if message.id == answer_id))
            self.answers.begin(live, self.answerer.write(live, asked))
        return live.message

    async def _show(self, part: ToolPart, principal: Principal) -> None:
        """Tells whoever listens to the answer that a picture belongs to, as long as it is written here."""
        for live in self.answers.of(principal.id):
            if any(isinstance(each, ToolPart) and each.id == part.id for each in live.parts):
                live.show(part)


def branch_to(messages: Sequence[Message], last: str | None) -> list[Message]:
    """The messages from the first one to `last`, each followed by the one that follows it."""
    known = {message.id: message for message in messages}
    branch: list[Message] = []
    while last is not None and last in known:
        branch.append(known[last])
        last = known[last].parent
    return branch[::-1]


async def _heard(live: LiveAnswer, after: int) -> AsyncIterator[ChatEvent | None]:
    """What is told of an answer that is written here, until its end, or until nobody writes it any more."""
    while not live.broken:
        told = live.events[after:]
        for event in told:
            after = event.number
            yield event
        if told:
            continue
        if live.ended:
            return
        if not await live.wait(LOOK_AGAIN):
            yield None


def _kept(chat: Chat, message: Message, number: int, kind: ChatEventKind) -> ChatEvent:
    return ChatEvent(message_id=message.id, number=number, kind=kind, chat=chat, message=message)


def _ending(message: Message, state: MessageState, clock: Clock) -> AnswerEnd:
    """The end of an answer that nobody writes any more, with what there is of it."""
    return AnswerEnd(
        message_id=message.id,
        state=state,
        at=clock.now(),
        parts=message.parts,
        text_calls=message.text_calls,
        problem=INTERRUPTED if state is MessageState.INTERRUPTED else None,
    )
