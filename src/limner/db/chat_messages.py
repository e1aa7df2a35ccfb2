"""The messages of chats as rows: a tree, of which one answer at most grows at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, select, text, update

from limner.db import chat_tools, codec
from limner.db.chat_tables import chat_keys, chats, messages
from limner.db.idempotency import Keys
from limner.db.statements import Columns, Statement, insertion
from limner.domain.chat_rows import AnswerEnd, NewMessage, OpenAnswer, Saying
from limner.domain.chats import Author, ChatBusy, Message, MessageState, Part, TextPart, ToolPart
from limner.domain.errors import NotFound

_IN_TURN = Statement(
    update(chats).where(chats.c.id == bindparam("chat")).values(head_id=bindparam("head"), updated_at=bindparam("at"))
)
_INSERT = insertion(messages)
_INSERT_KEY = Statement(
    text(
        """
        INSERT INTO chat_keys (user_id, key, fingerprint, message_id, created_at)
        VALUES (:owner, :key, :fingerprint, :message, :at)
        """
    )
)
KEYS = Keys(chat_keys, chat_keys.c.message_id, "message")
_IS_WRITING = messages.c.state == MessageState.WRITING.value
_WRITING = Statement(select(messages.c.id).where(_IS_WRITING, messages.c.chat_id == bindparam("chat")))
_OPEN = Statement(select(messages.c.id, messages.c.user_id, messages.c.worker).where(_IS_WRITING))
_IN_CHAT = Statement(
    select(messages.c.id).where(messages.c.id == bindparam("message"), messages.c.chat_id == bindparam("chat"))
)
_ONE = Statement(
    select(messages).where(messages.c.id == bindparam("message"), messages.c.user_id == bindparam("owner"))
)
_ALL = Statement(select(messages).where(messages.c.chat_id == bindparam("chat")).order_by(messages.c.serial))
_FAMILY = Statement(
    select(messages.c.id, messages.c.parent_id)
    .where(messages.c.chat_id == bindparam("chat"))
    .order_by(messages.c.serial)
)
_GROWING = (messages.c.id == bindparam("message"), _IS_WRITING)
_NOTE = Statement(update(messages).where(*_GROWING).values(parts=bindparam("pieces"), text_calls=bindparam("bought")))
_BOUGHT = Statement(select(messages.c.text_calls).where(messages.c.id == bindparam("message")))
_ADD_BOUGHT = Statement(
    update(messages).where(messages.c.id == bindparam("message")).values(text_calls=bindparam("bought"))
)
_END = Statement(
    update(messages)
    .where(*_GROWING)
    .values(
        parts=bindparam("pieces"),
        text_calls=bindparam("bought"),
        words=bindparam("plain"),
        state=bindparam("ending"),
        problem=bindparam("why"),
        ended_at=bindparam("at"),
    )
)

Children = Mapping[str | None, Sequence[str]]
"""Ids of messages by that of the one they follow, oldest first."""


def say(connection: Connection, saying: Saying) -> tuple[str, bool]:
    """Writes down what is said and that its answer begins; the answer's id, and False where the key had it already.

    Whoever comes second waits at the chat's row, and finds the first one's answer being written.
    """
    answer = saying.answer
    at = codec.stamp(answer.at)
    _IN_TURN.run(connection, {"chat": saying.chat_id, "head": answer.id, "at": at})
    if saying.key is not None:
        had = KEYS.known(connection, saying.owner, saying.key, saying.fingerprint)
        if had is not None:
            _IN_TURN.run(connection, {"chat": saying.chat_id, "head": had, "at": at})
            return had, False
    if _WRITING.row(connection, {"chat": saying.chat_id}) is not None:
        raise ChatBusy("An answer is being written in this chat. Wait for its end, or stop it.")
    new = [*saying.before, *([] if saying.said is None else [saying.said]), answer]
    if new[0].parent is not None:
        _check_in(connection, saying.chat_id, new[0].parent)
    for message in new:  # one by one: the order of their numbers is that in which they are said
        _INSERT.many(connection, [_row(saying, message)])
    if saying.key is not None:
        named = {"key": saying.key, "fingerprint": saying.fingerprint, "message": answer.id}
        _INSERT_KEY.run(connection, {"owner": saying.owner, "at": at, **named})
    return answer.id, True


def note(connection: Connection, message_id: str, parts: Sequence[Part], text_calls: Sequence[str]) -> bool:
    """Writes down how far an answer is; False where it has ended."""
    return bool(_NOTE.run(connection, {"message": message_id, **_grown(parts, text_calls)}))


def add_text_call(connection: Connection, message_id: str, call_id: str) -> None:
    """Adds a purchase of text that was booked after its answer had ended; a message that is gone has none."""
    row = _BOUGHT.row(connection, {"message": message_id})
    if row is not None:
        bought = (*codec.words().read(row["text_calls"]), call_id)
        _ADD_BOUGHT.run(connection, {"message": message_id, "bought": codec.words().write(bought)})


def end(connection: Connection, ending: AnswerEnd) -> bool:
    """Ends an answer, once; False where it had ended."""
    values = {
        "message": ending.message_id,
        # A model may say anything, and PostgreSQL keeps every sign but NUL.
        "plain": "\n\n".join(part.text for part in ending.parts if isinstance(part, TextPart)).replace("\0", ""),
        "ending": ending.state.value,
        "why": codec.problems().write_optional(ending.problem),
        "at": codec.stamp(ending.at),
        **_grown(ending.parts, ending.text_calls),
    }
    return bool(_END.run(connection, values))


def open_answers(connection: Connection) -> list[OpenAnswer]:
    """Answers that are being written, in any process."""
    return [OpenAnswer(row["id"], row["user_id"], row["worker"]) for row in _OPEN.rows(connection, {})]


def find_message(connection: Connection, message_id: str, owner: str) -> Message:
    """One message. Raises NotFound, for somebody else's too."""
    row = _ONE.row(connection, {"message": message_id, "owner": owner})
    if row is None:
        raise no_message()
    return _message(row, chat_tools.of_message(connection, message_id), _children(connection, row["chat_id"]))


def all_messages(connection: Connection, chat_id: str) -> list[Message]:
    """All messages of all branches, in the order in which they were said."""
    found, called = _ALL.rows(connection, {"chat": chat_id}), chat_tools.of_chat(connection, chat_id)
    children = _children(connection, chat_id)
    return [_message(row, called, children) for row in found]


def newest_below(connection: Connection, chat_id: str, message_id: str) -> str:
    """The end of the newest branch that goes through a message. Raises NotFound."""
    _check_in(connection, chat_id, message_id)
    children, head = _children(connection, chat_id), message_id
    while children.get(head):
        head = children[head][-1]
    return head


def no_message() -> NotFound:
    """What to say where there is no such message, or none for this person."""
    return NotFound("There is no message with this id.")


def _check_in(connection: Connection, chat_id: str, message_id: str) -> None:
    if _IN_CHAT.row(connection, {"chat": chat_id, "message": message_id}) is None:
        raise no_message()


def _children(connection: Connection, chat_id: str) -> Children:
    children: dict[str | None, list[str]] = defaultdict(list)
    for row in _FAMILY.rows(connection, {"chat": chat_id}):
        children[row["parent_id"]].append(row["id"])
    return dict(children)


def _grown(parts: Sequence[Part], text_calls: Sequence[str]) -> Columns:
    pieces = [{"text": part.text} if isinstance(part, TextPart) else {"tool": part.id} for part in parts]
    return {
        "pieces": codec.pieces().write(tuple(pieces)),
        "bought": codec.words().write(tuple(text_calls)),
    }


def _row(saying: Saying, new: NewMessage) -> Columns:
    parts = (TextPart(text=new.text),) if new.text else ()
    return {
        "id": new.id,
        "chat_id": saying.chat_id,
        "user_id": saying.owner,
        "parent_id": new.parent,
        "author": new.author.value,
        "state": new.state.value,
        "parts": _grown(parts, ())["pieces"],
        "words": new.text,
        "pictures": codec.words().write(new.pictures),
        "text_model": new.text_model,
        "text_calls": codec.words().write(()),
        "worker": new.worker,
        "problem": None,
        "created_at": codec.stamp(new.at),
        "ended_at": None if new.state is MessageState.WRITING else codec.stamp(new.at),
    }


def _message(row: Columns, called: chat_tools.Called, children: Children) -> Message:
    family = children[row["parent_id"]]
    return Message(
        id=row["id"],
        chat_id=row["chat_id"],
        parent=row["parent_id"],
        author=Author(row["author"]),
        state=MessageState(row["state"]),
        created=codec.moment(row["created_at"]),
        parts=_parts(row, called.get(row["id"], {})),
        pictures=codec.words().read(row["pictures"]),
        ended=codec.optional_moment(row["ended_at"]),
        text_model=row["text_model"],
        worker=row["worker"],
        problem=codec.problems().read_optional(row["problem"]),
        text_calls=codec.words().read(row["text_calls"]),
        branch=family.index(row["id"]) + 1,
        branches=len(family),
    )


def _parts(row: Columns, called: Mapping[str, ToolPart]) -> tuple[Part, ...]:
    """A message in order; a call that was written down after the message was comes last."""
    pieces = codec.pieces().read(row["parts"])
    parts: list[Part] = [TextPart(text=each["text"]) if "text" in each else called[each["tool"]] for each in pieces]
    known = {each.get("tool") for each in pieces}
    return (*parts, *(part for part in called.values() if part.id not in known))
