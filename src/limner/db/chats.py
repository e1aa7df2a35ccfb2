"""Chats in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, exists, select, text, tuple_, update

from limner.db import chat_messages as said
from limner.db import chat_tools, codec, cursors, search
from limner.db.chat_tables import chat_tags, chats, messages
from limner.db.database import Database
from limner.db.statements import Columns, Statement, insertion
from limner.db.walls import EVERYBODY
from limner.db.word_index import words_of
from limner.domain.chat_rows import AnswerEnd, ChatFilter, Found, OpenAnswer, OpenPurchase, Saying
from limner.domain.chats import Author, Chat, ChatMode, ChatTag, Message, Part, TagKind, ToolPart
from limner.domain.errors import NotFound, Problem
from limner.domain.money import Money
from limner.domain.plan import Quote
from limner.domain.records import Page
from limner.domain.request import ImageRequest

_THIS = (chats.c.id == bindparam("chat"), chats.c.user_id == bindparam("owner"))
_INSERT = insertion(chats)
_INSERT_TAGS = insertion(chat_tags)
_ONE = Statement(select(chats).where(*_THIS))
_TAGS = Statement(
    select(chat_tags).where(chat_tags.c.chat_id == bindparam("chat")).order_by(chat_tags.c.created_at, chat_tags.c.id)
)
_TAG = Statement(
    text(
        """
        INSERT INTO chat_tags (id, chat_id, tag_type, tag_id, created_at)
        VALUES (:id, :chat_id, :tag_type, :tag_id, :created_at) ON CONFLICT (chat_id, tag_type, tag_id) DO NOTHING
        """
    )
)
_UNTAG = Statement(
    delete(chat_tags).where(chat_tags.c.chat_id == bindparam("chat"), chat_tags.c.id == bindparam("tag"))
)
_CHANGE = Statement(
    update(chats)
    .where(*_THIS)
    .values(
        title=bindparam("called"),
        mode=bindparam("manner"),
        image_profile_id=bindparam("profile"),
        text_model=bindparam("model"),
        ceiling_micro=bindparam("most"),
        updated_at=bindparam("at"),
    )
)
_ENTITLE = Statement(update(chats).where(*_THIS, chats.c.title == "").values(title=bindparam("called")))
_TURN = Statement(update(chats).where(*_THIS).values(head_id=bindparam("head")))
_REMOVE = Statement(delete(chats).where(*_THIS))


class SqlChats:
    """The `KeepsChats` of `domain.chat_rows`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, chat: Chat) -> None:
        """Writes it down, with its tags."""

        def write(connection: Connection) -> None:
            _INSERT.many(connection, [_row(chat)])
            _INSERT_TAGS.many(connection, [_tag_row(chat.id, tag) for tag in chat.tags])

        await self._database.write(write, owner=chat.owner)

    async def get(self, chat_id: str, owner: str) -> Chat:
        """One of one person's. Raises NotFound."""
        return await self._database.read(lambda connection: find_chat(connection, chat_id, owner), owner=owner)

    async def page(self, owner: str, which: ChatFilter, *, limit: int, cursor: str | None) -> Page[Chat]:
        """One person's, the one that was used last first."""
        return await self._database.read(lambda connection: _page(connection, owner, which, limit, cursor), owner=owner)

    async def change(self, chat: Chat) -> None:
        """Writes title, mode, profile, model and ceiling anew. Raises NotFound."""
        row = _row(chat)
        values = {
            "chat": chat.id,
            "owner": chat.owner,
            "called": row["title"],
            "manner": row["mode"],
            "profile": row["image_profile_id"],
            "model": row["text_model"],
            "most": row["ceiling_micro"],
            "at": row["updated_at"],
        }
        if not await self._database.write(lambda connection: _CHANGE.run(connection, values), owner=chat.owner):
            raise no_chat()

    async def entitle(self, chat_id: str, owner: str, title: str) -> None:
        """Gives a title to a chat that has none."""
        values = {"chat": chat_id, "owner": owner, "called": title}
        await self._database.write(lambda connection: _ENTITLE.run(connection, values), owner=owner)

    async def remove(self, chat_id: str, owner: str) -> None:
        """Forgets a chat and its messages; pictures and bookings stay. Raises NotFound."""
        values = {"chat": chat_id, "owner": owner}
        if not await self._database.write(lambda connection: _REMOVE.run(connection, values), owner=owner):
            raise no_chat()

    async def tag(self, chat_id: str, owner: str, tag: ChatTag) -> Chat:
        """Adds a tag; one that is there stays as it is. Raises NotFound."""

        def write(connection: Connection) -> Chat:
            find_chat(connection, chat_id, owner)
            _TAG.run(connection, _tag_row(chat_id, tag))
            return find_chat(connection, chat_id, owner)

        return await self._database.write(write, owner=owner)

    async def untag(self, chat_id: str, owner: str, tag_id: str) -> Chat:
        """Takes a tag away. Raises NotFound for no chat, and for a tag that is not on it."""

        def write(connection: Connection) -> Chat:
            find_chat(connection, chat_id, owner)
            if not _UNTAG.run(connection, {"chat": chat_id, "tag": tag_id}):
                raise NotFound("This chat has no tag with this id.")
            return find_chat(connection, chat_id, owner)

        return await self._database.write(write, owner=owner)

    async def turn_to(self, chat_id: str, owner: str, message_id: str) -> Chat:
        """Makes the newest branch below a message the one that is looked at. Raises NotFound."""

        def write(connection: Connection) -> Chat:
            find_chat(connection, chat_id, owner)
            head = said.newest_below(connection, chat_id, message_id)
            _TURN.run(connection, {"chat": chat_id, "owner": owner, "head": head})
            return find_chat(connection, chat_id, owner)

        return await self._database.write(write, owner=owner)

    async def messages(self, chat_id: str, owner: str) -> Sequence[Message]:
        """All messages of all branches, in the order in which they were said. Raises NotFound."""

        def read(connection: Connection) -> Sequence[Message]:
            find_chat(connection, chat_id, owner)
            return said.all_messages(connection, chat_id)

        return await self._database.read(read, owner=owner)

    async def message(self, message_id: str, owner: str) -> Message:
        """One message. Raises NotFound."""
        return await self._database.read(
            lambda connection: said.find_message(connection, message_id, owner), owner=owner
        )

    async def say(self, saying: Saying) -> tuple[str, bool]:
        """Writes down what is said and that its answer begins; the answer's id, and False where the key had it already.

        Raises NotFound, ChatBusy while another answer is being written, and IdempotencyConflict for another body.
        """

        def write(connection: Connection) -> tuple[str, bool]:
            find_chat(connection, saying.chat_id, saying.owner)
            return said.say(connection, saying)

        return await self._database.write(write, owner=saying.owner)

    async def known(self, owner: str, key: str, fingerprint: str) -> str | None:
        """The answer that an Idempotency-Key already has. Raises IdempotencyConflict for another body."""
        return await self._database.read(
            lambda connection: said.KEYS.known(connection, owner, key, fingerprint), owner=owner
        )

    async def note(self, message_id: str, parts: Sequence[Part], text_calls: Sequence[str]) -> bool:
        """Writes down how far an answer is; False where it has ended."""
        return await self._database.write(
            lambda connection: said.note(connection, message_id, parts, text_calls), owner=EVERYBODY
        )

    async def end(self, end: AnswerEnd) -> bool:
        """Ends an answer, once; False where it had ended."""
        return await self._database.write(lambda connection: said.end(connection, end), owner=EVERYBODY)

    async def add_text_call(self, message_id: str, call_id: str) -> None:
        """Adds a purchase of text that was booked after its answer had ended."""
        await self._database.write(
            lambda connection: said.add_text_call(connection, message_id, call_id), owner=EVERYBODY
        )

    async def open_purchases(self) -> Sequence[OpenPurchase]:
        """Tool calls for which money is set aside and no job is known, in any process."""
        return await self._database.read(chat_tools.open_purchases, owner=EVERYBODY)

    async def open_answers(self) -> Sequence[OpenAnswer]:
        """Answers that are being written, in any process."""
        return await self._database.read(said.open_answers, owner=EVERYBODY)

    async def tool(self, part_id: str, owner: str) -> tuple[Chat, ToolPart]:
        """One tool call and its chat. Raises NotFound."""

        def read(connection: Connection) -> tuple[Chat, ToolPart]:
            chat_id, part = chat_tools.find_tool(connection, part_id, owner)
            return find_chat(connection, chat_id, owner), part

        return await self._database.read(read, owner=owner)

    async def call(self, message_id: str, part: ToolPart) -> ToolPart:
        """Writes a tool call down, with all that is known of it; the one that is there for the model's own name."""
        return await self._database.write(
            lambda connection: chat_tools.add(connection, message_id, part), owner=EVERYBODY
        )

    async def offer(self, part_id: str, request: ImageRequest, quote: Quote) -> None:
        """Writes down what a call comes to and what it would cost; what stood in its way is forgotten."""
        await self._database.write(
            lambda connection: chat_tools.offer(connection, part_id, request, quote), owner=EVERYBODY
        )

    async def reserve(self, part_id: str, amount: Money, worker: str | None) -> bool:
        """Sets money of the chat's ceiling aside for a call that buys nothing yet; False where too little is left.

        A job that brought nothing is left behind, and what it cost stays counted.
        """
        return await self._database.write(
            lambda connection: chat_tools.reserve(connection, part_id, amount, worker), owner=EVERYBODY
        )

    async def note_job(self, part_id: str, job_id: str) -> None:
        """Writes down which job buys it."""
        await self._database.write(lambda connection: chat_tools.note_job(connection, part_id, job_id), owner=EVERYBODY)

    async def refuse(self, part_id: str, problem: Problem) -> None:
        """Writes down why nothing was bought, and gives back what was set aside."""
        await self._database.write(lambda connection: chat_tools.refuse(connection, part_id, problem), owner=EVERYBODY)

    async def spent(self, chat_id: str, owner: str) -> Money:
        """What the pictures of a chat have cost or may still cost. Raises NotFound."""

        def read(connection: Connection) -> Money:
            find_chat(connection, chat_id, owner)
            return chat_tools.spent(connection, chat_id)

        return await self._database.read(read, owner=owner)

    async def search(self, owner: str, words: str, *, limit: int, cursor: str | None) -> Page[Found]:
        """One person's messages with all these words, newest first."""
        return await self._database.read(
            lambda connection: _search(connection, owner, words, limit, cursor), owner=owner
        )


def find_chat(connection: Connection, chat_id: str, owner: str) -> Chat:
    """One of one person's. Raises NotFound, for somebody else's too."""
    row = _ONE.row(connection, {"chat": chat_id, "owner": owner})
    if row is None:
        raise no_chat()
    return _chat(connection, row)


def no_chat() -> NotFound:
    """What to say where there is no such chat, or none for this person."""
    return NotFound("There is no chat with this id.")


def _page(connection: Connection, owner: str, which: ChatFilter, limit: int, cursor: str | None) -> Page[Chat]:
    query: Select[Any] = select(chats).where(chats.c.user_id == owner)
    wanted = [
        column == value
        for column, value in ((chat_tags.c.tag_type, which.tag_kind), (chat_tags.c.tag_id, which.tag))
        if value is not None
    ]
    if wanted:
        query = query.where(exists().where(chat_tags.c.chat_id == chats.c.id, *wanted))
    if cursor is not None:
        query = query.where(tuple_(chats.c.updated_at, chats.c.id) < tuple_(*cursors.unseal(cursor, str, str)))
    query = query.order_by(chats.c.updated_at.desc(), chats.c.id.desc()).limit(limit + 1)
    found = [dict(row) for row in connection.execute(query).mappings()]
    shown = found[:limit]
    following = cursors.seal(shown[-1]["updated_at"], shown[-1]["id"]) if len(found) > limit and shown else None
    return Page(tuple(_chat(connection, row) for row in shown), following)


def _search(connection: Connection, owner: str, wanted: str, limit: int, cursor: str | None) -> Page[Found]:
    words = words_of(wanted)
    if not words:
        return Page((), None)
    query: Select[Any] = select(messages).where(messages.c.user_id == owner)
    index, matches = search.MESSAGES, search.MESSAGES.matches
    if connection.dialect.name == "sqlite":
        query = query.join(matches, matches.c.rowid == messages.c.serial)
    else:
        query = query.join(matches, matches.c.serial == messages.c.serial)
    query = query.where(index.match(connection, owner, words, {"o": owner}))
    if cursor is not None:
        query = query.where(messages.c.serial < cursors.unseal(cursor, int)[0])
    query = query.order_by(messages.c.serial.desc()).limit(limit + 1)
    found = [dict(row) for row in connection.execute(query).mappings()]
    shown = found[:limit]
    following = cursors.seal(shown[-1]["serial"]) if len(found) > limit and shown else None
    return Page(tuple(_found(connection, row, owner) for row in shown), following)


def _found(connection: Connection, row: Columns, owner: str) -> Found:
    return Found(
        chat=find_chat(connection, row["chat_id"], owner),
        message_id=row["id"],
        author=Author(row["author"]),
        text=row["words"],
        created=codec.moment(row["created_at"]),
    )


def _row(chat: Chat) -> Columns:
    return {
        "id": chat.id,
        "user_id": chat.owner,
        "title": chat.title,
        "mode": chat.mode.value,
        "image_profile_id": chat.profile,
        "text_model": chat.text_model,
        "ceiling_micro": None if chat.ceiling is None else chat.ceiling.micro,
        "head_id": chat.head,
        "created_at": codec.stamp(chat.created),
        "updated_at": codec.stamp(chat.updated),
    }


def _tag_row(chat_id: str, tag: ChatTag) -> Columns:
    return {
        "id": tag.id,
        "chat_id": chat_id,
        "tag_type": tag.kind.value,
        "tag_id": tag.tag,
        "created_at": codec.stamp(tag.created),
    }


def _chat(connection: Connection, row: Columns) -> Chat:
    return Chat(
        id=row["id"],
        owner=row["user_id"],
        title=row["title"],
        mode=ChatMode(row["mode"]),
        profile=row["image_profile_id"],
        text_model=row["text_model"],
        ceiling=None if row["ceiling_micro"] is None else Money(row["ceiling_micro"]),
        head=row["head_id"],
        created=codec.moment(row["created_at"]),
        updated=codec.moment(row["updated_at"]),
        tags=tuple(
            ChatTag(
                id=tag["id"],
                kind=TagKind(tag["tag_type"]),
                tag=tag["tag_id"],
                created=codec.moment(tag["created_at"]),
            )
            for tag in _TAGS.rows(connection, {"chat": row["id"]})
        ),
    )
