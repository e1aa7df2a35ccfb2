"""Talks with a text model that paints: one message, or as many as are typed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.asking import typed
from limner.cli.exits import OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json, Show, Yes
from limner.cli.output import Output, shortened
from limner.cli.wishes import amount, checked_text, prompt_from, whole_file
from limner.domain.chats import ChatChanges, ChatDraft, ChatMode
from limner.domain.errors import InvalidRequest, LimnerError

if TYPE_CHECKING:
    from limner.cli.talking import Talk
    from limner.domain.chats import Chat

app = App()

ATTACH = "/attach"

Words = Annotated[str | None, typer.Argument(metavar="TEXT", help="What to say; - reads it from stdin.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Which chat it is, and what is set of it."""

    chat: Annotated[str | None, typer.Option("--chat", metavar="ID", help="Go on with this chat.")] = None
    last: Annotated[bool, typer.Option("--last", help="Go on with the chat that was used last.")] = False
    profile: Annotated[
        str | None, typer.Option("--profile", "-p", help="The profile that paints; your default one unless given.")
    ] = None
    model: Annotated[str | None, typer.Option("--model", "-m", help="The text model that answers.")] = None
    direct: Annotated[
        bool, typer.Option("--direct", help="Buy pictures without asking, within the ceiling of the chat.")
    ] = False
    ceiling: Annotated[
        str | None,
        typer.Option("--ceiling", metavar="USD", help="What all pictures of the chat may cost; 1.00 with --direct."),
    ] = None


Attach = Annotated[
    list[str] | None,
    typer.Option("--attach", "-a", metavar="PICTURE", help="A file, or the id of a kept picture; more than once."),
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How it is told, and whether it is asked before money is spent."""

    yes: Yes = False
    show: Show = True
    json: Json = False


@app.add()
def chat(choice: Choice, manner: Manner, text: Words = None, attach: Attach = None) -> int:
    """Talk with a text model that paints. A picture's price is shown before it is bought; Ctrl-C stops the answer.

    With --attach, or a line that begins with /attach, pictures go with what is said.
    """
    said = None if text is None else prompt_from(text)
    output = Output(json=manner.json)
    if said is None and not output.talks:
        raise InvalidRequest("Say what you want: limner chat TEXT, or - to read it from stdin.", field="text")

    async def action(session: Session) -> int:
        from limner.cli.talking import Talk

        pictures = [await _attached(session, each) for each in attach or ()]
        talk = Talk(session, await _chat(session, choice), yes=manner.yes, show=manner.show)
        return await talk.once(said, pictures) if said is not None else await _typed(talk, session, pictures)

    return with_studio(output, action, paints=True)


async def _typed(talk: Talk, session: Session, pictures: list[str]) -> int:
    """Says each line that is typed, until there is none any more; pictures that were attached go with the next one."""
    session.output.say(f"Chat {talk.chat.id}. /attach PICTURE adds a file or a kept picture to what you say next.")
    session.output.say("An empty line, or Ctrl-D, ends it.")
    while line := (await typed(session, "> ")).strip():
        command, _, named = line.partition(" ")
        try:
            if command == ATTACH:
                pictures.append(await _attached(session, named.strip()))
                session.output.say(f"Attached: {pictures[-1]}")
                continue
            await talk.once(line, pictures)
            pictures = []
        except LimnerError as error:
            session.output.say(error.message)
    session.output.say(f"Kept: limner chat --chat {talk.chat.id}")
    return OK


async def _attached(session: Session, name: str) -> str:
    """The id of a picture that goes with a message: of a file, which is kept, or of one that is kept already.

    Raises InvalidRequest, BadPicture and NotFound.
    """
    from limner.cli.finding import picture_named
    from limner.engine.importing import Label

    path = Path(checked_text(name, "picture"))
    if not await asyncio.to_thread(path.is_file):
        return (await picture_named(session, name)).id
    importer = session.studio.runtime.keeping.importer
    data = await asyncio.to_thread(whole_file, path)
    return (await importer.bring(data, Label(name=path.name), session.studio.principal)).picture.id


async def _chat(session: Session, choice: Choice) -> Chat:
    """The chat that is meant, with what was said about it."""
    chatting, principal = session.studio.runtime.chatting, session.studio.principal
    if choice.chat is None and not choice.last:
        await session.studio.runtime.texts.buyer.choose(choice.model, principal)  # before there is an empty chat
        mode = ChatMode.DIRECT if choice.direct else ChatMode.CONFIRM
        draft = ChatDraft(mode=mode, profile=choice.profile, text_model=choice.model, ceiling=amount(choice.ceiling))
        return await chatting.keeper.create(draft, principal)
    found = await _known(session, choice.chat)
    changes = ChatChanges()
    if choice.profile is not None:
        changes["profile"] = choice.profile
    if choice.model is not None:
        changes["text_model"] = choice.model
    if choice.direct:
        changes["mode"] = ChatMode.DIRECT
    if choice.ceiling is not None:
        changes["ceiling"] = amount(choice.ceiling)
    return await chatting.keeper.change(found.id, principal, **changes) if changes else found


async def _known(session: Session, chat_id: str | None) -> Chat:
    from limner.domain.chat_rows import ChatFilter

    chats, owner = session.studio.runtime.chatting.chats, session.studio.principal.id
    if chat_id is not None:
        return await chats.get(checked_text(chat_id, "chat"), owner)
    page = await chats.page(owner, ChatFilter(), limit=1, cursor=None)
    if not page.items:
        raise InvalidRequest("There is no chat yet. Leave --last out to begin one.", field="last")
    session.output.say(f"{shortened(page.items[0].title, 60)}")
    return page.items[0]
