"""One answer of a text model: asked, heard, its tools carried out and told about, a few rounds of it at most."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

from limner.domain.chat_rows import AnswerEnd, KeepsChats
from limner.domain.chats import ChatMode, Message, MessageState, ToolPart
from limner.domain.errors import Interrupted, LimnerError, Problem, Spent, StorageError
from limner.domain.people import Principal
from limner.domain.picture_tools import TOOLS, TOOLS_WITH_PICTURES
from limner.domain.ports import Clock, Ids
from limner.domain.profile import Profile
from limner.domain.text_calls import Purpose, TextCall, TextChoice, TextOrder, Texts
from limner.domain.texts import Finish, TextDelta, TextEnd, TextRequest, TextTool, ToolCall
from limner.engine.chat_buying import ChatBuyer
from limner.engine.chat_live import LiveAnswer, LiveAnswers
from limner.engine.chat_memory import ChatMemory, pictures_of
from limner.engine.following import Follower
from limner.engine.wanting import Wanting, WrongArguments, arguments_of

ROUNDS = 4
"""How often a model is asked for one answer: a tool that asks for tools would never end."""
MOST_PICTURES = 8
"""Pictures of one answer."""
MOST_WRONG = 2
"""Wrong calls of tools after which an answer ends: the first is told to the model, so that it may put it right."""
NOTE_EVERY = 1.0
"""Seconds between two times that a growing answer is written down."""
PATIENCE = 600.0
"""Seconds that a model waits for its picture; after that the picture goes on without it."""
LONGEST_NAME = 200

CUT = Problem(code="answer_cut", message="The answer had as many words as are allowed. Ask for the rest.")
REFUSED = Problem(
    code="content_refused", message="The moderation of the text model's service stopped the answer. Say it otherwise."
)
LOOP = Problem(
    code="tool_loop",
    message=f"The text model kept asking for tools; it was stopped after {ROUNDS} rounds. What was painted is kept.",
)
UNFORESEEN = Problem(
    code="unexpected", message="The answer met an error that nobody foresaw; the log has it.", spent=Spent.UNKNOWN
)
STOPPED = Interrupted("The server was stopped while it wrote. Send it again to have it answered anew.").problem()
TOO_MANY = Problem(
    code="too_many_pictures", message=f"One answer paints {MOST_PICTURES} pictures at most. Ask for more in the next."
)
SCHEMAS, SCHEMAS_WITH_PICTURES = (
    tuple(
        TextTool(name=name, description=str(tool["description"]), schema=dict(tool["parameters"]))  # type: ignore[call-overload]  # an object by its own schema
        for name, tool in tools.items()
    )
    for tools in (TOOLS, TOOLS_WITH_PICTURES)
)

log = logging.getLogger("limner.engine")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What an answer is written with."""

    principal: Principal
    choice: TextChoice
    branch: Sequence[Message]
    """What was said before, the person's last words at the end."""
    profile: Profile | None
    """Who paints; None where nobody does."""
    off: str | None
    """Why no pictures can be made, where that is so."""
    counted: bool = True
    """Whether its pictures count against the requests of the minute."""


@dataclass(slots=True)
class _Course:
    """How far an answer is."""

    names: set[str]
    """The model's own names of its calls so far."""
    pictures: int = 0
    wrong: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answerer:
    """Writes answers."""

    texts: Texts
    chats: KeepsChats
    memory: ChatMemory
    wanting: Wanting
    buyer: ChatBuyer
    follower: Follower
    answers: LiveAnswers
    clock: Clock
    ids: Ids

    async def write(self, live: LiveAnswer, asked: Asked) -> None:
        """Writes an answer to its end, whatever that is; it is kept as it grows. Raises nothing but StorageError."""
        noting = asyncio.create_task(self._keep_noting(live))
        state, problem = MessageState.COMPLETE, None
        try:
            problem = await self._rounds(live, asked)
            state = MessageState.COMPLETE if problem in {None, CUT} else MessageState.FAILED
        except asyncio.CancelledError:
            state = live.ending or MessageState.INTERRUPTED
            problem = STOPPED if state is MessageState.INTERRUPTED else None
        except LimnerError as error:
            state, problem = MessageState.FAILED, error.problem()
        except Exception:
            log.exception("answer %s met an error that nobody foresaw", live.message.id)
            state, problem = MessageState.FAILED, UNFORESEEN
        finally:
            noting.cancel()
        await self._end(live, state, problem)

    async def _end(self, live: LiveAnswer, state: MessageState, problem: Problem | None) -> None:
        ending = AnswerEnd(
            message_id=live.message.id,
            state=state,
            at=self.clock.now(),
            parts=tuple(live.parts),
            text_calls=tuple(live.text_calls),
            problem=problem,
        )
        live.ending = live.ending or state
        await self.chats.end(ending)
        live.end(await self.chats.message(live.message.id, live.chat.owner))

    async def _keep_noting(self, live: LiveAnswer) -> None:
        """Writes down what there is of an answer, every second at most; stops it where somebody ended it elsewhere."""
        while True:
            await live.changed.wait()
            live.changed.clear()
            with suppress(StorageError):  # the next time, or the end, writes it all
                if not await self.chats.note(live.message.id, live.parts, live.text_calls):
                    stopping = self.answers.stop(live, MessageState.STOPPED)
                    await self.answers.unbroken(stopping)
                    return
            await self.clock.sleep(NOTE_EVERY)

    async def _rounds(self, live: LiveAnswer, asked: Asked) -> Problem | None:
        """Asks the model, and again with what came of its tools; what there is to say at the end."""
        course = _Course(names=set())
        for number in range(1, ROUNDS + 1):
            spent = asked.off is not None or number == ROUNDS or course.pictures >= MOST_PICTURES
            tools = SCHEMAS_WITH_PICTURES if _near(live, asked) else SCHEMAS
            request = await self.memory.request(
                [*asked.branch, replace(live.message, parts=tuple(live.parts))],
                asked.choice.card,
                live.chat.owner,
                tools=() if spent or not asked.choice.card.uses_tools else tools,
                off=asked.off,
            )
            calls, finish = await self.answers.unbroken(self._heard(live, request, asked))
            if finish is Finish.REFUSED:
                return REFUSED
            if not calls:
                return CUT if finish is Finish.CUT else None
            if asked.profile is None or number == ROUNDS:
                return LOOP
            for call in calls:
                await self._carried(live, call, asked, course)
            if course.wrong >= MOST_WRONG:
                return _misused(live)
        return LOOP

    async def _heard(self, live: LiveAnswer, request: TextRequest, asked: Asked) -> tuple[list[ToolCall], Finish]:
        """One purchase of text, passed on as it comes. It is heard to its end even where nobody listens any more: only
        then is it known what it costs.
        """
        calls: list[ToolCall] = []
        finish = Finish.DONE
        order = TextOrder(request=request, purpose=Purpose.CHAT, model=live.chat.text_model)
        async with aclosing(self.texts.stream(order, asked.choice, asked.principal)) as pieces:
            async for piece in pieces:
                match piece:
                    case TextDelta():
                        if live.ending is None:
                            live.say(piece.text)
                    case ToolCall():
                        calls.append(piece)
                    case TextEnd():
                        finish = piece.finish
                    case TextCall():
                        await self._booked(live, piece)
        return calls, finish

    async def _booked(self, live: LiveAnswer, call: TextCall) -> None:
        if live.ending is None:
            live.text_calls.append(call.id)
            return
        while not (live.ended or live.broken):  # its end is being written down, without this call
            await live.wait(NOTE_EVERY)
        await self.chats.add_text_call(live.message.id, call.id)

    async def _carried(self, live: LiveAnswer, call: ToolCall, asked: Asked, course: _Course) -> None:
        """A call of a tool, as far as it may go: priced, and bought and waited for in a chat that does so."""
        part = ToolPart(
            id=self.ids.new(), call_id=_named(call, course), tool=_plain(call.name), arguments=arguments_of(call)
        )
        if asked.profile is None:
            return
        try:
            request = await self.wanting.request(call, live.chat, asked.profile, _near(live, asked), asked.principal)
        except LimnerError as error:
            course.wrong += isinstance(error, WrongArguments)
            live.show(await self.chats.call(live.message.id, replace(part, problem=error.problem())))
            return
        course.pictures += request.count
        if course.pictures > MOST_PICTURES:
            live.show(await self.chats.call(live.message.id, replace(part, problem=TOO_MANY)))
            return
        part = await self.chats.call(live.message.id, part)
        try:
            part = await self.buyer.priced(part, request, asked.principal)
            live.show(part)
            if live.chat.mode is ChatMode.DIRECT:
                await self._bought(live, part, asked)
        except StorageError:
            raise
        except LimnerError as error:
            await self.chats.refuse(part.id, error.problem())
            live.show((await self.chats.tool(part.id, live.chat.owner))[1])

    async def _bought(self, live: LiveAnswer, part: ToolPart, asked: Asked) -> None:
        """Buys a picture and waits for it. Stopping the answer meanwhile stops neither."""
        buying = self.buyer.bought(part.id, asked.principal, counted=asked.counted)
        part = await self.answers.unbroken(buying)
        live.show(part)
        if part.job is not None:
            await self.follower.wait(part.job, PATIENCE)
            live.show((await self.chats.tool(part.id, live.chat.owner))[1])


def _near(live: LiveAnswer, asked: Asked) -> frozenset[str]:
    """The ids of the pictures of the conversation so far."""
    so_far = replace(live.message, parts=tuple(live.parts))
    return frozenset(each for said in (*asked.branch, so_far) for each in pictures_of(said))


def _named(call: ToolCall, course: _Course) -> str:
    """A name that no other call of the answer has: some models begin to count anew with each round."""
    plain = _plain(call.id) or "call"
    name, again = plain, 1
    while name in course.names:
        again += 1
        name = f"{plain}/{again}"
    course.names.add(name)
    return name


def _plain(text: str) -> str:
    """A model's word as a name: it may have written anything."""
    return text.replace("\0", "")[:LONGEST_NAME]


def _misused(live: LiveAnswer) -> Problem:
    said = [part.problem.message for part in live.parts if isinstance(part, ToolPart) and part.problem is not None]
    return Problem(
        code=WrongArguments.code,
        message=f"The text model called a tool wrongly {MOST_WRONG} times, so nothing was painted: {said[-1]} Say what "
        "you want in other words, or choose another text model.",
    )
