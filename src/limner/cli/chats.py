"""The chats that there are: listed, searched, read, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.documents import Document, moment, usd
from limner.cli.exits import OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output, shortened
from limner.cli.wishes import checked_text
from limner.domain.chats import Author

if TYPE_CHECKING:
    from limner.domain.chats import Chat, Message

app = App(help="Read, search and remove chats.", no_args_is_help=True)

ChatId = Annotated[str, typer.Argument(metavar="ID", help="The chat's id.")]
Words = Annotated[str, typer.Argument(metavar="WORDS", help="Words of messages, in any order.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=200, help="How many at most.")]


@app.add("list")
def list_chats(limit: Limit = 20, json: Json = False) -> int:
    """Show the chats, the one that was used last first."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        from limner.domain.chat_rows import ChatFilter

        chats = session.studio.runtime.chatting.chats
        page = await chats.page(session.studio.principal.id, ChatFilter(), limit=limit, cursor=None)
        if json:
            output.document([_document(chat) for chat in page.items])
        else:
            output.rows(
                ("Chat", "Title", "Mode", "Used"),
                [
                    (chat.id, shortened(chat.title, 60), chat.mode.value, moment(chat.updated) or "")
                    for chat in page.items
                ],
            )
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def search(words: Words, limit: Limit = 20, json: Json = False) -> int:
    """Find messages that have all of these words, newest first."""
    output, wanted = Output(json=json), checked_text(words, "words")

    async def action(session: Session) -> int:
        chats = session.studio.runtime.chatting.chats
        page = await chats.search(session.studio.principal.id, wanted, limit=limit, cursor=None)
        if json:
            output.document(
                [
                    {
                        "chat": found.chat.id,
                        "message": found.message_id,
                        "author": found.author.value,
                        "text": found.text,
                    }
                    for found in page.items
                ]
            )
        else:
            rows = [(found.chat.id, _who(found.author), shortened(found.text, 80)) for found in page.items]
            output.rows(("Chat", "Who", "What"), rows)
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def show(chat: ChatId, json: Json = False) -> int:
    """Read the branch of a chat that is looked at."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        from limner.engine.chatting import branch_to

        chatting, principal = session.studio.runtime.chatting, session.studio.principal
        found = await chatting.chats.get(checked_text(chat, "chat"), principal.id)
        branch = branch_to(await chatting.messages(found.id, principal), found.head)
        if json:
            output.document({**_document(found), "messages": [_said(message) for message in branch]})
            return OK
        for message in branch:
            output.show(f"{_who(message.author)}: {message.text}")
            for shown in message.pictures:
                output.show(f"  [attached] {shown}")
            for part in message.tools:
                output.show(f"  [{part.state.value}] {shortened(str(part.arguments.get('prompt', '')), 80)}")
            if message.problem is not None:
                output.say(f"  {message.problem.message}")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def remove(chat: ChatId, json: Json = False) -> int:
    """Forget a chat. Its pictures, and what they cost, stay."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        await session.studio.runtime.chatting.remove(checked_text(chat, "chat"), session.studio.principal)
        if json:
            output.document({"removed": chat})
        else:
            output.say("Removed. Its pictures are kept.")
        return OK

    return with_studio(output, action, paints=False)


def _who(author: Author) -> str:
    return "You" if author is Author.USER else "Model"


def _document(chat: Chat) -> Document:
    return {
        "id": chat.id,
        "title": chat.title,
        "mode": chat.mode.value,
        "profile": chat.profile,
        "text_model": chat.text_model,
        "ceiling_usd": usd(chat.ceiling),
        "updated": moment(chat.updated),
    }


def _said(message: Message) -> Document:
    return {
        "id": message.id,
        "author": message.author.value,
        "state": message.state.value,
        "text": message.text,
        "pictures": [part.id for part in message.tools],
        "attached": list(message.pictures),
        "branch": message.branch,
        "branches": message.branches,
    }
