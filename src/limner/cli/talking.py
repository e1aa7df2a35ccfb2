"""One message and its answer at the command line: words as they come, prices asked about, pictures shown."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from limner.cli.asking import agreed
from limner.cli.documents import Document, moment, usd
from limner.cli.exits import AMBIGUOUS, FAILED, INTERRUPTED, OK, described
from limner.cli.keeping import looked_up, path_of
from limner.cli.opening import Session
from limner.cli.pictures import Protocol, protocol_of, show_picture
from limner.cli.telling import tell_kept
from limner.cli.watching import watched
from limner.domain.chats import Chat, Message, MessageState, PictureState, ToolPart
from limner.domain.errors import LimnerError, Spent
from limner.domain.job import Job
from limner.engine.chat_live import ChatEvent, ChatEventKind
from limner.engine.chat_wishes import Wanted


class Talk:
    """A chat that somebody sits before."""

    def __init__(self, session: Session, chat: Chat, *, yes: bool, show: bool) -> None:
        self.chat = chat
        self._session = session
        self._yes = yes
        self._show = show and not session.output.json
        self._shown: set[str] = set()
        self._told_why = False
        self._in_a_line = False
        """Whether words of the answer stand in a line that has not ended."""

    async def once(self, text: str, pictures: Sequence[str] = ()) -> int:
        """Says something, with kept pictures, tells the answer, buys what is agreed to; gives the exit code."""
        runtime, principal = self._session.studio.runtime, self._session.studio.principal
        await self._say_why()
        self._session.interruption.last_words = f"Stopped. The chat is kept: limner chat --chat {self.chat.id}"
        message = await runtime.chatting.say(
            self.chat.id, Wanted(text=text, pictures=tuple(pictures)), principal, counted=False
        )
        message = await self._heard(message)
        for part in message.tools:
            await self._offered(part)
        message = await runtime.chatting.message(message.id, principal)
        if self._session.output.json:
            self._session.output.document(await self._document(message))
        elif message.problem is not None:
            self._session.output.say(message.problem.message)
        return self._code(message)

    async def _say_why(self) -> None:
        """Says once which model answers, and why nothing can be painted where that is so."""
        if self._told_why:
            return
        self._told_why = True
        runtime, principal = self._session.studio.runtime, self._session.studio.principal
        choice = await runtime.texts.buyer.choose(self.chat.text_model, principal)
        self._session.output.say(f"{choice.card.id} answers. {choice.why}")
        painting = await runtime.chatting.keeper.painting(self.chat, principal)
        if painting.off is not None:
            self._session.output.say(f"No pictures: {painting.off}")

    async def _heard(self, message: Message) -> Message:
        """Tells an answer as it comes. Ctrl-C ends it where it stands, and loses nothing of it."""
        runtime, principal = self._session.studio.runtime, self._session.studio.principal
        stopping: list[asyncio.Task[Message]] = []

        def stop() -> None:
            if not stopping:
                stopping.append(asyncio.create_task(runtime.chatting.stop(message.id, principal)))

        with self._session.interruption.answered_by(stop):
            async for event in runtime.chatting.follow(message.id, principal):
                if event is not None:
                    await self._tell(event)
            await asyncio.gather(*stopping)
        if stopping:
            self._session.interruption.heard.clear()  # the next Ctrl-C is a first one again
            self._session.output.say("Stopped. What was said is kept.")
        return await runtime.chatting.message(message.id, principal)

    async def _tell(self, event: ChatEvent) -> None:
        output = self._session.output
        if output.json:
            return
        if event.kind is ChatEventKind.TEXT:
            output.piece(event.text)
            self._in_a_line = True
            return
        if self._in_a_line:
            output.piece("\n")
            self._in_a_line = False
        if event.part is not None:
            await self._tell_part(event.part)

    async def _tell_part(self, part: ToolPart) -> None:
        """Says what became of a wish for a picture, as far as that is news."""
        output = self._session.output
        if part.trouble is not None:
            output.say(f"No picture: {part.trouble.message}")
        elif part.state is PictureState.GENERATING and part.job is not None:
            output.say(f"{part.job.model} paints.")
        elif part.state is PictureState.COMPLETE and part.job is not None:
            await self._show_pictures(part.job)

    async def _offered(self, part: ToolPart) -> None:
        """Asks whether an offered picture is to be bought, buys it, and shows it."""
        if part.state is not PictureState.PENDING or part.quote is None:
            return
        session, quote = self._session, part.quote
        cost = "an amount that nobody knows" if quote.ceiling is None else f"up to {quote.ceiling}"
        model = quote.plan.candidates[0].model
        if not self._yes:
            if not session.output.talks:
                session.output.say(f"{model} would paint it for {cost}. Say --yes to buy it.")
                return
            if not await agreed(session, f"{model} would paint it for {cost}. Buy it?"):
                session.output.say("Not bought.")
                return
        try:
            chatting, principal = session.studio.runtime.chatting, session.studio.principal
            bought = await chatting.buyer.bought(part.id, principal, agreed=quote.ceiling, counted=False)
        except LimnerError as error:
            session.output.say(error.message)
            return
        if bought.job is not None:
            await self._show_pictures(await watched(session, bought.job))

    async def _show_pictures(self, job: Job) -> None:
        """Shows the pictures of a job, once, and where they lie."""
        session = self._session
        if job.id in self._shown or session.output.json:
            return
        self._shown.add(job.id)
        if job.problem is not None:
            session.output.say(job.problem.message)
        protocol = Protocol.NONE
        if self._show:
            protocol = await asyncio.to_thread(protocol_of, session.output.results, os.environ)
        for picture in job.pictures:
            if picture.withheld is not None:
                session.output.say(f"A picture is withheld: {picture.withheld}")
                continue
            kept = await looked_up(session.studio.runtime, picture)
            await asyncio.to_thread(show_picture, session.output.results, kept.preview, protocol)
            tell_kept(session.output, kept, job)

    async def _document(self, message: Message) -> Document:
        """The answer as `--json` writes it."""
        return {
            "chat": self.chat.id,
            "message": message.id,
            "state": message.state.value,
            "text": message.text,
            "text_model": message.text_model,
            "created": moment(message.created),
            "pictures": [await self._part_document(part) for part in message.tools],
            "error": None if message.problem is None else described(message.problem),
        }

    async def _part_document(self, part: ToolPart) -> Document:
        runtime, quote, trouble = self._session.studio.runtime, part.quote, part.trouble
        job = part.job
        if job is not None:
            job = await runtime.jobs.get(job.id, self.chat.owner)
        return {
            "id": part.id,
            "state": part.state.value,
            "tool": part.tool,
            "prompt": part.arguments.get("prompt"),
            "ceiling_usd": None if quote is None else usd(quote.ceiling),
            "job": part.job_id,
            "cost_usd": None if job is None else usd(job.cost),
            "images": []
            if job is None
            else [
                {"id": picture.id, "path": None if (path := await path_of(runtime, picture)) is None else str(path)}
                for picture in job.pictures
                if picture.withheld is None
            ],
            "error": None if trouble is None else described(trouble),
        }

    def _code(self, message: Message) -> int:
        """The exit code: how the answer ended, and what became of its pictures."""
        if message.state is MessageState.STOPPED:
            return INTERRUPTED
        troubles = [part.trouble for part in message.tools if part.trouble is not None]
        problems = [*([] if message.problem is None else [message.problem]), *troubles]
        if any(problem.spent is Spent.UNKNOWN for problem in problems):
            return AMBIGUOUS
        return OK if message.state is MessageState.COMPLETE else FAILED
